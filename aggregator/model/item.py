"""One release after normalisation, and the keys it is identified by. Only `normalise` makes an Item."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from msgspec import Struct

from aggregator.model.entry import Origin
from aggregator.model.house_style import UNSTYLED, Styled
from aggregator.model.rights import Terms

# Version of the input of a fingerprint. One of a former version is computed again, and alone is no edit.
FINGERPRINT_VERSION = 3
# Names in `Item.queries`: that of a query parameter stands behind PARAMETER. READ: all that is published;
# READ_SHAPE: the same and the link, without the values in queries, if there are any.
SHAPE, ADDRESSES, PARAMETER, READ, READ_SHAPE = "", "*", "?", "=", "~"


class KeyKind(IntEnum):
    """Kind of identity key. The numbers are stored: never renumber."""

    GUID = 1
    GUID_LINK = 2
    LINK = 3
    PATH = 4  # the guid without scheme and host
    TITLE_DAY = 5
    TEXT = 6


class Mode(StrEnum):
    """Kinds of keys that match a source's items; the mode only ever degrades."""

    NORMAL = "normal"  # guid, else link, else text
    GUID_LINK = "guid+link"  # one guid was given to entries with different links
    TITLE_DAY = "title+day"  # all entries share one link


class Key(NamedTuple):
    """One way to recognise an item within its source; `digest` is 16 bytes.

    A tuple, not a dataclass: every item has six, and they are hashed, compared and sent between processes.
    """

    kind: KeyKind
    digest: bytes


FOREIGN_LINKS = "foreign-links"  # flag of an item that is in quarantine for its links
EMBARGO_UNREAD = "embargo-unread"  # flag of an item whose embargo line has no date that can be read
LANGUAGE_DETECTED = "language-detected"  # flag of an item whose language its origin does not declare


class Enclosure(Struct, frozen=True):
    """A file that belongs to an item; `url` is absolute, `size` in bytes."""

    url: str
    type: str = ""
    size: int | None = None


class Item(Struct, frozen=True):
    """One normalised release. Only `normalise` makes one.

    `title` and `text` are plain text (paragraphs of `text` separated by a blank line); `content` and
    `summary` are safe HTML with absolute URLs. `url` has no trackers, `raw_url` is as found but
    absolute; both are "" when there is none. `claimed` and `updated` are the origin's own dates. Not stored
    with it: `expires`, when it ceases to be valid, `latest`, the latest moment that a date can mean whose
    zone or month is not certain, `by_update`, whether the origin gives no date of publication: `claimed` is
    that of the update, if there is one, and `embargo`, the end of one that the title or the text states.
    `fingerprint` changes only when the substance does. `untitled`: the origin gave it no title, `title` is
    derived from its text or address. `unmarked` is the digest of its address without the mark of its
    language, `alternates` those, 16 bytes each, of the addresses that its origin names as translations; None
    for none.
    """

    keys: tuple[Key, ...]
    title: str
    url: str = ""
    raw_url: str = ""
    guid: str = ""
    content: str = ""
    summary: str = ""
    text: str = ""
    language: str = ""
    claimed: datetime | None = None
    updated: datetime | None = None
    latest: datetime | None = None
    by_update: bool = False
    expires: datetime | None = None
    embargo: datetime | None = None
    authors: tuple[str, ...] = ()
    organisation: str = ""  # only from sources that are `from-entry`
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    images: tuple[Enclosure, ...] = ()
    rights: str = ""
    origin: Origin | None = None
    terms: Terms | None = None  # that its origin states of it, beside those of its feed
    fingerprint: bytes = b""
    queries: tuple[tuple[str, str], ...] = ()  # digests of its addresses, by `normalise.signed_urls`
    digest: bytes = b""
    signature: bytes = b""  # of text and summary, by `dedupe.similar`
    summarised: bytes = b""  # the same of the summary alone
    untitled: bool = False
    unmarked: bytes | None = None
    alternates: bytes | None = None
    styled: Styled = UNSTYLED  # what the house style of its source shows in place of its texts
    flags: tuple[str, ...] = ()  # anomalies found, e.g. "bad-date"

    def key(self, kind: KeyKind) -> bytes | None:
        """Return the digest of one kind of key, None when the item has none of it."""
        for key in self.keys:
            if key.kind is kind:
                return key.digest
        return None


def is_quarantined(item: Item) -> bool:
    """Return whether an item waits for approval, whatever else its source publishes at once."""
    return FOREIGN_LINKS in item.flags
