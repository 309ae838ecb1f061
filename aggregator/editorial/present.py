"""Stored item to published release: rights applied, disclaimer rendered, addresses and names made safe to
publish. Never decides whether an item is public: that is its state."""

import re
import unicodedata
from datetime import datetime

from msgspec.structs import replace

from aggregator.editorial import desk, disclaimer, page_text, shown, standing
from aggregator.editorial.rights import Permitted, paragraph, permitted, truncate
from aggregator.editorial.safe import cut, language_tag, line, public_feed, web_address
from aggregator.editorial.terms import combined
from aggregator.model.entry import Origin
from aggregator.model.item import LANGUAGE_DETECTED, Enclosure, Item
from aggregator.model.public_change import Gone
from aggregator.model.release import AlsoReleased, Release, Translated
from aggregator.model.settings import Publication, Republish, Text
from aggregator.model.stored import FeedInfo, Stored
from aggregator.normalise.feed_address import Remover, remover

TITLE_CHARS_MAX = 80  # of a title derived from the text
LEAD_CHARS_MIN = 3_000  # of a content before which the disclaimer stands in one line, too; or as high
_CHARS_A_LINE = 80
_MEDIA_LINES = 15  # of an image or medium without a declared height
_PIXELS_A_LINE = 20
_BREAK = re.compile(r"<(?:[bh]r|p|li|d[dt]|div|h[1-6]|tr|summary|details|figcaption|blockquote)\b")
_MEDIUM = re.compile(r"<(?:img|video|audio)\b[^<>]*+>")
_HEIGHT = re.compile(r' height="(\d{1,4})"')
# Of an excerpt, so that what its source decides of it takes about 2 kB: a source that enters 20 items an hour
# has 960 in the 48 hours of a document of 2 MB.
EXCERPT_BYTES_MAX = 600
EXCERPT_TITLE_BYTES_MAX = 200
EXCERPT_NAME_BYTES_MAX = 60
EXCERPT_AUTHORS_MAX, EXCERPT_CATEGORIES_MAX, EXCERPT_FILES_MAX, EXCERPT_TRANSLATIONS_MAX = 3, 5, 1, 5
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


def present(stored: Stored, *, feed: FeedInfo, publication: Publication, text: Text | None = None) -> Release:
    """Return the published view of an item. `text` is the source's own disclaimer, if it has one.
    Raises ValueError when the rights of the source allow nothing, or the disclaimer cannot be rendered."""
    said, rights = own_address(feed).item(page_text.item(stored, feed)), Republish(feed.republish)
    item = desk.item(shown.item(said), stored.amended)
    source = desk.source(published_feed(feed, publication), stored.amended, said.styled.topics)
    organisation = (line(item.organisation) if feed.from_entry else "") or source.organisation
    language, url = language_tag(item.language) or source.language, web_address(item.url)
    allowed = shown.permitted(item, rights, organisation=organisation, url=url, language=language)
    brief, title = _brief(item, rights), _title(item, rights, allowed.text) or organisation
    authors, terms = _names(item.authors), combined(source, item.terms)
    about = _variables(stored, url=url or source.link, title=title, authors=authors)
    words = disclaimer.Variables(line(publication.name), organisation, terms.licence, about)
    whole, short, lead = standing.of_item(text, publication, language, words, is_long=_long(allowed.content))
    edited = desk.words(stored.amended.fields, stored.amended.note, words.publication, language)
    release = Release(
        id=stored.id,
        public_id=public_id(stored, publication, feed),
        page=page_address(publication, stored.id, title),
        url=url,
        title=title,
        organisation=organisation,
        content=allowed.content,
        summary=allowed.summary,
        disclaimer=whole[0],
        disclaimer_text=whole[1],
        line=short[0],
        lead=lead[0],
        lead_text=lead[1],
        text=_joined(lead[1], allowed.text, *edited, whole[1]),
        excerpt=paragraph(brief),
        excerpt_text=_joined(brief, *edited, whole[1]),
        published=stored.shown,
        updated=stored.updated,
        language=language,
        source=source,
        authors=authors,
        categories=_categories(source, item),
        enclosures=_files(allowed.enclosures),
        images=_pictures(allowed),
        rights=_rights(item, source),
        terms=terms,
        origin=_origin(item),
        also=_also(stored, publication),
        translations=_translations(stored, publication),
        corrected=stored.corrected,
        is_dated=stored.is_dated,
        is_language_detected=LANGUAGE_DETECTED in stored.flags and not stored.amended.language,
    )
    return desk.shown(release, stored.amended, words.publication, _title(said, rights, allowed.text))


def _rights(item: Item, source: FeedInfo) -> str:
    return " · ".join(filter(None, (source.attribution, line(item.rights) or source.rights)))


def _title(item: Item, rights: Republish, allowed: str) -> str:
    """Return the title; one that was derived from the whole text stands under full rights only, else it is
    derived from the text allowed, or from the link."""
    if not item.untitled or rights is Republish.FULL:
        return line(item.title) or truncate(allowed, TITLE_CHARS_MAX)
    return truncate(allowed, TITLE_CHARS_MAX) or web_address(item.url).partition("://")[2]


def own_address(feed: FeedInfo) -> Remover:
    """Return the remover of the address of a source's feed, for everything that is published."""
    return remover(feed.feed, *feed.addresses, is_public=feed.feed_public)


def public_id(stored: Stored | Gone, publication: Publication, feed: FeedInfo) -> str:
    """Return the item's public id; the address of its page instead of one that is that of its feed."""
    return _public_id(stored.id, stored.public_id, publication, feed)


def _public_id(item: str, public: str, publication: Publication, feed: FeedInfo) -> str:
    is_own = own_address(feed).text(public) != public
    return f"{publication.url}items/{item}" if is_own else public


def _variables(stored: Stored, *, url: str, title: str, authors: tuple[str, ...]) -> disclaimer.ItemVariables:
    published = _day(stored.shown) if stored.is_dated else ""
    return disclaimer.ItemVariables(url, title, ", ".join(authors), published, _day(stored.first_seen))


def _also(stored: Stored, publication: Publication) -> tuple[AlsoReleased, ...]:
    """Return the other members with our own pages, without the slug, which follows a member's title."""
    pages = f"{publication.url}items/"
    return tuple(AlsoReleased(line(also.organisation), pages + also.id) for also in stored.also)


def _translations(stored: Stored, publication: Publication) -> tuple[Translated, ...]:
    """Return the translations with our own pages, as sitemaps have them: search engines take hreflang for the
    canonical address alone."""
    return tuple(
        Translated(
            tag,
            page_address(publication, each.id, each.headline)
            if each.headline
            else f"{publication.url}items/{each.id}",
            _public_id(each.id, each.public_id, publication, each.feed),
        )
        for each in stored.translations
        if (tag := language_tag(each.language))
    )


def _brief(item: Item, republish: Republish) -> str:
    """Return the first words of an item as its rights permit them."""
    allowed = Republish.HEADLINE if republish == Republish.HEADLINE else Republish.EXCERPT
    return cut(permitted(item, allowed).text, EXCERPT_BYTES_MAX)


def excerpted(release: Release) -> Release:
    """Return a release with its excerpt in place of its content and summary, few names and one file."""
    return replace(
        release,
        title=cut(release.title, EXCERPT_TITLE_BYTES_MAX),
        content=release.excerpt,
        text=release.excerpt_text,
        summary="",
        lead="",
        lead_text="",
        authors=_few(release.authors, EXCERPT_AUTHORS_MAX),
        categories=_few(release.categories, EXCERPT_CATEGORIES_MAX),
        enclosures=release.enclosures[:EXCERPT_FILES_MAX],
        images=(),
        translations=release.translations[:EXCERPT_TRANSLATIONS_MAX],
        rights=cut(release.rights, EXCERPT_TITLE_BYTES_MAX),
        source=replace(
            release.source,
            title=cut(release.source.title, EXCERPT_TITLE_BYTES_MAX),
            rights=cut(release.source.rights, EXCERPT_TITLE_BYTES_MAX),
        ),
        origin=release.origin
        and replace(
            release.origin,
            title=cut(release.origin.title, EXCERPT_TITLE_BYTES_MAX),
            rights=cut(release.origin.rights, EXCERPT_TITLE_BYTES_MAX),
            authors=_few(release.origin.authors, EXCERPT_AUTHORS_MAX),
        ),
    )


def _few(names: tuple[str, ...], count: int) -> tuple[str, ...]:
    return tuple(cut(name, EXCERPT_NAME_BYTES_MAX) for name in names[:count])


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def page_address(publication: Publication, item_id: str, title: str) -> str:
    """Return the address of an item's own page. The id alone identifies it; the slug is for readers."""
    return f"{publication.url}items/{item_id}/{slug(title)}"


def slug(title: str) -> str:
    """Return the title as the last segment of an address: 1 to 60 of a-z, 0-9 and single dashes.

    Never "history", which is the address of an item's history.
    """
    ascii_only = unicodedata.normalize("NFKD", title[:300]).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:60].rstrip("-")
    return "release" if words in ("", "history") else words


def _long(content: str) -> bool:
    return _lines(content) > LEAD_CHARS_MIN / _CHARS_A_LINE


def _lines(content: str) -> float:
    """Estimate the height of sanitised HTML in lines of _CHARS_A_LINE characters."""
    lines = len(content) / _CHARS_A_LINE
    if lines > LEAD_CHARS_MIN / _CHARS_A_LINE:
        return lines  # long enough in any case
    heights = (_HEIGHT.search(medium) for medium in _MEDIUM.findall(content))
    media = sum(int(height[1]) / _PIXELS_A_LINE if height else _MEDIA_LINES for height in heights)
    return lines + len(_BREAK.findall(content)) + content.count("\n") * ("<pre" in content) + media


def published_feed(feed: FeedInfo, publication: Publication) -> FeedInfo:
    """Return the publishable description of a source. A feed without a public address (a file, or one with
    a query) is given the address of the source's page here."""
    own = own_address(feed)
    title = line(own.text(feed.title))
    return replace(
        feed,
        feed=public_feed(feed.feed, is_public=feed.feed_public) or f"{publication.url}sources/{feed.id}",
        organisation=line(own.text(feed.organisation)) or title or feed.id,
        title=title,
        link=web_address(own.text(feed.link)),
        rights=line(own.text(feed.rights)),
        language=language_tag(feed.language),
        licence=line(feed.licence),
        attribution=line(feed.attribution),
    )


def _origin(item: Item) -> Origin | None:
    """Return the original feed of an aggregated item; None without a publishable title or address."""
    if item.origin is None:
        return None
    stated = item.origin
    origin = Origin(
        title=line(stated.title),
        id=line(stated.id),
        link=public_feed(stated.link),
        self_url=public_feed(stated.self_url),
        updated=stated.updated,
        rights=line(stated.rights),
        authors=_names(stated.authors),
    )
    return origin if origin.title or origin.link or origin.self_url else None


def _files(files: tuple[Enclosure, ...]) -> tuple[Enclosure, ...]:
    return tuple(
        replace(file, url=url, type=file.type if _MEDIA_TYPE.fullmatch(file.type) else "")
        for file in files
        if (url := web_address(file.url))
    )


def _pictures(allowed: Permitted) -> tuple[Enclosure, ...]:
    """Return the images of an item and its enclosures that are pictures, once each."""
    enclosed = (file for file in allowed.enclosures if file.type.startswith("image/"))
    return _files(tuple({file.url: file for file in (*enclosed, *allowed.images)}.values()))


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in map(line, names) if name))


def _categories(source: FeedInfo, item: Item) -> tuple[str, ...]:
    """Return the topics of the source and the item's own categories, once each without regard to case."""
    distinct: dict[str, str] = {}
    for name in _names((*source.topics, *item.categories)):
        distinct.setdefault(name.casefold(), name)
    return tuple(distinct.values())


def _day(time: datetime) -> str:
    return time.date().isoformat()
