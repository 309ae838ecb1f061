"""From what a feed said of an entry to what we believe: the only maker of items, and the order of its steps.

Never compares with what is known, never decides what is shown.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape

from aggregator.model import Document, Entry, Item, KeyKind, Markup, Origin
from aggregator.model.settings import Source
from aggregator.normalise import dates, html, identity, labels, text, urls

TITLE_CHARS_MAX = 1_000  # characters, as are the others
DERIVED_TITLE_CHARS_MAX = 80
GUID_CHARS_MAX = 4_000
RIGHTS_CHARS_MAX = 1_000

_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")


def normalise(entry: Entry, *, document: Document, source: Source, url: str, now: datetime) -> Item:
    """One entry of a document found at `url`. ValueError when it has no title, no link and no content."""
    base = _stated_base(entry, document, url)
    home = urls.absolute(document.link, url) or url
    raw_url = urls.absolute(entry.link, base or home)
    link = urls.untracked(raw_url)
    near = base or link or home
    content, summary = _bodies(entry, near)
    enclosures = labels.files(entry.enclosures, near)
    title = _title(entry.title, document.format)
    if not (title or link or content.html or enclosures):
        raise ValueError("the entry has no title, no link and no content")
    title = title or _made_title(content.text, link or enclosures[0].url if link or enclosures else "")
    guid = text.printable(entry.guid).strip()
    language = labels.language(entry.language, entry.content.language, document.language, source.language)
    claimed, updated, date_flags = _dates(entry, source, language, now)
    organisation, authors = _people(entry, document, source)
    keys = identity.keys(guid=guid, url=link, title=title, claimed=claimed, text=content.text)
    words = next(key for key in keys if key.kind is KeyKind.TEXT)
    return Item(
        keys=keys,
        title=title,
        url=link,
        raw_url=raw_url,
        guid=guid[:GUID_CHARS_MAX],
        content=content.html,
        summary=summary.html,
        text=content.text,
        language=language,
        claimed=claimed,
        updated=updated,
        authors=authors,
        organisation=organisation,
        categories=labels.categories(entry.categories),
        enclosures=enclosures,
        images=labels.files(entry.images, near),
        rights=text.line(text.title(entry.rights), RIGHTS_CHARS_MAX),
        origin=_origin(entry.origin, url),
        fingerprint=identity.fingerprint(words.digest, content=content.html, enclosures=enclosures),
        digest=entry.digest,
        flags=(*date_flags, *(["plain-text-only"] if content.degraded else [])),
    )


def _stated_base(entry: Entry, document: Document, url: str) -> str:
    """The xml:base an entry stands under; "" when it is only the document's own address."""
    own = url.partition("#")[0]
    for said in (entry.content.base, entry.base, document.base):
        base = urls.absolute(said, url).partition("#")[0] if said != url else own
        if base and base != own:
            return base
    return ""


def _bodies(entry: Entry, base: str) -> tuple[html.Safe, html.Safe]:
    """Content, or the summary in its place; the summary besides only if it says something else."""
    content, summary = html.sanitise(entry.content, base), html.sanitise(entry.summary, base)
    if not content.html:
        return summary, html.Safe()
    return content, html.Safe() if summary.text == content.text else summary


def _title(said: Markup, form: str) -> str:
    """Unescaped once. XML has done that to a plain title; JSON has not, and its writers escape too."""
    value = said.value
    if said.kind == "html":
        value = text.title(value)
    elif form.startswith("json"):
        value = _REFERENCE.sub(lambda reference: unescape(reference[0]), value)
    return text.line(value, TITLE_CHARS_MAX)


def _made_title(plain: str, address: str) -> str:
    """Something to call an item without a title: its first words, else where it is."""
    return (
        text.shortened(" ".join(plain.split()), DERIVED_TITLE_CHARS_MAX) or address.partition("://")[2] or "…"
    )


def _dates(
    entry: Entry, source: Source, language: str, now: datetime
) -> tuple[datetime | None, datetime | None, tuple[str, ...]]:
    month_first = dates.month_first(source.language or language, source.timezone)
    published, updated = (
        dates.read(said, zone=source.timezone, month_first=month_first, now=now) if said.strip() else None
        for said in (entry.published, entry.updated)
    )
    is_bad = (entry.published.strip() and not published) or (entry.updated.strip() and not updated)
    return published or updated, updated, ("bad-date",) if is_bad else ()


def _people(entry: Entry, document: Document, source: Source) -> tuple[str, tuple[str, ...]]:
    """The organisation, where each entry names its own, and the authors."""
    if source.from_entry:
        organisation = next(_named(entry), "")
        return organisation, labels.people(entry.authors, organisation)
    said = entry.authors
    if not said and entry.origin is None and document.format.startswith(("atom", "json")):
        said = document.authors  # RFC 4287 section 4.2.1, JSON Feed 1.1: the feed's are the entry's
    organisation = source.organisation or document.title
    return "", labels.people(said, text.line(organisation, labels.NAME_CHARS_MAX))


def _named(entry: Entry) -> Iterator[str]:
    if entry.origin is not None and (
        name := text.line(text.title(entry.origin.title), labels.NAME_CHARS_MAX)
    ):
        yield name
    yield from labels.people(entry.authors, "")


def _origin(said: Origin | None, url: str) -> Origin | None:
    if said is None:
        return None
    return Origin(
        title=text.line(text.title(said.title), TITLE_CHARS_MAX),
        id=text.line(said.id, GUID_CHARS_MAX),
        link=urls.absolute(said.link, url),
    )
