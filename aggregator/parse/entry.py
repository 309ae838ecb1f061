"""From what feedparser keeps of one entry to an Entry: what was said, without what feedparser made up.

Never cleans or believes; only cuts what is beyond any use.
"""

import re
from collections.abc import Iterable, Iterator

from aggregator.model import Attachment, Entry, Markup, Origin

RAW_TITLE_CHARS_MAX = 4_000  # characters, as are the others
RAW_BODY_CHARS_MAX = 1_000_000
RAW_LINE_CHARS_MAX = 4_000  # addresses, dates, names
RAW_LABELS_MAX = 100  # authors, categories, enclosures, images of one entry

_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif")
_TEXT = "text/plain"
_ADDRESS_NAME = re.compile(r"[^\s@()<>]+@[^\s@()<>]+\s*\(([^()]+)\)")
_NAME_ADDRESS = re.compile(r"([^@()<>]+)[(<][^\s@()<>]+@[^\s@()<>]+[)>]")

Found = dict[str, object]  # a FeedParserDict, read through dict so that its renamings stay out


def line(found: Found, key: str, limit: int = RAW_LINE_CHARS_MAX) -> str:
    """A short string, "" when absent."""
    value = dict.get(found, key)
    return value[:limit] if isinstance(value, str) else ""


def many(found: Found, key: str) -> Iterator[Found]:
    """The repeated elements feedparser collected under a key."""
    value = dict.get(found, key)
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def one(found: Found, key: str) -> Found:
    """The single structure under a key, empty when absent."""
    value = dict.get(found, key)
    return value if isinstance(value, dict) else {}


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Non-empty values once each, in order."""
    return tuple(dict.fromkeys(value for value in values if value))[:RAW_LABELS_MAX]


def markup(detail: Found, limit: int) -> Markup:
    """A text construct; whatever feedparser does not hold for plain text is HTML."""
    value = line(detail, "value", limit)
    if not value:
        return Markup("")
    kind = "text" if line(detail, "type") == _TEXT else "html"
    return Markup(value, kind, line(detail, "base"), line(detail, "language"))


def stated_link(found: Found) -> str:
    """The alternate link, or "": not the guid that feedparser puts in its place."""
    alternates = (link for link in many(found, "links") if line(link, "rel") == "alternate")
    stated = distinct(line(link, "href") for link in alternates)
    chosen = line(found, "link")
    return chosen if chosen in stated else next(iter(stated), "")


def authors(found: Found) -> tuple[str, ...]:
    """All authors by name, or by address where that is all there is."""
    return distinct(
        _person(line(author, "name") or line(author, "email")) for author in many(found, "authors")
    )


def _person(said: str) -> str:
    """The name out of RSS's "address (name)" and mail's "name <address>"."""
    match = _ADDRESS_NAME.fullmatch(said) or _NAME_ADDRESS.fullmatch(said)
    return match[1].strip() if match else said.strip()


def entry(found: Found, version: str) -> Entry:
    """One entry of a document of this feedparser version string."""
    is_atom = version.startswith("atom")
    title = markup(one(found, "title_detail"), RAW_TITLE_CHARS_MAX)
    content, summary = _bodies(found, is_atom)
    first = next((each for each in (title, content, summary) if each.value), title)
    updated = line(found, "updated")
    # dc:date, feedparser's "updated", is when an RSS item was published.
    published = line(found, "published") or line(found, "created") or ("" if is_atom else updated)
    return Entry(
        guid=line(found, "id"),
        link=_link(found, is_atom),
        title=title,
        content=content,
        summary=summary,
        published=published,
        updated=updated,
        authors=authors(found),
        categories=distinct(line(tag, "term") or line(tag, "label") for tag in many(found, "tags")),
        enclosures=_enclosures(found),
        images=_images(found),
        language=line(found, "language") or first.language,
        base=first.base,
        rights=line(found, "rights"),
        origin=_origin(one(found, "source")),
    )


def _link(found: Found, is_atom: bool) -> str:
    if stated := stated_link(found):
        return stated
    if is_atom:  # its text stands elsewhere (RFC 4287 section 4.1.3.2)
        return next((src for content in many(found, "content") if (src := line(content, "src"))), "")
    guid = line(found, "id")
    is_permalink = bool(dict.get(found, "guidislink"))
    return guid if is_permalink and guid.lower().startswith(("http://", "https://")) else ""


def _bodies(found: Found, is_atom: bool) -> tuple[Markup, Markup]:
    """Content and summary. feedparser files every second description of RSS (media:description,
    itunes:summary) under content, so there the longer of two is the content."""
    texts = [
        text
        for detail in many(found, "content")
        if line(detail, "type").startswith("text/") or line(detail, "type").endswith("xml")
        if (text := markup(detail, RAW_BODY_CHARS_MAX)).value
    ]
    content = max(texts, key=lambda text: len(text.value), default=Markup(""))
    summary = markup(one(found, "summary_detail"), RAW_BODY_CHARS_MAX)
    if not is_atom and content.value and len(summary.value) > len(content.value):
        return summary, content
    return content, summary


def _enclosures(found: Found) -> tuple[Attachment, ...]:
    said = [
        Attachment(
            line(link, "href"),
            # feedparser's own default for a link without a type
            "" if line(link, "type") == "text/html" else line(link, "type"),
            line(link, "length"),
        )
        for link in many(found, "links")
        if line(link, "rel") == "enclosure"
    ]
    said += [
        Attachment(line(media, "url"), line(media, "type"), line(media, "filesize"))
        for media in many(found, "media_content")
        if not _is_picture(media) and "/" in line(media, "type")
    ]
    return _once(said)


def _images(found: Found) -> tuple[Attachment, ...]:
    media = [each for each in many(found, "media_content") if _is_picture(each)]
    said = [
        Attachment(line(each, "url"), line(each, "type"), line(each, "filesize"))
        for each in [*media, *many(found, "media_thumbnail")]
    ]
    said.append(Attachment(line(one(found, "image"), "href")))  # itunes:image
    return _once(said)


def _is_picture(media: Found) -> bool:
    kind = line(media, "medium") or line(media, "type").partition("/")[0]
    return kind == "image" or (not kind and line(media, "url").lower().partition("?")[0].endswith(_PICTURES))


def _once(said: list[Attachment]) -> tuple[Attachment, ...]:
    """Those with an address, the first of each address."""
    first: dict[str, Attachment] = {}
    for each in said:
        if each.url:
            first.setdefault(each.url, each)
    return tuple(first.values())[:RAW_LABELS_MAX]


def _origin(source: Found) -> Origin | None:
    if not source:
        return None
    link = stated_link(source) or line(source, "href")
    return Origin(title=line(source, "title"), id=line(source, "id"), link=link)
