"""Parts of an export: files that are rendered together, with the state that they are rendered from.

Equal states have equal files, so that a further export renders what has changed and no more.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b
from itertools import count
from pathlib import Path, PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from aggregator.editorial import images
from aggregator.editorial.present import page_address
from aggregator.model.decision import State
from aggregator.model.image import COPIES, COPY_TYPE, Images
from aggregator.model.release import Channel, Release
from aggregator.model.stored import FeedInfo, ItemQuery, Stored
from aggregator.publish.archives import ARCHIVE_FORMATS
from aggregator.publish.document import Published
from aggregator.publish.listings import Listing
from aggregator.publish.publisher import Publisher, Withdrawn
from aggregator.storage import Storage
from aggregator.web import security_txt, terms
from aggregator.web.look import Looks
from aggregator.web.pages import (
    Site,
    channel_page,
    directory_page,
    history_page,
    item_page,
    moved,
    site,
    withdrawn,
)
from aggregator.web.statics import STATIC

ITEMS_PER_READ = 500
PACKAGE = Path(__file__).parent.parent

Files = Iterator[tuple[str, Published]]


class Part(Struct, frozen=True):
    """Files of an export and smaller parts; `state` is a digest of all that they are rendered from, "" if it
    is not known."""

    files: Callable[[], Files] = lambda: iter(())
    state: str = ""
    parts: "Callable[[], Iterator[Part]]" = lambda: iter(())


def parts(publisher: Publisher, storage: Storage, now: datetime) -> Iterator[Part]:
    """Yield every part of the public side."""
    made = _Parts(publisher, storage, now)
    for name in publisher.channels():
        yield made.documents(name)
        yield made.pages(name)
    for stored in _published(storage):
        yield made.item(stored)
    yield Part(made.others)


class _Parts:
    """Makes the parts of one export."""

    def __init__(self, publisher: Publisher, storage: Storage, now: datetime) -> None:
        self._publisher, self._storage, self._now = publisher, storage, now
        self._look = Looks(publisher.config).current()
        feeds = storage.items.feeds()
        self._feeds: Mapping[str, FeedInfo] = {each.id: each for each in feeds}
        self._site = site(publisher.publication(), publisher.channels(), feeds, self._look)
        self._former = storage.items.former_ids()
        settings = _digest(replace(publisher.settings(), since=now.min), _code(), self._former)
        self._of_documents = settings
        self._of_items = _digest(settings, _shell(self._site))
        self._of_pages = _digest(self._of_items, publisher.overview.day())
        self._of_shared_pages = _digest(self._of_pages, feeds)

    def documents(self, name: str) -> Part:
        """Return the documents and archives of a channel. Of their items and sources its `seq` tells."""
        state = _digest("documents", name, self._of_documents, self._storage.items.channel_seq(name))
        return Part(lambda: self._current(name), state, lambda: self._archives(name))

    def pages(self, name: str) -> Part:
        """Return the pages that list a channel."""
        source = name.removeprefix("sources/")
        of = (
            (self._of_shared_pages,)
            if source == name
            else (self._of_pages, self._feeds.get(source), self._publisher.overview.described(source))
        )
        state = _digest("pages", name, self._storage.items.channel_seq(name), *of)
        return Part(lambda: self._pages(name), state)

    def item(self, stored: Stored) -> Part:
        """Return the pages of a live or withdrawn item, and the copies of its images."""
        items = self._storage.items
        revisions = items.corrections(stored.number) if stored.version > 1 else ()
        copied = self._site.publication.images is Images.PROXY
        copies = self._storage.images.copies(stored.number) if copied else {}
        of = (self._of_items, stored, self._feeds.get(stored.source), revisions, sorted(copies.items()))
        return Part(lambda: self._item(stored), _digest("item", *of))

    def others(self) -> Files:
        """Yield what is rendered at each export: it depends on everything, or on nothing."""
        publisher, storage, navigation = self._publisher, self._storage, self._site
        yield from _withdrawals(publisher)
        yield from publisher.directories.documents()
        for kind, entries in publisher.overview.directories():
            file = _page_file(kind)
            yield file, directory_page(kind, entries, replace(navigation, file=file))
        for name, published in {**STATIC, **self._look.files}.items():
            yield f"static/{name}", published
        yield from terms.documents(navigation.publication.url, storage.items.feeds()).items()
        if (contact := security_txt.document(navigation.publication, self._now)) is not None:
            yield security_txt.PATH, contact

    def _current(self, name: str) -> Files:
        for path, document in self._publisher.documents_of(name):
            for each in (path, *_former(path, self._former)):
                yield each, document

    def _archives(self, name: str) -> Iterator[Part]:
        """Yield each archive of a channel as a part: of many, one new item changes few."""
        for number in count(1):
            archived = self._storage.changes.archive(name, number)
            if archived is None:
                return
            feeds = [self._feeds.get(each.source) for each in archived.entries]
            own = self._feeds.get(name.removeprefix("sources/"))
            state = _digest("archive", name, self._of_documents, archived, feeds, own)
            yield Part(partial(self._archive, name, number), state)

    def _archive(self, name: str, number: int) -> Files:
        for kind in ARCHIVE_FORMATS:
            if (published := self._publisher.archives.document(name, number, kind)) is not None:
                path = f"{name}/archive/{number}.{kind}".lstrip("/")
                for each in (path, *_former(path, self._former)):
                    yield each, published

    def _pages(self, name: str) -> Files:
        channel = self._publisher.channel(name)
        if channel is None:
            return
        for listing in self._publisher.pages(name):
            path = name if listing.behind is None else f"{name}/before/{listing.behind}"
            file = _page_file(path)
            yield file, _listed(self._publisher, channel, listing, replace(self._site, file=file))
            for file in map(_page_file, _former(path, self._former)):
                yield file, moved(path, replace(self._site, file=file))

    def _item(self, stored: Stored) -> Files:
        release, navigation = self._publisher.public(stored), self._site
        if isinstance(release, Release):
            yield from _release(self._publisher, release, navigation)
            for path in sorted(_copies(release, navigation)):
                if (body := self._storage.images.body(PurePosixPath(path).stem)) is not None:
                    yield path, Published(body, COPY_TYPE, None)
        elif isinstance(release, Withdrawn) and stored.position is not None:  # its page was public
            address = page_address(navigation.publication, stored.id, stored.headline)
            for path in (address.removeprefix(navigation.publication.url), f"items/{stored.id}"):
                yield _page_file(path), withdrawn(release.at, replace(navigation, file=_page_file(path)))


def _digest(*state: object) -> str:
    return blake2b(repr(state).encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _shell(site: Site) -> str:
    """Return a digest of what every page shows around its content."""
    look = site.look
    files = [(name, each.etag) for name, each in look.files.items()]
    blocks = [(block, each.source) for block, each in look.blocks.items()]
    shown = (site.topics, site.languages, site.named_feeds, len(site.feeds))
    return _digest(shown, look.links, look.logo, look.style, files, blocks)


def _code() -> str:
    """Return a digest of the package's files by size and time: another version renders everything."""
    found = (
        (path := Path(directory, name), path.stat())
        for directory, _, names in os.walk(PACKAGE)
        for name in names
        if not name.endswith(".pyc")
    )
    return _digest(sorted((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found))


def _withdrawals(publisher: Publisher) -> Files:
    for kind in ARCHIVE_FORMATS:
        if (newest := publisher.withdrawals.current(kind)) is not None:
            yield f"withdrawals.{kind}", newest
        for number in count(1):
            if (published := publisher.withdrawals.archive(number, kind)) is None:
                break
            yield f"withdrawals/archive/{number}.{kind}", published


def _listed(publisher: Publisher, channel: Channel, listing: Listing, around: Site) -> Published:
    """Return a page of a channel, with all that the first one tells."""
    if listing.behind is not None:
        return channel_page(channel, listing, around)
    departures, profile = publisher.departures(channel.name), publisher.overview.of_channel(channel.name)
    return channel_page(channel, listing, around, departures=departures, profile=profile)


def _copies(release: Release, navigation: Site) -> set[str]:
    """Return the paths of the copies of images that a release shows."""
    if navigation.publication.images is not Images.PROXY:
        return set()
    url = navigation.publication.url
    return {each.removeprefix(url) for each in images.of(release) if each.startswith(url + COPIES)}


def _former(path: str, former: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the paths that one of a source had under its former ids: feed readers follow no page, so that
    documents stay there, too."""
    kind, _, rest = path.partition("/")
    source, slash, rest = rest.partition("/")
    if kind == "sources":
        yield from (f"sources/{old}{slash}{rest}" for old, new in former if new == source)


def _page_file(path: str) -> str:
    return f"{path.lstrip('/')}/index.html".lstrip("/")


def _release(publisher: Publisher, release: Release, navigation: Site) -> Files:
    """Yield the pages of a release."""
    paths = [release.page.removeprefix(navigation.publication.url)]
    if release.also or release.translations:  # these link to it without its slug
        paths.append(f"items/{release.id}")
    for file in map(_page_file, paths):
        yield file, item_page(release, replace(navigation, file=file))
    if release.corrected:  # only then does the page link to its history
        yield from _history(publisher, release, navigation)


def _history(publisher: Publisher, release: Release, navigation: Site) -> Files:
    """Yield every page of the history of a release."""
    directory, before = f"items/{release.id}/history", None
    while (found := publisher.history(release.id, before)) is not None:
        shown, history = found
        file = _page_file(directory if before is None else f"{directory}/{before}")
        around = replace(navigation, file=file)
        current = publisher.current_content(shown) if before is None else None
        revisions = publisher.revisions(shown, history)
        yield file, history_page(shown, revisions, history.older, around, current=current)
        before = history.older
        if before is None:
            return


def _published(storage: Storage) -> Iterator[Stored]:
    """Yield every live and withdrawn item, the last stored first."""
    before: int | None = None
    states = (State.LIVE, State.WITHDRAWN)
    while True:
        stored = storage.items.items(ItemQuery(states=states, limit=ITEMS_PER_READ, before=before))
        yield from stored
        if len(stored) < ITEMS_PER_READ:
            return
        before = min(one.number for one in stored)
