"""`work` and `web` run a node of a cluster, `apply` and `migrate` prepare what nodes have in common."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import uvloop

from aggregator import config as configuration
from aggregator.cli.opening import needed
from aggregator.cli.output import complain, say, when
from aggregator.config import addresses
from aggregator.errors import StoreBusy, UsageError
from aggregator.model.cluster import Role
from aggregator.model.settings import Config
from aggregator.service import app
from aggregator.service.cluster.applying import checked
from aggregator.service.cluster.stored_config import NOT_APPLIED, NodeSettings
from aggregator.storage import Storage, host_queue, open_storage

T = TypeVar("T")

DIRECT = "PUBLICWIRE_DATABASE_DIRECT"
NO_DATABASE = "set PUBLICWIRE_DATABASE, or --database, to the postgresql:// URL of the cluster's store"
FOLLOWED_SECONDS = 3.0  # that `apply` waits for the nodes that run
REPLACED = "the nodes of a cluster take its place: stop it first"


def settings(
    database: str, store: Path, listen: str, admin: str, *, direct: str = "", heartbeat: int = 20
) -> NodeSettings:
    """Return where a node runs; UsageError for an option that is wrong."""
    return NodeSettings(
        store.absolute(),
        _database(database),
        _checked("--listen", addresses.listen, listen),
        _checked("--admin", addresses.listen, admin),
        _database(direct) if direct else "",
        timedelta(seconds=heartbeat),
    )


def _database(url: str) -> str:
    if not url:
        raise UsageError(NO_DATABASE)
    return _checked("--database", addresses.database, url)


def _checked(option: str, read: Callable[[str], T], value: str) -> T:
    try:
        return read(value)
    except ValueError as error:
        raise UsageError(f"{option} {error}") from error


def run(settings: NodeSettings, role: Role, *, log_format: str, log_level: str) -> int:
    """Run one node until it is stopped and return the exit code."""
    from aggregator.cli.logging import set_up
    from aggregator.service.cluster import app as cluster

    set_up(log_format, log_level)

    def started(config: Config) -> None:
        say(f"Publicwire {role.value} node for {config.publication.name}")
        if role.answers:
            say(f"  pages and feeds  http://{config.listen}/")
        say(f"  status           http://{config.admin}/status")
        sys.stdout.flush()
        for warning in configuration.unreachable(config) if role is Role.WEB else ():
            complain(f"warning: {warning} in sources.yaml, and apply it")

    with _instead():
        return uvloop.run(cluster.serve(settings, role, environment=os.environ, started=started))


def is_cluster(config: Config) -> bool:
    """Return whether a configuration is in force in the database, by `apply`."""
    if not config.database:
        return False
    with closing(open_storage(config.store, config.database)) as storage:
        return storage.cluster.newest_version() > 0


def serve(config: Config, *, log_format: str, log_level: str) -> int:
    """Run a node that polls and answers, and applies its own file, until it is stopped; return the exit
    code."""
    checked(configuration.text_of(config.path), config.path)
    settings = NodeSettings(
        config.store,
        config.database,
        config.listen,
        config.admin,
        direct=os.environ.get(DIRECT, ""),
        file=config.path,
    )
    return run(settings, Role.SERVE, log_format=log_format, log_level=log_level)


@contextmanager
def _instead() -> Iterator[None]:
    """Name the cure where one process polls the database alone."""
    try:
        yield
    except StoreBusy as error:
        raise StoreBusy(f"{error}: {REPLACED}") from error


@contextmanager
def _beside_nodes(storage: Storage) -> Iterator[None]:
    """Share the lock of the nodes; StoreBusy while one process polls alone: its file would undo this one."""
    with _instead(), storage.admin.node():
        yield


def apply(path: Path, database: str, store: Path | None, *, on: int | None) -> None:
    """Put a file into force as a version in the store."""
    text = configuration.text_of(needed(path))
    config = checked(text, path)
    for warning in configuration.warnings(config):
        complain(f"warning: {warning}")
    directory, url = (store or config.store).absolute(), _database(database or config.database)
    with closing(open_storage(directory, url)) as storage, _beside_nodes(storage):
        config = storage.settings.bound(config)
        before = storage.cluster.newest_version()
        number, done = storage.cluster.apply(config, text, app.utc_now(), on=on)
        for each in done:
            say(each)
        say(f"version {number} is in force" if number != before else f"version {number} was in force already")
        _tell_followers(storage, number)


def _tell_followers(storage: Storage, number: int) -> None:
    """Say which of the nodes that run have adopted a version, within FOLLOWED_SECONDS."""
    give_up = time.monotonic() + FOLLOWED_SECONDS
    while True:
        running = [each.beat for each in storage.cluster.nodes() if each.is_alive]
        behind = [each for each in running if each.config < number]
        if not behind or time.monotonic() > give_up:  # a problem may be that of the version before
            break
        time.sleep(0.1)
    if running:
        say(f"{len(running) - len(behind)} of {len(running)} nodes follow it")
    for each in behind:
        problem = "; ".join(each.problem.splitlines()) or "it has not answered yet"
        complain(f"warning: {each.name} does not: {problem}")


def show(path: Path, database: str, store: Path | None) -> None:
    """Print the text of the version in force; its number and time on stderr."""
    url = database or configuration.load_store(path)[1]
    with closing(open_storage((store or Path("store")).absolute(), _database(url))) as storage:
        version = storage.cluster.version(storage.cluster.newest_version())
    if version is None:
        raise UsageError(NOT_APPLIED)
    sys.stdout.write(version.text)
    sys.stdout.flush()
    complain(f"version {version.number}, applied {when(version.applied)} UTC")


def migrate(database: str, store: Path) -> None:
    """Make the tables of the store and of the queue, or migrate them."""
    url = _database(database)
    open_storage(store.absolute(), url).close()

    async def install() -> None:
        queue = host_queue(url)
        await queue.install()
        await queue.close()

    asyncio.run(install())
    say("the database holds a store of this version, and the queue of a cluster")
