"""Hostile feeds in terminal, log and files: no control character is printed, no path leaves its directory."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.documents import FIELDS, FORMATS, document, raw
from tests.hostile.payloads import OURS, every
from tests.running import Site, given_a_site, until
from tests.server import HttpServer, answer, http_server_in_thread

pytestmark = [
    pytest.mark.one_engine("what is printed is made from the same values"),
    pytest.mark.usefixtures("engine"),
]

# Of what a terminal obeys or a line ends with, only the line feed may ever be printed.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
ESCAPES = "\x1b]0;pwned\x07\x1b[2J\r\nat=0 level=error event=forged \x9b31m \u202e \u2028"


@pytest.fixture(scope="module")
def hostile(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, HttpServer]]:
    """A site that has polled well-formed and broken hostile feeds of each format."""
    here = given_a_site(tmp_path_factory.mktemp("site"))
    with http_server_in_thread() as serving:
        bodies = {
            "raw": document("rss", FIELDS["rss"], [ESCAPES], quote=raw),
            "root": "<\u202eroot\u2028 x='\x1b[31m'>".encode(),
            "page": f"<html><title>{ESCAPES}</title>".encode(),
            "json-broken": f'{{"version": "{ESCAPES}", "items": [{{"id": {ESCAPES}'.encode(),
        }
        for form in FORMATS:
            bodies[form] = document(form, FIELDS[form], every()[:200])
            bodies[f"{form}-head"] = document(form, [f for f in FIELDS[form] if "feed " in f], [ESCAPES])
        serving.answers = {f"/{name}": answer(body=body) for name, body in bodies.items()}
        feeds = {name: serving.url(f"/{name}") for name in bodies}
        # Without an organisation of the operator's, the feed's own title stands in every table.
        here.sources(feeds)
        here.config.write_text(here.config.read_text().replace("organisation: Harbour Office, ", ""))
        here.run("poll")
        yield here, serving


def is_plain(text: str) -> None:
    found = OBEYED.search(text)
    assert found is None, text[max(0, found.start() - 80) : found.end() + 20]


@pytest.mark.needs("corpus")
@pytest.mark.parametrize(
    "command",
    [
        "poll",
        "poll --json",
        "sources",
        "sources --json",
        "items --limit 2000",
        "items --json --limit 2000",
        "check --live",
    ],
)
def test_tables_and_json_move_no_cursor(hostile: tuple[Site, HttpServer], command: str) -> None:
    here, _ = hostile
    done = here.run(*command.split())
    is_plain(done.stdout + done.stderr)
    assert done.stdout
    if "--json" in command:
        assert json.loads(done.stdout)


@pytest.mark.needs("corpus")
def test_an_item_is_shown_without_moving_the_cursor(hostile: tuple[Site, HttpServer]) -> None:
    here, _ = hostile
    items = json.loads(here.run("items", "--json", "--limit", "2000").stdout)
    worst = [
        one["id"] for one in items if any(mark in one["title"] for mark in ("pwned", "31m", "forged", "[2J"))
    ]
    assert worst
    for reference in worst[:3]:
        for options in ((), ("--json",), ("--text",)):
            shown = here.run("show", reference, *options)
            is_plain(shown.stdout + shown.stderr)
            assert shown.returncode == 0


def test_operator_input_is_echoed_on_one_plain_line(tmp_path: Path) -> None:
    here = given_a_site(tmp_path, {})
    for command in ("show", "withdraw", "poll", "add"):
        said = here.run(command, ESCAPES, *(("--reason", ESCAPES) if command == "withdraw" else ()))
        assert said.returncode in (1, 2)
        is_plain(said.stderr)
        assert len(said.stderr.splitlines()) == 1, said.stderr


@pytest.mark.needs("corpus")
@pytest.mark.parametrize("form", ["json", "logfmt"])
def test_an_event_is_a_line_of_the_log(hostile: tuple[Site, HttpServer], tmp_path: Path, form: str) -> None:
    from_before, _ = hostile
    here = given_a_site(tmp_path)
    text = re.sub(r"127\.0\.0\.1:\d+(?=\n)", "127.0.0.1:0", from_before.config.read_text())
    here.config.write_text(
        text.replace(f"database: {from_before.database!r}", f"database: {here.database!r}")
    )
    process = here.start("serve", "--log-format", form)
    log = here.directory / "log"
    try:
        # Polls of the good ones and failures of the bad ones, each one event.
        until(lambda: len(re.findall(r"\bpoll\b", log.read_text())) >= 10, seconds=30)
    finally:
        process.terminate()
        process.wait(timeout=20)
    text = log.read_text(encoding="utf-8")
    is_plain(text)
    events = [line for line in text.splitlines() if line.startswith(("{", "at="))]
    ours = ("Publicwire serves", "  pages and feeds", "  status", "  stop with", "publicwire: warning")
    assert [line for line in text.splitlines() if line not in events and not line.startswith(ours)] == []
    assert not [
        line for line in events if line.startswith("at=0 ") or "event=forged" in line.split("message=")[0]
    ]
    if form == "json":
        assert all(json.loads(line)["event"] for line in events)


@pytest.mark.needs("corpus")
def test_an_export_stays_in_its_directory_under_plain_names(
    hostile: tuple[Site, HttpServer], tmp_path: Path
) -> None:
    here, _ = hostile
    around = tmp_path / "around"
    around.mkdir()
    done = here.run("export", str(around / "site"))
    assert done.returncode == 0, done.stderr
    assert [path.name for path in around.iterdir()] == ["site"]
    names = [part for path in (around / "site").rglob("*") for part in path.relative_to(around).parts]
    assert len(names) > len(OURS)
    assert [
        name
        for name in names
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,80}|\.publicwire|\.well-known", name)
    ] == []
    assert not [path for path in around.rglob("*") if path.is_symlink()]
