"""`backup`, `restore` and `forget`: keeping the store, and letting go of a part of it."""

import sys
from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.output import complain, say
from aggregator.errors import StoreBusy, UsageError
from aggregator.service import app
from aggregator.storage import Restored
from aggregator.storage import restore as restore_store


def backup(path: Path, to: Path) -> None:
    """A checked copy of the store's database, also while a service runs."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        items = storage.admin.backup(to)
    say(f"{items} items in {to}, checked")


def restore(path: Path, backup: Path) -> None:
    """Put a backup in the place of the database, and do again what was withdrawn since."""
    config = configuration.load(path)
    try:
        done = restore_store(config.store, backup, app.utc_now())
    except StoreBusy as error:
        raise StoreBusy(f"{error}: stop it, then restore") from error
    say(f"{done.items} items restored from {backup}")
    if done.moved:
        say(f"withdrawn or reinstated again, as the journal says: {' '.join(done.moved)}")
    if done.aside:
        say(f"the database of before is {done.aside}; remove it when all is well")
    _warn(done)


def _warn(done: Restored) -> None:
    if done.unknown:
        complain(
            f"warning: withdrawn since, and not in this backup: {' '.join(done.unknown)}; "
            "should their sources still list them, they will be withdrawn on arrival"
        )
    if done.unreadable:
        lines = ", ".join(map(str, done.unreadable))
        complain(f"warning: lines of withdrawals.jsonl that cannot be read: {lines}")


def forget(path: Path, source: str, *, sure: bool) -> int:
    """Remove all of a source that is no longer configured; 1 when the answer is no."""
    config = configuration.load(path)
    if config.source(source) is not None:
        raise UsageError(f"{source} is still configured: take it out of {config.path} first")
    with app.opened(config) as storage:
        if storage.items.feed(source) is None:
            raise UsageError(f"there is no source called {source!r} in the store")
        if not sure and not _agreed(source):
            say("nothing was removed")
            return 1
        now = app.utc_now()
        storage.admin.sync(config, now)  # it may have been taken out while no service was there to see it
        items = storage.admin.forget(source, now)
    say(f"{source} and its {items} items are forgotten")
    return 0


def _agreed(source: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"say --yes to remove all of {source} without being asked")
    return input(f"Remove {source} with all its items, for good? [y/N] ").strip().lower() in ("y", "yes")
