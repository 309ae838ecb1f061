"""Deduplication within a source: match a document's items to stored ones by identity, never by date.

The result does not depend on order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime

from msgspec import Struct

from aggregator.dedupe import doubles
from aggregator.model.decision import State
from aggregator.model.item import Item, Key, KeyKind, Mode
from aggregator.model.stored import Known

# Lookup keys by mode, in order of precedence. GUID precedes LINK because links move more often.
LOOKUP: Mapping[Mode, tuple[KeyKind, ...]] = {
    Mode.NORMAL: (KeyKind.GUID, KeyKind.LINK, KeyKind.TEXT),
    Mode.GUID_LINK: (KeyKind.GUID_LINK, KeyKind.GUID, KeyKind.LINK, KeyKind.TEXT),
    Mode.TITLE_DAY: (KeyKind.TITLE_DAY, KeyKind.TEXT),
}


class Resolved(Struct, frozen=True):
    """Items of one document, each once: `known` with the stored item, or `new`.

    `superseded` are the raw digests of entries outdated by another entry for the same item.
    """

    mode: Mode
    known: tuple[tuple[Item, Known], ...]
    new: tuple[Item, ...]
    superseded: tuple[bytes, ...]


def resolve(
    items: Sequence[Item], known: Sequence[Known], mode: Mode, *, listed: int, now: datetime
) -> Resolved:
    """Return the items of a document, each matched to a stored item or new.

    `listed` is how many raw items the document has, parsed or not.
    """
    mode = _degrade(items, known, mode, listed)
    groups: dict[Key, list[Item]] = defaultdict(list)
    for item in items:
        groups[primary(item, mode)].append(item)
    index = _Index(known, mode)
    latest = {
        key: group[0] if len(group) == 1 else doubles.counting(group, index.holder(key), now)
        for key, group in groups.items()
    }
    matched, superseded = _matched(latest, index, now)
    unmatched = {key: item for key, item in latest.items() if key not in matched and key not in superseded}
    taken = {each.number for each in matched.values()}
    rotated = _rotated(unmatched, index, taken) if known else {}
    pairs = [
        (doubles.embargoed(latest[key], holder, now), holder)
        for key, holder in {**matched, **rotated}.items()
    ]
    pairs += _prolonged(
        {key: latest[key] for key in superseded}, index, {old.number for _, old in pairs}, now
    )
    new = [item for key, item in unmatched.items() if key not in rotated]
    kept = {id(item) for item in [*new, *(item for item, _ in pairs)]}
    return Resolved(
        mode=mode,
        known=tuple(pairs),
        new=tuple(new),
        superseded=tuple(item.digest for item in items if id(item) not in kept and item.digest),
    )


def primary(item: Item, mode: Mode) -> Key:
    """Return the lookup key of an item under a mode."""
    for kind in LOOKUP[mode]:
        digest = item.key(kind)
        if digest is not None:
            return Key(kind, digest)
    raise ValueError("an item has no key: normalise makes a text key for every item")


def _degrade(items: Sequence[Item], known: Sequence[Known], mode: Mode, listed: int) -> Mode:
    """Return the lookup mode this document needs.

    A guid with several links, or a link of several releases, identifies nothing.
    """
    if mode is Mode.TITLE_DAY:
        return mode
    entries = [_Listed(dict(item.keys), item.title) for item in items]
    entries += [_Listed(dict(each.current), each.title) for each in known if each.listed]
    by_guid: dict[bytes, set[bytes]] = defaultdict(set)
    by_link: dict[bytes | None, list[_Listed]] = defaultdict(list)
    for each in entries:
        guid, link = each.keys.get(KeyKind.GUID), each.keys.get(KeyKind.LINK)
        if guid is not None and link is not None:
            by_guid[guid].add(link)
        by_link[link].append(each)
    total = max(listed, len(items))
    shared = ((link, sharing) for link, sharing in by_link.items() if len(sharing) > 1)
    if any(_are_different(sharing, total, has_link=link is not None) for link, sharing in shared):
        return Mode.TITLE_DAY
    return Mode.GUID_LINK if any(len(links) > 1 for links in by_guid.values()) else mode


class _Listed(Struct, frozen=True):
    keys: Mapping[KeyKind, bytes]
    title: str


def _are_different(sharing: Sequence[_Listed], total: int, *, has_link: bool) -> bool:
    """Return whether entries with one link, or without any, are different releases.

    Without guids, if their titles differ, or their days and texts; with one guid for several titles or days,
    only if the whole document (three entries or more) shares the link, which then identifies nothing.
    """
    days_of: dict[bytes | None, set[bytes | None]] = defaultdict(set)
    for each in sharing:
        days_of[each.keys.get(KeyKind.GUID)].add(each.keys.get(KeyKind.TITLE_DAY))
    titles, texts = ({each.title for each in sharing}, {each.keys[KeyKind.TEXT] for each in sharing})
    if has_link and days_of.keys() == {None}:
        return len(titles) > 1 or (len(days_of[None]) > 1 and len(texts) > 1)
    # Without guid and link an entry is recognised by its text.
    is_ambiguous = any(len(days) > 1 for guid, days in days_of.items() if has_link or guid is not None)
    return is_ambiguous and len(sharing) == total >= 3


def _digests(keys: Sequence[Key]) -> bytes:
    return b"".join(key.digest for key in keys)


def _matched(latest: Mapping[Key, Item], index: "_Index", now: datetime) -> tuple[dict[Key, Known], set[Key]]:
    """Match entries to stored items, one to one; also return the keys of duplicate entries.

    A current key takes precedence over a former one. If the holder differs in link and title, the guid was
    reused or swapped: the item with the same link and title is matched; otherwise the holder, unless the
    document lists it under its own key.
    """
    holders = {key: holder for key in latest if (holder := index.holder(key)) is not None}
    agreeing = {key for key, holder in holders.items() if _agrees(latest[key], holder)}
    matched: dict[Key, Known] = {}
    superseded: set[Key] = set()
    taken: dict[int, Item] = {}

    def take(key: Key, holder: Known) -> None:
        matched[key] = holder
        taken[holder.number] = latest[key]

    def settle(key: Key) -> None:
        holder, item = holders[key], latest[key]
        free = [each for each in index.holders(key) if each.number not in taken and _agrees(item, each)]
        if holder.number in taken and free:
            holder = index.first(free, key)
        if holder.number in taken:
            is_superseded = _is_same_release(taken[holder.number], item)
        elif _stands(holder, key, item, now):
            is_superseded = index.name(holder) == key or _is_same_release(holder, item)
        else:
            return take(key, holder)
        return superseded.add(key) if is_superseded else None

    # Current lookup keys first; digests only make the answer independent of the order of entries.
    turns = sorted(holders, key=lambda each: (index.name(holders[each]) != each, each.digest))
    for key in turns:
        if key in agreeing and index.name(holders[key]).kind is key.kind:
            settle(key)
    for key in turns:
        is_current = holders[key].listed and index.name(holders[key]) == key
        namesake = None if key in agreeing or is_current else index.namesake(latest[key])
        if namesake is not None and namesake.number not in taken:
            take(key, namesake)
    for key in turns:
        if key not in matched and key not in superseded:
            settle(key)
    return matched, superseded


def _prolonged(
    superseded: Mapping[Key, Item], index: "_Index", taken: Set[int], now: datetime
) -> list[tuple[Item, Known]]:
    """Return the held items that a duplicate entry holds for longer, each with the last date of one."""
    found: dict[int, tuple[Item, Known]] = {}
    for key in sorted(superseded, key=lambda each: (_latest_date(superseded[each]), each.digest)):
        holder = index.holder(key)
        prolonged = doubles.prolonging(superseded[key], holder, now)
        if holder is not None and prolonged is not None and holder.number not in taken:
            found[holder.number] = prolonged, holder
    return list(found.values())


def _latest_date(item: Item) -> float:
    until = doubles.until_of(item)
    return 0.0 if until is None else until.timestamp()


def _agrees(item: Item, known: Known) -> bool:
    link = item.key(KeyKind.LINK)
    return item.title == known.title or (link is not None and Key(KeyKind.LINK, link) in known.current)


def _is_same_release(other: Item | Known, item: Item) -> bool:
    """Return whether an item has the same title and, if it has one, the same link."""
    link = item.key(KeyKind.LINK)
    keys = other.keys if isinstance(other, Item) else other.current
    return item.title == other.title and (link is None or Key(KeyKind.LINK, link) in keys)


def _stands(holder: Known, key: Key, item: Item, now: datetime) -> bool:
    """Return whether the stored item is still listed unchanged, so that this entry is another one.

    An entry under its current key with a later, not future, date is its update; without that condition two
    entries would replace each other at every poll.
    """
    if not holder.listed or key not in holder.current:
        return holder.listed
    dates = [date for date in (item.updated, item.claimed) if date is not None and date <= now]
    return not any(date > holder.updated for date in dates)


class _Index:
    """Known items by key."""

    def __init__(self, known: Sequence[Known], mode: Mode) -> None:
        self._ranks = {kind: rank for rank, kind in enumerate(LOOKUP[mode])}
        self._by_key: dict[Key, list[Known]] = defaultdict(list)
        for each in known:
            for key in each.keys:
                self._by_key[key].append(each)

    def holder(self, key: Key) -> Known | None:
        """Return the item that holds this key, or None."""
        holders = self.holders(key)
        return self.first(holders, key) if holders else None

    def first(self, holders: Sequence[Known], key: Key) -> Known:
        """Return the best holder: by current lookup key, then other current key, then former key.

        Digests break ties, so that the order of storage does not matter.
        """

        def order(each: Known) -> tuple[bool, bool, bytes, int]:
            return self.name(each) != key, key not in each.current, _digests(each.current), each.number

        return min(holders, key=order)

    def name(self, known: Known) -> Key:
        """Return the current lookup key of a stored item."""
        return min(known.current, key=lambda key: self._ranks.get(key.kind, len(KeyKind)))

    def namesake(self, item: Item) -> Known | None:
        """Return the one unlisted stored item with this link and title."""
        link = item.key(KeyKind.LINK)
        if link is None:
            return None
        place = Key(KeyKind.LINK, link)
        found = [each for each in self.holders(place) if _is_same_release(each, item)]
        return found[0] if len(found) == 1 and not found[0].listed else None

    def holders(self, key: Key) -> Sequence[Known]:
        """Return all items that ever had this key."""
        return self._by_key.get(key, ())


def _rotated(unmatched: Mapping[Key, Item], index: "_Index", taken: Set[int]) -> dict[Key, Known]:
    """Match items whose guid was rotated, one to one.

    They have the same link and title, and the old key is gone from the document. There is no limit on
    their number: a site that rotates its guids rotates all of them.
    """
    here = Counter(key for item in unmatched.values() for key in item.keys)
    claims: dict[Key, dict[int, Known]] = {}
    for key, item in unmatched.items():
        same = _same_releases(item, index, here)
        claims[key] = {e.number: e for e in same if not e.listed and e.number not in taken}
    claimants = Counter(number for candidates in claims.values() for number in candidates)
    return {
        key: candidates[number]
        for key, candidates in claims.items()
        if len(candidates) == 1 and claimants[number := next(iter(candidates))] == 1
    }


def _same_releases(item: Item, index: _Index, here: Mapping[Key, int]) -> Iterator[Known]:
    """Yield stored items of the same title with the same link, or with the same text: on the same day, or
    held, because the day of an embargo may be moved.

    A link counts only if it identifies one item: many feeds link all items to one page.
    """
    day = item.key(KeyKind.TITLE_DAY)
    for key in item.keys:
        holders = index.holders(key)
        if key.kind is KeyKind.TEXT:
            yield from (
                e
                for e in holders
                if any(k.digest == day for k in e.keys) or (item.text and e.state is State.HELD)
            )
        elif key.kind is not KeyKind.TITLE_DAY and len(holders) == 1 and here[key] == 1:
            yield from (e for e in holders if e.title == item.title)
