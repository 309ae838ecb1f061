"""Stored item to published release: rights applied, disclaimer rendered, addresses and names made safe to
publish. Never decides whether an item is public: that is its state."""

import re
import unicodedata
from dataclasses import replace
from datetime import datetime

from aggregator.editorial import disclaimer
from aggregator.editorial.rights import permitted, truncate
from aggregator.editorial.safe import language_tag, line, public_feed, web_address
from aggregator.editorial.wording import DEFAULT, LINE
from aggregator.model import AlsoReleased, Enclosure, FeedInfo, Item, Origin, Release, Stored
from aggregator.model.settings import Publication, Republish, Text

LEAD_CHARS_MIN = 3_000  # of a content before which the disclaimer stands in one line, too
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


def present(stored: Stored, *, feed: FeedInfo, publication: Publication, text: Text | None = None) -> Release:
    """Return the published view of an item. `text` is the source's own disclaimer, if it has one.

    Raises ValueError when the rights of the source allow nothing, or the disclaimer cannot be rendered.
    """
    item = stored.item
    allowed = permitted(item, Republish(feed.republish))
    brief = allowed if feed.republish == Republish.HEADLINE else permitted(item, Republish.EXCERPT)
    source = _published_feed(feed, publication)
    organisation = (line(item.organisation) if feed.from_entry else "") or source.organisation
    title = line(item.title) or truncate(item.text, 80) or organisation
    language = language_tag(item.language) or source.language
    url = web_address(item.url)
    authors = _names(item.authors)
    words = disclaimer.Variables(
        line(publication.name),
        organisation,
        source.licence,
        _variables(stored, url=url or source.link, title=title, authors=authors),
    )
    template = _template(text, publication.disclaimer, language or language_tag(publication.language))
    notice, plain = disclaimer.compile(template).render(words)
    lead, lead_text = _lead(allowed.content, publication, language, words)
    return Release(
        id=stored.id,
        public_id=stored.public_id,
        page=page_address(publication, stored.id, title),
        url=url,
        title=title,
        organisation=organisation,
        content=allowed.content,
        summary=allowed.summary,
        disclaimer=notice,
        lead=lead,
        text=_joined(title, organisation, lead_text, allowed.text, plain),
        excerpt=brief.content,
        excerpt_text=_joined(title, organisation, brief.text, plain),
        published=stored.shown,
        updated=stored.updated,
        language=language,
        source=source,
        authors=authors,
        categories=_names(item.categories),
        enclosures=_files(allowed.enclosures),
        images=_files(allowed.images),
        rights=line(item.rights) or source.rights,
        origin=_origin(item),
        also=_also(stored, publication),
        corrected=stored.corrected,
    )


def _variables(stored: Stored, *, url: str, title: str, authors: tuple[str, ...]) -> disclaimer.ItemVariables:
    return disclaimer.ItemVariables(
        url, title, ", ".join(authors), _day(stored.shown), _day(stored.first_seen)
    )


def _also(stored: Stored, publication: Publication) -> tuple[AlsoReleased, ...]:
    """Return the other members with our own pages, without the slug, which follows a member's title."""
    pages = f"{publication.url}items/"
    return tuple(AlsoReleased(line(also.organisation), pages + also.id) for also in stored.also)


def excerpted(release: Release) -> Release:
    """Return a release with its excerpt in place of its content and its files."""
    return replace(
        release, content=release.excerpt, text=release.excerpt_text, lead="", enclosures=(), images=()
    )


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


def _template(own: Text | None, general: Text, language: str) -> str:
    """Return the source's own text, else the publication's, else the default; each in the item's language
    before its text for all others."""
    special = own.in_language(language) if own else None
    return special or general.in_language(language) or DEFAULT.in_language(language) or ""


def _lead(
    content: str, publication: Publication, language: str, words: disclaimer.Variables
) -> tuple[str, str]:
    """Return the disclaimer in one line, as HTML and as text, for a long content; ("", "") for others."""
    if not publication.disclaimer_lead or len(content) <= LEAD_CHARS_MIN:
        return "", ""
    language = language or language_tag(publication.language)
    template = publication.disclaimer_line.in_language(language) or LINE.in_language(language) or ""
    return disclaimer.compile(template).render(words)


def _published_feed(feed: FeedInfo, publication: Publication) -> FeedInfo:
    """Return the publishable description of a source. A feed without a public address (a file, or one with
    a query) is given the address of the source's page here."""
    title = line(feed.title)
    return replace(
        feed,
        feed=public_feed(feed.feed, is_public=feed.feed_public) or f"{publication.url}sources/{feed.id}",
        organisation=line(feed.organisation) or title or feed.id,
        title=title,
        link=web_address(feed.link),
        rights=line(feed.rights),
        language=language_tag(feed.language),
        licence=line(feed.licence),
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


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in map(line, names) if name))


def _day(time: datetime) -> str:
    return time.date().isoformat()
