"""Convert one entry as feedparser holds it into an Entry, without the values that feedparser derives.

Nothing is sanitised or resolved; lengths and counts beyond the RAW_*_MAX limits are cut.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from aggregator.model.entry import Attachment, Entry, Markup, Origin
from aggregator.model.rights import Terms
from aggregator.parse import terms
from aggregator.parse.references import joined

RAW_TITLE_CHARS_MAX = 4_000
RAW_BODY_CHARS_MAX = 1_000_000
RAW_LINE_CHARS_MAX = 4_000  # URLs, dates, names
RAW_LABELS_MAX = 100  # authors, categories, enclosures, images of one entry; of each

_IMAGE_EXTENSIONS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif")

_PAGES = ("text/html", "application/xhtml+xml")
_HTTP = ("http://", "https://")
# Keys that files beside links and images are read from; most entries have none.
_FILMS = frozenset({"media_content", "media_player"})
_PICTURES = frozenset({"media_content", "media_thumbnail", "image", "media_imageurl", "media_image"})

# A FeedParserDict. Its own item access renames keys and derives values, so it is read through dict's methods.
Parsed = dict[str, object]


def string(parsed: Parsed, key: str, limit: int = RAW_LINE_CHARS_MAX) -> str:
    """Return a string cut to `limit` characters, "" when it is absent."""
    value = dict.get(parsed, key)
    if not isinstance(value, str):
        return ""
    return (without_cdata_marks(value) if value.startswith("<![CDATA[") else value)[:limit]


def without_cdata_marks(value: str) -> str:
    """Return a text without the marks of a CDATA section around it, which were escaped like the text."""
    if value.startswith("<![CDATA[") and value.endswith("]]>"):
        return value[9:-3].strip()
    return value


def children(parsed: Parsed, key: str) -> Iterator[Parsed]:
    """Yield the repeated elements that feedparser collected under a key."""
    value = dict.get(parsed, key)
    if isinstance(value, list):
        yield from (element for element in value if isinstance(element, dict))


def child(parsed: Parsed, key: str) -> Parsed:
    """Return the single element under a key, empty when it is absent."""
    value = dict.get(parsed, key)
    return value if isinstance(value, dict) else {}


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the non-empty values once each, in order, at most RAW_LABELS_MAX."""
    return tuple(dict.fromkeys(value for value in values if value))[:RAW_LABELS_MAX]


def with_url(attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """Return the attachments that have a URL, at most RAW_LABELS_MAX."""
    return tuple(attachment for attachment in attachments if attachment.url)[:RAW_LABELS_MAX]


def markup(detail: Parsed, limit: int) -> Markup:
    """Return a text construct (RFC 4287 section 3.1): HTML unless feedparser types it as plain text."""
    value = string(detail, "value", limit)
    if not value:
        return Markup("")
    is_html = string(detail, "type") != "text/plain"
    return Markup(joined(value), is_html, string(detail, "base"), string(detail, "language"))


def alternate_link(parsed: Parsed, language: str = "") -> str:
    """Return the link with rel "alternate", or "": feedparser puts a guid in its place.

    Of alternates in several languages that in `language` is it, else one of no stated language.
    """
    alternates = [
        link
        for link in children(parsed, "links")
        if string(link, "rel") == "alternate" and string(link, "href")
    ]
    if any(string(link, "hreflang") for link in alternates):
        return string(min(alternates, key=lambda link: _distance(link, language)), "href")
    stated = [string(link, "href") for link in alternates]
    chosen = string(parsed, "link")
    return chosen if chosen in stated else next(iter(stated), "")


def _translations(parsed: Parsed) -> tuple[tuple[str, str], ...]:
    """Return the pages that are alternates in a stated language (RFC 4287 section 4.2.7.4), each with that
    language; at most RAW_LABELS_MAX."""
    return tuple(
        (string(link, "hreflang"), string(link, "href"))
        for link in children(parsed, "links")
        if dict.get(link, "hreflang") and string(link, "rel") == "alternate" and string(link, "href")
        if string(link, "type") in _PAGES
    )[:RAW_LABELS_MAX]


def _distance(link: Parsed, language: str) -> tuple[bool, int]:
    """Return a sort key of an alternate: pages first, then by how far its language is from the wanted one."""
    is_page = string(link, "type") in _PAGES
    stated, wanted = (each.lower().replace("_", "-") for each in (string(link, "hreflang"), language))
    if stated and stated == wanted:
        return not is_page, 0
    if stated and stated.partition("-")[0] == wanted.partition("-")[0]:
        return not is_page, 1
    return not is_page, 3 if stated else 2


def self_link(parsed: Parsed) -> str:
    """Return the first link with rel "self", or ""."""
    links = children(parsed, "links")
    return next((string(link, "href") for link in links if "self" in string(link, "rel").split()), "")


def stated_terms(parsed: Parsed) -> Terms | None:
    """Return the machine-readable terms of a feed or an entry, None for none."""
    links = children(parsed, "links")
    licences = (string(link, "href") for link in links if "license" in string(link, "rel").lower().split())
    clauses = [
        terms.Clause(*(string(each, name) for name in ("kind", "type", "text")))
        for each in children(parsed, "rsl")
    ]
    return terms.stated(next(filter(None, licences), ""), clauses)


def author_names(parsed: Parsed) -> tuple[str, ...]:
    """Return all authors as written, or the e-mail address of an author without a name."""
    return distinct(
        string(author, "name") or string(author, "email") for author in children(parsed, "authors")
    )


def to_entry(parsed: Parsed, version: str, digest: bytes = b"", *, language: str = "") -> Entry:
    """Return one entry of a document; `version` is feedparser's name of its format (rss20, atom10).

    `digest` is that of the raw item, b"" in a document that was parsed whole; `language` is the feed's.
    """
    is_atom = version.startswith("atom")
    title = _first(parsed, "title dc_title itunes_title media_title media_heading", RAW_TITLE_CHARS_MAX)
    content, summary = _bodies(parsed, is_atom)
    first = next((text for text in (title, content, summary) if text.value), title)
    updated = string(parsed, "updated")
    # dc:date, which feedparser names "updated", is the date an RSS item was published.
    published = string(parsed, "published") or string(parsed, "created") or ("" if is_atom else updated)
    own_language = string(parsed, "language") or string(parsed, "xml_lang") or first.language
    return Entry(
        guid=string(parsed, "id") or string(parsed, "dc_identifier"),
        link=_link(parsed, is_atom, own_language or language),
        title=title,
        content=content,
        summary=summary,
        published=published,
        updated=updated,
        authors=author_names(parsed),
        categories=distinct(string(tag, "label") or string(tag, "term") for tag in children(parsed, "tags")),
        enclosures=_enclosures(parsed),
        images=_images(parsed),
        language=own_language,
        base=string(parsed, "xml_base"),
        rights=string(parsed, "rights"),
        origin=_origin(child(parsed, "source")),
        terms=stated_terms(parsed),
        expires=_expires(parsed),
        alternates=_translations(parsed),
        digest=digest,
    )


def _expires(parsed: Parsed) -> str:
    """Return the end of dcterms:valid (DCMI Period, or a date alone), else mi:expirationDate."""
    if not (period := string(parsed, "validity")):
        return string(parsed, "mi_expirationdate")
    parts = {name.strip().lower(): value for name, _, value in (p.partition("=") for p in period.split(";"))}
    end = parts.get("end", "" if "=" in period else period)
    return end.strip() or string(parsed, "mi_expirationdate")


def _link(parsed: Parsed, is_atom: bool, language: str) -> str:
    for original in (
        "feedburner_origlink",
        "pheedo_origlink",
    ):  # a link to count clicks stands in their place
        if (link := string(parsed, original)).lower().startswith(_HTTP):
            return link
    if link := alternate_link(parsed, language):
        return link
    if is_atom:  # out-of-line content (RFC 4287 section 4.1.3.2)
        return next((src for body in children(parsed, "content") if (src := string(body, "src"))), "")
    is_permalink = bool(dict.get(parsed, "guidislink"))
    candidates = [string(parsed, "id") if is_permalink else "", string(parsed, "dc_identifier")]
    named = next((each for each in candidates if each.lower().startswith(_HTTP)), "")
    return named or alternate_link({"links": dict.get(parsed, "link_attributes")}, language)


def _first(parsed: Parsed, names: str, limit: int) -> Markup:
    """Return the first of several text constructs that has text."""
    for name in names.split():
        if (text := markup(child(parsed, name + "_detail"), limit)).value:
            return text
    return Markup("")


def _bodies(parsed: Parsed, is_atom: bool) -> tuple[Markup, Markup]:
    """Return content and summary; what extensions say of an entry or its media only where it has none.

    feedparser files a second description of an RSS item under content, so of RSS the longer is the content.
    """
    texts = [
        text
        for detail in children(parsed, "content")
        if string(detail, "type").startswith("text/") or string(detail, "type").endswith("xml")
        if (text := markup(detail, RAW_BODY_CHARS_MAX)).value
    ]
    content = max(texts, key=lambda text: len(text.value), default=Markup(""))
    summary = _first(parsed, "summary dc_description itunes_summary", RAW_BODY_CHARS_MAX)
    if not content.value and not summary.value:
        summary = _first(parsed, "media_description media_caption", RAW_BODY_CHARS_MAX)
    if not is_atom and content.value and len(summary.value) > len(content.value):
        return summary, content
    return content, summary


def _enclosures(parsed: Parsed) -> tuple[Attachment, ...]:
    attachments = [
        Attachment(
            string(link, "href"),
            # feedparser's own default for a link without a type
            "" if string(link, "type") == "text/html" else string(link, "type"),
            string(link, "length"),
        )
        for link in children(parsed, "links")
        if string(link, "rel") == "enclosure"
    ]
    if not attachments and _FILMS.isdisjoint(parsed):
        return ()
    original = string(parsed, "feedburner_origenclosurelink")  # of the one enclosure, which counts downloads
    if len(attachments) == 1 and original.lower().startswith(_HTTP):
        attachments = [replace(attachments[0], url=original)]
    attachments += [
        _media_attachment(media)
        for media in children(parsed, "media_content")
        if not _is_image(media)  # type and medium are optional (Media RSS)
    ]
    player = Attachment(string(child(parsed, "media_player"), "url"), "text/html")
    return with_url(attachments) or with_url([player])  # a player alone is the only way to its film


def _images(parsed: Parsed) -> tuple[Attachment, ...]:
    if _PICTURES.isdisjoint(parsed):
        return ()
    images = [media for media in children(parsed, "media_content") if _is_image(media)]
    attachments = [_media_attachment(image) for image in [*images, *children(parsed, "media_thumbnail")]]
    attachments.append(Attachment(string(child(parsed, "image"), "href")))  # itunes:image
    attachments.append(Attachment(string(parsed, "media_imageurl") or string(parsed, "media_image")))
    return with_url(attachments)


def _media_attachment(media: Parsed) -> Attachment:
    return Attachment(string(media, "url"), string(media, "type"), string(media, "filesize"))


def _is_image(media: Parsed) -> bool:
    kind = string(media, "medium") or string(media, "type").partition("/")[0]
    path = string(media, "url").lower().partition("?")[0]
    return kind == "image" or (not kind and path.endswith(_IMAGE_EXTENSIONS))


def _origin(source: Parsed) -> Origin | None:
    if not source:
        return None
    return Origin(
        title=string(source, "title"),
        id=string(source, "id"),
        link=alternate_link(source),
        self_url=self_link(source) or string(source, "href"),
        updated=string(source, "updated"),
        rights=string(source, "rights"),
        authors=author_names(source),
    )
