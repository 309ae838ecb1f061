"""Entries as parsed: unsanitised strings, not to be shown."""

from msgspec import Struct

from aggregator.model.rights import Terms

DISCLAIMER_CLASS = "pw-disclaimer"  # of the HTML element, by which another Publicwire recognises it


class Markup(Struct, frozen=True):
    """A text as parsed: plain text, or HTML, as which XHTML counts."""

    value: str
    is_html: bool = False
    base: str = ""
    language: str = ""


class Attachment(Struct, frozen=True):
    """An enclosure or image as parsed."""

    url: str
    type: str = ""
    length: str = ""


class Origin(Struct, frozen=True):
    """atom:source or RSS <source>: what the feed an aggregated entry came from said of itself.

    `link` is its page, `self_url` the feed; `updated` is as written, in an item in RFC 3339 or "".
    """

    title: str = ""
    id: str = ""
    link: str = ""
    self_url: str = ""
    updated: str = ""
    rights: str = ""
    authors: tuple[str, ...] = ()


class Entry(Struct, frozen=True):
    """One entry as parsed: unsanitised strings, "" where absent."""

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
    terms: Terms | None = None
    expires: str = ""
    alternates: tuple[tuple[str, str], ...] = ()  # links with `hreflang`, each with that language
    digest: bytes = b""  # of the raw item in the document; b"" when the document was read whole
