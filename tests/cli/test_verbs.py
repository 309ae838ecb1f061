"""Lifecycle verbs on items, alone and beside a running service; `export`."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import Command
from tests.running import Site, feed, item, json_of, until

AHEAD = "Thu, 01 Jan 2099 12:00:00 GMT"
STORM = "https://harbour.example/storm"


@contextmanager
def typed(answer: str) -> Iterator[None]:
    """A terminal on stdin, at which this line is typed."""
    keyboard, terminal = os.openpty()
    before = sys.stdin
    os.write(keyboard, f"{answer}\n".encode())
    try:
        with os.fdopen(terminal) as sys.stdin:
            yield
    finally:
        sys.stdin = before
        os.close(keyboard)


def state(command: Command) -> str:
    return str(json.loads(command("show", STORM, "--json").out)["state"])


def test_an_item_goes_through_its_life(polled: Command) -> None:
    for verb, after in (
        ("withdraw", "withdrawn"),
        ("reinstate", "held"),
        ("release --version 1", "live"),
        ("hold", "held"),
        ("release --version 1", "live"),
    ):
        said = polled(*verb.split(), STORM, "--reason", "a test")
        assert said.code == 0
        assert said.out.splitlines()[0].endswith(f" is now {after}: Storm warning")
        assert state(polled) == after


def test_an_item_is_held_until_a_time(polled: Command) -> None:
    said = polled("hold", STORM, "--reason", "a test", "--until", "2099-01-31T09:00")
    assert said.out.splitlines()[0].endswith(" is now held until 2099-01-31 09:00 UTC: Storm warning")
    assert json.loads(polled("show", STORM, "--json").out)["release"] == "2099-01-31T09:00:00+00:00"
    for time, complaint in (("soon", "'soon' is no time"), ("2020-01-31T09:00+01:00", "is past")):
        said = polled("hold", STORM, "--reason", "a test", "--until", time)
        assert (said.code, complaint in said.err) == (2, True)


def test_a_refused_transition_names_the_possible_ones(polled: Command) -> None:
    said = polled("reinstate", STORM, "--reason", "a test")
    assert said.code == 2
    (line,) = said.complaints
    assert "is live: cannot reinstate it (possible: hold, withdraw)" in line


def test_a_withdrawal_needs_a_reason(polled: Command) -> None:
    said = polled("withdraw", STORM)
    assert said.code == 2
    assert "--reason" in said.err
    assert state(polled) == "live"


def test_a_whole_story_is_withdrawn_at_once(here: Site, command: Command) -> None:
    (here.directory / "copy.xml").write_bytes((here.directory / "press.xml").read_bytes())
    here.sources({"harbour": "file:press.xml", "pier": "file:copy.xml"})
    command("poll")
    (one, two) = json_of(command("items", "--search", "storm", "--json").out)
    assert one["story"] == two["story"] is not None
    assert len(command("withdraw", one["id"], "--story", "--reason", "a test").out.splitlines()) == 2
    assert [each["state"] for each in json_of(command("items", "--search", "storm", "--json").out)] == [
        "withdrawn"
    ] * 2


def test_a_withdrawal_names_the_items_of_the_release_that_stay(here: Site, command: Command) -> None:
    (here.directory / "copy.xml").write_bytes((here.directory / "press.xml").read_bytes())
    here.sources({"harbour": "file:press.xml", "pier": "file:copy.xml"})
    command("poll")
    (one, two) = json_of(command("items", "--search", "storm", "--json").out)
    said = command("withdraw", one["id"], "--reason", "a test")
    assert said.out.splitlines() == [
        f"{one['id']} is now withdrawn: Storm warning",
        f"still live, the same release: {two['id']} ({two['source']}): Storm warning",
    ]


def test_an_item_with_the_url_of_another_as_its_id_is_not_taken_for_it(here: Site, command: Command) -> None:
    taken = item("club", "Regatta").replace(
        "<guid>https://harbour.example/club</guid>", f"<guid>{STORM}</guid>"
    )
    (here.directory / "club.xml").write_bytes(feed(taken))
    here.sources({"club": "file:club.xml"}, ", domains: [club.example]")
    assert command("poll").code == 0
    here.sources({"club": "file:club.xml", "harbour": "file:press.xml"}, ", domains: [club.example]")
    assert command("poll").code == 0
    (regatta,) = json_of(command("items", "--search", "regatta", "--json").out)
    (storm,) = json_of(command("items", "--search", "storm", "--json").out)
    said = command("withdraw", STORM, "--reason", "a test")
    (line,) = said.complaints
    assert said.code == 2
    assert line.endswith(
        f"2 items have this URL or public id, give the id of one: {regatta['id']} (club), {storm['id']} (harbour)"
    )
    assert command("withdraw", storm["id"], "--reason", "a test").code == 0


def test_of_several_items_at_an_address_none_is_taken_for_another(here: Site, command: Command) -> None:
    text = (here.directory / "press.xml").read_text()
    (here.directory / "copy.xml").write_text(text)
    (here.directory / "other.xml").write_text(text.replace("Storm warning", "Regatta postponed"))
    here.sources({"harbour": "file:press.xml", "pier": "file:copy.xml", "club": "file:other.xml"})
    command("poll")
    said = command("withdraw", STORM, "--reason", "a test")
    assert said.code == 2
    (line,) = said.complaints
    assert "items have this URL or public id, give the id of one: " in line
    assert {each["state"] for each in json_of(command("items", "--json").out)} == {"live"}


def test_a_story_at_one_address_is_withdrawn_by_it(here: Site, command: Command) -> None:
    (here.directory / "copy.xml").write_bytes((here.directory / "press.xml").read_bytes())
    here.sources({"harbour": "file:press.xml", "pier": "file:copy.xml"})
    command("poll")
    assert command("withdraw", STORM, "--reason", "a test").code == 2
    assert len(command("withdraw", STORM, "--story", "--reason", "a test").out.splitlines()) == 2


def test_a_withdrawal_is_written_to_the_journal(here: Site, polled: Command) -> None:
    polled("withdraw", STORM, "--reason", "all clear")
    (line,) = (here.store / "withdrawals.jsonl").read_text().splitlines()
    assert "all clear" in line


def test_reviewed_items_wait_until_they_are_released(here: Site, command: Command) -> None:
    here.sources({"harbour": "file:press.xml"}, ", publish: review")
    command("poll")
    assert state(command) == "held"
    said = command("release", STORM)
    assert (said.code, state(command)) == (2, "held")
    assert said.complaints == [
        "publicwire: stdin is no terminal: give --version N, which names the version read, to release version 1 "
        f"of {json.loads(command('show', STORM, '--json').out)['id']} without confirmation"
    ]
    assert command("release", STORM, "--version", "2").code == 2
    assert command("release", STORM, "--version", "1").code == 0
    assert state(command) == "live"


def test_an_item_approved_under_embargo_waits_for_its_date(here: Site, command: Command) -> None:
    dated = item("storm", "Storm warning", "Stay.").replace("</item>", f"<pubDate>{AHEAD}</pubDate></item>")
    (here.directory / "press.xml").write_bytes(feed(dated))
    here.sources({"harbour": "file:press.xml"}, ", publish: review")
    command("poll")
    assert "2099-01-01 12:00" in command("items", "--state", "held").out
    assert "2099-01-01 12:00, its embargo, and its approval" in command("show", STORM).out
    said = command("release", STORM, "--version", "1")
    assert (said.code, state(command)) == (0, "held")
    assert "is approved and held until 2099-01-01 12:00 UTC, its embargo: Storm warning\n" in said.out
    assert "--now` publishes it at once" in said.out
    assert command("release", STORM, "--version", "1", "--now").code == 0
    assert state(command) == "live"


def given_a_waiting_version(here: Site, command: Command) -> None:
    """Approve version 1 of the storm; version 2 waits."""
    here.sources({"harbour": "file:press.xml"}, ", publish: review")
    command("poll")
    command("release", STORM, "--version", "1")
    press = here.directory / "press.xml"
    press.write_bytes(press.read_bytes().replace(b"Storm warning", b"Gale warning"))
    command("poll")


def test_an_edit_under_review_waits_until_its_version_is_released(here: Site, command: Command) -> None:
    given_a_waiting_version(here, command)
    assert "Storm warning" in command("show", STORM, "--text").out
    assert "Gale warning" in command("show", STORM, "--version", "2", "--text").out
    assert command("show", STORM, "--version", "3").code == 2
    held = command("items", "--state", "held").out
    assert "live, version 2 waits" in held
    shown = command("show", STORM).out
    assert "version       1\n" in shown
    assert "waits         version 2 for approval: `publicwire show" in shown
    name = json.loads(command("show", STORM, "--json").out)["id"]
    waiting = command("show", STORM, "--version", "2").out
    assert f"waits for approval: `publicwire release {name} --version 2` publishes it\n" in waiting
    assert not re.search(r"^  (page|state +live|waits) ", waiting, re.MULTILINE)
    whole = json.loads(command("show", STORM, "--version", "2", "--json").out)
    assert (whole["page"], whole["version"], whole["waiting_version"]) == ("", 2, 2)
    said = command("release", STORM, "--version", "1")
    assert (said.code, f"`publicwire show {name} --version 2` shows its newest" in said.err) == (2, True)
    said = command("release", STORM, "--version", "2")
    assert (said.code, said.out.partition(" ")[2]) == (0, "is now live: Gale warning\n")
    assert "release version 2: live → live" in command("show", STORM).out


def test_a_version_that_waits_is_struck_by_its_title(here: Site, command: Command) -> None:
    given_a_waiting_version(here, command)
    said = command("strike", STORM, "2", "--reason", "a name")
    assert (said.code, said.out.partition(" of ")[0], said.out.partition(": ")[2]) == (
        0,
        "version 2",
        "Gale warning\n",
    )


def test_a_former_version_is_struck(here: Site, polled: Command) -> None:
    press = here.directory / "press.xml"
    press.write_bytes(press.read_bytes().replace(b"Storm warning", b"Gale warning"))
    polled("poll")
    assert polled("strike", STORM, "2", "--reason", "a name").code == 2
    said = polled("strike", STORM, "1", "--reason", "a name")
    name = json.loads(polled("show", STORM, "--json").out)["id"]
    assert (said.code, said.out) == (0, f"version 1 of {name} is struck: Storm warning\n")
    said = polled("strike", STORM, "1", "--reason", "a name")
    assert (said.code, said.complaints) == (2, [f"publicwire: version 1 of item {name} is struck already"])
    shown = polled("show", STORM).out
    assert "version 1: struck\n" in shown
    assert "strike version 1: live → live" in shown
    assert "a name" in shown
    assert "Storm warning" not in shown


@pytest.mark.parametrize(("answer", "code", "after"), [("y", 0, "live"), ("", 1, "held")])
def test_a_release_on_a_terminal_shows_the_version_and_asks(
    here: Site, command: Command, answer: str, code: int, after: str
) -> None:
    here.sources({"harbour": "file:press.xml"}, ", publish: review")
    command("poll")
    with typed(answer):
        said = command("release", STORM)
    assert (said.code, state(command)) == (code, after)
    assert said.out.startswith(f"Storm warning\n{STORM}\n")
    assert "Moor your boats." in said.out
    assert "Publish version 1 of " in said.out


def test_a_running_service_shows_a_verb_within_a_second(here: Site) -> None:
    with here.serving() as service:
        until(lambda: len(service.titles()) == 2)
        assert here.run("withdraw", STORM, "--reason", "all clear").returncode == 0
        until(lambda: sorted(service.titles()) == ["New pilot boat", "Withdrawn"], seconds=1)
        page = next(each for each in json_of(here.run("items", "--json").stdout) if each["url"] == STORM)[
            "id"
        ]
        gone = service.get(f"/items/{page}/x")
        assert gone.status_code == 410
        assert "Stay ashore" not in gone.text
        assert here.run("reinstate", STORM, "--reason", "not clear").returncode == 0
        until(lambda: "Storm warning" in service.titles())  # after a poll: its origin still lists it


def test_a_reinstated_item_is_never_shown_as_it_was_withdrawn(here: Site, polled: Command) -> None:
    assert polled("withdraw", STORM, "--reason", "wrong").code == 0
    (here.directory / "press.xml").write_bytes(feed(item("storm", "Storm warning", "All clear.")))
    assert polled("reinstate", STORM, "--reason", "mended").code == 0
    assert state(polled) == "held"
    assert polled("poll").code == 0
    shown = json.loads(polled("show", STORM, "--json").out)
    assert (shown["state"], shown["text"], shown["revisions"]) == ("live", "All clear.", [])
    assert shown["audit"][-1]["reason"] == "reinstated, and its origin lists it again"


def test_export_lays_files_out_as_the_addresses_are(here: Site, polled: Command) -> None:
    said = polled("export", str(here.directory / "out"))
    assert said.code == 0
    out = here.directory / "out"
    for kind in ("rss", "atom", "json"):
        for channel in ("", "topics/sea/", "sources/harbour/"):
            assert (out / f"{channel}feed.{kind}").stat().st_size
    titles = [each["title"] for each in json.loads((out / "feed.json").read_text())["items"]]
    assert sorted(titles) == ["New pilot boat", "Storm warning"]
    polled("withdraw", STORM, "--reason", "all clear")
    assert polled("export", str(out)).code == 0
    assert "Storm warning" not in (out / "feed.json").read_text()


@pytest.mark.parametrize(("hub", "named"), [("own", []), ("https://hub.example/", ["https://hub.example/"])])
def test_export_names_a_hub_only_where_another_service_is_it(
    here: Site, polled: Command, hub: str, named: list[str]
) -> None:
    here.config.write_text(f"hub: {hub}\n{here.config.read_text()}")
    assert polled("export", str(here.directory / "out")).code == 0
    document = json.loads((here.directory / "out" / "feed.json").read_text())
    assert [each["url"] for each in document.get("hubs", [])] == named


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("out", 2, "DIR/out"),
        ("out/below", 1, "cannot export to DIR/out/below: "),
        ("/proc/x", 1, "cannot export to /proc/x: "),
    ],
)
def test_export_into_a_place_that_cannot_hold_it_is_one_line(
    here: Site, polled: Command, name: str, code: int, message: str
) -> None:
    (here.directory / "out").write_text("in the way")
    said = polled("export", str(here.directory / name))
    (line,) = said.complaints
    assert said.code == code
    assert line.startswith("publicwire: " + message.replace("DIR", str(here.directory)))


def test_what_a_budget_held_is_released_at_once(here: Site, command: Command) -> None:
    (here.directory / "press.xml").write_bytes(feed(*(item(f"r{n}", f"Release {n}") for n in range(13))))
    here.sources({"harbour": "file:press.xml"}, ", budget: {items: 1}")
    command("poll")
    words = json.loads(command("sources", "--json").out)[0]["alerts"][0]["message"]
    assert "3 new items are held, beyond 10 at the first import, 10 times its budget of a day" in words
    held = [str(each["id"]) for each in json_of(command("items", "--state", "held", "--json").out)]
    said = command("release", *held[:2], "--version", "1", "--version", "1")
    assert (said.code, len(said.out.splitlines())) == (0, 2)
    cure = words.partition("`publicwire ")[2].partition("`")[0]
    assert command(*cure.split()).out == "1 items of harbour released that its budget held\n"
    assert command("items", "--state", "held", "--json").out.strip() == "[]"


@pytest.mark.parametrize(("policy", "live"), [("hold", 1), ("ignore", 3), ("bad", 1)])
def test_what_a_budget_held_and_its_origin_dated_ahead_is_released_at_its_date(
    here: Site, command: Command, policy: str, live: int
) -> None:
    releases = [item(f"r{n}", f"Release {n}") for n in range(13)]
    (here.directory / "press.xml").write_bytes(feed(*releases))
    here.sources(
        {"harbour": "file:press.xml"}, f", budget: {{items: 1}}, embargo: {policy.replace('bad', 'hold')}"
    )
    command("poll")
    held = {each["title"] for each in json_of(command("items", "--state", "held", "--json").out)}
    dated = [
        re.sub("<pubDate>.*?</pubDate>", f"<pubDate>{AHEAD}</pubDate>", each)
        if any(f">{title}<" in each for title in sorted(map(str, held))[:2])
        else each
        for each in releases
    ]
    (here.directory / "press.xml").write_bytes(feed(*dated))
    command("poll")
    if policy == "bad":
        here.sources({"harbour": "file:press.xml"}, ", embargo: bad")
    said = command("release", "--over-budget", "harbour").out.splitlines()
    assert said[0] == f"{live} items of harbour released that its budget held"
    still = json_of(command("items", "--state", "held", "--json").out)
    assert [each["release"] for each in still] == ["2099-01-01T12:00:00+00:00"] * (3 - live)
    assert len(said) == (1 if live == 3 else 2)


def test_a_copy_of_a_withdrawn_release_is_not_released_with_what_a_budget_held(
    here: Site, command: Command
) -> None:
    copy = item("r5", "Once more").replace("<guid>https://harbour.example/r5", "<guid>once-more")
    releases = (item(f"r{n}", f"Release {n}") for n in range(10))
    (here.directory / "press.xml").write_bytes(feed(copy, *releases))
    here.sources({"harbour": "file:press.xml"}, ", budget: {items: 1}")
    command("poll")
    (held,) = json_of(command("items", "--state", "held", "--json").out)
    (withdrawn,) = json_of(command("items", "--search", '"Release 5"', "--json").out)
    said = command("withdraw", withdrawn["id"], "--reason", "a test")
    assert said.out.splitlines()[1] == f"still held, the same release: {held['id']} (harbour): Once more"
    assert command("release", "--over-budget", "harbour").out.splitlines() == [
        "0 items of harbour released that its budget held",
        "1 stay held: they are copies of withdrawn releases, each to be released by its id",
    ]
    (still,) = json_of(command("items", "--state", "held", "--json").out)
    assert command("release", still["id"], "--version", "1").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "name an item"), (("--over-budget", "pier"), "there is no source called 'pier'")],
)
def test_a_release_of_nothing_is_an_error(polled: Command, arguments: tuple[str, ...], words: str) -> None:
    said = polled("release", *arguments)
    assert said.code == 2
    assert words in said.err


def test_of_several_items_all_are_released_or_none(here: Site, command: Command) -> None:
    here.sources({"harbour": "file:press.xml"}, ", publish: review")
    command("poll")
    (one, two) = (str(each["id"]) for each in json_of(command("items", "--json").out))
    assert command("release", one, "unknown").code == 2
    assert command("release", one, two, "--version", "1").code == 2
    assert len(json_of(command("items", "--state", "held", "--json").out)) == 2
    assert command("release", one, two, one, "--version", "1", "--version", "1").code == 0
    assert command("items", "--state", "held", "--json").out.strip() == "[]"


def test_the_desk_amends_an_item_and_clears_it_again(polled: Command) -> None:
    said = polled("amend", STORM, "--headline", "Gale warning", "--topics", "weather, sea", "--note", "Ours.")
    assert said.out.endswith("is amended (headline, topics, note): Gale warning\n")
    shown = json.loads(polled("show", STORM, "--json").out)
    assert (shown["title"], shown["topics"]) == ("Gale warning", ["weather", "sea"])
    assert shown["amended"]["original_title"] == "Storm warning"
    assert "amended       headline: Gale warning\n" in polled("show", STORM).out
    assert "Edited by" in polled("show", STORM, "--text").out
    (listed,) = json_of(polled("items", "--topic", "weather", "--json").out)
    assert listed["title"] == "Gale warning"
    assert polled("amend", STORM, "--clear", "all").out.endswith(
        "(nothing of yours is left): Storm warning\n"
    )
    assert json.loads(polled("show", STORM, "--json").out)["amended"] == {}


def test_an_edit_of_an_amended_field_is_a_conflict(here: Site, polled: Command) -> None:
    polled("amend", STORM, "--headline", "Gale warning", "--language", "fr")
    (here.directory / "press.xml").write_bytes(feed(item("storm", "Storm is over")))
    polled("poll")
    assert "headline: Gale warning; CONFLICT, its origin says now: Storm is over" in polled("show", STORM).out
    assert json.loads(polled("show", STORM, "--json").out)["amended"]["conflicts"] == ["headline"]
    assert "amended" in polled("sources").out


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ((), "name what to amend"),
        (("--clear", "title"), "--clear names one of: headline, summary, topics, language, note, all"),
        (("--language", "xx"), "is a registered code"),
        (("--topics", "All The News"), "may hold a-z, 0-9 and -"),
        (("--headline", "one\ntwo"), "must be one line"),
        (("--note", "\x1b[31m"), "no control characters"),
    ],
)
def test_an_amendment_that_cannot_be_shown_is_refused(
    polled: Command, given: tuple[str, ...], complaint: str
) -> None:
    said = polled("amend", STORM, *given)
    assert (said.code, complaint in said.err) == (2, True)


def test_an_item_is_erased_with_its_traces_and_backups_are_named(polled: Command, here: Site) -> None:
    (here.directory / "store" / "backups").mkdir(exist_ok=True)
    backup = here.directory / "store" / "backups" / "publicwire-2026-01-01.db"
    polled("backup", str(backup))
    said = polled("erase", STORM, "--reason", "order of a court")
    name = json.loads(polled("show", STORM.replace(STORM, said.out.split()[0]), "--json").out)
    assert (name["state"], name["erased"], name["title"]) == ("withdrawn", True, "")
    assert said.out.splitlines() == [
        f"{name['id']} is erased: {STORM}",
        f"still in the backup {backup}: remove it, or a restore of it erases the content again",
    ]
    assert polled("show", name["id"]).out.startswith("(erased)\n")
    assert polled("erase", name["id"], "--reason", "again").code == 0
    assert polled("reinstate", name["id"], "--reason", "a test").code == 2


def test_a_pattern_erases_what_it_lists_once_the_operator_agrees(polled: Command) -> None:
    assert polled("erase", "*harbour.example/*", "--reason", "a test").code == 2
    for answer, code, erased in (("n", 1, 0), ("y", 0, 2)):
        with typed(answer):
            said = polled("erase", "*harbour.example/*", "--reason", "a test")
        assert (said.code, said.out.count(" is erased: "), said.out.count("live harbour: ")) == (
            code,
            erased,
            2,
        )
    for pattern, complaint in (("*a*", "matches too much"), ("*nowhere*", "no item holds 'nowhere'")):
        said = polled("erase", pattern, "--reason", "a test", "--yes")
        assert (said.code, complaint in said.err) == (2, True)


def test_the_clock_is_confirmed_by_one_word(polled: Command) -> None:
    said = polled("clock", "confirm")
    assert (said.code, said.out.endswith(" UTC, is confirmed: held items go live by it\n")) == (0, True)
    assert "`publicwire clock confirm`, not 'set'" in polled("clock", "set").err
