"""`backup`, `restore` and `forget`: copies of the whole store, and deletion of one source."""

import re
from pathlib import Path

from aggregator.cli.location import Location
from aggregator.cli.opening import in_force, loaded, opened, origin_of, place_of
from aggregator.cli.output import complain, confirmed, say
from aggregator.cli.verbs import operator
from aggregator.config import addresses
from aggregator.errors import StoreBusy, UsageError
from aggregator.service import app
from aggregator.storage import MOVED, Place, Replayed
from aggregator.storage import move_store as move
from aggregator.storage import restore as restore_store


def backup(where: Location, to: Path) -> None:
    """Write a verified copy of the database; a service may be running."""
    with opened(where) as storage:
        items = storage.admin.backup(to)
    say(f"{items} items in {to}, checked")


def restore(where: Location, backup: Path) -> None:
    """Replace the database with a backup and replay what was decided since (withdrawals.jsonl)."""
    place = place_of(where, is_new=True)
    try:
        done = restore_store(place.directory, backup, app.utc_now(), database=place.database)
    except StoreBusy as error:
        raise StoreBusy(f"{error}: stop it, then restore") from error
    say(f"{done.items} items restored from {backup}")
    _tell(done.journal)
    if done.aside:
        say(f"the former database is kept as {done.aside}; delete it when the restore is right")


def move_store(where: Location, origin: str, target: str) -> None:
    """Copy a store into another directory or database; the first stays as it is."""
    path, configured = where.file, place_of(where)
    source, to = _place(origin, configured), _place(target, configured)
    if source == to:
        raise UsageError("`move-store` needs two different stores")
    try:
        done = move(source, to, app.utc_now())
    except StoreBusy as error:
        raise StoreBusy(f"{error}: stop it, then move the store") from error
    if not to.database:
        (to.directory / MOVED).unlink(missing_ok=True)
    if not source.database:  # a command without PUBLICWIRE_DATABASE would decide in it, and be seen by nobody
        (source.directory / MOVED).write_text(f"{target}\n", encoding="utf-8")
    say(f"{done.items} items moved to {target}; {origin} is kept as it was, and no command uses it")
    _tell(done.journal)
    if done.aside:
        say(f"what was there before is kept as {done.aside}; `publicwire restore` brings it back")
    if to.database:
        say(f"write `database: {target}` into {path} to use it")
    else:
        also = " and remove `database:`" if configured.database else ""
        say(f"write `store: {to.directory}` into {path}{also} to use it")


def _place(text: str, configured: Place) -> Place:
    """Return a directory, or a database with the journal in the configured directory."""
    if not re.match(r"\w+:/", text):
        return Place(Path(text).absolute())
    try:
        return Place(configured.directory, addresses.database(text))
    except ValueError as error:
        raise UsageError(f"FROM or TO {error}") from error


def _tell(done: Replayed) -> None:
    if done.moved:
        say(f"decided again, from the journal: {' '.join(done.moved)}")
    if done.forgotten:
        say(f"forgotten again, from the journal: {' '.join(done.forgotten)}")
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
    config = loaded(path)
    with app.opened(config) as storage:
        config = in_force(storage, config)
        if config.source(source) is not None:
            raise UsageError(f"{source} is still configured: remove it from {origin_of(config)} first")
        removed = [feed.id for feed in storage.items.feeds() if config.source(feed.id) is None]
        if source not in removed:
            known = f"such are {', '.join(removed)}" if removed else "the store holds none"
            raise UsageError(
                f"there is no source {source!r} that was removed from {origin_of(config)}: {known}"
            )
        question = f"Delete {source} and all its items for good?"
        if not (yes or confirmed(question, f"delete {source}")):
            say("nothing was deleted")
            return 1
        now = app.utc_now()
        storage.admin.sync(config, now)  # it may have been removed from the file while no service ran
        items = storage.admin.forget(source, now, operator())
    say(f"{source} and its {items} items are deleted")
    return 0
