"""From what we keep to what the public sees: rights applied, disclaimer made, every address and name fit
to be published. Never decides whether an item is public; that is its state."""

import re
import unicodedata
from dataclasses import replace
from datetime import datetime

from aggregator.editorial import disclaimer
from aggregator.editorial.rights import cut, shown
from aggregator.editorial.safe import feed_address, language_tag, line, web_address
from aggregator.editorial.wording import DEFAULT
from aggregator.model import Enclosure, FeedInfo, Item, Origin, Release, Stored, StoryMember
from aggregator.model.settings import Publication, Republish, Text

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


def present(stored: Stored, *, feed: FeedInfo, publication: Publication, text: Text | None = None) -> Release:
    """An item as the public sees it. `text` is the source's own disclaimer, if it has one.

    ValueError when the rights of the source allow nothing, or the disclaimer cannot be filled in.
    """
    item = stored.item
    allowed = shown(item, Republish(feed.republish))
    source = _public(feed, publication)
    organisation = line(item.organisation) or source.organisation
    title = line(item.title) or cut(item.text, 80) or organisation
    language = language_tag(item.language) or source.language
    url = web_address(item.url)
    authors = _names(item.authors)
    words = disclaimer.Words(
        publication=line(publication.name),
        organisation=organisation,
        licence=source.licence,
        item=disclaimer.ItemWords(
            url or source.link, title, ", ".join(authors), _day(stored.shown), _day(stored.first_seen)
        ),
    )
    template = _template(text, publication.disclaimer, language or language_tag(publication.language))
    notice, plain = disclaimer.compile(template).render(words)
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
        text="\n\n".join(part for part in (title, organisation, allowed.text, plain) if part),
        published=stored.shown,
        updated=stored.updated,
        language=language,
        source=source,
        authors=authors,
        categories=_names(item.categories),
        enclosures=_files(allowed.enclosures),
        images=_files(allowed.images),
        licence=source.licence,
        rights=line(item.rights) or source.rights,
        origin=_origin(item),
        also=tuple(StoryMember(line(also.organisation), web_address(also.url)) for also in stored.also),
        corrected=stored.corrected,
    )


def page_address(publication: Publication, item_id: str, title: str) -> str:
    """Our own page of an item. Only the id counts; the slug is for people."""
    return f"{publication.url}items/{item_id}/{slug(title)}"


def slug(title: str) -> str:
    """A title as the last part of an address: at most 60 of a-z, 0-9 and single dashes, never empty.

    Never "history" either: at that address an item's history stands.
    """
    ascii_only = unicodedata.normalize("NFKD", title[:300]).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:60].rstrip("-")
    return "release" if words in ("", "history") else words


def _template(own: Text | None, standing: Text, language: str) -> str:
    """The source's own words before the publication's, the item's language before the general text."""
    special = own.in_language(language) if own else None
    return special or standing.in_language(language) or DEFAULT.in_language(language) or ""


def _public(feed: FeedInfo, publication: Publication) -> FeedInfo:
    """What of a source may be published; our own page stands in for a feed that has no public address."""
    title = line(feed.title)
    return replace(
        feed,
        feed=feed_address(feed.feed) or f"{publication.url}sources/{feed.id}",
        organisation=line(feed.organisation) or title or feed.id,
        title=title,
        link=web_address(feed.link),
        rights=line(feed.rights),
        language=language_tag(feed.language),
        licence=line(feed.licence),
    )


def _origin(item: Item) -> Origin | None:
    """Where an aggregated item came from, if that says anything that can be published."""
    if item.origin is None:
        return None
    origin = Origin(line(item.origin.title), line(item.origin.id), feed_address(item.origin.link))
    return origin if origin.title or origin.link else None


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
