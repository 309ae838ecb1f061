"""`sources`, `items` and `show`: tables and JSON."""

import hashlib
import json
import os
import pty
import re
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from rich.cells import cell_len

from aggregator.cli.items import item_query
from aggregator.cli.output import REST, fitted
from tests.cli.conftest import PRESS, Command
from tests.engines import execute
from tests.running import COMMAND, Site, feed, item, json_of

DISCLAIMER = (
    "Public release. This item was issued by Harbour Office or the authors it names, and may reflect what was "
    "known when it was written. It may have been edited for clarity, style and length. Example Releases takes "
    "no institutional position: every view in it is its authors' alone. Read the full original "
    "(https://harbour.example/storm)."
)
BRIEF = [
    "id",
    "source",
    "organisation",
    "title",
    "url",
    "published",
    "updated",
    "first_seen",
    "state",
    "reason",
    "release",
    "claimed",
    "topics",
    "language",
    "story",
    "version",
    "waiting_version",
]


def storm(command: Command) -> str:
    """Return the id of the storm warning."""
    (found,) = json_of(command("items", "--search", "storm", "--json").out)
    return found["id"]


def test_items_are_listed_newest_first_with_the_promised_fields(polled: Command) -> None:
    listed = json_of(polled("items", "--json").out)
    assert [each["title"] for each in listed] == ["Storm warning", "New pilot boat"]
    assert [list(each) for each in listed] == [BRIEF, BRIEF]
    shown = {name: listed[0][name] for name in ("source", "organisation", "url", "state", "topics", "story")}
    assert shown == {
        "source": "harbour",
        "organisation": "Harbour Office",
        "url": "https://harbour.example/storm",
        "state": "live",
        "topics": ["sea"],
        "story": None,
    }


def test_a_limited_list_has_the_newest_by_date() -> None:
    assert item_query("", "", topic="", language="", state="", limit=1).newest


def test_an_unknown_language_is_the_users_mistake(polled: Command) -> None:
    for code in ("klingon", "qq", "e"):
        said = polled("items", "--language", code)
        assert (said.code, len(said.complaints), code in said.err) == (2, 1, True)


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        (["--search", "boats ashore"], ["Storm warning"]),
        (["--search", "nothing"], []),
        (["--source", "harbour", "--limit", "1"], ["Storm warning"]),
        (["--topic", "sea"], ["Storm warning", "New pilot boat"]),
        (["--state", "held"], []),
        (["--state", "live", "--language", "de"], []),
    ],
)
def test_items_are_chosen_by_options(polled: Command, options: list[str], titles: list[str]) -> None:
    assert [each["title"] for each in json_of(polled("items", *options, "--json").out)] == titles


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--source", "habour"], "there is no source called 'habour': `publicwire sources` lists them"),
        (["--topic", "securty"], "there is no topic 'securty': there are sea"),
    ],
)
def test_an_unknown_id_is_a_usage_error(polled: Command, options: list[str], message: str) -> None:
    said = polled("items", *options)
    assert (said.code, said.err.strip()) == (2, f"publicwire: {message}")


def test_a_state_that_does_not_exist_is_a_mistake(polled: Command) -> None:
    said = polled("items", "--state", "dead")
    assert (said.code, said.complaints) == (
        2,
        ["publicwire: --state is held, live or withdrawn, not 'dead'"],
    )


def test_the_text_view_is_headline_organisation_paragraphs_disclaimer(polled: Command) -> None:
    said = polled("show", storm(polled), "--text")
    expected = ["Storm warning", "Harbour Office", "Stay ashore.", "Moor your boats.", DISCLAIMER]
    assert said.out == "\n\n".join(expected) + "\n"


def test_the_text_view_keeps_the_spaces_of_languages_that_do_not_break_there(
    here: Site, command: Command
) -> None:
    body = "14\u00a0% plus\u202f: voil\u00e0"
    text = (
        (here.directory / "press.xml")
        .read_text()
        .replace("New pilot boat", "Avis")
        .replace("All there is to say.", body)
    )
    (here.directory / "press.xml").write_text(text)
    command("poll")
    assert "14 % plus : voilà" in command("show", "https://harbour.example/pilot", "--text").out


def test_an_item_is_shown_with_its_translations(here: Site, command: Command) -> None:
    namespace = '<rss xmlns:dc="http://purl.org/dc/elements/1.1/" '
    said = [
        item(f"{language}/storm", title).replace("</item>", f"<dc:language>{language}</dc:language></item>")
        for language, title in (("en", "Storm warning"), ("fr", "Avis de tempête"))
    ]
    (here.directory / "press.xml").write_text(feed(*said).decode().replace("<rss ", namespace))
    command("poll")
    (french,) = json_of(command("items", "--language", "fr", "--json").out)
    english = storm(command)
    (shown,) = json.loads(command("show", english, "--json").out)["translations"]
    assert (shown["language"], shown["id"]) == ("fr", french["id"])
    assert f"also in       fr {french['id']}" in command("show", english).out


def test_rights_forbid_the_text_view_too(here: Site, polled: Command) -> None:
    here.sources({"harbour": "file:press.xml"}, ", rights: {republish: no}")
    polled("poll")
    said = polled("show", storm(polled), "--text")
    assert said.code == 2
    assert "republish: no" in said.err
    assert said.out == ""


@pytest.mark.parametrize("name", ["id", "public_id", "url"])
def test_an_item_is_found_by_each_of_its_names(polled: Command, name: str) -> None:
    whole = json.loads(polled("show", storm(polled), "--json").out)
    assert json.loads(polled("show", whole[name], "--json").out) == whole


def test_an_item_that_waits_names_the_time_at_which_it_enters_the_merged_feed(
    here: Site, command: Command
) -> None:
    (here.directory / "coast.xml").write_bytes(feed(item("coast", "Ours")))
    here.sources({"coast": "file:coast.xml"})
    command("poll")
    here.sources({"coast": "file:coast.xml", "harbour": "file:press.xml"}, ", burst: 1")
    command("poll")
    shown = {each["title"]: each["id"] for each in json_of(command("items", "--json").out)}
    said = {title: command("show", name).out for title, name in shown.items()}
    assert [title for title, text in said.items() if "enters the merged feed at 2" in text] == [
        "Storm warning"
    ]
    whole = json.loads(command("show", shown["Storm warning"], "--json").out)
    assert datetime.fromisoformat(whole["enters"]) > datetime.fromisoformat(whole["first_seen"])
    for verb in ("hold", "withdraw"):
        command(verb, shown["Storm warning"], "--reason", "to be checked")
        assert "enters the merged feed" not in command("show", shown["Storm warning"]).out
        assert json.loads(command("show", shown["Storm warning"], "--json").out)["enters"] is None


def test_the_whole_item_is_shown_as_json(polled: Command) -> None:
    whole = json.loads(polled("show", storm(polled), "--json").out)
    assert list(whole)[: len(BRIEF)] == BRIEF
    assert whole["content"] == "<p>Stay ashore.</p><p>Moor your boats.</p>"
    assert whole["text"] == "Stay ashore.\n\nMoor your boats."
    assert (whole["position"], whole["revisions"], whole["audit"]) == (2, [], [])


def test_show_lists_revisions_and_transitions(here: Site, polled: Command) -> None:
    name = storm(polled)
    text = (here.directory / "press.xml").read_text()
    (here.directory / "press.xml").write_text(text.replace("Storm warning", "Gale warning"))
    polled("poll")
    polled("withdraw", name, "--reason", "all clear")
    said = polled("show", name)
    assert said.out.startswith("Gale warning\n")
    assert "version 1: Storm warning" in said.out
    assert "withdraw: live → withdrawn" in said.out
    assert "all clear" in said.out
    whole = json.loads(polled("show", name, "--json").out)
    assert [revision["title"] for revision in whole["revisions"]] == ["Storm warning"]
    assert [revision["url"] for revision in whole["revisions"]] == ["https://harbour.example/storm"]
    assert [line["trigger"] for line in whole["audit"]] == ["withdraw"]


def test_show_names_the_link_that_a_correction_replaced(here: Site, polled: Command) -> None:
    name = storm(polled)
    text = (here.directory / "press.xml").read_text()
    (here.directory / "press.xml").write_text(
        text.replace("//harbour.example/storm", "//phish.example/storm")
    )
    polled("poll")
    assert "version 1: Storm warning at https://harbour.example/storm\n" in polled("show", name).out
    whole = json.loads(polled("show", name, "--json").out)
    assert whole["url"] == "https://phish.example/storm"
    assert "link-moved" in whole["flags"]


def test_an_item_that_does_not_exist_is_the_users_mistake(polled: Command) -> None:
    said = polled("show", "nothing")
    assert (said.code, len(said.complaints)) == (2, 1)


def test_sources_are_printed_as_a_table(here: Site, polled: Command) -> None:
    out = polled("sources").out
    assert "harbour" in out
    assert "Harbour Office" in out
    assert "changed" in out
    (here.directory / "press.xml").unlink()
    assert polled("poll").code == 1
    assert "failed" in polled("sources").out


def test_sources_say_why_each_is_due_then_also_one_that_fails(here: Site, polled: Command) -> None:
    assert "every 1 h" in polled("sources").out
    (here.directory / "press.xml").unlink()
    polled("poll")
    (source,) = json.loads(polled("sources", "--json").out)
    assert source["why"] == "not reached once: back-off of 1 h"
    told = "".join(polled("sources").out.split())
    assert "cannotberead" in told
    assert "notreachedonce" in told


def test_sources_are_printed_as_json(polled: Command) -> None:
    (source,) = json.loads(polled("sources", "--json").out)
    assert source["id"] == "harbour"
    assert source["feed"] == ""  # no file: address leaves the machine's configuration
    assert (source["live"], source["held"], source["failures"]) == (2, 0, 0)


@pytest.mark.parametrize("columns", [80, 120])
def test_sources_fit_into_a_terminal_with_what_is_wrong_under_the_table(
    here: Site, command: Command, columns: int
) -> None:
    long = "harbour-office-of-the-port-authority-press-releases"
    (here.directory / "torn.xml").write_text("<rss")
    here.sources({"harbour": "file:press.xml", long: "file:torn.xml"})
    command("poll")
    lines = at_a_terminal(here, "sources", columns=columns)
    assert max(map(len, lines)) <= columns
    told = [" ".join(line.split()) for line in lines]
    assert told[0] == "source last poll live held success due"
    fine, failed = sorted(told[1:3])
    assert re.fullmatch(r"harbour changed 2 – (now|\d min ago) in (1 h|5\d min)", fine)
    assert re.fullmatch(r"harbour-office-of-the-port-au… failed 0 – never in \d+ (h|min)", failed)
    below = " ".join(told[3:]).strip()
    assert below.startswith(f"{long}: the document looks like a feed")
    assert "answered with no feed once: back-off of" in below


def test_a_list_of_items_at_a_terminal_breaks_no_id_and_no_date(here: Site, polled: Command) -> None:
    lines = at_a_terminal(here, "items", columns=80)
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[1:3]] == [
        each["id"] for each in json_of(polled("items", "--json").out)
    ]
    assert re.search(r"  \d{4}-\d\d-\d\d \d\d:\d\d  live   Harbour Office  New pilot boat$", lines[2])


def test_cells_are_cut_by_the_width_of_their_characters() -> None:
    columns = ("source", "held until", "title")
    lines = [columns, ("海港" * 20, "2026-03-02 12:00", "港口" * 40), ("x", "–", "A title")]
    assert fitted(lines, {"source": 12, "title": REST}, cell_len, columns=80) == [
        columns,
        ("海港海港海…", "2026-03-02 12:00", "港口" * 11 + "港…"),
        ("x", "–", "A title"),
    ]
    (_, cut) = fitted([("title",), ("A long title",)], {"title": REST}, cell_len, columns=3)
    assert cut == ("A long…",)


def test_held_items_are_listed_with_reason_and_time(here: Site, command: Command) -> None:
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    later = item("later", "Regatta", date=format_datetime(ahead))
    (here.directory / "press.xml").write_bytes(feed(later, item("pilot", "New pilot boat")))
    command("poll")
    command("hold", "https://harbour.example/pilot", "--reason", "to be checked")
    lines = command("items", "--state", "held").out.splitlines()
    told = {" ".join(line.split()[1:]) for line in lines[:3]}
    assert told == {
        "held until reason title",
        f"{ahead:%Y-%m-%d %H:%M} embargo Regatta",
        "– to be checked New pilot boat",
    }


def test_a_date_that_is_for_the_operator_to_decide_is_told(here: Site, command: Command) -> None:
    far = item("far", "Regatta", date="Thu, 01 Jan 2099 12:00:00 GMT")
    (here.directory / "press.xml").write_bytes(feed(far))
    command("poll")
    assert (
        " (2099-01-01 12:00)  dated more than 30 days ahead  Regatta"
        in command("items", "--state", "held").out
    )
    (held,) = json_of(command("items", "--json").out)
    assert held["claimed"] == "2099-01-01T12:00:00+00:00"
    assert "\n  dated         2099-01-01 12:00\n" in command("show", held["id"]).out
    command("hold", held["id"], "--until", "2099-02-01", "--reason", "a test")
    assert "2099-02-01 00:00" in command("items", "--state", "held").out


def test_an_item_is_shown_whole(here: Site, command: Command) -> None:
    file = '<enclosure url="https://harbour.example/map.pdf" type="application/pdf" length="9"/></item>'
    author = "<author>press@harbour.example (Ada Pilot)</author>"
    text = PRESS.decode().replace("</item>", author + file, 1)
    (here.directory / "press.xml").write_text(text)
    here.sources({"harbour": "file:press.xml"}, ", topics: [sea], rights: {licence: CC-BY-4.0}")
    command("poll")
    said = command("show", storm(command)).out
    for line in (
        f"  page          http://127.0.0.1:{here.public}/items/{storm(command)}/storm-warning",
        "  topics        sea",
        "  terms         CC-BY-4.0, AI: train prohibit",
        "  file          https://harbour.example/map.pdf",
    ):
        assert line in said.splitlines()
    assert re.search("^  authors       .*Ada Pilot$", said, re.MULTILINE)
    assert len(re.findall("^  language ", said, re.MULTILINE)) == 1
    assert said.endswith("\n\nStay ashore.\n\nMoor your boats.\n")
    command("hold", storm(command), "--reason", "to be checked")
    assert "  page " not in command("show", storm(command)).out


@pytest.mark.parametrize(
    "page", ["{own}items/{id}/any-slug", "{own}items/{id}/history", "http://localhost/items/{id}"]
)
def test_an_item_is_found_by_its_page(here: Site, polled: Command, page: str) -> None:
    name = storm(polled)
    address = page.format(own=f"http://127.0.0.1:{here.public}/", id=name)
    assert json.loads(polled("show", address, "--json").out)["id"] == name


def test_a_source_cannot_claim_the_page_of_an_item(here: Site, polled: Command) -> None:
    name = storm(polled)
    page = f"http://127.0.0.1:{here.public}/items/{name}/storm-warning"
    claim = item("x", "Claim").replace("https://harbour.example/x", page)
    (here.directory / "club.xml").write_bytes(feed(claim))
    here.sources({"harbour": "file:press.xml", "club": "file:club.xml"})
    polled("poll")
    assert json.loads(polled("show", page, "--json").out)["title"] == "Storm warning"


def at_a_terminal(here: Site, *arguments: str, columns: int) -> list[str]:
    """The lines that a command prints at a terminal of so many columns."""
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "dumb"}
    with os.fdopen(master, "rb", buffering=0) as terminal:
        with os.fdopen(slave, "wb") as end:
            command = subprocess.Popen(
                [*COMMAND, *arguments], cwd=here.directory, stdout=end, env=environment
            )
        written = b""
        with suppress(OSError):  # EIO: the other end is closed
            while block := terminal.read(65_536):
                written += block
        assert command.wait() == 0
    return written.decode().replace("\r\n", "\n").split("\n")


def test_sources_not_yet_polled_are_named(command: Command) -> None:
    assert "not polled yet: harbour" in command("sources").out
    assert command("sources", "--json").out == "[]\n"


def test_a_hostile_feed_never_reaches_the_terminal(here: Site, command: Command) -> None:
    evil = "\u001b[2J\u001b]0;owned\u0007\u009b31m\u202eabc\r\u2028x"
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"Harbour {evil}",
        "authors": [{"name": evil}],
        "items": [
            {
                "id": "1",
                "url": "https://harbour.example/1",
                "title": f"Hello {evil}",
                "content_text": f"So {evil}",
            }
        ],
    }
    (here.directory / "press.xml").write_text(json.dumps(document))
    here.config.write_text(here.config.read_text().replace("organisation: Harbour Office, ", ""))
    said = [command("check", "--live"), command("poll"), command("items"), command("sources")]
    name = "https://harbour.example/1"
    said += [
        command("show", name),
        command("show", name, "--text"),
        command("withdraw", name, "--reason", evil),
    ]
    said += [command("items", "--json"), command("show", name, "--json"), command("show", evil)]
    written = "".join(each.out + each.err for each in said)
    assert "owned" in written
    assert [each for each in written if not each.isprintable() and each != "\n"] == []


def test_the_provenance_names_documents_and_where_the_links_lead(here: Site, polled: Command) -> None:
    name = storm(polled)
    text = (here.directory / "press.xml").read_text()
    linked = text.replace(
        "Stay ashore.", 'Stay &lt;a href="https://elsewhere.example/"&gt;ashore&lt;/a&gt; now.'
    )
    (here.directory / "press.xml").write_text(linked)
    here.sources({"harbour": "file:press.xml"}, ", domains: [harbour.example], quarantine: foreign-links")
    polled("poll")
    said = polled("show", name, "--provenance").out
    digest = hashlib.sha256(linked.encode()).hexdigest()[:32]
    assert said.startswith("Storm warning\nversion 2, read ")
    assert f"  sha256        {digest} (its first 16 bytes)\n" in said
    assert "\nversion 1, read " in said
    assert "  link          https://harbour.example/storm\n" in said
    assert "foreign" not in said  # the approved version
    waiting = polled("show", name, "--provenance", "--version", "2").out
    assert "  foreign       https://elsewhere.example/\n" in waiting
    whole = json.loads(polled("show", name, "--provenance", "--version", "2", "--json").out)
    assert (whole["versions"][0]["version"], whole["versions"][0]["sha256"]) == (2, digest)
    assert whole["links"][-1] == {"url": "https://elsewhere.example/", "foreign": True}
    assert polled("show", name).out.count("foreign") == 0
    assert polled("release", name, "--version", "2").code == 0
    assert "  foreign       https://elsewhere.example/\n" in polled("show", name, "--provenance").out


def test_an_item_in_quarantine_is_held_for_its_links(here: Site, command: Command) -> None:
    link = '&lt;a href="https://elsewhere.example/"&gt;ashore&lt;/a&gt;'
    (here.directory / "press.xml").write_bytes(feed(item("storm", "Storm warning", link)))
    here.sources({"harbour": "file:press.xml"}, ", domains: [harbour.example], quarantine: foreign-links")
    command("poll")
    assert "  –           foreign links  Storm warning\n" in command("items", "--state", "held").out
    assert "  state         held: foreign links\n" in command("show", storm(command)).out


def test_links_of_a_source_without_domains_are_not_judged(here: Site, polled: Command) -> None:
    name = storm(polled)
    here.sources({"harbour": "file:press.xml"}, ", quarantine: foreign-links")
    assert "needs `domains`" in polled("check").err + polled("check").out
    here.sources({"harbour": "file:press.xml"})
    said = polled("show", name, "--provenance").out
    assert "no domains of source harbour are configured: links are not judged\n" in said
    assert "  link          https://harbour.example/storm\n" in said


def test_the_provenance_names_the_links_of_a_page_whose_text_is_shown(here: Site, polled: Command) -> None:
    name = storm(polled)
    here.sources({"harbour": "file:press.xml"}, ", domains: [harbour.example]")
    execute(
        here.store,
        f"""INSERT INTO page (item, fingerprint, source, host, url, state, started, content)
        SELECT number, fingerprint, source, '', url, 'taken', 0, '<a href="https://elsewhere.example/">a</a>'
        FROM item WHERE id = '{name}'""",
    )
    assert "  foreign       https://elsewhere.example/\n" in polled("show", name, "--provenance").out
