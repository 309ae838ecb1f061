"""A consumer by the contract that MSN has with its publishers: it polls a document, keeps items by their ids,
and replaces or takes down those whose update is newer.

The rules are those of the pages "MSN feed item metadata requirements", "MSN content expiration and takedown
rules" and "MSN feed setup and configuration" of support.microsoft.com (2026), by their titles here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from lxml import etree

DOCUMENT_BYTES_MAX = 10_000_000  # setup and configuration: a larger feed is not read
AGE_MAX = timedelta(days=365)  # metadata requirements: an older item is not ingested
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "c": "http://purl.org/rss/1.0/modules/content/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "mi": "http://schemas.ingestion.microsoft.com/common/",
}


class Defect(Exception):
    """A document or an item that the contract does not admit."""


@dataclass(frozen=True, slots=True)
class Article:
    """An item as it was ingested last."""

    title: str
    body: str
    link: str
    published: datetime
    updated: datetime
    expires: datetime | None
    images: tuple[str, ...] = ()


@dataclass
class Msn:
    """The articles on its pages, by id, and when each that was ever ingested was updated last."""

    shown: dict[str, Article] = field(default_factory=dict)
    ingested: dict[str, datetime] = field(default_factory=dict)
    skipped: int = 0

    def polls(self, document: bytes, now: datetime) -> None:
        """Ingest a document. Raises Defect."""
        if len(document) > DOCUMENT_BYTES_MAX:
            raise Defect("setup and configuration: at most 10 MB")
        try:
            root = etree.fromstring(document.decode("utf-8").encode("utf-8"))
        except ValueError as error:
            raise Defect("setup and configuration: UTF-8 unless the prologue says otherwise") from error
        found = [*(_rss(root) if root.tag == "rss" else _atom(root))]
        if len({name for name, _ in found}) != len(found):
            raise Defect("metadata requirements: an id is unique among all items of a publisher")
        for name, article in found:
            self._ingest(name, article, now)

    def _ingest(self, name: str, article: Article, now: datetime) -> None:
        """Carry out one line of the table of takedown rules."""
        if not name or not article.title or not article.link.startswith("https://"):
            raise Defect("metadata requirements: id, title, published date and link are required")
        if article.published > now:
            raise Defect("metadata requirements: the published date lies in the past")
        if any(not each.startswith("https://") for each in article.images):
            raise Defect("setup and configuration: media are served by HTTPS")
        before = self.ingested.get(name)
        if before is not None and article.updated <= before:
            self.skipped += 1  # the same id without a newer update is a duplicate
            return
        if now - article.published > AGE_MAX:
            return
        self.ingested[name] = article.updated
        if article.expires is not None and article.expires <= now:
            self.shown.pop(name, None)  # the same id, a newer update, and an expiration in the past
        else:
            self.shown[name] = article

    def passes(self, now: datetime) -> None:
        """Take down what has expired since it was ingested."""
        for name, article in [*self.shown.items()]:
            if article.expires is not None and article.expires <= now:
                del self.shown[name]


def _rss(root: etree._Element) -> Iterator[tuple[str, Article]]:
    for item in root.iter("item"):
        published = parsedate_to_datetime(_text(item, "pubDate"))
        modified = _text(item, "dcterms:modified", optional=True)
        yield (
            _text(item, "guid"),
            Article(
                title=_text(item, "title"),
                body=_text(item, "c:encoded", optional=True) or _text(item, "description"),
                link=_text(item, "link"),
                published=published,
                updated=_moment(modified) if modified else published,  # metadata requirements: else that
                expires=_expiry(item),
                images=_images(item),
            ),
        )


def _atom(root: etree._Element) -> Iterator[tuple[str, Article]]:
    for entry in root.iterfind("a:entry", NAMES):
        links = {
            each.get("rel", "alternate"): each.get("href", "") for each in entry.iterfind("a:link", NAMES)
        }
        updated = _moment(_text(entry, "a:updated"))
        published = _text(entry, "a:published", optional=True)
        yield (
            _text(entry, "a:id"),
            Article(
                title=_text(entry, "a:title"),
                body=_text(entry, "a:content", optional=True) or _text(entry, "a:summary"),
                link=links["alternate"],
                published=_moment(published) if published else updated,
                updated=updated,
                expires=_expiry(entry),
                images=_images(entry),
            ),
        )


def _text(element: etree._Element, path: str, *, optional: bool = False) -> str:
    found = element.findtext(path, namespaces=NAMES)
    if not found and not optional:
        raise Defect(f"metadata requirements: an item needs {path}")
    return found or ""


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _expiry(element: etree._Element) -> datetime | None:
    """Return the expiration date of an item, which takes the Media RSS form (a period) or a plain date."""
    plain, period = (_text(element, path, optional=True) for path in ("mi:expirationDate", "dcterms:valid"))
    stated = {name.strip(): value for name, _, value in (part.partition("=") for part in period.split(";"))}
    ends = {_moment(each) for each in (plain, stated.get("end", "")) if each}
    if len(ends) > 1:
        raise Defect("takedown rules: two expiration dates of one item")
    return next(iter(ends), None)


def _images(element: etree._Element) -> tuple[str, ...]:
    return tuple(each.get("url", "") for each in element.iterfind("media:content", NAMES))
