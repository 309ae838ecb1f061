"""The form of the log: one line an event, whatever it quotes, of our events and those of libraries."""

import json
import re
import subprocess
import sys

import pytest

from tests.cli.conftest import Command
from tests.running import Site, until

EVENTS = """
import logging
from aggregator.cli.logging import set_up
from aggregator.log import log
set_up({form!r})
log.info("poll", source="harbour", cause="", message="two\\nlines", name="a name", args=(1,), status=None, new=0)
logging.getLogger("uvicorn.error").warning("two\\n%s", "lines")
logging.getLogger("httpx").info("a request")
"""
LINES = {
    "console": [
        "NOW [info     ] poll source=harbour message='two lines' name='a name' args=(1,)",
        "NOW [warning  ] two lines [uvicorn.error]",
    ],
    "logfmt": [
        'at=NOW level=info event=poll source=harbour message="two lines" name="a name" args=(1,) new=0',
        'at=NOW level=warning event="two lines" logger=uvicorn.error',
    ],
    "json": [
        '{"source": "harbour", "message": "two lines", "name": "a name", "args": [1], "new": 0, "event": "poll", "level": "info", "at": "NOW"}',
        '{"logger": "uvicorn.error", "event": "two lines", "level": "warning", "at": "NOW"}',
    ],
}


def logged(code: str) -> str:
    """Return the stderr of a process that runs this code."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr


@pytest.mark.parametrize("form", LINES)
def test_events_and_records_of_libraries_have_one_form(form: str) -> None:
    said = re.sub(r"[0-9-]{10}T[0-9:.]+Z|\b\d\d:\d\d:\d\d\b", "NOW", logged(EVENTS.format(form=form)))
    assert [line.rstrip() for line in said.splitlines()] == LINES[form]


def test_a_command_that_does_not_log_drops_events() -> None:
    assert logged('from aggregator.log import log; log.error("unheard", source="harbour")') == ""


def test_the_log_format_json_is_an_option(here: Site) -> None:
    process = here.start("serve", "--log-format", "json")
    log = here.directory / "log"
    try:
        until(lambda: b'"event": "poll"' in log.read_bytes())
    finally:
        process.terminate()
        process.wait()
    events = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (poll,) = (event for event in events if event["event"] == "poll")
    assert (poll["source"], poll["outcome"], poll["new"], poll["level"]) == ("harbour", "changed", 2, "info")


def test_an_unknown_form_of_the_log_is_the_users_mistake(command: Command) -> None:
    said = command("serve", "--log-format", "xml")
    assert (said.code, said.complaints) == (
        2,
        ["publicwire: --log-format is console, logfmt, json, not 'xml'"],
    )


def test_an_unknown_level_of_the_log_is_the_users_mistake(command: Command) -> None:
    said = command("serve", "--log-level", "loud")
    assert (said.code, said.complaints) == (
        2,
        ["publicwire: --log-level is debug, info, warning, error, not 'loud'"],
    )


def test_events_below_the_level_are_dropped() -> None:
    code = "from aggregator.cli.logging import set_up; from aggregator.log import log; set_up('json', {level!r}); log.debug('a'); log.info('b'); log.warning('c')"
    shown = {
        level: re.findall('"event": "(.)"', logged(code.format(level=level)))
        for level in ("debug", "info", "error")
    }
    assert shown == {"debug": ["a", "b", "c"], "info": ["b", "c"], "error": []}


TRACE = """
from aggregator.cli.logging import set_up
from aggregator.log import log
set_up({form!r})
try:
    raise ValueError("said\\x1b[2J\\x07\\r\\nat=now level=error event=forged \\u202e\\x85x\\u2028y")
except ValueError:
    log.error("poll broke", source="harbour", exc_info=True)
"""


@pytest.mark.parametrize("form", ["console", "logfmt", "json"])
def test_a_trace_forges_no_event_and_moves_no_cursor(form: str) -> None:
    code = TRACE.format(form=form)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    events = [line for line in told.split("\n") if line and not line.startswith("  ")]
    assert len(events) == 1
    assert "forged" in told
    assert all(line.isprintable() for line in told.split("\n"))
