"""Arguments and help texts of the commands on the store as a whole and on its sources."""

from pathlib import Path
from typing import Annotated

from aggregator.cli.commands import Argument, Option
from aggregator.cli.location import Location
from aggregator.cli.options import DEFAULT, AsCsv, AsJson, ConfigFile, StoreDirectory, Yes, source_ids


def export(
    directory: Annotated[Path, Argument(metavar="DIR", help="Target directory.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Write every channel and page as static files."""
    from aggregator.cli import verbs

    verbs.export(config, directory)


def backup(
    file: Annotated[Path, Argument(metavar="FILE", help="Target file.")],
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Write a verified copy of the store, also beside a service."""
    from aggregator.cli import backup

    backup.backup(Location(config, store), file)


def restore(
    file: Annotated[Path, Argument(metavar="FILE", help="Backup file.")],
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Replace the store with a backup; replay later decisions."""
    from aggregator.cli import backup

    backup.restore(Location(config, store), file)


def move_store(
    origin: Annotated[str, Argument(metavar="FROM", help="Directory, or postgresql:// URL.")],
    target: Annotated[str, Argument(metavar="TO", help="Directory, or postgresql:// URL.")],
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Copy the store into another directory or database."""
    from aggregator.cli import backup

    backup.move_store(Location(config, store), origin, target)


def identify(
    source: Annotated[str, Argument(metavar="ID", help="Id of a source whose import is held.")],
    same: Annotated[str | None, Option(metavar="OLD", help="It continues this stored source.")] = None,
    new: Annotated[bool, Option("--new", help="It is another source.")] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Answer whether an edited source is one that the store has."""
    from aggregator.cli import verbs

    verbs.identify(config, source, same, new=new)


def audit(
    since: Annotated[str, Option(metavar="TIME", help="Only decisions from this time on.")] = "",
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """List what operators decided: who, when and why."""
    from aggregator.cli import audit as audits

    audits.audit(Location(config, store), since, as_csv=as_csv, as_json=as_json)


def notices(
    since: Annotated[str, Option(metavar="TIME", help="Only those decided from this time on.")] = "",
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """List requests to take releases down. With decision and statement of reasons."""
    from aggregator.cli import notices

    notices.notices(Location(config, store), since, as_csv=as_csv, as_json=as_json)


def clock(
    act: Annotated[str, Argument(metavar="confirm", help="Say that the time of this machine is right.")],
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Confirm the clock, so that held items go live by it again. Needed if a start could not check it."""
    from aggregator.cli import verbs

    verbs.clock(Location(config, store), act)


def unmove(
    source: Annotated[str, Argument(metavar="ID", help="Id of a relocated source.")],
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Poll a relocated source at its configured URL again."""
    from aggregator.cli import verbs

    verbs.unmove(Location(config, store), source)


def forget(
    source: Annotated[str, Argument(metavar="ID", help="Id of a source that is no longer configured.")],
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> int:
    """Delete an unconfigured source with all its items."""
    from aggregator.cli import backup

    return backup.forget(config, source, yes=yes)


def backfill(
    source: Annotated[str, Argument(metavar="ID", help="Id of a source.", complete=source_ids)],
    config: ConfigFile = DEFAULT,
) -> int:
    """Import the archives of a source's feed (RFC 5005). Each document names the one before."""
    from aggregator.cli import backfill

    return backfill.backfill(config, source)


def import_feed(
    files: Annotated[tuple[Path, ...], Argument(metavar="FILE...", help="Archived documents, newest first.")],
    source: Annotated[str, Option("--source", metavar="ID", help="Source that they are of.")],
    config: ConfigFile = DEFAULT,
) -> int:
    """Import archived documents of a source from files."""
    from aggregator.cli import backfill

    return backfill.import_feed(config, files, source)
