"""Both engines side by side: a quiet poll, one new item with few and many items stored, and moving a store.

`python -m benchmarks.engines DATABASE [--items N …] [--polls N]`. DATABASE is the URL of a PostgreSQL
database on this machine, in which schemas are made and dropped. Through the storage layer alone: no network,
no rendering.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg

from aggregator.config import load
from aggregator.model.document import Document, ReadResult
from aggregator.storage import Place, Storage, move_store, open_storage
from aggregator.storage.postgres.engine import PostgresEngine
from aggregator.storage.sqlite.catalog import tables
from aggregator.storage.sqlite.connection import SqliteEngine
from aggregator.storage.transfer import digest
from benchmarks.fill import AGE, fill, poll_of_new_items
from benchmarks.installation import write_configuration
from benchmarks.many import polled

SOURCES = 500
ROUNDS, WARM_UP = 51, 10
TARGETS = {"move": 20_000, "growth": 1.2, "cpu": 1.0}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def schema(database: str, name: str) -> Iterator[str]:
    """An empty schema; yields the URL of the database with it."""
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {name}")
        yield f"{database}{'&' if '?' in database else '?'}options={quote(f'-csearch_path={name}')}"
        db.execute(f"DROP SCHEMA {name} CASCADE")


def server_cpu() -> float:
    """Return the CPU seconds of all PostgreSQL processes of this machine."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue  # it ended meanwhile
        if name == "postgres":
            ticks += sum(map(int, rest.split()[11:13]))
    return ticks / 100


def quiet_polls(storage: Storage, polls: int) -> Callable[[str], None]:
    """Claim and record unchanged polls, batch by batch; returns what prints the figures."""
    now = datetime.now(UTC)
    server, process, wall, done = server_cpu(), time.process_time(), time.perf_counter(), 0
    while done < polls:
        now += timedelta(hours=1)
        claims = storage.polls.claim(
            now, limit=64, lease=timedelta(minutes=15), ids=[f"s{n}" for n in range(64)]
        )
        for claim in claims:
            storage.polls.record(polled(claim, now, now))
        done += len(claims)
    figures = server_cpu() - server, time.process_time() - process, time.perf_counter() - wall

    def told(engine: str) -> None:
        server, process, wall = (1000 * figure / done for figure in figures)
        say(
            f"{engine}: an unchanged poll takes {wall:.2f} ms, {process:.2f} ms of CPU here, "
            f"{server:.2f} ms in the server (<= {TARGETS['cpu']})"
        )

    return told


def new_items(storage: Storage) -> float:
    """Return the seconds in which a poll with one new item is decided on and committed, as median."""
    taken = []
    for turn in range(WARM_UP + ROUNDS):
        now = datetime.now(UTC) - AGE + timedelta(hours=turn)
        (claim,) = storage.polls.claim(now, limit=1, lease=timedelta(minutes=1), ids=["s0"])
        began = time.perf_counter()
        known = storage.polls.knowledge(claim, ReadResult(Document("rss20"), ()), now, frozenset())
        storage.polls.record(poll_of_new_items(claim, known, range(10**9 + turn, 10**9 + turn + 1), now, now))
        taken.append(time.perf_counter() - began)
    return median(taken[WARM_UP:])


def moved(origin: Place, target: Place) -> None:
    """Move a store; prints rows a second, and fails unless all rows are equal."""
    began = time.perf_counter()
    move_store(origin, target, datetime.now(UTC))
    seconds = time.perf_counter() - began
    before, after = digests(origin), digests(target)
    assert before == after
    rows = rows_of(target)
    engines = " to ".join("PostgreSQL" if place.database else "SQLite" for place in (origin, target))
    say(
        f"{engines}: {rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} a second "
        f"(>= {TARGETS['move']:,}), equal by digest"
    )


@contextmanager
def engine_of(place: Place) -> Iterator[PostgresEngine | SqliteEngine]:
    engine = (
        PostgresEngine(place.database, place.directory) if place.database else SqliteEngine(place.directory)
    )
    with closing(engine):
        yield engine


def digests(place: Place) -> dict[str, str]:
    with engine_of(place) as engine:
        return digest(tables(), engine)


def rows_of(place: Place) -> int:
    with engine_of(place) as engine, engine.snapshot() as snapshot:
        return sum(sum(1 for _ in snapshot.rows(table)) for table in tables())


def measure(database: str, sizes: list[int], polls: int) -> None:
    """Print all figures."""
    typical: dict[tuple[str, int], float] = {}
    for items in sizes:
        with (
            TemporaryDirectory(prefix="publicwire-bench-") as name,
            schema(database, f"bench_{items}") as url,
        ):
            directory = Path(name)
            write_configuration(directory, [f"https://h{n}.example/feed" for n in range(SOURCES)])
            fill(directory / "sources.yaml", items)
            here = Place(load(directory / "sources.yaml").store)
            there, back = Place(directory / "there", url), Place(directory / "back")
            moved(here, there)
            moved(there, back)
            for engine, place in (("SQLite", here), ("PostgreSQL", there)):
                with closing(open_storage(place.directory, place.database)) as storage:
                    typical[engine, items] = new_items(storage)
                    seconds = typical[engine, items]
                    say(f"{engine}: one new item with {items:,} stored takes {1000 * seconds:.2f} ms")
                    quiet_polls(storage, polls)(engine)
    for engine in ("SQLite", "PostgreSQL"):
        ratio = typical[engine, sizes[-1]] / typical[engine, sizes[0]]
        say(f"{engine}: {sizes[-1]:,} items {ratio:.2f} x {sizes[0]:,}; <= {TARGETS['growth']}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="SQLite beside PostgreSQL.")
    parser.add_argument("database", help="URL of a PostgreSQL database")
    parser.add_argument(
        "--items", type=int, nargs="+", default=[1_000, 1_000_000], metavar="N", help="items stored"
    )
    parser.add_argument("--polls", type=int, default=2_000, metavar="N", help="unchanged polls")
    arguments = parser.parse_args()
    measure(arguments.database, arguments.items, arguments.polls)
