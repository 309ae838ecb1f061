"""The public side as static files, under the same paths. Writes only a directory that is its own.

A new set is built beside the directory and then takes its place by one exchange of names, so that a
reader sees the old set or the new one, whole. What is no longer published is not in the new set.
"""

import contextlib
import ctypes
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aggregator.errors import UsageError
from aggregator.model import ItemQuery, Release, State
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher
from aggregator.storage import Storage
from aggregator.web.app import ROBOTS, earlier
from aggregator.web.pages import STATIC, Site, channel_page, history_page, item_page, site

MANIFEST = ".publicwire"  # names every file of the set, itself left out
ITEMS_AT_ONCE = 500
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fs.h


@dataclass(frozen=True, slots=True)
class Exported:
    """How many files there are now, and how many went because they no longer belong."""

    files: int
    removed: int


def _exchange(one: Path, other: Path) -> bool:
    """Let two names change places (Linux 3.15); False where the system or its file system cannot."""
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
) -> Exported:
    """Write every channel, page and item. UsageError when the directory holds anything of somebody else."""
    target = directory.resolve()  # a link to the directory stays what it is
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    with _alone(fresh):
        before = _ours(target)
        now = set()
        for path, published in _files(publisher, storage):
            _write(fresh, path, published.body, old=target / path)
            now.add(path)
        _write(fresh, MANIFEST, "".join(f"{path}\n" for path in sorted(now)).encode(), old=target / MANIFEST)
        os.sync()  # or a power cut could leave the new names with nothing in them
        _swap(fresh, target, exchange)
    return Exported(len(now), len(before - now))


def _files(publisher: Publisher, storage: Storage) -> Iterator[tuple[str, Published]]:
    channels = storage.channels()
    around = site(publisher.publication(), channels, storage.feeds())
    yield from publisher.documents()
    for name in channels:
        channel = publisher.channel(name)
        if channel is not None:
            older = () if name else earlier(publisher, storage)
            page = channel_page(channel, publisher.releases(name), around, earlier=older)
            yield f"{name}/index.html".lstrip("/"), page
    for release in _releases(publisher, storage):
        yield f"{_path(release, around)}/index.html", item_page(release, around)
        if release.corrected:  # only then does the page name its history
            page = history_page(release, publisher.revisions(release.id), around)
            yield f"items/{release.id}/history/index.html", page
    for name, published in STATIC.items():
        yield f"static/{name}", published
    yield "robots.txt", ROBOTS


def _path(release: Release, around: Site) -> str:
    return release.page.removeprefix(around.publication.url)


def _releases(publisher: Publisher, storage: Storage) -> Iterator[Release]:
    """Every live item, newest first."""
    before: int | None = None
    while True:
        stored = storage.items(ItemQuery(states=(State.LIVE,), limit=ITEMS_AT_ONCE, before=before))
        for one in stored:
            release = publisher.public(one)
            if isinstance(release, Release):
                yield release
        if len(stored) < ITEMS_AT_ONCE:
            return
        before = min(one.number for one in stored)


def _ours(target: Path) -> set[str]:
    """The files of the set in place; refuses to replace a directory that holds any other."""
    if not target.exists():
        return set()
    if not target.is_dir():
        raise UsageError(f"{target} is not a directory")
    found = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    manifest = target / MANIFEST
    ours = set(manifest.read_text().splitlines()) if manifest.is_file() else set()
    foreign = sorted(found - ours - {MANIFEST})
    if foreign:
        raise UsageError(
            f"{target} holds {foreign[0]}, which no export wrote: give export a directory of its own"
        )
    return ours


@contextlib.contextmanager
def _alone(fresh: Path) -> Iterator[None]:
    """Have an empty directory to build in, once no other export is at it; none of it is left behind."""
    handle = os.open(fresh.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        shutil.rmtree(fresh, ignore_errors=True)  # a killed export may have left it
        fresh.mkdir()
        try:
            yield
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    finally:
        os.close(handle)


def _write(root: Path, path: str, body: bytes, *, old: Path) -> None:
    """Write one file, or take over the old one with its date when it says the same."""
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
    """Put the fresh directory into its place in one step; where that cannot be, after an instant of none."""
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
