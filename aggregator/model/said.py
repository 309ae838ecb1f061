"""What a feed said: strings as found, gaps allowed, unsafe. Nothing here is to be believed or shown."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified, verbatim, of the document at `url` (RFC 9110 section 8.8)."""

    url: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Markup:
    """A text as an entry said it. `kind` is "text" or "html" (XHTML counts as html)."""

    value: str
    kind: str = "text"
    base: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """An enclosure or image as an entry said it."""

    url: str
    type: str = ""
    length: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """atom:source or RSS <source>: where an aggregated entry came from."""

    title: str = ""
    id: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed said of one item: strings as found, "" where absent, unsafe."""

    guid: str = ""
    link: str = ""
    title: Markup = Markup("")
    content: Markup = Markup("")
    summary: Markup = Markup("")
    published: str = ""
    updated: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Attachment, ...] = ()
    images: tuple[Attachment, ...] = ()
    language: str = ""
    base: str = ""
    rights: str = ""
    origin: Origin | None = None
    digest: bytes = b""  # of the raw item in the document; b"" when the document was read whole


@dataclass(frozen=True, slots=True)
class Hints:
    """What a feed says of when to look again; see Document for units."""

    ttl: int | None = None
    update_period: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What a feed document said.

    `entries` are those that had to be parsed, in document order; `listed` are the digests of every
    raw item of the document, parsed or seen before (empty when the document could not be split).
    `salt` names all of the head that entries inherit from, so that digests of another head never match.
    """

    format: str
    title: str = ""
    link: str = ""
    language: str = ""
    base: str = ""
    description: str = ""
    rights: str = ""
    authors: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    self_url: str = ""
    ttl: int | None = None  # minutes
    update_period: timedelta | None = None  # sy:updatePeriod / sy:updateFrequency
    skip_hours: tuple[int, ...] = ()  # 0-23, UTC
    skip_days: tuple[int, ...] = ()  # 0 = Monday
    entries: tuple[Entry, ...] = ()
    listed: tuple[bytes, ...] = ()
    complete: bool = True  # well-formed to its end; a truncated document is not
    salt: bytes = b""

    @property
    def hints(self) -> Hints:
        """What it says of when to look again."""
        return Hints(self.ttl, self.update_period, self.skip_hours, self.skip_days)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an origin answered to one request, redirects followed.

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
