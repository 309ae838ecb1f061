"""Fuzzing of every reader of untrusted bytes: a short sample with the other tests, longer with `make fuzz`.

FUZZ_SECONDS is the budget of `make fuzz`, shared by the targets; the number of inputs is printed. Each input that
ever failed is an @example.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.model.document import ReadJob
from aggregator.model.entry import Markup
from aggregator.normalise import dates, html, urls
from aggregator.parse import parse
from aggregator.parse.incremental import IllFormed, lay_out
from aggregator.parse.sniff import recognise
from aggregator.policy.poll_result import pipeline_version_of
from aggregator.workers.job import work
from tests.fuzz import strategies
from tests.given import NOON
from tests.line.line import plain
from tests.normalise.allowed import faults

T = TypeVar("T")
BUDGET = float(os.environ.get("FUZZ_SECONDS", "0"))
ORIGIN = plain("origin")
SAMPLE = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def sniffs(body: bytes, content_type: str) -> None:
    """Recognition yields encodable text, or a ParseError, and its layout covers the text."""
    try:
        text = recognise(body, content_type)
    except ParseError:
        return
    text.value.decode()
    if not text.root:
        return
    try:
        layout = lay_out(text.value, ORIGIN.feed, b"")
    except (IllFormed, ParseError):
        return
    assert list(layout.ranges) == sorted(layout.ranges)
    assert all(layout.text[start : start + 1] == b"<" for start, _ in layout.ranges)
    assert layout.keeping(frozenset(range(len(layout.ranges)))) == layout.text


def parses(body: bytes, content_type: str) -> None:
    """Parsing yields a document or a ParseError; entries seen before are not read again."""
    try:
        first = parse(body, content_type=content_type, url=ORIGIN.feed)
    except ParseError as error:
        assert str(error)
        return
    seen = frozenset(first.listed)
    again = parse(body, content_type=content_type, url=ORIGIN.feed, seen=seen)
    if seen:
        assert not [each for each in again.entries if each.digest in seen]


def works(body: bytes, content_type: str) -> None:
    """Items have keys, absolute web addresses, sanitised content and single-line texts."""
    job = ReadJob(body, content_type, ORIGIN.feed, ORIGIN, frozenset(), pipeline_version_of(ORIGIN), NOON)
    try:
        worked = work(job)
    except ParseError:
        return
    for item in worked.items:
        assert item.keys
        assert item.url == "" or item.url.startswith(("http://", "https://"))
        assert faults(item.content) == []
        for line in (item.title, *item.authors, *item.categories):
            assert not set(line) & set("\n\r\x00\x1b\x85\u2028\u2029\u202e")
        json.dumps([item.title, item.text, item.content]).encode()
        (item.title + item.text + item.content).encode()


def reads_date(said: str) -> None:
    """A date is read as UTC between 1990 and 2200, or not at all."""
    for month_first in (True, False):
        for zone in ("UTC", "Europe/Vienna", "Pacific/Kiritimati"):
            read = dates.read(said, zone=zone, month_first=month_first, now=NOON)
            assert read is None or (
                read.tzinfo is UTC
                and datetime(1989, 12, 31, tzinfo=UTC) < read < datetime(2201, 1, 2, tzinfo=UTC)
            )


def reads_address(said: str) -> None:
    """An address is absolute, ASCII, without userinfo and a fixed point, or empty."""
    url = urls.absolute(said, ORIGIN.feed)
    if not url:
        return
    assert url.startswith(("http://", "https://"))
    assert "@" not in urlsplit(url).netloc
    assert urlsplit(url).hostname
    assert url.isascii()
    assert url == urls.absolute(url)
    assert urls.untracked(urls.untracked(url)) == urls.untracked(url)
    urls.canonical(url)
    assert escape(url).isprintable()


def reads_body(said: str) -> None:
    """Sanitised HTML is allowed HTML and a fixed point."""
    once = html.sanitise(Markup(said, is_html=True), ORIGIN.feed)
    assert faults(once.html) == []
    assert html.sanitise(Markup(once.html, is_html=True), "https://elsewhere.example/").html == once.html
    html.sanitise(Markup(said), ORIGIN.feed)


@SAMPLE
@given(strategies.documents(), strategies.TYPES)
@example(b'\xef\xbb\xbf{\x80"version": 1}', "")  # a mark of UTF-8 before what is none
def test_sniffing_returns_text_or_raises_a_parse_error(body: bytes, content_type: str) -> None:
    sniffs(body, content_type)


@SAMPLE
@given(strategies.documents(), strategies.TYPES)
def test_parsing_returns_a_document_or_raises_a_parse_error(body: bytes, content_type: str) -> None:
    parses(body, content_type)


@SAMPLE
@given(strategies.documents(), strategies.TYPES)
def test_every_normalised_item_is_safe(body: bytes, content_type: str) -> None:
    works(body, content_type)


@SAMPLE
@given(strategies.dates)
def test_a_date_is_a_time_or_nothing(said: str) -> None:
    reads_date(said)


@SAMPLE
@given(strategies.addresses)
@example("&amp;amp;")  # became "&amp;", which reads "&" the next time
def test_an_address_is_one_of_the_web_or_nothing(said: str) -> None:
    reads_address(said)


@SAMPLE
@given(strategies.bodies)
def test_a_body_is_safe_and_settled(said: str) -> None:
    reads_body(said)


DOCUMENTS = st.tuples(strategies.documents(), strategies.TYPES)
TARGETS: dict[str, tuple[st.SearchStrategy[object], Callable[..., None]]] = {
    "sniff": (DOCUMENTS, lambda both: sniffs(*both)),
    "parse": (DOCUMENTS, lambda both: parses(*both)),
    "work": (DOCUMENTS, lambda both: works(*both)),
    "dates": (strategies.dates, reads_date),
    "urls": (strategies.addresses, reads_address),
    "html": (strategies.bodies, reads_body),
}


@pytest.mark.fuzz
@pytest.mark.parametrize("target", TARGETS)
def test_no_target_fails_within_the_budget(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    inputs, holds = TARGETS[target]
    tried, until = 0, time.monotonic() + BUDGET / len(TARGETS)

    @settings(SAMPLE, max_examples=500, database=None, phases=[Phase.generate, Phase.shrink])
    @given(inputs)
    def one(said: object) -> None:
        nonlocal tried
        tried += 1
        holds(said)

    while time.monotonic() < until:
        one()
    with capsys.disabled():
        print(f" {target}: {tried} inputs", flush=True)
