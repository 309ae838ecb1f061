"""Known items and a Reading over them, without storage."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.dedupe.within import Resolved, resolve
from aggregator.model import Candidate, Claim, Entry, Item, Known, Mode, State
from tests.given import DAY, NOON, item, source

MINISTRY = source("ministry")


def items_of(*entries: Entry) -> tuple[Item, ...]:
    """Return the items of these entries of the ministry."""
    return tuple(item(entry, MINISTRY) for entry in entries)


def known(number: int, entry: Entry, *before: Entry, listed: bool = False, **more: object) -> Known:
    """Return a known item last seen as `entry`, with the keys of the entries it was seen as before."""
    now, *earlier = items_of(entry, *before)
    remembered = Known(
        number=number,
        state=State.LIVE,
        title=now.title,
        fingerprint=now.fingerprint,
        keys=tuple(dict.fromkeys(key for each in (now, *earlier) for key in each.keys)),
        current=now.keys,
        updated=now.updated or now.claimed or NOON,
        language=now.language,
        listed=listed,
    )
    return replace(remembered, **more)  # type: ignore[arg-type]  # the caller names fields of Known


def resolution(
    entries: Sequence[Entry], remembered: Sequence[Known] = (), mode: Mode = Mode.NORMAL, listed: int = 0
) -> Resolved:
    """Resolve a document of the ministry against known items."""
    return resolve(items_of(*entries), remembered, mode, listed=listed or len(entries), now=NOON + 20 * DAY)


def matches(resolved: Resolved) -> dict[str, int]:
    """Map each title to the number of its known item, 0 for a new one."""
    return {item.title: 0 for item in resolved.new} | {item.title: old.number for item, old in resolved.known}


@dataclass(frozen=True, slots=True)
class Remembered:
    """A Reading over given items and candidates."""

    items: tuple[Known, ...] = ()
    others: tuple[Candidate, ...] = ()

    def known(self, items: Sequence[Item], listed: Sequence[bytes]) -> tuple[Known, ...]:
        asked = {key for item in items for key in item.keys}
        return tuple(each for each in self.items if asked & set(each.keys))

    def candidates(self, links: Sequence[bytes]) -> tuple[Candidate, ...]:
        return tuple(each for each in self.others if each.link in links)


def claim(mode: Mode = Mode.NORMAL, *, first: bool = False) -> Claim:
    """Return a claim of the ministry."""
    return Claim(number=1, id="ministry", feed=MINISTRY.feed, token=1, mode=mode, first_import=first)


def day(number: int) -> str:
    """Return a day of March 2026 in RFC 3339 format."""
    return datetime(2026, 3, number, 9, tzinfo=NOON.tzinfo).isoformat()
