"""Static export of the public side, under the same paths, into a directory reserved for it.

The new set of files is built beside the directory and replaces it by one atomic rename, so that a web server
shows either set completely. Links between pages are relative: the set opens from a disk. In place of a
withdrawn release stands the notice of its withdrawal, and under the former id of a renamed source stand pages
that lead to the present ones, and its feeds.
"""

import contextlib
import ctypes
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path, PurePosixPath

from aggregator.editorial import images
from aggregator.editorial.present import page_address
from aggregator.errors import UsageError
from aggregator.model.decision import State
from aggregator.model.image import COPIES, COPY_TYPE, Images
from aggregator.model.release import Channel, Release
from aggregator.model.stored import ItemQuery, Stored
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

MANIFEST = ".publicwire"  # lists every file of the set except itself
ITEMS_PER_READ = 500
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fs.h


@dataclass(frozen=True, slots=True)
class Exported:
    """Number of files written, and of former files that the new set lacks."""

    files: int
    removed: int


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically (renameat2, Linux 3.15); False where the system or file system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    done: int = rename(AT_FDCWD, bytes(one), AT_FDCWD, bytes(other), RENAME_EXCHANGE)
    return done == 0


def export(
    directory: Path,
    publisher: Publisher,
    storage: Storage,
    *,
    exchange: Callable[[Path, Path], bool] = _exchange,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Exported:
    """Write every channel, page and item. Raises UsageError when the directory holds a foreign file."""
    target = directory.resolve()  # a symbolic link to the directory is kept
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    with _build_directory(fresh):
        before = _exported_files(target)
        paths = set()
        for path, published in _files(publisher, storage, now()):
            _write(fresh, path, published.body, old=target / path)
            paths.add(path)
        manifest = "".join(f"{path}\n" for path in sorted(paths))
        _write(fresh, MANIFEST, manifest.encode(), old=target / MANIFEST)
        os.sync()  # else a power failure could leave the new names with empty files
        _swap(fresh, target, exchange)
    return Exported(len(paths), len(before - paths))


def _files(publisher: Publisher, storage: Storage, now: datetime) -> Iterator[tuple[str, Published]]:
    channels = publisher.channels()
    look = Looks(publisher.config).current()
    navigation = site(publisher.publication(), channels, storage.items.feeds(), look)
    former = storage.items.former_ids()
    for path, document in chain(publisher.documents(), _changes(publisher, channels)):
        for each in (path, *_former(path, former)):
            yield each, document
    yield from publisher.directories.documents()
    for name in channels:
        if (channel := publisher.channel(name)) is not None:
            for listing in publisher.pages(name):
                path = name if listing.behind is None else f"{name}/before/{listing.behind}"
                file = _page_file(path)
                yield file, _listed(publisher, channel, listing, replace(navigation, file=file))
                for file in map(_page_file, _former(path, former)):
                    yield file, moved(path, replace(navigation, file=file))
    for kind, entries in publisher.overview.directories():
        file = _page_file(kind)
        yield file, directory_page(kind, entries, replace(navigation, file=file))
    copies: set[str] = set()
    for stored in _published(storage):
        release = publisher.public(stored)
        if isinstance(release, Release):
            yield from _release(publisher, release, navigation)
            copies |= _copies(release, navigation)
        elif isinstance(release, Withdrawn) and stored.position is not None:  # its page was public
            address = page_address(navigation.publication, stored.id, stored.headline)
            for path in (address.removeprefix(navigation.publication.url), f"items/{stored.id}"):
                yield _page_file(path), withdrawn(release.at, replace(navigation, file=_page_file(path)))
    for path in sorted(copies):
        if (body := storage.images.body(PurePosixPath(path).stem)) is not None:
            yield path, Published(body, COPY_TYPE, None)
    for name, published in {**STATIC, **look.files}.items():
        yield f"static/{name}", published
    yield from terms.documents(navigation.publication.url, storage.items.feeds()).items()
    if (contact := security_txt.document(navigation.publication, now)) is not None:
        yield security_txt.PATH, contact


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


def _changes(publisher: Publisher, channels: Sequence[str]) -> Iterator[tuple[str, Published]]:
    """Yield archives of channels, and the withdrawals and corrections."""
    for kind in ARCHIVE_FORMATS:
        for name in channels:
            for number in count(1):
                if (published := publisher.archives.document(name, number, kind)) is None:
                    break
                yield f"{name}/archive/{number}.{kind}".lstrip("/"), published
        if (newest := publisher.withdrawals.current(kind)) is not None:
            yield f"withdrawals.{kind}", newest
        for number in count(1):
            if (published := publisher.withdrawals.archive(number, kind)) is None:
                break
            yield f"withdrawals/archive/{number}.{kind}", published


def _former(path: str, former: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the paths that one of a source had under its former ids: feed readers follow no page, so that
    documents stay there, too."""
    kind, _, rest = path.partition("/")
    source, slash, rest = rest.partition("/")
    if kind == "sources":
        yield from (f"sources/{old}{slash}{rest}" for old, new in former if new == source)


def _page_file(path: str) -> str:
    return f"{path.lstrip('/')}/index.html".lstrip("/")


def _release(publisher: Publisher, release: Release, navigation: Site) -> Iterator[tuple[str, Published]]:
    """Yield the pages of a release."""
    paths = [release.page.removeprefix(navigation.publication.url)]
    if release.also or release.translations:  # these link to it without its slug
        paths.append(f"items/{release.id}")
    for file in map(_page_file, paths):
        yield file, item_page(release, replace(navigation, file=file))
    if release.corrected:  # only then does the page link to its history
        yield from _history(publisher, release, navigation)


def _history(publisher: Publisher, release: Release, navigation: Site) -> Iterator[tuple[str, Published]]:
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


def _exported_files(target: Path) -> set[str]:
    """Return the files of the set in place. Raises UsageError when the directory holds any other file."""
    if not target.exists():
        return set()
    if not target.is_dir():
        raise UsageError(f"{target} is not a directory")
    found = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    manifest = target / MANIFEST
    listed = set(manifest.read_text().splitlines()) if manifest.is_file() else set()
    foreign = sorted(found - listed - {MANIFEST})
    if foreign:
        raise UsageError(
            f"{target} holds {foreign[0]}, which no export wrote: give export a directory of its own"
        )
    return listed


@contextlib.contextmanager
def _build_directory(fresh: Path) -> Iterator[None]:
    """Provide an empty directory under an exclusive lock, and remove it afterwards."""
    handle = os.open(fresh.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        shutil.rmtree(fresh, ignore_errors=True)  # left by a killed export
        fresh.mkdir()
        try:
            yield
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    finally:
        os.close(handle)


def _write(root: Path, path: str, body: bytes, *, old: Path) -> None:
    """Write one file, or link the old one, which keeps its modification time, when the bytes are equal."""
    if ".." in PurePosixPath(path).parts:
        raise ValueError(f"{path} leaves the directory of the export")
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        if old.read_bytes() == body:
            os.link(old, file)
            return
    file.write_bytes(body)


def _swap(fresh: Path, target: Path, exchange: Callable[[Path, Path], bool]) -> None:
    """Replace the directory atomically; without renameat2 it is missing between two renames."""
    if not target.exists():
        fresh.rename(target)
        return
    if target.is_mount():
        raise UsageError(f"{target} is a mount point: give export a directory inside it")
    if exchange(fresh, target):
        return
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old)
