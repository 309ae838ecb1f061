"""Translations of one release: which items are linked with each other, and which of them are shown.

They are linked, never merged. Only addresses tell them, never texts. A missed translation is better than a
false one, and no source may attach its item to the release of another organisation.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from types import MappingProxyType

from msgspec import Struct

from aggregator.model.domains import is_within
from aggregator.model.item import Item
from aggregator.model.stored import Known
from aggregator.model.translation import Basis, Edition, Pair, TranslationKey, TranslationKind

TRANSLATED_WITHIN = timedelta(days=7)  # of the dates shown
TRANSLATIONS_MAX = 40  # linked with one item, the first ones
DIGEST_BYTES = 16


class Linked(Struct, frozen=True):
    """Items that are translations of another one, each with the reason; of `parted` ones all
    links are dropped, since more items claim the same."""

    others: tuple[tuple[int, Basis], ...] = ()
    parted: tuple[int, ...] = ()


def digests(packed: bytes | None) -> tuple[bytes, ...]:
    """Return the digests of `Item.alternates`."""
    whole = packed or b""
    return tuple(whole[start : start + DIGEST_BYTES] for start in range(0, len(whole), DIGEST_BYTES))


def is_restated(item: Item, old: Known) -> bool:
    """Return whether a document tells the translations of a stored item by other digests. Those of a version
    that waits for approval count when it is approved."""
    if old.freed or old.pending is not None:
        return False
    return (item.unmarked, item.alternates) != (old.unmarked, old.alternates)


def keys(edition: Edition) -> frozenset[TranslationKey]:
    """Return the digests by which translations of an item are found."""
    own = edition.link if is_within(edition.url, edition.domains) else None
    found = {TranslationKey(TranslationKind.STATED, digest, own) for digest in edition.alternates}
    if edition.unmarked is not None:
        found.add(TranslationKey(TranslationKind.UNMARKED, edition.unmarked))
    return frozenset(found)


def linked(
    edition: Edition,
    others: Iterable[Edition],
    counts: Mapping[int, int] = MappingProxyType({}),
    present: Collection[int] = (),
) -> Linked:
    """Return the translations of an item among `others`. `counts` are how many each has already, those of
    the item are `present`.

    Two items of one source in one language that have the same address, or name the same one, tell of a page
    that is no release, such as a home page: neither is linked.
    """
    near = sorted((each for each in others if _is_near(edition, each)), key=lambda each: each.number)
    twins = tuple(each.number for each in near if _are_twins(edition, each))
    if twins:
        return Linked(parted=twins)
    found = [(each, basis) for each in near if (basis := _basis(edition, each)) is not None]
    crowd = Counter(_voice(each) for each, _ in found)
    single = [(each.number, basis) for each, basis in found if crowd[_voice(each)] == 1]
    kept = tuple((number, basis) for number, basis in single if number in present)
    free = (each for each in single if each not in kept and counts.get(each[0], 0) < TRANSLATIONS_MAX)
    return Linked((*kept, *islice(free, max(0, TRANSLATIONS_MAX - counts.get(edition.number, 0)))))


def shown(pairs: Sequence[Pair]) -> Mapping[int, tuple[int, ...]]:
    """Return the translations shown of each item: one a language, the oldest, and only where that shows the
    item, too, as search engines require of hreflang. `pairs` are of items that may be shown."""
    best: dict[tuple[int, str], int] = {}
    for pair in sorted(pairs, key=lambda pair: pair.other):
        if _are_apart(pair.language, pair.other_language):
            best.setdefault((pair.item, primary(pair.other_language)), pair.other)
    found: dict[int, list[tuple[str, int]]] = {}
    for pair in pairs:
        there = best.get((pair.item, primary(pair.other_language))) == pair.other
        if there and best.get((pair.other, primary(pair.language))) == pair.item:
            found.setdefault(pair.item, []).append((pair.other_language, pair.other))
    return {item: tuple(other for _, other in sorted(others)) for item, others in found.items()}


def primary(language: str) -> str:
    """Return the primary subtag of a language tag in lower case."""
    return language.partition("-")[0].lower()


def _are_apart(one: str, other: str) -> bool:
    return bool(one) and bool(other) and primary(one) != primary(other)


def _is_near(one: Edition, other: Edition) -> bool:
    return one.number != other.number and abs(one.shown - other.shown) <= TRANSLATED_WITHIN


def _voice(edition: Edition) -> tuple[int, str]:
    return edition.source, primary(edition.language)


def _are_twins(one: Edition, other: Edition) -> bool:
    if _voice(one) != _voice(other):
        return False
    is_same_page = one.unmarked is not None and one.unmarked == other.unmarked
    is_same_link = one.link is not None and one.link == other.link
    return is_same_page or is_same_link or not one.alternates.isdisjoint(other.alternates)


def _basis(one: Edition, other: Edition) -> Basis | None:
    """Return what tells that two items are translations of one release, None for two that are none."""
    if not _are_apart(one.language, other.language):
        return None
    stated = (other.link in one.alternates) + (one.link in other.alternates)
    if not _is_same_organisation(one, other):
        return Basis.MUTUAL if stated == 2 and _may_consent(one, other) else None
    if stated:
        return Basis.MUTUAL if stated == 2 else Basis.STATED
    is_same_page = one.unmarked is not None and one.unmarked == other.unmarked
    return Basis.ADDRESS if is_same_page else None


def _is_same_organisation(one: Edition, other: Edition) -> bool:
    """Return whether the operator says so: the title of a feed is its own claim."""
    if one.source == other.source:
        return one.publisher == other.publisher
    return bool(one.organisation) and one.organisation == other.organisation


def _may_consent(one: Edition, other: Edition) -> bool:
    """Return whether each of two items lies in the domains of its source, and not in those of the other's: an
    item at an address of another organisation says nothing in its name."""
    return _is_at_home(one, other) and _is_at_home(other, one)


def _is_at_home(one: Edition, other: Edition) -> bool:
    return is_within(one.url, one.domains) and not is_within(one.url, other.domains)
