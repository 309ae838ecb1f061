"""Within a source: which of a document's items are new, which are known, and what changed.

Decides from what the document holds and what storage remembers; the answer never depends on the order of
either. "New" is decided by identity, never by date.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from aggregator.model import Item, Key, KeyKind, Known, Mode

# What an item is looked up by, first that it has. GUID stands before LINK because links move more often.
LOOKUP: Mapping[Mode, tuple[KeyKind, ...]] = {
    Mode.NORMAL: (KeyKind.GUID, KeyKind.LINK, KeyKind.TEXT),
    Mode.GUID_LINK: (KeyKind.GUID_LINK, KeyKind.GUID, KeyKind.LINK, KeyKind.TEXT),
    Mode.TITLE_DAY: (KeyKind.TITLE_DAY, KeyKind.TEXT),
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """Items of one document, each once: `known` with the remembered one, or `new`.

    `superseded` are the raw digests of entries that say less lately what another says; `rotated` counts the
    known ones that came under a new guid or address.
    """

    mode: Mode
    known: tuple[tuple[Item, Known], ...]
    new: tuple[Item, ...]
    superseded: tuple[bytes, ...]
    rotated: int


def resolve(
    items: Sequence[Item], known: Sequence[Known], mode: Mode, *, listed: int, now: datetime
) -> Resolved:
    """Tell known from new. `listed` is how many raw items the document has, parsed or not."""
    mode = _degrade(items, known, mode, listed)
    groups: dict[Key, list[Item]] = defaultdict(list)
    for item in items:
        groups[primary(item, mode)].append(item)
    latest = {key: max(group, key=_latest) for key, group in groups.items()}
    matched, superseded = _matched(latest, _Index(known, mode), now)
    unmatched = {key: item for key, item in latest.items() if key not in matched and key not in superseded}
    rotated = _rotated(unmatched, _Index(known, mode), {each.number for each in matched.values()})
    pairs = [(latest[key], holder) for key, holder in {**matched, **rotated}.items()]
    new = [item for key, item in unmatched.items() if key not in rotated]
    kept = {id(item) for item in [*new, *(item for item, _ in pairs)]}
    return Resolved(
        mode=mode,
        known=tuple(pairs),
        new=tuple(new),
        superseded=tuple(item.digest for item in items if id(item) not in kept and item.digest),
        rotated=len(rotated),
    )


def primary(item: Item, mode: Mode) -> Key:
    """The key an item is looked up by under a mode."""
    for kind in LOOKUP[mode]:
        digest = item.key(kind)
        if digest is not None:
            return Key(kind, digest)
    raise ValueError("an item has no key: normalise makes a text key for every item")


def _latest(item: Item) -> tuple[float, bytes, bytes, str]:
    """Orders entries that say the same: by the later date, then by substance so that order is no matter."""
    dates = [date.timestamp() for date in (item.updated, item.claimed) if date is not None]
    return max(dates, default=0.0), item.fingerprint, _digests(item.keys), str(item.claimed)


def _digests(keys: Sequence[Key]) -> bytes:
    return b"".join(key.digest for key in keys)


def _degrade(items: Sequence[Item], known: Sequence[Known], mode: Mode, listed: int) -> Mode:
    """The mode this document needs: a guid given to several links names nothing, nor does a common link."""
    if mode is not Mode.NORMAL:
        return mode
    said = [_Said(item.key, item.title) for item in items]
    said += [_Said(_lookup(each.current), each.title) for each in known if each.listed]
    by_guid: dict[bytes, set[bytes]] = defaultdict(set)
    by_link: dict[bytes, list[_Said]] = defaultdict(list)
    for each in said:
        guid, link = each.key(KeyKind.GUID), each.key(KeyKind.LINK)
        if guid is not None and link is not None:
            by_guid[guid].add(link)
        if link is not None:
            by_link[link].append(each)
    if any(len(links) > 1 for links in by_guid.values()):
        return Mode.GUID_LINK
    total = max(listed, len(items))
    if any(_names_nothing(sharing, total) for sharing in by_link.values()):
        return Mode.TITLE_DAY
    return mode


@dataclass(frozen=True, slots=True)
class _Said:
    key: Callable[[KeyKind], bytes | None]
    title: str


def _lookup(keys: Sequence[Key]) -> Callable[[KeyKind], bytes | None]:
    digests = {key.kind: key.digest for key in keys}
    return digests.get


def _names_nothing(sharing: Sequence[_Said], total: int) -> bool:
    """Whether entries with one link are different releases: without guids, when their titles differ; with one
    guid for all, or one title on several days, only when the whole document (three or more) shares it."""
    guids = {each.key(KeyKind.GUID) for each in sharing}
    if guids == {None} and len({each.title for each in sharing}) > 1:
        return True
    days = {each.key(KeyKind.TITLE_DAY) for each in sharing}
    return len(guids) == 1 and len(days) > 1 and len(sharing) == total >= 3


def _matched(latest: Mapping[Key, Item], index: "_Index", now: datetime) -> tuple[dict[Key, Known], set[Key]]:
    """Who holds each key, one known item to one key, and the keys of entries that say a listed item again.

    Who was last seen under a key holds it before who once did. An item whose key is held by
    somebody in another place and under another title is a stranger under a reused or swapped key: it is who
    has its place and title, else who holds the key unless that one is here in person, else nobody.
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
            is_double = _says(taken[holder.number], item)
        elif _stands(holder, key, item, now):
            is_double = index.name(holder) == key or _says(holder, item)
        else:
            return take(key, holder)
        return superseded.add(key) if is_double else None

    # Present names first; digests only make the answer independent of the order of entries.
    turns = sorted(holders, key=lambda each: (index.name(holders[each]) != each, each.digest))
    for key in turns:
        if key in agreeing and index.name(holders[key]).kind is key.kind:
            settle(key)
    for key in turns:
        namesake = index.namesake(latest[key])
        is_double = holders[key].listed and index.name(holders[key]) == key
        if key not in agreeing and not is_double and namesake is not None and namesake.number not in taken:
            take(key, namesake)
    for key in turns:
        if key not in matched and key not in superseded:
            settle(key)
    return matched, superseded


def _agrees(item: Item, known: Known) -> bool:
    link = item.key(KeyKind.LINK)
    return item.title == known.title or (link is not None and Key(KeyKind.LINK, link) in known.current)


def _says(other: Item | Known, item: Item) -> bool:
    """Whether somebody already says an item: of its title and, where it has one, in its place."""
    link = item.key(KeyKind.LINK)
    keys = other.keys if isinstance(other, Item) else other.current
    return item.title == other.title and (link is None or Key(KeyKind.LINK, link) in keys)


def _stands(holder: Known, key: Key, item: Item, now: datetime) -> bool:
    """Whether the holder is in the document, unchanged, so that this is another entry: a later word of it
    only under its present name and with a later date, none of the future, or two would take turns."""
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
        """Who has this key, if anybody has."""
        holders = self.holders(key)
        return self.first(holders, key) if holders else None

    def first(self, holders: Sequence[Known], key: Key) -> Known:
        """Of several who have a key: who goes by it before who has it too or once had it. Digests make the
        answer the same in whatever order they were stored."""

        def order(each: Known) -> tuple[bool, bool, bytes, int]:
            return self.name(each) != key, key not in each.current, _digests(each.current), each.number

        return min(holders, key=order)

    def name(self, known: Known) -> Key:
        """The key a known item goes by: of those it was last seen under, the one it is looked up by."""
        return min(known.current, key=lambda key: self._ranks.get(key.kind, len(KeyKind)))

    def namesake(self, item: Item) -> Known | None:
        """The one known item last seen in this item's place and under its title, gone from there now."""
        link = item.key(KeyKind.LINK)
        if link is None:
            return None
        place = Key(KeyKind.LINK, link)
        found = [each for each in self.holders(place) if _says(each, item)]
        return found[0] if len(found) == 1 and not found[0].listed else None

    def holders(self, key: Key) -> Sequence[Known]:
        """All who ever had this key."""
        return self._by_key.get(key, ())


def _rotated(unmatched: Mapping[Key, Item], index: "_Index", taken: Set[int]) -> dict[Key, Known]:
    """Known items that came back under a new name: same place and title, the old name gone from this
    document, one to one. Counts do not matter: a site that renames all its guids renames each of them."""
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
    """Known items of its title that are in its place, or say the same on the same day. A place proves it only
    where it names one item: many feeds link all to one page."""
    day = item.key(KeyKind.TITLE_DAY)
    for key in item.keys:
        holders = index.holders(key)
        if key.kind is KeyKind.TEXT:
            yield from (e for e in holders if any(k.digest == day for k in e.keys))
        elif key.kind is not KeyKind.TITLE_DAY and len(holders) == 1 and here[key] == 1:
            yield from (e for e in holders if e.title == item.title)
