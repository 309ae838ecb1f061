"""The contract's DeskStore: what waits for a decision, near matches of an item, links that veto one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice

from msgspec.structs import replace

from aggregator.dedupe.stories import may_match
from aggregator.model.decision import State
from aggregator.model.desk import VetoLink, Waiting, WaitingPage
from aggregator.model.item import FOREIGN_LINKS
from aggregator.model.stored import Candidate, Stored
from aggregator.policy.amendments import conflicts
from aggregator.policy.embargo import DATED, REVIEW, VETO
from aggregator.policy.lifecycle import APPROVED
from aggregator.storage.sql import knowledge, pairings, signatures, values
from aggregator.storage.sql.also import with_story
from aggregator.storage.sql.engine import Connection, Engine, as_json, insert_many, ints, one, read, texts
from aggregator.storage.sql.rows import ms
from aggregator.storage.sql.selection import ITEM

COUNTED_MAX = 1_000  # items of one list
CONFLICTS_READ_MAX = 500  # amended items of one page, of which few are in conflict
STORIES_READ_MAX = 200  # items of one page, of which few are near another
NEAR_MAX = 10
_EMBARGO = tuple(dict.fromkeys((*DATED, APPROVED)))
_OTHERS = (REVIEW, VETO, *_EMBARGO)
_HELD = "i.state = 'held' AND i.reason"

# Conditions on an item `i`, as the partial indexes have them, and their parameters.
LISTS: Mapping[Waiting, tuple[str, tuple[str, ...]]] = {
    Waiting.REVIEW: (f"{_HELD} = ? AND NOT (? {texts('i.flags')})", (REVIEW, FOREIGN_LINKS)),
    Waiting.QUARANTINE: (f"{_HELD} = ? AND ? {texts('i.flags')}", (REVIEW, FOREIGN_LINKS)),
    Waiting.VETO: (f"{_HELD} = ?", (VETO,)),
    Waiting.EMBARGO: (f"{_HELD} IN ({', '.join('?' * len(_EMBARGO))})", _EMBARGO),
    Waiting.HELD: (f"{_HELD} NOT IN ({', '.join('?' * len(_OTHERS))})", _OTHERS),
    Waiting.VERSIONS: ("i.pending IS NOT NULL", ()),
    Waiting.CONFLICTS: ("i.amended <> '{}' AND i.state <> 'withdrawn'", ()),
}


class DeskStore:
    """Queries and veto links of the desk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waiting(self, of: Waiting, limit: int, before: int | None = None) -> WaitingPage:
        """Return a page of a list, newest first, of items with a number smaller than `before`."""
        with self._engine.reading() as db:
            if of is Waiting.CONFLICTS:
                looked = _numbers(db, of, CONFLICTS_READ_MAX + 1, before)
                older = looked[CONFLICTS_READ_MAX - 1] if len(looked) > CONFLICTS_READ_MAX else None
                page = _page(filter(conflicts, _items(db, looked[:CONFLICTS_READ_MAX])), limit, older)
                return replace(page, looked=min(len(looked), CONFLICTS_READ_MAX))
            if of is Waiting.STORIES:
                return _suggestions(db, limit, before)
            numbers = _numbers(db, of, limit + 1, before)
            older = numbers[limit - 1] if len(numbers) > limit else None
            return WaitingPage(_items(db, numbers[:limit]), older)

    def counts(self) -> Mapping[Waiting, int]:
        """Return how many items are in each list that an index holds, COUNTED_MAX + 1 at most."""
        counted = [of for of in LISTS if of is not Waiting.CONFLICTS]
        with self._engine.reading() as db:
            return {of: len(_numbers(db, of, COUNTED_MAX + 1, None)) for of in counted}

    def near(self, item: Stored) -> tuple[Stored, ...]:
        """Return items of other sources at the address of an item, or with sentences of it, that are in no
        story with it: the operator may merge them. Cheap: reads the indexes of a poll."""
        with self._engine.reading() as db:
            numbers = [each.number for each in _near(db, item)[1]]
            return _items(db, sorted(numbers, reverse=True)[:NEAR_MAX])

    def existing(self, ids: Iterable[str]) -> frozenset[str]:
        """Return those of these ids that items have."""
        found = read(self._engine, f"SELECT id FROM item WHERE id {texts()}", (as_json(sorted(ids)),))
        return frozenset(row["id"] for row in found)

    def in_window(self, source: str, now: datetime, limit: int) -> tuple[Stored, ...]:
        """Return items of a source in their veto window, those that go live next first."""
        found = read(
            self._engine,
            f"""{ITEM} WHERE i.state = 'held' AND i.reason = ? AND i.release > ? AND s.id = ?
            ORDER BY i.release, i.number LIMIT ?""",
            (VETO, ms(now), source, limit),
        )
        return tuple(map(values.stored, found))

    def add_links(self, links: Sequence[VetoLink], now: datetime) -> None:
        """Keep links that veto an item; those that have expired are dropped."""
        with self._engine.writing() as db:
            db.execute("DELETE FROM veto_link WHERE expires <= ?", (ms(now),))
            if links:
                insert_many(
                    db,
                    "veto_link",
                    [{"token": link.token, "item": link.item, "expires": ms(link.expires)} for link in links],
                )

    def linked(self, token: bytes, now: datetime) -> Stored | None:
        """Return the item that a link vetoes; None for an unknown, used or expired one, and when the item is
        no longer in its veto window."""
        found = read(
            self._engine,
            f"""{ITEM} WHERE i.id = (SELECT item FROM veto_link WHERE token = ? AND expires > ?)
            AND i.state = 'held' AND i.reason = ?""",
            (token, ms(now), VETO),
        )
        return next(map(values.stored, found), None)

    def drop_links(self, item: str) -> None:
        """Drop all links of an item: one was used."""
        with self._engine.writing() as db:
            db.execute("DELETE FROM veto_link WHERE item = ?", (item,))


def _page(found: Iterable[Stored], limit: int, older: int | None) -> WaitingPage:
    """Return up to `limit` of the items found; `older` is where the next page begins if they are all."""
    shown = tuple(islice(found, limit + 1))
    return (
        WaitingPage(shown, older)
        if len(shown) <= limit
        else WaitingPage(shown[:limit], shown[limit - 1].number)
    )


def _near(db: Connection, item: Stored) -> tuple[Candidate | None, Sequence[Candidate]]:
    """Return an item as a candidate, None when its text was dropped, and those near it outside its story."""
    row = db.execute(f"{knowledge.CANDIDATE} WHERE i.number = ? AND i.freed = 0", (item.number,)).fetchone()
    if row is None:
        return None, ()
    own = knowledge.candidate(row)
    (signed,) = signatures.signed((own,), signatures.made(db, (own,)))
    found = knowledge.near(db, row["source"], signed)
    return own, [each for each in found if each.story is None or each.story != item.story]


def _suggestions(db: Connection, limit: int, before: int | None) -> WaitingPage:
    """Return a page of items that may be one story with older ones, and those."""
    last = one(db.execute("SELECT coalesce(max(number), 0) AS number FROM item"))["number"]
    first = last if before is None else min(last, before - 1)
    looked = list(range(first, max(first - STORIES_READ_MAX, 0), -1))
    older = looked[-1] if looked and looked[-1] > 1 else None
    near = ((each, _suggested(db, each)) for each in _items(db, looked))
    found = list(islice(((each, numbers) for each, numbers in near if numbers), limit + 1))
    page = _page((each for each, _ in found), limit, older)
    shown = {each.number: _items(db, numbers) for each, numbers in found[:limit]}
    return replace(page, near=shown, looked=len(looked))


def _suggested(db: Connection, item: Stored) -> Sequence[int]:
    """Return the numbers of older items that an item may be one story with, newest first, without those of
    which it is decided that they are not."""
    if item.state is State.WITHDRAWN:
        return ()
    own, found = _near(db, item)
    near = [each for each in found if own is not None and each.number < own.number and may_match(own, each)]
    apart = pairings.of(db, near, [item.id]).apart if near else frozenset()
    numbers = [each.number for each in near if tuple(sorted((item.id, each.id))) not in apart]
    return sorted(numbers, reverse=True)[:NEAR_MAX]


def _numbers(db: Connection, of: Waiting, limit: int, before: int | None) -> list[int]:
    """Return the numbers of up to `limit` items of a list, newest first: a sort carries no texts."""
    condition, parameters = LISTS[of]
    after = () if before is None else (before,)
    # The sign: by the index of held items, not down the whole table.
    number = "+i.number" if of is Waiting.HELD else "i.number"
    found = db.execute(
        f"""SELECT i.number FROM item i WHERE {condition}{f" AND {number} < ?" if after else ""}
        ORDER BY {number} DESC LIMIT ?""",
        (*parameters, *after, limit),
    )
    return [row["number"] for row in found]


def _items(db: Connection, numbers: Sequence[int]) -> tuple[Stored, ...]:
    """Return items by their numbers, in that order."""
    found = db.execute(f"{ITEM} WHERE i.number {ints()}", (as_json(numbers),))
    by_number = {row["number"]: values.stored(row) for row in found}
    return with_story(db, [by_number[number] for number in numbers if number in by_number])
