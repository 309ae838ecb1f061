"""`backfill` and `import-feed`: archives of a source become its backlog."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Command
from tests.running import Site
from tests.server import HttpServer, answer, http_server_in_thread

NOW = datetime.now(UTC)


@pytest.fixture
def harbour() -> Iterator[HttpServer]:
    with http_server_in_thread() as serving:
        yield serving


def atom(*entries: tuple[str, int], title: str = "{}", link: str = "", end: str = "</feed>") -> bytes:
    """An Atom document of entries by name and age in days."""
    shown = "".join(
        f"<entry><id>tag:harbour.example,2026:{name}</id><title>{title.format(name)}</title>"
        f"<updated>{(NOW - timedelta(days=age)).isoformat()}</updated><content>Text of {name}.</content></entry>"
        for name, age in entries
    )
    head = (
        "<id>tag:harbour.example,2026:feed</id><title>Harbour</title><updated>2026-01-01T00:00:00Z</updated>"
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{link}{shown}{end}'.encode()


def before(path: str) -> str:
    return f'<link rel="prev-archive" href="{path}"/>'


def titles(command: Command) -> list[str]:
    return sorted(each["title"] for each in json.loads(command("items", "--json").out))


def given_an_archive(here: Site, harbour: HttpServer) -> None:
    harbour.answers = {
        "/feed.atom": answer(body=atom(("new", 1), link=before("/2.atom"))),
        "/2.atom": answer(
            body=atom(("b", 40), ("new", 1), title="Older title of {}", link=before("/1.atom"))
        ),
        "/1.atom": answer(
            body=atom(("a", 400), ("b", 40), title="Oldest title of {}", link=before("/2.atom"))
        ),
    }
    here.sources({"harbour": harbour.url("/feed.atom")})


def test_a_walk_imports_every_archived_release_once_as_the_newest_document_has_it(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    given_an_archive(here, harbour)
    command("poll")
    assert titles(command) == ["new"]
    said = command("backfill", "harbour")
    assert (said.code, said.out.splitlines()[-1]) == (0, "harbour: 2 items imported")
    assert titles(command) == ["Older title of b", "Oldest title of a", "new"]
    assert "harbour: 0 items imported" in command("backfill", "harbour").out
    assert harbour.paths.count("/1.atom") == 2  # a circle of links ends
    assert json.loads(command("show", item_id(command, "new"), "--json").out)["revisions"] == []


def item_id(command: Command, title: str) -> str:
    (found,) = (each for each in json.loads(command("items", "--json").out) if each["title"] == title)
    return str(found["id"])


def test_a_poll_after_a_walk_finds_nothing_new(here: Site, command: Command, harbour: HttpServer) -> None:
    given_an_archive(here, harbour)
    command("backfill", "harbour")
    assert titles(command) == ["Older title of b", "Oldest title of a", "new"]
    command("poll")
    assert titles(command) == ["Older title of b", "Oldest title of a", "new"]


def test_old_releases_stay_out_of_the_merged_feed(here: Site, command: Command, harbour: HttpServer) -> None:
    given_an_archive(here, harbour)
    command("poll")
    command("backfill", "harbour")
    command("export", str(here.directory / "out"))
    channels = {
        name: {each["title"] for each in json.loads((here.directory / "out" / name).read_text())["items"]}
        for name in ("feed.json", "sources/harbour/feed.json")
    }
    assert channels["sources/harbour/feed.json"] == {"Older title of b", "Oldest title of a", "new"}
    assert "new" in channels["feed.json"]


def test_an_archive_that_cannot_be_read_ends_the_walk_and_keeps_what_came_before(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    given_an_archive(here, harbour)
    harbour.answers["/1.atom"] = answer(status="500 Internal Server Error")
    said = command("backfill", "harbour")
    assert said.code == 1
    assert "500" in said.err
    assert titles(command) == ["Older title of b", "new"]
    harbour.answers["/1.atom"] = answer(body=atom(("a", 400), end=""))
    assert "is cut off" in command("backfill", "harbour").err
    assert titles(command) == ["Older title of b", "new"]


def test_documents_are_imported_from_files(here: Site, command: Command) -> None:
    (here.directory / "2019.atom").write_bytes(atom(("a", 2_000), ("storm", 1_900)))
    (here.directory / "none.atom").write_bytes(b"<html>")
    command("poll")
    files = [str(here.directory / name) for name in ("none.atom", "2019.atom", "lacking.atom")]
    said = command("import-feed", *files, "--source", "harbour")
    assert said.code == 1
    assert "2 items, 2 new" in said.out
    assert len(said.complaints) == 2
    assert titles(command) == ["New pilot boat", "Storm warning", "a", "storm"]


def test_an_unknown_source_is_the_users_mistake(command: Command) -> None:
    for arguments in (("backfill", "nobody"), ("import-feed", "x.atom", "--source", "nobody")):
        said = command(*arguments)
        assert (said.code, len(said.complaints)) == (2, 1)
        assert "there is no source called 'nobody'" in said.err


def test_a_service_that_runs_publishes_what_is_imported(here: Site, harbour: HttpServer) -> None:
    given_an_archive(here, harbour)
    with here.serving() as service:
        ran = here.run("backfill", "harbour")
        assert ran.returncode == 0, ran.stderr
        assert "Oldest title of a" in service.get("/sources/harbour/feed.json").text


def test_what_a_newer_document_deletes_is_not_imported_from_an_older_one(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    given_an_archive(here, harbour)
    tombstone = (
        '<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" '
        f'ref="tag:harbour.example,2026:a" when="{NOW.isoformat()}"/>'
    )
    harbour.answers["/2.atom"] = answer(body=atom(("b", 40), link=before("/1.atom") + tombstone))
    command("backfill", "harbour")
    assert titles(command) == ["b", "new"]
