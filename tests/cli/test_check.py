"""`check` and `add`: mistakes, and the result of a dry run."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from html import escape
from pathlib import Path

import pytest

from aggregator import config as configuration
from aggregator.cli.add import _edited, _name
from aggregator.config.values import slugify
from aggregator.storage import stored_feeds
from tests import engines
from tests.cli.conftest import Command
from tests.running import COMMAND, Site, feed, item, json_of, until
from tests.server import HttpServer, answer, http_server_in_thread, redirect

HERE = ("--allow-network", "127.0.0.0/8")
STORE_0_1_0 = Path(__file__).parents[1] / "storage/fixtures/store-0.1.0.db"
KEYED = "https://a.example/feed?desk="
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
    assert (refused.code, "add an `id` with --id" in refused.err) == (2, True)
    with here.config.open("a") as config:
        config.write(f"  - feed: {two}\n    allow_networks: [127.0.0.0/8]\n")
    for name in ("check", "poll", "serve"):
        said = command(name)
        assert (said.code, len(said.complaints), "key=def" in said.err) == (2, 2, False)
        assert said.complaints[0].endswith("is that of another source, too: add an `id`")


def given_feeds(harbour: HttpServer, *desks: str) -> list[str]:
    """Two releases at each feed; the feeds differ in their query only."""
    for desk in desks:
        items = [item(f"{desk}{n}", f"Notice {n} of {desk}") for n in range(2)]
        harbour.answers[f"/feed?desk={desk}"] = answer(body=feed(*items))
    return [harbour.url(f"/feed?desk={desk}") for desk in desks]


def written(here: Site, *lines: str) -> None:
    """Write these sources, at this machine, in place of those of the file."""
    head = here.config.read_text().partition("sources:\n")[0]
    text = "".join(
        f"  - {{{line}, organisation: Of {line[-1]}, allow_networks: [127.0.0.0/8]}}\n" for line in lines
    )
    here.config.write_text(f"{head}sources:\n{text}")


def owners(command: Command) -> set[tuple[str, str]]:
    """Organisation and title of each item."""
    return {(each["organisation"], each["title"]) for each in json_of(command("items", "--json").out)}


def test_a_new_feed_never_gets_the_id_and_the_items_of_a_removed_one(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    b, c = given_feeds(harbour, "b", "c")
    written(here, f"feed: {b}")
    assert command("poll").code == 0
    written(here)
    assert command("poll").code == 0
    written(here, f"feed: {c}")
    for name in ("check", "poll", "serve"):
        said = command(name)
        (line,) = said.complaints
        assert (said.code, line.endswith("is that of another feed in the store: add an `id`")) == (2, True)
    refused = command("add", b.replace("desk=b", "desk=c"), *HERE, "--yes")
    assert refused.code == 2
    written(here, f"id: c, feed: {c}")
    assert (command("check").code, command("poll").code) == (0, 0)
    assert owners(command) == {
        ("Of b", "Notice 0 of b"),
        ("Of b", "Notice 1 of b"),
        ("Of c", "Notice 0 of c"),
        ("Of c", "Notice 1 of c"),
    }


def test_sources_keep_their_ids_and_items_without_an_id_in_any_order_and_alone(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    b, c = given_feeds(harbour, "b", "c")
    name = slugify(f"{harbour.url('/').partition('://')[2]} feed")
    written(here, f"id: {name}, feed: {b}", f"id: {name}-2, feed: {c}")  # as an earlier version named them
    assert command("poll").code == 0
    before = json_of(command("items", "--json").out)
    for lines in ((f"feed: {c}", f"feed: {b}"), (f"feed: {c}",), (f"feed: {b}", f"feed: {c}")):
        written(here, *lines)
        assert (command("check").code, command("poll").code) == (0, 0)
        assert json_of(command("items", "--json").out) == before


def test_forget_knows_the_id_that_the_store_has_for_a_configured_feed(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    (b,) = given_feeds(harbour, "b")
    written(here, f"id: former, feed: {b}")
    assert command("poll").code == 0
    written(here, f"feed: {b}")
    said = command("forget", "former", "--yes")
    assert (said.code, "is still configured" in said.err) == (2, True)


@pytest.mark.one_engine("stores of before PostgreSQL")
def test_check_reads_the_store_of_an_earlier_version_and_leaves_it_as_it_is(
    here: Site, command: Command
) -> None:
    here.store.mkdir()
    former = here.store / "publicwire.db"
    former.write_bytes(STORE_0_1_0.read_bytes())
    with closing(sqlite3.connect(former)) as db, db:
        db.execute(
            "UPDATE source SET id = 'a-example-feed-desk-1', feed = ? WHERE number = 1", (f"{KEYED}1",)
        )
        db.execute(
            "UPDATE source SET id = 'a-example-feed-desk-2', feed = ? WHERE number = 2", (f"{KEYED}2",)
        )
    before = former.read_bytes()
    written(here, f"feed: '{KEYED}1'", f"feed: '{KEYED}2'")
    said = command("check")
    assert (said.code, said.err, former.read_bytes() == before) == (0, "", True)
    assert list(here.store.iterdir()) == [former]
    assert {each.id for each in stored_feeds(here.store)} >= {
        "a-example-feed-desk-1",
        "a-example-feed-desk-2",
    }


@pytest.mark.one_engine("damages a file")
def test_check_goes_on_with_a_warning_when_it_cannot_read_the_store(here: Site, command: Command) -> None:
    here.store.mkdir()
    (here.store / "publicwire.db").write_bytes(b"no database, " * 100)
    written(here, "feed: file:press.xml")
    said = command("check")
    (line,) = said.complaints
    assert (said.code, line.endswith("the ids of sources are checked without it")) == (0, True)


def test_add_names_the_option_with_a_mistake(here: Site, command: Command, harbour: HttpServer) -> None:
    for option, value in (("--topic", "he.alth"), ("--id", "Bad Id"), ("--allow-network", "10.0.0.1/8")):
        said = command("add", harbour.url("/press.rss"), option, value, "--yes")
        (line,) = said.complaints
        assert (said.code, line.startswith(f"publicwire: {option} m")) == (2, True)
    assert harbour.requests == []


def test_add_says_under_which_id_it_added_the_source(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    name = configuration.parse(f"sources: ['{harbour.url('/press.rss')}']\n", here.config).sources[0].id
    said = command("add", harbour.url("/press.rss"), *HERE, "--yes")
    assert f"added to {here.config} as source {name}, " in said.out
    assert name in command("poll").out


def test_add_previews_a_line_of_each_item(here: Site, command: Command, harbour: HttpServer) -> None:
    long = "".join(f"<p>Paragraph {n}, of quite a few words to be read.</p>" for n in range(50))
    items = [item(f"n{n}", f"Notice {n}", escape(long)) for n in range(5)]
    harbour.answers["/press.rss"] = answer(body=feed(*items))
    said = command("add", harbour.url("/press.rss"), *HERE, "--yes")
    assert len(said.out.splitlines()) == 11
    assert said.out.count("Paragraph 0") == 3
    assert "Paragraph 2" not in said.out


def test_links_away_from_home_are_warned_of_with_the_domains_to_write(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    added = command("add", harbour.url("/press.rss"), *HERE, "--id", "notices", "--yes")
    (line,) = added.complaints
    assert line == (
        "publicwire: warning: 5 of 5 links lie outside the domains of notices (127.0.0.1), so that of a "
        "release that several sources publish, another's is shown: if they are its own, write `domains: [127.0.0.1, harbour.example]`"
    )
    assert line in command("check", "--live").complaints


def test_a_refused_address_is_named_with_the_option_that_permits_it(
    command: Command, harbour: HttpServer
) -> None:
    said = command("add", harbour.url("/press.rss"), "--yes")
    assert "`allow_networks: [127.0.0.0/8]` permits it (`add --allow-network 127.0.0.0/8`)" in said.err


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
    said = command("poll")
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
    engines.remove(here.store)
    said = command("check", "--live")
    assert said.code == 1
    assert said.out.count("would import 'Releases of the Harbour Office'") == 2
    assert "404" in said.out
    assert not here.store.exists()


def test_check_live_names_the_terms_of_a_source(here: Site, command: Command, harbour: HttpServer) -> None:
    harbour.answers["/press.rss"] = answer("TDM-Reservation: 1", body=feed(item("storm", "Storm warning")))
    here.sources({"web": harbour.url("/press.rss")})
    assert "its terms: AI: train prohibit, input prohibit" in command("check", "--live").out


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


def test_add_writes_the_address_that_was_given_behind_a_temporary_redirect(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    harbour.answers |= {
        "/now": redirect("/press.rss"),
        "/old": redirect("/press.rss", "301 Moved Permanently"),
        "/both": redirect("/now", "308 Permanent Redirect"),
    }
    for path, written in (("/now", "/now"), ("/both", "/both"), ("/old", "/press.rss")):
        assert command("add", harbour.url(path), *HERE, "--id", path[1:], "--yes").code == 0
        assert here.config.read_text().count(f'feed: "{harbour.url(written)}"\n') == 1


@pytest.mark.parametrize(
    ("options", "rights"), [((), "excerpt"), (("--rights", "full"), "full"), (("--rights", "no"), "no")]
)
def test_add_writes_the_rights(
    here: Site, command: Command, harbour: HttpServer, options: tuple[str, ...], rights: str
) -> None:
    assert command("add", harbour.url("/press.rss"), *HERE, "--id", "new", *options, "--yes").code == 0
    assert f"    rights: {{republish: {rights}}}\n" in here.config.read_text()
    added = configuration.load(here.config).source("new")
    assert added is not None and added.republish == rights


@pytest.mark.parametrize("publish", ["review", "after 2h"])
def test_add_writes_when_items_go_live(
    here: Site, command: Command, harbour: HttpServer, publish: str
) -> None:
    wrong = command("add", harbour.url("/press.rss"), *HERE, "--publish", "later", "--yes")
    assert (wrong.code, "--publish" in wrong.err) == (2, True)
    added = ("add", harbour.url("/press.rss"), *HERE, "--id", "new", "--publish", publish, "--yes")
    assert command(*added).code == 0
    source = configuration.load(here.config).source("new")
    assert source is not None
    assert (source.review, source.veto) == (
        (True, timedelta()) if publish == "review" else (False, timedelta(hours=2))
    )


TWO = b"<link rel=feed href=/other title='Other news'><link rel=feed href=/press.rss title=Press>"


def test_add_lists_the_feeds_that_a_page_and_its_headers_name(command: Command, harbour: HttpServer) -> None:
    harbour.answers |= {"/": answer("Link: </none>; rel=feed", body=TWO)}
    said = command("add", harbour.url("/"), *HERE, "--yes")
    assert said.code == 0
    assert said.out.startswith(
        f"feeds of this page:\n  1  {harbour.url('/none')}\n  2  {harbour.url('/other')}  Other news\n"
        f"  3  {harbour.url('/press.rss')}  Press\nReleases of the Harbour Office\n{harbour.url('/press.rss')}\n"
    )


@pytest.mark.one_engine("asks before it opens the store")
def test_add_at_a_terminal_lets_the_operator_choose(here: Site, harbour: HttpServer) -> None:
    harbour.answers |= {"/": answer(body=TWO), "/other": harbour.answers["/press.rss"]}
    master, terminal = os.openpty()
    os.write(master, b"3\n2\ny\n")
    ran = subprocess.run(
        [*COMMAND, "add", harbour.url("/"), *HERE], cwd=here.directory, stdin=terminal, capture_output=True
    )
    os.close(master)
    os.close(terminal)
    assert (ran.returncode, b"give a number from 1 to 2" in ran.stdout) == (0, True)
    assert f'feed: "{harbour.url("/press.rss")}"\n' in here.config.read_text()
    assert "/other" not in harbour.paths


@pytest.mark.one_engine("asks before it opens the store")
def interrupted(process: subprocess.Popen[bytes]) -> bool:
    """Interrupt a process, and return whether it has ended. A signal between its question and its read is lost."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    return process.returncode is not None


def test_an_interrupt_ends_add_at_its_question(here: Site, harbour: HttpServer) -> None:
    harbour.answers |= {"/": answer(body=TWO), "/other": harbour.answers["/press.rss"]}
    master, terminal = os.openpty()
    asking = subprocess.Popen(
        [*COMMAND, "add", harbour.url("/"), *HERE], cwd=here.directory, stdin=terminal, stdout=subprocess.PIPE
    )
    with asking:
        assert asking.stdout is not None
        shown = b""
        while b"Which one? [1] " not in shown:
            read = asking.stdout.read(1)
            assert read, shown
            shown += read
        until(lambda: interrupted(asking))
    os.close(master)
    os.close(terminal)
    assert asking.returncode == 130


def test_check_live_tells_of_a_document_that_is_cut_off(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    harbour.answers["/press.rss"] = answer(body=feed(item("1", "One"))[:-40])
    here.sources({"press": harbour.url("/press.rss")})
    said = command("check", "--live")
    assert (said.code, "cut off" in said.out) == (1, True)


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
    rights, networks = "    rights: {republish: excerpt}", "    allow_networks: [127.0.0.0/8]"
    lines = ("  - id: notices", organisation, feed_line, rights, networks)
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


def test_a_file_that_is_not_there_is_found_by_check(here: Site, command: Command) -> None:
    assert command("check").code == 0
    (here.directory / "press.xml").unlink()
    said = command("check")
    assert said.code == 1
    assert said.complaints[-1].endswith("press.xml cannot be read: No such file or directory")
    assert said.complaints[-1].startswith("publicwire: harbour: ")


def test_an_edit_during_the_question_of_add_is_kept(
    here: Site, command: Command, harbour: HttpServer
) -> None:
    addition = configuration.Addition(harbour.url("/press.rss"), "notices", networks=("127.0.0.0/8",))
    first, _ = _edited(here.config, addition, ())
    here.config.write_text(f"{here.config.read_text()}# edited\n")
    second, after = _edited(here.config, addition, ())
    assert "# edited" not in first
    assert "# edited" in second
    assert [each.id for each in after.sources] == ["harbour", "notices"]


def test_a_mistake_of_add_names_its_option(command: Command) -> None:
    said = command("add", "https://harbour.example/", "--organisation", "a\x07b")
    assert said.code == 2
    assert said.complaints[0].startswith("publicwire: --organisation must be one line")


def test_an_argument_that_is_not_utf_8_is_the_users_mistake(command: Command) -> None:
    said = command("items", "--search", "\udcff")
    assert (said.code, said.complaints) == (2, ["publicwire: the argument '\\udcff' is not UTF-8"])


def test_colours_and_templates_are_checked(here: Site, command: Command) -> None:
    blocks = here.config.parent / "blocks"
    blocks.mkdir()
    (blocks / "footer.html").write_text("<p>{{ publication }}\n{{ organisation }}</p>")
    own = "publication: {brand: {colours: {accent: '#ff9900'}}, templates: blocks}\n"
    here.config.write_text(own + "sources: []\n")
    found = command("check")
    assert found.code == 1
    assert "accent #ff9900 on tint #eef2f5 has a contrast of 1.9:1" in found.err
    assert f"{blocks}/footer.html:2: no variable 'organisation'; there are " in found.err
