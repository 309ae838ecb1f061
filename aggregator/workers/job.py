"""The job of a worker: parse one document, normalise its entries, apply the source's rules.

Never fetches, stores or decides. Imported only where documents are read: the service itself starts without
feedparser, lxml and nh3.
"""

from dataclasses import astuple, replace

from aggregator.editorial.rules import keeps
from aggregator.errors import Cause, ParseError
from aggregator.model import Item, ReadJob, ReadResult
from aggregator.normalise.item import normalise
from aggregator.normalise.labels import NAME_CHARS_MAX
from aggregator.normalise.text import line
from aggregator.parse import parse

ENTRY_NAME_CHARS_MAX = 80  # of an invalid entry, in the reason it is reported with


def work(job: ReadJob) -> ReadResult:
    """Return the items of the document's unseen entries, with skipped entries counted and invalid ones named.

    Raises ParseError.
    """
    document = parse(
        job.body,
        content_type=job.content_type,
        url=job.url,
        seen=job.seen,
        pipeline_version=job.pipeline_version,
        text_bytes_max=job.text_bytes_max,
    )
    items: list[Item] = []
    invalid: list[str] = []
    skipped = size = 0
    for entry in document.entries:
        try:
            item = normalise(entry, document=document, source=job.source, url=job.url, now=job.now)
        except ValueError as error:
            name = entry.title.value or entry.guid or entry.link or "an entry"
            invalid.append(f"{name[:ENTRY_NAME_CHARS_MAX]}: {error}")
            continue
        size += text_bytes(item)
        if size > job.text_bytes_max:
            message = f"the items of the document hold over {job.text_bytes_max} bytes of text"
            raise ParseError(message, cause=Cause.LIMIT)
        if keeps(item, job.source):
            items.append(item)
        else:
            skipped += 1
    # The title names the source in tables and pages unless sources.yaml says `organisation`.
    document = replace(document, entries=(), title=line(document.title, NAME_CHARS_MAX))
    return ReadResult(document, tuple(items), skipped, tuple(invalid))


def text_bytes(item: Item) -> int:
    """Return the bytes of an item's texts and addresses in UTF-8.

    Each may be longer than it stood in the document: an address resolved against a long base, an author that
    entries inherit. `text` and `raw_url` repeat `content` and `url`, and do not count.
    """
    files = (part for file in (*item.enclosures, *item.images) for part in (file.url, file.type))
    origin = (*astuple(item.origin)[:-1], *item.origin.authors) if item.origin else ()
    lines = (item.title, item.url, item.guid, item.organisation, item.rights, *item.authors, *item.categories)
    return sum(_utf8_bytes(part) for part in (item.content, item.summary, *lines, *files, *origin))


def _utf8_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
