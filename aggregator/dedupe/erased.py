"""Erased releases: what is kept to recognise one, and whether an item is exactly one. Pure.

An address or a guid blocks the items of other sources only where it lies in the domains of the erased item's
own source: else a source could list the address of another's release, and its erasure would silence that one.
"""

from collections.abc import Iterable, Mapping, Sequence

from aggregator.model.decision import ErasedKey
from aggregator.model.domains import is_within
from aggregator.model.item import Item, Key, KeyKind

EXACT_CHARS_MIN = 40  # of a text that blocks the same text of other sources: shorter ones say nothing
EVERYWHERE = (KeyKind.TEXT, KeyKind.LINK, KeyKind.GUID)
OWN = (KeyKind.TEXT, KeyKind.LINK, KeyKind.GUID_LINK)  # beside the key that an item goes by


def key_text(key: Key) -> str:
    """Return the kind and the digest of a key."""
    return f"{int(key.kind)}:{key.digest.hex()}"


def marks(
    item: Item, primary: str, former: Iterable[Key], domains: Sequence[str], *, is_home_page: bool
) -> Mapping[str, Sequence[str]]:
    """Return the keys that block the items of the same source, and those that block items of any source.

    `primary` is the key that the item goes by, `former` are all keys of its versions, `is_home_page` is
    whether many items of its source link to its address.
    """
    versions = [key for key in former if key.kind in (KeyKind.TEXT, KeyKind.GUID_LINK)]
    own, everywhere = {primary}, set[str]()
    for key in (*item.keys, *versions):
        if key.kind is KeyKind.GUID_LINK:
            own.add(key_text(key))
        elif key.kind is KeyKind.TEXT:
            (everywhere if len(item.text) >= EXACT_CHARS_MIN else own).add(key_text(key))
        elif key.kind is KeyKind.LINK and not is_home_page:
            (everywhere if is_within(item.url, domains) else own).add(key_text(key))
        elif key.kind is KeyKind.GUID and item.guid.startswith("http") and is_within(item.guid, domains):
            everywhere.add(key_text(key))
    return {"own": sorted(own - everywhere), "everywhere": sorted(everywhere)}


class Erased:
    """Keys of erased items, as they bear on the items of one source."""

    def __init__(self, keys: Sequence[ErasedKey], source: str, feed: str) -> None:
        self._own = {each.key for each in keys if source == each.source or feed == each.feed}
        self._everywhere = {each.key for each in keys if each.everywhere}

    def blocks(self, item: Item, primary: Key) -> bool:
        """Return whether an item is an erased one of its source, by the key it goes by, its text or its
        address, or has the text, the address or the guid of an erased release."""
        keys = {key.kind: key_text(key) for key in item.keys}
        shared = {keys[kind] for kind in EVERYWHERE if kind in keys}
        own = {key_text(primary), *(keys[kind] for kind in OWN if kind in keys)}
        return not (shared.isdisjoint(self._everywhere) and own.isdisjoint(self._own))
