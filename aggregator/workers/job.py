"""The job of a worker: parse one document, normalise its entries, apply the source's rules.

Never fetches, stores or decides. Imported only where documents are read: the service itself starts without
feedparser, lxml and nh3.
"""

from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from aggregator.editorial import topics
from aggregator.editorial.rules import keeps
from aggregator.errors import Cause, ParseError
from aggregator.model.document import Document, ReadJob, ReadResult, StyleJob
from aggregator.model.entry import Entry
from aggregator.model.item import LANGUAGE_DETECTED, Item
from aggregator.model.rights import UNSAID
from aggregator.model.size import text_bytes, text_bytes_bound
from aggregator.normalise import dates, tombstones
from aggregator.normalise.item import normalise, own_address
from aggregator.normalise.labels import NAME_CHARS_MAX
from aggregator.normalise.terms import web_terms
from aggregator.normalise.text import line
from aggregator.parse import parse

ENTRY_NAME_CHARS_MAX = 80  # of an invalid entry, in the reason it is reported with


def work(job: ReadJob, detect: Callable[[str], str] = lambda text: "") -> ReadResult:
    """Return the items of the document's unseen entries, with skipped entries counted and invalid ones named.

    `detect` returns the code of the language of a text, "" if it is not sure of one; it is called for items
    that declare none. Raises ParseError.
    """
    document = parse(
        job.body,
        content_type=job.content_type,
        url=job.url,
        seen=job.seen,
        pipeline_version=job.pipeline_version,
        text_bytes_max=job.text_bytes_max,
    )
    shown = dates.month_first(
        (date for entry in document.entries for date in (entry.published, entry.updated)), job.now
    )
    document = replace(document, month_first=job.month_first if shown is None else shown)
    items: list[Item] = []
    invalid: list[str] = []
    skipped, size = 0, _Size(job.text_bytes_max)
    own = own_address(job.source, job.url)
    for entry in document.entries:
        try:
            item = normalise(entry, document=document, source=job.source, url=job.url, now=job.now)
        except ValueError as error:
            name = entry.title.value or entry.guid or entry.link or "an entry"
            invalid.append(f"{own.text(name)[:ENTRY_NAME_CHARS_MAX]}: {error}")
            continue
        item = _with_language(item, detect)
        if is_kept := keeps(item, job.source):
            items.append(item := _styled(item, entry, document, job))
        size.add(item)
        skipped += not is_kept
    found = (tombstones.normalise(each, job.source, now=job.now) for each in document.deleted)
    deleted = tuple(each for each in found if each is not None)
    # The title names the source in tables and pages unless sources.yaml says `organisation`.
    document = replace(
        document,
        entries=(),
        deleted=(),
        title=line(own.text(document.title), NAME_CHARS_MAX),
        link=own.text(document.link),
        rights=own.text(document.rights),
        terms=web_terms(document.terms, document.link or job.url) or UNSAID,
    )
    return ReadResult(document, tuple(items), skipped, tuple(invalid), deleted)


def restyle(job: StyleJob) -> ReadResult:
    """Return stored items with the house style of their source, and a document of nothing."""
    from aggregator.editorial import house_style

    style = job.source.house_style
    styled = ((each, house_style.restyled(each, style)) for each in job.items)
    items = (
        replace(each, styled=topics.with_topics(own, each, style, job.source.organisation))
        for each, own in styled
    )
    return ReadResult(Document(""), tuple(items))


def load_styles() -> None:
    """Load what applies house styles: a confined worker opens no file, and most sources have none."""
    from aggregator.editorial import headlines, house_style  # noqa: F401

    headlines.load()


def _styled(item: Item, entry: Entry, document: Document, job: ReadJob) -> Item:
    """Return an item in the house style of its source. Selectors read the HTML as its origin sent it."""
    style, kept = job.source.house_style, item
    if not style:
        return item
    from aggregator.editorial import house_style, selectors  # see `load_styles`

    left = selectors.entry(entry, style.drop) if style.drop else entry
    if left is not entry:
        with suppress(ValueError):  # nothing is left of it
            kept = normalise(left, document=document, source=job.source, url=job.url, now=job.now)
    own = house_style.styled(item, kept, style)
    organisation = job.source.organisation or document.title
    return replace(item, styled=topics.with_topics(own, item, style, organisation))


def _with_language(item: Item, detect: Callable[[str], str]) -> Item:
    code = "" if item.language else detect(f"{item.title}\n{item.text or item.summary}")
    return replace(item, language=code, flags=(*item.flags, LANGUAGE_DETECTED)) if code else item


class _Size:
    """Sum of the text of items in bytes; raises ParseError when it exceeds its limit. Items are measured only
    when their upper bounds reach it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._measured = self._bound = 0
        self._waiting: list[Item] = []

    def add(self, item: Item) -> None:
        self._waiting.append(item)
        self._bound += text_bytes_bound(item)
        if self._measured + self._bound <= self._limit:
            return
        self._measured += sum(map(text_bytes, self._waiting))
        self._waiting, self._bound = [], 0
        if self._measured > self._limit:
            message = f"the items of the document hold over {self._limit} bytes of text"
            raise ParseError(message, cause=Cause.LIMIT)
