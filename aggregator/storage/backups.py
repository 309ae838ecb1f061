"""Which files are backups: their names, how many are kept, and what to say of a damaged store.

Never opens a database; a back end writes and reads the files.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.errors import StorageError

DIRECTORY = "backups"
NIGHT = timedelta(hours=3)  # UTC: a night's backup is made from then on


@dataclass(frozen=True, slots=True)
class Restored:
    """Result of a restore. `moved` are ids of items that the journal has withdrawn or reinstated again,
    `unknown` ids of withdrawn items that the backup does not hold: they are withdrawn on arrival.
    `unreadable` are numbers of the journal's unreadable lines."""

    items: int
    aside: Path | None  # where the former database is
    moved: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unreadable: tuple[int, ...] = ()


def due(store: Path, now: datetime) -> Path | None:
    """Where the backup of the present night belongs; None when it is there already."""
    path = store / DIRECTORY / f"publicwire-{now - NIGHT:%Y-%m-%d}.db"
    return None if path.exists() else path


def kept(store: Path) -> tuple[Path, ...]:
    """The nightly backups there are, newest first."""
    return tuple(sorted((store / DIRECTORY).glob("publicwire-????-??-??.db"), reverse=True))


def prune(store: Path, keep: int) -> None:
    """Remove all but the newest `keep`."""
    for path in kept(store)[keep:]:
        path.unlink(missing_ok=True)


def damaged(store: Path, problem: str) -> StorageError:
    """The error of a store whose database is damaged: it says what to do."""
    newest = next(iter(kept(store)), None)
    cure = f"`publicwire restore {newest}` brings back the newest backup" if newest else "there is no backup"
    return StorageError(f"the store {store / 'publicwire.db'} is damaged ({problem}); {cure}")


def sync(path: Path) -> None:
    """Have a file or a directory on the disk, not only in memory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
