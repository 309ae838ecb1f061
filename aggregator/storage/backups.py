"""Backup files: names, retention, and the error of a damaged store.

Never opens a database; an engine writes and reads the files.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import StorageError

DIRECTORY = "backups"
NIGHT = timedelta(hours=3)  # UTC: a night's backup is made from then on


class Replayed(Struct, frozen=True):
    """Result of a replay of the journal. `moved` are ids of items whose decisions were carried out again,
    `unknown` ids of withdrawn items that the store does not hold: they are withdrawn on arrival.
    `unreadable` are numbers of the journal's unreadable lines, `forgotten` ids of sources removed again."""

    moved: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unreadable: tuple[int, ...] = ()
    forgotten: tuple[str, ...] = ()


class Restored(Struct, frozen=True):
    """Result of a restore."""

    items: int
    aside: Path | None  # the former database
    journal: Replayed = Replayed()

    def kept(self, aside: Path | None, again: Replayed) -> "Restored":
        """Return the result with the former database's place, and what was replayed once more at the end."""
        moved = (*self.journal.moved, *again.moved)
        return replace(self, aside=aside, journal=replace(self.journal, moved=moved))


def due(store: Path, now: datetime) -> Path | None:
    """Return the path of the present night's backup; None when it exists already."""
    path = store / DIRECTORY / f"publicwire-{now - NIGHT:%Y-%m-%d}.db"
    return None if path.exists() else path


def kept(store: Path) -> tuple[Path, ...]:
    """Return the nightly backups, newest first."""
    return tuple(sorted((store / DIRECTORY).glob("publicwire-????-??-??.db"), reverse=True))


def prune(store: Path, keep: int) -> None:
    """Remove all but the newest `keep`."""
    for path in kept(store)[keep:]:
        path.unlink(missing_ok=True)


def damaged(store: Path, problem: str) -> StorageError:
    """Return the error of a damaged store; it names the cure."""
    newest = next(iter(kept(store)), None)
    cure = f"`publicwire restore {newest}` brings back the newest backup" if newest else "there is no backup"
    return StorageError(f"the store {store / 'publicwire.db'} is damaged ({problem}); {cure}")


def sync(path: Path) -> None:
    """Flush a file or a directory to the disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
