"""A fetched response, the document read from it, and the job a worker reads it by."""

from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.model.deleted import Deleted, OriginTombstone
from aggregator.model.entry import Entry
from aggregator.model.item import Item
from aggregator.model.rights import UNSAID, Terms
from aggregator.model.settings import Source

ENTRIES_MAX = 2_000  # only the first entries of a document are read; feeds list the newest first
TEXT_BYTES_MAX = 20_000_000  # of a document expanded to UTF-8: twice `max_bytes`, here its default


class Validators(Struct, frozen=True):
    """ETag and Last-Modified, verbatim, of the document at `url` (RFC 9110 section 8.8)."""

    url: str = ""
    etag: str = ""
    last_modified: str = ""


class Hints(Struct, frozen=True):
    """Scheduling hints of a feed."""

    ttl: int | None = None  # minutes
    update_period: timedelta | None = None  # sy:updatePeriod / sy:updateFrequency
    skip_hours: tuple[int, ...] = ()  # 0-23, UTC
    skip_days: tuple[int, ...] = ()  # 0 = Monday


class Document(Struct, frozen=True):
    """A parsed feed document.

    `entries` are those that had to be parsed, in document order; `listed` are the digests of every
    raw item of the document, parsed or seen before (empty when the document could not be split).
    `salt` names all of the head that entries inherit from, so that digests of another head never match.
    `month_first` is the order of day and month that its dates have shown, or else those of its source before.
    """

    format: str
    title: str = ""
    link: str = ""
    language: str = ""
    base: str = ""
    rights: str = ""
    terms: Terms = UNSAID
    authors: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    self_url: str = ""
    previous: str = ""  # the document before it: an archive or a page (RFC 5005), as written
    hints: Hints = Hints()
    entries: tuple[Entry, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    listed: tuple[bytes, ...] = ()
    complete: bool = True  # every entry of it was read
    truncated: bool = False  # it ends before its root element does
    salt: bytes = b""
    month_first: bool | None = None


class Fetched(Struct, frozen=True):
    """The response to one request, redirects followed.

    `body` is decoded, None after a 304; `received` counts bytes on the wire. `url` is the final address,
    `permanent` says that every hop to it was a 301 or 308. Header names are lower case.
    """

    url: str
    status: int
    body: bytes | None
    content_type: str = ""
    validators: Validators = Validators()
    headers: tuple[tuple[str, str], ...] = ()
    permanent: bool = False
    received: int = 0


class ReadJob(Struct, frozen=True):
    """Input of a worker: one document and the settings that shape its items.

    `text_bytes_max` bounds what the document expands to, and what its items hold.
    """

    body: bytes
    content_type: str
    url: str  # final address of the document
    source: Source
    seen: frozenset[bytes]
    pipeline_version: bytes
    now: datetime
    text_bytes_max: int = TEXT_BYTES_MAX
    month_first: bool | None = None  # as the source's dates have shown before


class StyleJob(Struct, frozen=True):
    """Input of a worker: stored items to which the house style of their source is to be applied anew."""

    source: Source
    items: tuple[Item, ...]


class ReadResult(Struct, frozen=True):
    """Result of a worker: the document without its entries, and the items they became.

    `tombstones` name its deleted entries. `skipped` counts entries that `only` and `skip` left out; `invalid`
    names entries that could not become items, with the reason. `size` is that of the worker's answer in
    bytes, which the service notes.
    """

    document: Document
    items: tuple[Item, ...]
    skipped: int = 0
    invalid: tuple[str, ...] = ()
    tombstones: tuple[OriginTombstone, ...] = ()
    size: int = 0
