"""Known items made by hand, and the knowledge on which a poll is decided."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from aggregator.dedupe.within import Resolved, resolve
from aggregator.model.decision import Decisions, State
from aggregator.model.entry import Entry
from aggregator.model.item import Item, Mode
from aggregator.model.poll import Claim
from aggregator.model.schedule import Due
from aggregator.model.stored import Candidate, Knowledge, Known
from tests.given import DAY, NOON, item, source

MINISTRY = source("ministry")
AUTHORITY = "releases.example,2026-03-02"
NONE = Decisions()


def said(*entries: Entry) -> tuple[Item, ...]:
    """Entries as items of the ministry."""
    return tuple(item(entry, MINISTRY) for entry in entries)


def known(number: int, entry: Entry, *before: Entry, listed: bool = False, **more: object) -> Known:
    """An item last seen as `entry`, and under the names of other entries before."""
    now, *earlier = said(entry, *before)
    remembered = Known(
        number=number,
        state=State.LIVE,
        title=now.title,
        fingerprint=now.fingerprint,
        queries=now.queries,
        keys=tuple(dict.fromkeys(key for each in (now, *earlier) for key in each.keys)),
        current=now.keys,
        updated=now.updated or now.claimed or NOON,
        url=now.url,
        listed=listed,
        claimed=now.claimed,
    )
    return replace(remembered, **more)  # the caller names fields of Known


def resolved(
    entries: Sequence[Entry], remembered: Sequence[Known] = (), mode: Mode = Mode.NORMAL, listed: int = 0
) -> Resolved:
    """The ministry's document, resolved against these items."""
    return resolve(said(*entries), remembered, mode, listed=listed or len(entries), now=NOON + 20 * DAY)


def matches(found: Resolved) -> dict[str, int]:
    """Title to number of the known item it is; 0 for a new one."""
    return {item.title: 0 for item in found.new} | {item.title: old.number for item, old in found.known}


def knowledge(
    *items: Known,
    candidates: Sequence[Candidate] = (),
    taken: Iterable[str] = (),
    decisions: Decisions = NONE,
) -> Knowledge:
    """Return the knowledge of a store with these items and ids."""
    return Knowledge(
        AUTHORITY,
        known=items,
        candidates=tuple(candidates),
        taken=frozenset(taken),
        decisions=decisions,
    )


def claim(mode: Mode = Mode.NORMAL, *, first: bool = False) -> Claim:
    """A claim of the ministry."""
    return Claim(
        number=1, id="ministry", feed=MINISTRY.feed, token=1, due=Due(NOON), mode=mode, first_import=first
    )


def day(number: int) -> str:
    """A date of March 2026 as feeds write it."""
    return datetime(2026, 3, number, 9, tzinfo=NOON.tzinfo).isoformat()
