"""Damping: an item that changes all the time is told of no more than so often. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from aggregator.model.changes import Edit, Placement
from aggregator.model.item import Item, Key, KeyKind
from aggregator.model.stored import Known

EDITS_MAX = 24  # revisions of an item within EDITS_WITHIN; beyond, all but moves of its link are damped
EDITS_WITHIN = timedelta(days=7)
MOVES_MAX = 2 * EDITS_MAX  # revisions within EDITS_WITHIN, beyond which its link stays at its host for now
LINK_MOVED = "link-moved"  # flag: the item's own link leads to another host than before


def put_off(item: Item, old: Known) -> Edit:
    """Return the edit of an item whose link moves to another host too often: it stays as it is shown, because
    no such move is silent, and is read again at each poll until it has fewer revisions."""
    return Edit(
        number=old.number,
        item=replace(item, keys=with_link_of(old, item.keys), unmarked=old.unmarked),
        substantive=False,
        updated=old.updated,
        flags=flags_of(old, None, is_damped=True, is_elsewhere=False),
        id=old.id,
        unsettled=item.fingerprint,
    )


def flags_of(
    old: Known, placement: Placement | None, *, is_damped: bool, is_elsewhere: bool
) -> tuple[str, ...] | None:
    """Return all flags of an edited item, None for no change."""
    added = {*(["damped"] if is_damped else []), *([LINK_MOVED] if is_elsewhere else [])}
    added |= {*placement.flags} if placement else set()
    return tuple(sorted({*old.flags, *added})) if added else None


def with_link_of(old: Known, keys: Sequence[Key]) -> tuple[Key, ...]:
    """Return the keys of an item with the link that the store has of it."""
    links = (KeyKind.LINK, KeyKind.GUID_LINK)
    kept: dict[KeyKind, Key] = {key.kind: key for key in old.current if key.kind in links}
    return tuple(kept.get(key.kind, key) for key in keys)
