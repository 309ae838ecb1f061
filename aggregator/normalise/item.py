"""The only maker of items from parsed entries, and the order of the steps.

Never compares with stored items (`dedupe` does) and never decides what is shown (`editorial` does).
"""

import re
from datetime import datetime
from functools import partial
from html import unescape
from typing import NamedTuple

from msgspec.structs import replace

from aggregator.dedupe import similar
from aggregator.model.document import Document
from aggregator.model.entry import Entry, Markup, Origin
from aggregator.model.item import EMBARGO_UNREAD, FOREIGN_LINKS, Item
from aggregator.model.settings import Embargo, Source
from aggregator.normalise import (
    dates,
    embargo_lines,
    feed_address,
    html,
    identity,
    labels,
    links,
    terms,
    text,
    translations,
    urls,
)

TITLE_CHARS_MAX = 1_000
DERIVED_TITLE_CHARS_MAX = 80
GUID_CHARS_MAX = 4_000
RIGHTS_CHARS_MAX = 1_000

_LINE_BREAK = re.compile(r"<br\s*+/?>", re.IGNORECASE)
_CHARACTER_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")


def normalise(entry: Entry, *, document: Document, source: Source, url: str, now: datetime) -> Item:
    """Return the item an entry of the document at `url` stands for.

    `now` gives two-digit years a century. Raises ValueError without any title, link, content or enclosure.
    """
    own = own_address(source, url)
    raw_url, near = _link_and_base(entry, document, url)
    link = urls.untracked(raw_url)
    content, summary = _bodies(entry, url, near)
    enclosures = own.files(labels.files(entry.enclosures, near))
    given = own.text(_title(entry.title, document.format))
    addresses = [address for address in (own.text(link), *(file.url for file in enclosures)) if address]
    if not (given or content.html or addresses):
        raise ValueError("the entry has no title, no link and no content")
    title = given or _derived_title(content.text, addresses[0] if addresses else "")
    guid = text.printable(entry.guid).strip()
    language = labels.language(entry.language, entry.content.language, document.language, source.language)
    dated = _dates(entry, document, source, language, now=now)
    organisation, authors = _people(entry, document, source)
    item = Item(
        keys=identity.keys(guid=guid, url=link, title=title, claimed=dated.claimed, text=content.said),
        title=title,
        url=link,
        raw_url=raw_url,
        guid=guid[:GUID_CHARS_MAX],
        content=content.html,
        summary=summary.html,
        text=content.text,
        language=language,
        claimed=dated.claimed,
        updated=dated.updated,
        latest=dated.latest,
        by_update=dated.by_update,
        expires=dated.expires,
        authors=authors,
        organisation=organisation,
        categories=labels.categories(entry.categories),
        enclosures=enclosures,
        images=labels.files(entry.images, near),
        rights=text.line(html.title(entry.rights), RIGHTS_CHARS_MAX),
        origin=_origin(entry.origin, _own_base(url), source, now=now),
        terms=terms.web_terms(entry.terms, near),
        signature=similar.signature(content.said, summary.said),
        summarised=similar.signature(summary.said) if summary.said else b"",
        digest=entry.digest,
        untitled=not given,
        flags=(*dated.flags, *(["plain-text-only"] if content.degraded else [])),
    )
    item = _waiting(_translated(item, entry, near), document, source, now=now)
    return own.item(identity.renewed(item, content.said))


def _translated(item: Item, entry: Entry, near: str) -> Item:
    """Return an item with the digests by which its translations are found, if it has any."""
    unmarked = translations.unmarked(item.url, item.language)
    if unmarked is None and not entry.alternates:
        return item
    stated = translations.alternates(entry.alternates, near, url=item.url, language=item.language)
    return replace(item, unmarked=unmarked, alternates=stated)


def own_address(source: Source, url: str) -> feed_address.Remover:
    """Return the remover of the address of a feed, configured or fetched from `url`, unless it is public."""
    return feed_address.remover(source.feed, url, is_public=source.feed_public)


def _own_base(url: str) -> str:
    """Return the base of a document's references where it states none: its URL without the query.

    It ends with "#": a reference to a fragment of the feed itself leads nowhere, and `urls` drops it.
    """
    return url.partition("#")[0].partition("?")[0] + "#"


def _link_and_base(entry: Entry, document: Document, url: str) -> tuple[str, str]:
    """Return the link of an entry, and the base of the references in it."""
    base, own = _stated_base(entry.base or document.base, url), _own_base(url)
    is_atom = document.format.startswith("atom")
    # RFC 3986 section 5.1.3: what RFC 4287 says nothing else of; RSS names no base, and means its site.
    home = own if is_atom else urls.absolute(document.link, own) or own
    link = urls.absolute(entry.link, base or home)
    return link, base or (home if is_atom else urls.untracked(link) or home)


def _stated_base(stated: str, url: str) -> str:
    """Return an xml:base (RFC 3986 section 5.1.1), "" when it is only the document's own URL."""
    own = url.partition("#")[0]
    base = urls.absolute(stated, url).partition("#")[0] if stated != url else own
    return base if base != own else ""


def _bodies(entry: Entry, url: str, near: str) -> tuple[html.Safe, html.Safe]:
    """Return content and summary: a summary alone is the content, one with the same text is dropped.

    The xml:base of each holds for it alone; `near` is the base of those that state none.
    """
    content, summary = (
        html.sanitise(body, _stated_base(body.base, url) or near) for body in (entry.content, entry.summary)
    )
    if not content.html:
        return summary, html.Safe()
    return content, html.Safe() if summary.text == content.text else summary


def _title(title: Markup, document_format: str) -> str:
    """Return a title unescaped once: the XML parser has unescaped plain ones, JSON Feeds escape them too."""
    value = title.value
    if title.is_html:
        value = html.title(value)
    elif "<" in value:
        value = _LINE_BREAK.sub(" ", value)  # written in a title, it was meant as one
    elif document_format.startswith("json"):
        value = _CHARACTER_REFERENCE.sub(lambda reference: unescape(reference[0]), value)
    return text.line(value, TITLE_CHARS_MAX)


def _derived_title(plain: str, url: str) -> str:
    """Return a title for an item that has none: its first words, otherwise its URL without the scheme."""
    return text.shortened(" ".join(plain.split()), DERIVED_TITLE_CHARS_MAX) or url.partition("://")[2] or "…"


class _Dates(NamedTuple):
    """Dates of an item, as `Item` has them, and flags."""

    claimed: datetime | None
    updated: datetime | None
    latest: datetime | None
    by_update: bool
    flags: tuple[str, ...]
    expires: datetime | None


def _dates(entry: Entry, document: Document, source: Source, language: str, *, now: datetime) -> _Dates:
    order, zone, spoken = document.month_first, source.timezone, source.language or language
    read, read_latest = (
        partial(each, zone=zone, language=spoken, month_first=order, now=now)
        for each in (dates.read, dates.latest)
    )
    published, updated = (read(raw) if raw.strip() else None for raw in (entry.published, entry.updated))
    is_bad = (entry.published.strip() and not published) or (entry.updated.strip() and not updated)
    first, raw = (published, entry.published) if entry.published.strip() else (updated, entry.updated)
    latest = read_latest(raw) if is_bad and not first else None
    by_update = published is None and (latest is None or not entry.published.strip())
    flags = ("bad-date",) if is_bad else ()
    expires = dates.end(entry.expires, zone=zone, language=spoken, now=now)
    return _Dates(published or updated, updated, latest, by_update, flags, expires)


def _waiting(item: Item, document: Document, source: Source, *, now: datetime) -> Item:
    """Return an item with the end of the embargo that it states, and whether it is in quarantine."""
    return _quarantined(_embargoed(item, document, source, now=now), source)


def _embargoed(item: Item, document: Document, source: Source, *, now: datetime) -> Item:
    """Return an item with the end of the embargo that its title or text states."""
    if source.embargo is not Embargo.HOLD:
        return item
    order, zone, spoken = document.month_first, source.timezone, source.language or item.language
    line = embargo_lines.find(item.title, item.text, zone=zone, language=spoken, month_first=order, now=now)
    if line is None:
        return item
    flags = item.flags if line.until else (*item.flags, EMBARGO_UNREAD)
    return replace(item, embargo=line.until, flags=flags)


def _quarantined(item: Item, source: Source) -> Item:
    """Return an item with a flag if it has links for which its source holds it."""
    if not source.link_domains or not links.foreign(links.of_item(item), source.link_domains):
        return item
    return replace(item, flags=(*item.flags, FOREIGN_LINKS))


def _people(entry: Entry, document: Document, source: Source) -> tuple[str, tuple[str, ...]]:
    """Return the organisation, "" unless each entry of this source names its own, and the authors."""
    if source.from_entry:
        publisher = entry.origin.title if entry.origin else ""
        organisation = text.line(html.title(publisher), labels.NAME_CHARS_MAX)
        authors = entry.authors or (entry.origin.authors if entry.origin else ())
        organisation = organisation or next(iter(labels.people(authors, "")), "")
        return organisation, labels.people(authors or _inherited(document), organisation)
    authors = entry.authors
    if not authors and not (entry.origin and entry.origin.authors):
        authors = _inherited(document)
    organisation = source.organisation or document.title
    return "", labels.people(authors, text.line(organisation, labels.NAME_CHARS_MAX))


def _inherited(document: Document) -> tuple[str, ...]:
    """Return the authors that an entry without own ones inherits (RFC 4287 section 4.2.1, JSON Feed 1.1)."""
    return document.authors if document.format.startswith(("atom", "json")) else ()


def _origin(origin: Origin | None, base: str, source: Source, *, now: datetime) -> Origin | None:
    if origin is None:
        return None
    updated = dates.read(origin.updated, zone=source.timezone, language=source.language, now=now)
    return Origin(
        title=text.line(html.title(origin.title), TITLE_CHARS_MAX),
        id=text.line(origin.id, GUID_CHARS_MAX),
        link=urls.absolute(origin.link, base),
        self_url=urls.absolute(origin.self_url, base),
        updated=updated.isoformat() if updated else "",
        rights=text.line(html.title(origin.rights), RIGHTS_CHARS_MAX),
        authors=labels.people(origin.authors, ""),
    )
