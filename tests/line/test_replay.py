"""Real feeds replayed state by state: each entry once, edits in place, no change without one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from aggregator.model.stored import Stored
from tests.corpus import SERIES
from tests.line.line import Line, plain
from tests.pristine import feedparser

pytestmark = pytest.mark.usefixtures("engine")

ORIGIN = plain()
CHANNELS = ("", f"sources/{ORIGIN.id}")

Words = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class State:
    """A feed at one time as feedparser reads it: fields of the feed, and entries by id."""

    at: datetime
    body: bytes
    head: tuple[str, ...]
    entries: dict[str, Words]


@dataclass(slots=True)
class Heard:
    """All entries of a feed so far, each in its last version."""

    head: tuple[str, ...] = ()
    entries: dict[str, Words] = field(default_factory=dict)

    def says_nothing_new(self, state: State) -> bool:
        """Return whether a state is only another rendering, order or part of earlier entries."""
        same_head = not state.entries or state.head == self.head
        return same_head and all(self.entries.get(name) == said for name, said in state.entries.items())

    def hear(self, state: State) -> None:
        self.head = state.head or self.head
        self.entries |= state.entries


@cache  # each series is replayed on both engines, in two ways
def given_states(series: Path) -> list[State]:
    """Return the states of a feed in the order of time."""
    states = []
    for path in sorted(series.glob("*.xml")):
        body = path.read_bytes()
        parsed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
        entries: dict[str, Words] = {}
        for entry in parsed.entries:
            terms = ", ".join(tag.term or "" for tag in entry.get("tags", ()))
            said = (*(entry.get(name, "") for name in ("title", "link", "summary")), terms)
            name = entry.get("id") or entry.get("link") or entry.get("title", "")
            entries[name] = entries.get(name, frozenset()) | {said}
        head = tuple(parsed.feed.get(name, "") for name in ("title", "link", "language"))
        states.append(State(moment(path), body, head, entries))
    return states


def moment(path: Path) -> datetime:
    """Return the time in the name of a file: NNN_YYYYMMDDTHHMMSSZ_kind, or MM-DD of 2013."""
    if "_" in path.stem:
        return datetime.strptime(path.stem.split("_")[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return datetime.strptime(f"2013-{path.stem}", "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=3)


def replay(series: Path, directory: Path, *, incremental: bool) -> tuple[Stored, ...]:
    """Replay a series with checks at each state, and return the stored items."""
    states = given_states(series)
    heard, quiet = Heard(), 0
    before: tuple[Stored, ...] = ()
    with Line(directory, ORIGIN, now=states[0].at) as line:
        for state in states:
            was = [line.document(name).body for name in CHANNELS]
            line.reads(ORIGIN, state.body, state.at, incremental=incremental)
            after = line.items()
            is_quiet = heard.says_nothing_new(state)
            if is_quiet:
                assert [line.document(name).body for name in CHANNELS] == was, state.at
            quiet += is_quiet
            heard.hear(state)
            assert_nothing_lost(heard, after)
            assert_nothing_twice(line)
            assert_in_place(before, after)
            before = after
        assert line.storage.admin.check() == ()
    assert quiet or len(states) < 10
    return before


def assert_nothing_lost(heard: Heard, stored: tuple[Stored, ...]) -> None:
    """Every id ever listed finds an item; an id of several entries finds one of each title."""
    names = {name for one in stored for name in (one.item.guid, one.item.url.rstrip("/"), one.item.title)}
    for name, words in heard.entries.items():
        assert name.rstrip("/") in names
        if len(words) > 1:
            assert {said[0] for said in words} <= names


def assert_nothing_twice(line: Line) -> None:
    """Each release is once in each channel."""
    for channel in CHANNELS:
        shown = line.publisher.releases(channel)
        ids = [release.public_id for release in shown]
        places = [(release.url, release.title) for release in shown]
        assert (len(ids), len(places)) == (len(set(ids)), len(set(places))), channel


def assert_in_place(before: tuple[Stored, ...], after: tuple[Stored, ...]) -> None:
    """Stored items keep their ids, positions and dates."""
    kept = [(one.number, one.id, one.public_id, one.position, one.shown) for one in before]
    assert [
        (one.number, one.id, one.public_id, one.position, one.shown) for one in after[: len(kept)]
    ] == kept


def essence(items: tuple[Stored, ...]) -> set[tuple[object, ...]]:
    """Return the fields that must not depend on incremental reading."""
    return {
        (one.id, one.public_id, one.item.title, one.item.url, one.item.text, one.item.claimed, one.shown)
        for one in items
    }


@pytest.mark.needs("corpus")
@pytest.mark.parametrize("series", SERIES, ids=lambda series: series.name)
def test_a_real_feed_replayed_loses_nothing_repeats_nothing_and_is_read_the_same_both_ways(
    series: Path, tmp_path: Path
) -> None:
    by_parts = replay(series, tmp_path / "parts", incremental=True)
    whole = replay(series, tmp_path / "whole", incremental=False)
    assert essence(by_parts) == essence(whole)
