"""`story`: the operator splits and merges what several sources have released."""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.cli.conftest import Command
from tests.running import feed, given_a_site, item

NAMES = ("harbour", "town")
BRIDGE = "".join(
    f"&lt;p&gt;The {name} bridge carries {n + 40} lorries an hour since the ninth of May.&lt;/p&gt;"
    for n, name in enumerate(("north", "south", "eastern", "western", "upper"))
)
QUIET = "&lt;p&gt;Nothing happened in the harbour today.&lt;/p&gt;"


def given_releases(command: Command, tmp_path: Path) -> Sequence[dict[str, str]]:
    for name in NAMES:
        entries = (
            item(f"bridge-{name}", "Bridges carry lorries", BRIDGE),
            item(f"quiet-{name}", "Quiet", QUIET),
        )
        (tmp_path / f"{name}.xml").write_bytes(
            feed(*entries).replace(b"harbour.example", f"{name}.example".encode())
        )
    given_a_site(tmp_path, {name: f"file:{name}.xml" for name in NAMES}, ", topics: [sea]")
    assert command("poll").code == 0
    return list(json.loads(command("items", "--json").out))


def test_a_story_is_split_and_merged(command: Command, tmp_path: Path) -> None:
    bridges = [each for each in given_releases(command, tmp_path) if each["title"] == "Bridges carry lorries"]
    one, other = bridges
    assert one["story"] == other["story"] is not None
    said = command("story", "split", one["id"], "--reason", "of two bridges")
    assert (said.code, said.out) == (0, f"{one['id']} is apart from {other['id']} now: {one['title']}\n")
    assert f"from {other['id']}; of two bridges" in command("show", one["id"]).out
    said = command("story", "split", one["id"])
    assert (said.code, said.complaints) == (
        2,
        [f"publicwire: item {one['id']} is in no story: nothing to split"],
    )
    said = command("story", "merge", other["id"], one["id"])
    assert (said.code, said.out) == (0, f"{other['id']} and {one['id']} are one story now: {one['title']}\n")
    assert "merge: live → live" in command("show", one["id"]).out
    said = command("story", "merge", one["id"], other["id"])
    assert (said.code, said.complaints) == (
        2,
        [f"publicwire: {one['id']} and {other['id']} are one story already"],
    )


def test_items_of_one_source_are_no_story(command: Command, tmp_path: Path) -> None:
    first, second = [each for each in given_releases(command, tmp_path) if each["source"] == "town"]
    said = command("story", "merge", first["id"], second["id"])
    assert said.code == 2
    assert "are of one source" in said.err
