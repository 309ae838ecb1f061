"""`backup`, `restore` and `forget`: copies of the whole store, and deletion of one source."""

from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.output import complain, confirmed, say
from aggregator.errors import StoreBusy, UsageError
from aggregator.service import app
from aggregator.storage import restore as restore_store


def backup(path: Path, to: Path) -> None:
    """Write a verified copy of the database; a service may be running."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        items = storage.admin.backup(to)
    say(f"{items} items in {to}, checked")


def restore(path: Path, backup: Path) -> None:
    """Replace the database with a backup and replay the withdrawals recorded since (withdrawals.jsonl)."""
    config = configuration.load(path)
    try:
        done = restore_store(config.store, backup, app.utc_now())
    except StoreBusy as error:
        raise StoreBusy(f"{error}: stop it, then restore") from error
    say(f"{done.items} items restored from {backup}")
    if done.moved:
        say(f"withdrawn or reinstated again, from the journal: {' '.join(done.moved)}")
    if done.aside:
        say(f"the former database is kept as {done.aside}; delete it when the restore is right")
    if done.unknown:
        complain(
            f"warning: withdrawn since and not in this backup: {' '.join(done.unknown)}; "
            "a source that still lists one gets it withdrawn on arrival"
        )
    if done.unreadable:
        lines = ", ".join(map(str, done.unreadable))
        complain(f"warning: unreadable lines of withdrawals.jsonl, skipped: {lines}")


def forget(path: Path, source: str, *, yes: bool) -> int:
    """Delete a source that is no longer configured; return 1 when the operator declines."""
    config = configuration.load(path)
    if config.source(source) is not None:
        raise UsageError(f"{source} is still configured: remove it from {config.path} first")
    with app.opened(config) as storage:
        removed = [feed.id for feed in storage.items.feeds() if config.source(feed.id) is None]
        if source not in removed:
            known = ", ".join(removed) or "none"
            raise UsageError(f"there is no source called {source!r}: removed from {config.path} are {known}")
        question = f"Delete {source} and all its items for good?"
        if not (yes or confirmed(question, f"delete {source}")):
            say("nothing was deleted")
            return 1
        now = app.utc_now()
        storage.admin.sync(config, now)  # it may have been removed from the file while no service ran
        items = storage.admin.forget(source, now)
    say(f"{source} and its {items} items are deleted")
    return 0
