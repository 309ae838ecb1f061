"""Directories of what is published: sitemaps for search engines, the sources as OPML."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from aggregator.editorial.present import page_address, published_feed
from aggregator.model.indexed import Indexed
from aggregator.model.settings import Publication
from aggregator.publish.document import Published
from aggregator.publish.presenter import Presenter
from aggregator.render import opml, sitemap
from aggregator.storage import Storage

SITEMAP_ITEMS_MAX = 10_000
NEWS_ITEMS_MAX = 1_000  # of a news sitemap, by the rules of its readers, as the next
NEWS_WITHIN = timedelta(hours=48)
SITEMAP, NEWS_SITEMAP, SOURCES = PATHS = ("sitemap.xml", "news-sitemap.xml", "sources.opml")
XML, OPML = "application/xml", "text/x-opml; charset=utf-8"


class Directories:
    """Renders directories, again after any change, that of news every hour. Every method may raise
    StorageError."""

    def __init__(
        self,
        storage: Storage,
        presenter: Presenter,
        channels: Callable[[], tuple[str, ...]],
        now: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._presenter = presenter
        self._channels = channels
        self._now = now
        self._last: dict[str, tuple[object, Published]] = {}
        self._documents: Mapping[str, Callable[[Publication, datetime], Published]] = {
            SITEMAP: self._sitemap,
            NEWS_SITEMAP: self._news,
            SOURCES: self._sources,
        }

    def documents(self) -> Sequence[tuple[str, Published]]:
        """Return every directory with its address relative to publication.url."""
        return [(name, self.document(name)) for name in PATHS]

    def document(self, name: str) -> Published:
        """Return the directory of this address; KeyError for another one."""
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        state = (self._storage.items.seq(), self._presenter.settings(), hour)
        rendered_from, before = self._last.get(name, (None, None))
        if before is not None and rendered_from == state:
            return before
        published = self._documents[name](self._presenter.settings().publication, hour)
        self._last[name] = state, published
        return published

    def _sitemap(self, publication: Publication, hour: datetime) -> Published:
        pages = [publication.url + quote(name) for name in self._channels()]
        items = self._storage.changes.indexed(SITEMAP_ITEMS_MAX)
        return Published(sitemap.pages(pages, _placed(publication, items)), XML, None)

    def _news(self, publication: Publication, hour: datetime) -> Published:
        items = self._storage.changes.news(hour + timedelta(hours=1) - NEWS_WITHIN, NEWS_ITEMS_MAX)
        return Published(sitemap.news(publication.name, _placed(publication, items)), XML, None)

    def _sources(self, publication: Publication, hour: datetime) -> Published:
        feeds = [published_feed(feed, publication) for feed in self._storage.items.feeds() if feed.configured]
        return Published(opml.sources(publication, feeds), OPML, None)


def _placed(publication: Publication, items: Sequence[Indexed]) -> sitemap.Pages:
    return [(page_address(publication, each.id, each.title), each) for each in items]
