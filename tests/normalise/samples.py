"""Minimal entries, documents and sources for tests of normalise."""

from datetime import UTC, datetime

from aggregator.model.document import Document
from aggregator.model.entry import Entry, Markup
from aggregator.model.item import Item
from aggregator.model.settings import Source
from aggregator.normalise.item import normalise

NOW = datetime(2026, 3, 1, tzinfo=UTC)
URL = "https://example.org/press/feed.xml"
SOURCE = Source(id="council", feed=URL, organisation="Council")


def entry(
    title: str = "",
    *,
    content: str = "",
    link: str = "",
    guid: str = "",
    published: str = "",
) -> Entry:
    return Entry(
        title=Markup(title), content=Markup(content, is_html=True), link=link, guid=guid, published=published
    )


def document(
    *, form: str = "rss20", title: str = "", link: str = "", base: str = "", language: str = ""
) -> Document:
    return Document(form, title=title, link=link, base=base, language=language)


def normalised(raw: Entry, within: Document | None = None, source: Source = SOURCE) -> Item:
    return normalise(raw, document=within or document(), source=source, url=URL, now=NOW)
