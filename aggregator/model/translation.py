"""Translations of one release: what tells them, and the pairs that are stored of them."""

from datetime import datetime
from enum import IntEnum

from msgspec import Struct

STATED_MAX = 40  # addresses that an origin names as translations of one item


class TranslationKind(IntEnum):
    """Kind of a digest by which translations are found. The numbers are stored: never renumber."""

    UNMARKED = 1  # the item's address without the mark of its language
    STATED = 2  # an address that its origin names as a translation


class Basis(IntEnum):
    """Evidence that two items are translations of one release. The numbers are stored: never renumber."""

    ADDRESS = 1  # their addresses differ in the mark of the language alone
    STATED = 2  # one names the address of the other
    MUTUAL = 3  # each names that of the other


class Edition(Struct, frozen=True):
    """An item as a release in one language.

    `source` is the number of its source, `organisation` the name that the operator gave it, "" for none,
    `publisher` the one that an entry of a `from-entry` source names. `link` is the digest of its address,
    `unmarked` that of the address without the mark of its language, `alternates` those of the addresses that
    its origin names as translations.
    """

    number: int
    source: int
    organisation: str
    publisher: str
    domains: tuple[str, ...]
    language: str
    shown: datetime
    url: str
    link: bytes | None
    unmarked: bytes | None
    alternates: frozenset[bytes]


class TranslationKey(Struct, frozen=True):
    """A digest by which translations of an item are found; `own` is that of its address where that lies in
    the domains of its source, so that another organisation may name it."""

    kind: TranslationKind
    digest: bytes
    own: bytes | None = None


class Pair(Struct, frozen=True):
    """Two items that are translations of each other, seen from the first, with the languages shown."""

    item: int
    other: int
    language: str
    other_language: str
