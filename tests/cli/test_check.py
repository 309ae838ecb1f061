"""`check` and `add`: mistakes, and the result of a dry run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator import config as configuration
from aggregator.cli.check import _name
from tests.cli.conftest import Command
from tests.running import Site, feed, item
from tests.server import HttpServer, answer, http_server_in_thread

HERE = ("--allow-network", "127.0.0.0/8")
PAGE = b'<html><head><link rel="alternate" type="application/rss+xml" href="/press.rss"></head><body>Hello</body></html>'


@pytest.fixture
def harbour() -> Iterator[HttpServer]:
    """An origin with a page and the feed it names."""
    with http_server_in_thread() as serving:
        items = [item(f"n{n}", f"Notice {n}") for n in range(5)]
        bodies = {"/": PAGE, "/press.rss": feed(*items), "/empty": b"<html>Nothing</html>"}
        serving.answers = {path: answer(body=body) for path, body in bodies.items()}
        yield serving


def test_feeds_that_differ_in_their_query_only_need_ids(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    one, two = (harbour.url(f"/press.rss?key={key}") for key in ("abc", "def"))
    harbour.answers |= {f"/press.rss?key={key}": harbour.answers["/press.rss"] for key in ("abc", "def")}
    added = command("add", one, *HERE, "--yes")
    assert (added.code, "abc" in added.out) == (0, False)
    refused = command("add", two, *HERE, "--yes")
    assert (refused.code, "choose one with --id" in refused.err) == (2, True)
    with here.config.open("a") as config:
        config.write(f"  - feed: {two}\n    allow_networks: [127.0.0.0/8]\n")
    checked = command("check")
    assert (checked.code, "add an `id`" in checked.err, "def" in checked.err) == (2, True, False)
    assert command("sources").code == 0


def test_add_reaches_private_networks_only_as_told(here: Site, command: Command, harbour: HttpServer) -> None:
    refused = command("add", harbour.url("/press.rss"), "--yes")
    assert (refused.code, "is refused: its host is at 127.0.0.1 (loopback)" in refused.err) == (1, True)
    wrong = command("add", harbour.url("/press.rss"), "--allow-network", "10.0.0.1/8", "--yes")
    assert (wrong.code, "--allow-network must be a network" in wrong.err) == (2, True)


def test_a_good_configuration_is_one_line(here: Site, command: Command) -> None:
    said = command("check")
    assert (said.code, said.out, said.err) == (0, f"{here.config}: 1 source, valid\n", "")


def test_every_mistake_is_a_line_with_its_place(here: Site, command: Command) -> None:
    here.config.write_text("lissten: 1\nsources:\n  - {feed: 'ftp://x.example/'}\n  - {id: UPPER}\n")
    said = command("check")
    assert said.code == 2
    assert said.out == ""
    places = [line.removeprefix(f"publicwire: {here.config}:").split(": ")[:2] for line in said.complaints]
    assert places == [
        ["1:1", "lissten"],
        ["3:6", "sources.0.feed"],
        ["4:5", "sources.1"],
        ["4:6", "sources.1.id"],
    ]


@pytest.mark.parametrize("name", ["check", "poll", "items", "serve", "sources"])
def test_no_command_starts_with_a_configuration_mistake(here: Site, command: Command, name: str) -> None:
    here.config.write_text("sources: 5\n")
    assert command(name).code == 2
    assert not here.store.exists()


def test_a_missing_file_is_one_line(here: Site, command: Command) -> None:
    here.config.unlink()
    said = command("items")
    assert said.code == 2
    assert len(said.complaints) == 1
    assert "sources.yaml" in said.err


def test_an_example_contact_is_warned_of(here: Site, command: Command) -> None:
    here.sources({"web": "https://harbour.example/press.xml"})
    here.config.write_text(here.config.read_text().replace("desk@releases.test", "desk@example.org"))
    said = command("check")
    assert said.code == 0
    (line,) = said.complaints
    assert line.startswith("publicwire: warning: ")
    assert "desk@example.org" in line


def test_check_live_lists_the_items_to_import_and_stores_nothing(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    here.sources({"file": "file:press.xml", "web": harbour.url("/press.rss"), "none": harbour.url("/none")})
    said = command("check", "--live")
    assert said.code == 1
    assert said.out.count("would import 'Releases of the Harbour Office'") == 2
    assert "404" in said.out
    assert not here.store.exists()


def test_check_live_counts_items_dropped_by_rules(here: Site, command: Command) -> None:
    here.sources({"file": "file:press.xml"}, ", skip: [{title: Storm}]")
    said = command("check", "--live")
    assert said.code == 0
    assert "1 skipped by its rules" in said.out


def test_add_finds_the_feed_behind_a_page_and_writes_it(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    before = "# kept as it is\n" + here.config.read_text()
    here.config.write_text(before)
    said = command(
        "add", harbour.url("/"), *HERE, "--id", "notices", "--topic", "sea", "--organisation", "Pier", "--yes"
    )
    assert said.code == 0
    assert [f"Notice {n}" in said.out for n in range(5)] == [True, True, True, False, False]
    assert "Public release. This item was issued by Pier" in said.out
    after = here.config.read_text()
    assert after.startswith(before)
    assert harbour.url("/press.rss") in after.removeprefix(before)
    assert command("poll", "notices").code == 0
    assert command("items", "--source", "notices").out.count("Pier") == 5


def test_add_without_a_terminal_requires_yes_and_writes_nothing(here: Site, harbour: HttpServer) -> None:
    before = here.config.read_text()
    said = here.run("add", harbour.url("/press.rss"), *HERE)
    assert said.returncode == 2
    assert "--yes" in said.stderr
    assert here.config.read_text() == before


@pytest.mark.parametrize("url", ["file:press.xml", "file:///etc/passwd", "ftp://harbour.example/"])
def test_add_takes_only_web_addresses(here: Site, command: Command, url: str) -> None:
    said = command("add", url, *HERE, "--yes")
    assert said.code == 2
    assert len(said.complaints) == 1
    assert "file:press.xml" in here.config.read_text()


@pytest.mark.parametrize("start", ["", "http://", "HTTP://"])
def test_add_refuses_a_password_and_names_the_key_for_it(
    here: Site, command: Command, harbour: HttpServer, start: str
) -> None:
    before = here.config.read_text()
    said = command("add", start + harbour.url("/").replace("http://", "desk:secret@"), *HERE, "--yes")
    assert (said.code, len(said.complaints)) == (2, 1)
    assert "`auth`" in said.err
    assert "secret" not in said.err
    assert (here.config.read_text(), harbour.requests) == (before, [])


@pytest.mark.parametrize("url", ["not a url", "https://", "https://pier.example:x/"])
def test_add_rejects_a_malformed_url(command: Command, url: str) -> None:
    said = command("add", url, *HERE, "--yes")
    assert (said.code, len(said.complaints)) == (2, 1)
    assert "the URL " in said.err


def test_add_reports_an_address_without_a_feed(command: Command, harbour: HttpServer) -> None:
    said = command("add", harbour.url("/empty"), *HERE, "--yes")
    assert said.code == 2
    assert "no feed found" in said.err


def test_add_reports_an_address_without_a_response(command: Command, harbour: HttpServer) -> None:
    said = command("add", harbour.url("/nowhere"), *HERE, "--yes")
    assert said.code == 1
    assert len(said.complaints) == 1


def test_add_refuses_a_feed_that_is_there_already(here: Site, command: Command, harbour: HttpServer) -> None:
    assert command("add", harbour.url("/"), *HERE, "--yes").code == 0
    before = here.config.read_text()
    said = command("add", harbour.url("/"), *HERE, "--yes")
    assert (said.code, len(said.complaints)) == (2, 1)
    assert here.config.read_text() == before


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_add_keeps_every_byte_of_the_file(
    here: Site, command: Command, harbour: HttpServer, start: str
) -> None:
    before = (start + here.config.read_text().replace("\n", "\r\n")).encode()
    here.config.write_bytes(before)
    assert command("add", harbour.url("/press.rss"), *HERE, "--id", "notices", "--yes").code == 0
    feed_line = f'    feed: "{harbour.url("/press.rss")}"'
    organisation = "    organisation: Releases of the Harbour Office"
    lines = ("  - id: notices", organisation, feed_line, "    allow_networks: [127.0.0.0/8]")
    assert here.config.read_bytes() == before + "".join(f"{line}\r\n" for line in lines).encode()


def test_add_writes_through_a_symbolic_link(here: Site, command: Command, harbour: HttpServer) -> None:
    kept = here.directory / "kept" / "shared.yaml"
    kept.parent.mkdir()
    here.config.rename(kept)
    here.config.symlink_to("kept/shared.yaml")
    assert command("add", harbour.url("/press.rss"), *HERE, "--yes").code == 0
    assert here.config.is_symlink()
    assert harbour.url("/press.rss") in kept.read_text()


def test_the_configuration_is_replaced_whole_and_keeps_its_mode(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    here.config.chmod(0o640)
    assert command("add", harbour.url("/"), *HERE, "--yes").code == 0
    assert here.config.stat().st_mode & 0o777 == 0o640
    assert sorted(Path(each).name for each in here.directory.glob("*sources*")) == ["sources.yaml"]


def test_add_writes_the_title_of_the_feed_as_the_organisation(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    assert command("add", harbour.url("/press.rss"), *HERE, "--id", "notices", "--yes").code == 0
    (source,) = (each for each in configuration.load(here.config).sources if each.id == "notices")
    assert source.organisation


def test_a_title_cannot_make_a_feed_name_its_entries_sources() -> None:
    assert _name("from-entry") == ""
    assert _name("Harbour Office") == "Harbour Office"
