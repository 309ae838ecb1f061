"""Edits as told by the addresses in an item. Files and links are signed anew at each request: neither a
signature nor a query value that varies from poll to poll is a correction. Pure."""

from collections.abc import Collection, Sequence
from enum import Enum, auto
from hashlib import blake2b

from msgspec import Struct

from aggregator.model.changes import VARYING
from aggregator.model.item import PARAMETER, READ, READ_SHAPE, SHAPE, Item
from aggregator.model.stored import Known

VOLATILE_MAX = 50  # parameters learnt of one source


class Kind(Enum):
    """Difference of an item from the stored one."""

    SAME = auto()
    REFRESHED = auto()  # only in what is no correction: all that is published of it is replaced silently
    UNSETTLED = auto()  # in query values alone: a correction if the next poll shows the same ones
    EDITED = auto()


class Difference(Struct, frozen=True):
    """The difference of an item, and the query parameters that it shows to be volatile."""

    kind: Kind
    volatile: frozenset[str] = frozenset()


def difference(item: Item, old: Known, volatile: Collection[str]) -> Difference:
    """Return how an item differs from the stored one of its source, whose `volatile` parameters are known."""
    if item.fingerprint == old.fingerprint or not old.fingerprint:
        is_same = item.queries == old.queries and not old.is_outdated and old.unsettled is None
        return Difference(Kind.SAME if is_same else Kind.REFRESHED)
    now, before = dict(item.queries), dict(old.queries)
    if SHAPE not in before or now.get(SHAPE) != before[SHAPE] or item.fingerprint == old.unsettled:
        return Difference(Kind.EDITED)
    names = {name for name in now if name.startswith(PARAMETER) and now[name] != before[name]}
    varying = frozenset(name.removeprefix(PARAMETER) for name in names)
    if varying <= {*volatile}:
        return Difference(Kind.REFRESHED)
    if old.unsettled is None:
        return Difference(Kind.UNSETTLED)
    return Difference(Kind.REFRESHED, varying)


def reads_alike(item: Item, before: tuple[tuple[str, str], ...]) -> bool:
    """Return whether a reviewer of an item, and of a stored version with these `queries`, has read the same:
    all that is published, but for the values of signatures; False where it cannot be known."""
    digest = dict(item.queries).get(READ)
    return digest is not None and digest == dict(before).get(READ)


def varying(item: Item, old: Known) -> bytes | None:
    """Return what to remember of an item under review that differs from what was read in the values of
    queries alone: VARYING once two polls have shown other ones; None where it is another version, because a
    second poll shows the same ones or more differs."""
    now, before = dict(item.queries), dict(old.queries)
    if READ_SHAPE not in before or now.get(READ_SHAPE) != before[READ_SHAPE]:
        return None
    shown = blake2b(f"{now[READ]} {item.url}".encode(errors="replace"), digest_size=16).digest()
    if old.unsettled is None:
        return shown
    return None if old.unsettled == shown else VARYING


def learnt(pairs: Sequence[tuple[Item, Known]], volatile: Sequence[str]) -> tuple[str, ...]:
    """Return the volatile parameters of a source with those that the items of its document have shown."""
    shown = {name for item, old in pairs for name in difference(item, old, volatile).volatile}
    return (*volatile, *sorted(shown.difference(volatile)))[:VOLATILE_MAX]
