"""Stores opened for commands that need nothing else: a mistake in sources.yaml stops none of them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from aggregator import config as configuration
from aggregator.cli.location import Location
from aggregator.cli.output import complain
from aggregator.config import addresses
from aggregator.errors import ConfigError, Problem, UsageError
from aggregator.model.settings import Config
from aggregator.storage import Place, Storage, is_store, open_storage

DATABASE = "PUBLICWIRE_DATABASE"  # that of a cluster, whose machines need no file
UNREADABLE = "the store is named in this file; while it cannot be read, name it with --store DIR"


def place_of(where: Location, *, is_new: bool = False) -> Place:
    """Return the place of a store; raises UsageError if --store names none, unless it may be new."""
    if database := os.environ.get(DATABASE, ""):
        return Place((where.store or Path("store")).absolute(), addresses.database(database))
    if where.store is not None:
        if not is_new and not is_store(where.store):
            raise UsageError(f"--store {where.store} holds no store")
        return Place(where.store.absolute())
    try:
        return Place(*configuration.load_store(where.file))
    except ConfigError as error:
        problem = Problem(str(where.file), 1, 1, UNREADABLE)
        raise ConfigError((*error.problems, problem)) from error


@contextmanager
def opened(where: Location) -> Iterator[Storage]:
    """Open a store; closed at the end. A new one is made only by a file without mistakes."""
    place = place_of(where)
    if where.store is None and not place.database and not is_store(place.directory):
        configuration.load(where.file)
    storage = open_storage(place.directory, place.database)
    try:
        yield storage
    finally:
        storage.close()


def loaded(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Return the configuration in a file; its store is in PUBLICWIRE_DATABASE if that is set. ConfigError."""
    return at_hand(configuration.load(path, environment))


def at_hand(config: Config) -> Config:
    """Return a configuration whose store is in PUBLICWIRE_DATABASE if that is set. ConfigError."""
    database = os.environ.get(DATABASE, "")
    return replace(config, database=addresses.database(database)) if database else config


def in_force(storage: Storage, config: Config, environment: Mapping[str, str] | None = None) -> Config:
    """Return the configuration that a command goes by: that of a file, in a cluster the version in force."""
    number = storage.cluster.newest_version() if config.database else 0
    version = storage.cluster.version(number) if number else None
    if version is not None:
        found = configuration.parse(version.text, config.path, environment)
        config = replace(found, store=config.store, database=config.database, version=number)
    return storage.settings.bound(config)


def config_of(where: Location, storage: Storage) -> Config:
    """Return the configuration in the file; if it holds mistakes, with a warning, what the store keeps of the
    one last applied. Raises ConfigError if none was."""
    try:
        return in_force(storage, configuration.load(where.file))
    except ConfigError as error:
        last = storage.settings.applied()
        if last is None:
            raise
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        complain(f"warning: {error.problems[0]}{more}; shown with the configuration last applied")
    plain, place = configuration.parse("sources: []", where.file), place_of(where)
    return replace(
        plain,
        publication=last.publication,
        sources=last.sources,
        store=place.directory,
        database=place.database,
    )
