"""Candidates of new items by what their texts share, within the budget of a poll.

Called inside a snapshot.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from heapq import nlargest

from msgspec import Struct

from aggregator.dedupe import similar
from aggregator.dedupe.stories import CANDIDATES_EACH, CANDIDATES_MAX, TEXTS_MAX
from aggregator.model.item import Item
from aggregator.storage.sql import signatures
from aggregator.storage.sql.engine import Connection


class Texts(Struct, frozen=True):
    """Numbers of candidates, the sentences they were looked up by, and the fingerprints of items whose
    candidates are more than one poll reads."""

    items: frozenset[int] = frozenset()
    bands: frozenset[int] = frozenset()
    unread: frozenset[bytes] = frozenset()


def read(db: Connection, source: int, items: Sequence[Item], taken: int) -> Texts:
    """Return the candidates of new items, of which `taken` were found by their addresses."""
    looked_up = items[:TEXTS_MAX]
    bands = {item.fingerprint: similar.bands(item.signature) for item in looked_up}
    hashes = frozenset(band for each in bands.values() for band in each)
    unread = {item.fingerprint for item in items[TEXTS_MAX:]}
    if not hashes:
        return Texts(unread=frozenset(unread))
    by_hash = _by_hash(signatures.sharing(db, source, hashes))
    found: set[int] = set()
    for fingerprint, each in bands.items():
        near = _nearest(each, by_hash)
        if taken + len(found | near) > CANDIDATES_MAX:
            unread.add(fingerprint)
        else:
            found |= near
    return Texts(frozenset(found), hashes, frozenset(unread))


def of(db: Connection, source: int, signature: bytes) -> frozenset[int]:
    """Return the candidates of one item."""
    bands = similar.bands(signature)
    return (
        frozenset(_nearest(bands, _by_hash(signatures.sharing(db, source, bands)))) if bands else frozenset()
    )


def _by_hash(found: Mapping[int, Sequence[int]]) -> Mapping[int, Sequence[int]]:
    by_hash: dict[int, list[int]] = defaultdict(list)
    for number, hashes in found.items():
        for each in hashes:
            by_hash[each].append(number)
    return by_hash


def _nearest(bands: Sequence[int], by_hash: Mapping[int, Sequence[int]]) -> set[int]:
    """Return the items that share most of these sentences, the newest of those that share as many."""
    shared = Counter(number for band in bands for number in by_hash.get(band, ()))
    return {*nlargest(CANDIDATES_EACH, shared, key=lambda number: (shared[number], number))}
