"""Within a source: which of a document's items are new, which are known, and what changed.

Decides from what the document holds and what storage remembers; the answer never depends on the order of
either. "New" is decided by identity, never by date.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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

    `doubles` are the raw digests of entries that said the same as another; `rotated` counts the
    known ones that came under a new guid or address.
    """

    mode: Mode
    known: tuple[tuple[Item, Known], ...]
    new: tuple[Item, ...]
    doubles: tuple[bytes, ...]
    rotated: int


def resolve(items: Sequence[Item], known: Sequence[Known], mode: Mode, *, listed: int) -> Resolved:
    """Tell known from new. `listed` is how many raw items the document has, parsed or not."""
    mode = _degrade(items, known, mode, listed)
    groups: dict[Key, list[Item]] = defaultdict(list)
    for item in items:
        groups[primary(item, mode)].append(item)
    latest = {key: max(group, key=_latest) for key, group in groups.items()}
    holders = {key: holder for key in latest if (holder := _holder(key, known)) is not None}
    matched = _one_each(holders)
    unmatched = {key: item for key, item in latest.items() if key not in holders}
    rotated = _rotated(unmatched, known, matched)
    pairs = [(latest[key], holder) for key, holder in {**matched, **rotated}.items()]
    new = [item for key, item in unmatched.items() if key not in rotated]
    kept = {id(item) for item in [*new, *(item for item, _ in pairs)]}
    return Resolved(
        mode=mode,
        known=tuple(pairs),
        new=tuple(new),
        doubles=tuple(item.digest for item in items if id(item) not in kept and item.digest),
        rotated=len(rotated),
    )


def primary(item: Item, mode: Mode) -> Key:
    """The key an item is looked up by under a mode."""
    for kind in LOOKUP[mode]:
        digest = item.key(kind)
        if digest is not None:
            return Key(kind, digest)
    raise ValueError("an item has no key: normalise makes a text key for every item")


def _latest(item: Item) -> tuple[float, bytes]:
    """Orders entries that say the same: by the later date, then by substance so that order is no matter."""
    dates = [date.timestamp() for date in (item.updated, item.claimed) if date is not None]
    return max(dates, default=0.0), item.fingerprint


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
    guid for all, only when the whole document (three or more) shares it."""
    if len({each.title for each in sharing}) < 2:
        return False
    guids = {each.key(KeyKind.GUID) for each in sharing}
    if guids == {None}:
        return True
    return len(guids) == 1 and len(sharing) == total >= 3


def _holder(key: Key, known: Sequence[Known]) -> Known | None:
    """Who has this key: who was last seen under it before who once had it, then the oldest."""
    holders = [each for each in known if key in each.keys]
    return min(holders, key=lambda each: (key not in each.current, each.number), default=None)


def _one_each(holders: Mapping[Key, Known]) -> dict[Key, Known]:
    """An item listed under both its present and a former name is one item: the present name counts."""
    names: dict[int, Key] = {}
    for key, holder in sorted(
        holders.items(), key=lambda pair: (pair[0] not in pair[1].current, pair[0].digest)
    ):
        names.setdefault(holder.number, key)
    return {key: holder for key, holder in holders.items() if names[holder.number] == key}


def _rotated(
    unmatched: Mapping[Key, Item], known: Sequence[Known], matched: Mapping[Key, Known]
) -> dict[Key, Known]:
    """Known items that came back under a new name: same place and title, the old name gone from this
    document, one to one. Counts do not matter: a site that renames all its guids renames each of them."""
    taken = {each.number for each in matched.values()}
    free = [each for each in known if not each.listed and each.number not in taken]
    claims: dict[Key, list[Known]] = {
        key: [each for each in free if _same_release(item, each)] for key, item in unmatched.items()
    }
    claimants: dict[int, int] = defaultdict(int)
    for candidates in claims.values():
        for each in candidates:
            claimants[each.number] += 1
    return {
        key: candidates[0]
        for key, candidates in claims.items()
        if len(candidates) == 1 and claimants[candidates[0].number] == 1
    }


def _same_release(item: Item, known: Known) -> bool:
    if item.title != known.title:
        return False
    shared = {key.kind for key in item.keys if key in known.keys}
    if shared & {KeyKind.GUID, KeyKind.LINK, KeyKind.PATH}:
        return True
    return {KeyKind.TITLE_DAY, KeyKind.TEXT} <= shared
