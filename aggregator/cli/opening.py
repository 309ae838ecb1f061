"""Stores opened for commands that need nothing else: a mistake in sources.yaml stops none of them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec.structs import replace

from aggregator import config as configuration
from aggregator.cli.location import DATABASE, Location
from aggregator.cli.output import complain
from aggregator.config import addresses
from aggregator.errors import ConfigError, Problem, PublicwireError, UsageError
from aggregator.model.settings import Config
from aggregator.storage import Place, Storage, is_store, open_storage, present

UNREADABLE = "the store is named in this file; while it cannot be read, name it with --store DIR"


def place_of(where: Location, *, is_new: bool = False) -> Place:
    """Return the place of a store; raises UsageError if --store names none, unless it may be new."""
    if database := _database():
        return Place((where.store or Path("store")).absolute(), database)
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
    """Return the configuration in a file; its store is in PUBLICWIRE_DATABASE if that is set. No file is read
    if a version is in force there, which `in_force` returns. ConfigError."""
    if _database():
        place = place_of(Location(path))
        storage = present(place.directory, place.database)
        if storage is not None:
            with closing(storage):
                if (config := _without_file(Location(path), storage)) is not None:
                    return config
    return at_hand(configuration.load(path, environment))


def _without_file(where: Location, storage: Storage) -> Config | None:
    """Return what a version in force in PUBLICWIRE_DATABASE takes the place of; None if there is none."""
    if not _database() or not storage.cluster.newest_version():
        return None
    place = place_of(where)
    path = where.file if where.file.exists() else place.directory / where.file.name
    return replace(configuration.parse("sources: []", path), store=place.directory, database=place.database)


def at_hand(config: Config) -> Config:
    """Return a configuration whose store is in PUBLICWIRE_DATABASE if that is set. ConfigError."""
    database = _database()
    return replace(config, database=database) if database else config


def _database() -> str:
    """Return the URL in PUBLICWIRE_DATABASE, "" for none. UsageError."""
    try:
        return addresses.database(os.environ[DATABASE]) if os.environ.get(DATABASE) else ""
    except ValueError as error:
        raise UsageError(f"{DATABASE} {error}") from error


def in_force(storage: Storage, config: Config, environment: Mapping[str, str] | None = None) -> Config:
    """Return the configuration that a command goes by: that of a file, in a cluster the version in force."""
    number = storage.cluster.newest_version() if config.database else 0
    version = storage.cluster.version(number) if number else None
    if version is not None:
        from aggregator.service.cluster.applying import parsed  # 10 ms of CPU that only a cluster needs

        found = parsed(version, config.path, environment)
        config = replace(found, store=config.store, database=config.database, version=number)
    return storage.settings.bound(config)


def current(path: Path) -> Config:
    """Return the configuration that a command goes by which needs the store for nothing else. ConfigError."""
    config = loaded(path)
    if not config.database:
        return config
    with opened(Location(path)) as storage:
        return in_force(storage, config)


def origin_of(config: Config) -> str:
    """Return the name of the file that a configuration was read from, or that of the version in force."""
    return f"version {config.version} of the configuration" if config.version else str(config.path)


def taking_effect(path: Path) -> str:
    """Return in words how an edit of a file comes into force."""
    try:
        if _has_version(_database() or configuration.load_store(path)[1]):
            return "`publicwire apply` puts it into force on the nodes of the cluster"
    except PublicwireError as error:
        complain(f"warning: whether a cluster is in use is not known: {error}")
        return "a running service reloads it within seconds, a cluster by `publicwire apply`"
    return "a running service reloads it within seconds"


def needed(path: Path) -> Path:
    """Return the path of a file; UsageError if it is missing, and the store of PUBLICWIRE_DATABASE has it."""
    if not path.exists() and _has_version(_database()):
        raise UsageError(
            f"{path} does not exist: `publicwire apply --show > {path}` writes the version in force"
        )
    return path


def _has_version(database: str) -> bool:
    """Return whether a version of the configuration is in force in a database."""
    storage = present(Path("store").absolute(), database) if database else None
    if storage is None:
        return False
    with closing(storage):
        return storage.cluster.newest_version() > 0


def strictly(where: Location, storage: Storage) -> Config:
    """Return the configuration in the file, in a cluster the version in force. ConfigError."""
    return in_force(storage, _without_file(where, storage) or at_hand(configuration.load(where.file)))


def config_of(where: Location, storage: Storage) -> Config:
    """Return the configuration in the file, in a cluster the version in force; if it holds mistakes, with a
    warning, what the store keeps of the one last applied. Raises ConfigError if none was."""
    try:
        return strictly(where, storage)
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
