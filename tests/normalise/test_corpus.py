"""Normalise every entry of the real feeds."""

from collections.abc import Iterator
from datetime import UTC
from functools import cache

import pytest

from aggregator.errors import ParseError
from aggregator.model.entry import Entry, Markup
from aggregator.model.item import Item
from aggregator.normalise.html import sanitise
from aggregator.parse import parse
from tests.corpus import REAL
from tests.normalise.allowed import faults
from tests.normalise.samples import URL, normalised

pytestmark = pytest.mark.needs("corpus")

# Published empty: channels nested in a channel, and items without any element.
EMPTY = {"danmactough-illegally-nested-9d532e32.xml", "miniflux-no_encoding_ISO-8859-1-d408769b.xml"}


def entries() -> Iterator[tuple[str, Entry, Item | None]]:
    for path in REAL:
        try:
            document = parse(path.read_bytes(), content_type="", url=URL)
        except ParseError:
            continue
        for entry in document.entries:
            try:
                yield path.name, entry, normalised(entry, document)
            except ValueError:
                yield path.name, entry, None


@cache
def normalised_entries() -> tuple[tuple[str, Entry, Item | None], ...]:
    return tuple(entries())


def test_every_entry_with_content_becomes_an_item() -> None:
    assert len(normalised_entries()) > 6_000
    assert {name for name, _, item in normalised_entries() if item is None} == EMPTY


def test_every_date_is_read() -> None:
    unread = {
        entry.published or entry.updated
        for _, entry, item in normalised_entries()
        if item and "bad-date" in item.flags
    }

    assert unread == set()
    assert all(item.claimed.tzinfo is UTC for _, _, item in normalised_entries() if item and item.claimed)


def test_no_body_is_reduced_to_its_text() -> None:
    assert {
        name for name, _, item in normalised_entries() if item and "plain-text-only" in item.flags
    } == set()


def test_every_body_is_a_fixed_point() -> None:
    for name, _, item in normalised_entries():
        if item:
            again = sanitise(Markup(item.content, is_html=True), "https://elsewhere.example/")
            assert (again.html, again.text, again.degraded) == (item.content, item.text, False), name


def test_a_sample_of_bodies_has_only_allowed_markup() -> None:
    bodies = [item.content for _, _, item in normalised_entries() if item and 0 < len(item.content) < 20_000]

    assert [fault for body in bodies[::25] for fault in faults(body)] == []
