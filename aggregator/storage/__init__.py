"""Open and restore a store.

Its contract by role are the classes of `Storage`; they take and return values of the model. Any method
may raise StorageError. Methods marked (poller) are called by the one process that holds `poller()`, the
others by any process and thread at any time; each is one short transaction. An engine implements
`sql.engine.Engine`, and the contract tests in tests/storage run over every engine.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from aggregator.errors import UsageError
from aggregator.policy.source_ids import StoredFeed
from aggregator.storage import private
from aggregator.storage.backups import Replayed as Replayed
from aggregator.storage.backups import Restored
from aggregator.storage.roles import Storage as Storage
from aggregator.storage.sql.engine import JOURNAL

if TYPE_CHECKING:
    from aggregator.storage.postgres.notices import Notices
    from aggregator.storage.postgres.queue import HostQueue


MOVED = "moved"  # file in a directory whose store was moved: where to


class Place(Struct, frozen=True):
    """Location of a store: its directory, and the URL of its PostgreSQL database; "": a SQLite file."""

    directory: Path
    database: str = ""


def open_storage(directory: Path, database: str = "") -> Storage:
    """Return the store in a directory (SQLite), or in a PostgreSQL database with its journal and backups in
    the directory; created or migrated first. An older SQLite file is backed up before."""
    if database:
        with _cluster_extra():
            from aggregator.storage.postgres import open_store as open_database

        return open_database(database, directory)
    from aggregator.storage.sqlite import open_store  # only the engine in use is loaded

    if (moved := directory / MOVED).exists():
        to = moved.read_text(encoding="utf-8").strip()
        raise UsageError(
            f"the store in {directory} was moved to {to}: set PUBLICWIRE_DATABASE or `database:` to it, or "
            f"delete {moved} to use this one again"
        )
    return open_store(directory)


def backups_holding(directory: Path, ids: Sequence[str]) -> tuple[Path, ...]:
    """Return the backups and former databases in a store's directory that hold content of these items, or
    cannot be read."""
    from aggregator.storage.sqlite.holding import holding

    return holding(directory, ids)


def is_store(directory: Path) -> bool:
    """Return whether a directory holds a store in SQLite."""
    return (directory / "publicwire.db").is_file()


def present(directory: Path, database: str = "") -> Storage | None:
    """Return the store if it exists in this version; it is neither created nor migrated."""
    if database:
        with _cluster_extra():
            from aggregator.storage.postgres import is_present as has_database

        return open_storage(directory, database) if has_database(database) else None
    from aggregator.storage.sqlite import is_present

    return open_storage(directory) if is_present(directory) else None


def applied_stamp(directory: Path) -> str:
    """Return the `file_stamp` of the sources.yaml that a SQLite store has applied last; "" without one."""
    from aggregator.storage.sqlite import applied_stamp as stamp

    return stamp(directory)


def stored_feeds(directory: Path, database: str = "") -> tuple[StoredFeed, ...]:
    """Return the feeds in a store of any version, which is neither created nor migrated; () without one."""
    if database:
        with _cluster_extra():
            from aggregator.storage.postgres import stored_feeds as feeds_of_database

        return feeds_of_database(database)
    from aggregator.storage.sqlite import stored_feeds as feeds_of_file

    return feeds_of_file(directory)


def restore(
    directory: Path, backup: Path, now: datetime, *, database: str = "", journals: Sequence[Path] = ()
) -> Restored:
    """Replace the store's database, which may be damaged, by a backup; the former one is kept beside it.

    The backup is checked first; withdrawals and reinstatements since the backup are replayed, from the
    journal of the directory and from other `journals`. StoreBusy while a poller runs.
    """
    if database:
        with _cluster_extra():
            from aggregator.storage.postgres import restore as restore_database

        return restore_database(database, directory, backup, now, journals)
    from aggregator.storage.sqlite.restore import restore as restore_sqlite

    return restore_sqlite(directory, backup, now, journals)


def move_store(origin: Place, target: Place, now: datetime) -> Restored:
    """Make one store equal to another, on whichever engine; what was in it before is kept beside it.

    StoreBusy while a service uses either, or when both are the same.
    """
    from tempfile import TemporaryDirectory

    private.directory(target.directory)
    with TemporaryDirectory(dir=target.directory, prefix=".move-store.") as made:
        copy = Path(made) / "store.db"
        if origin.database:
            with _cluster_extra():
                from aggregator.storage.postgres import copying as copying_database

            copying = copying_database(origin.database, origin.directory, copy)
        else:
            from aggregator.storage.sqlite import copying as copying_sqlite

            copying = copying_sqlite(origin.directory, copy)
        with copying:  # the origin stays locked
            journals = (origin.directory / JOURNAL,)
            return restore(target.directory, copy, now, database=target.database, journals=journals)


def host_queue(database: str) -> "HostQueue":
    """Return the queue of the nodes of a cluster."""
    with _cluster_extra():
        from aggregator.storage.postgres.queue import HostQueue as Queue

    return Queue(database)


def notices(database: str) -> "Notices":
    """Return what a node is notified of."""
    with _cluster_extra():
        from aggregator.storage.postgres.notices import Notices as Listener

    return Listener(database)


@contextmanager
def _cluster_extra() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise UsageError(
            f"`database:` needs the packages for PostgreSQL ({error}): pip install 'publicwire[cluster]'"
        ) from error
