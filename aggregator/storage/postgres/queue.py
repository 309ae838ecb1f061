"""The queue of hosts to poll, in PgQueuer. The only importer of pgqueuer.

Its tables are unlogged and derived: `source.due` is the truth, and a tick offers again what a crash of the
server has lost. Its limits per entrypoint hold over all nodes and are not used: `run` bounds the jobs of one
node.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.core.qm import QueueManager
from pgqueuer.db import PsycopgDriver
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.errors import FailingListenerError, RetryRequested
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from psycopg import sql

from aggregator.errors import StoreAway
from aggregator.model.cluster import Delivery, QueueStats
from aggregator.storage.postgres.engine import MIGRATIONS
from aggregator.storage.postgres.pool import ANSWER_SECONDS, database_name, translated
from aggregator.storage.postgres.session import Session, session

HEARTBEAT = timedelta(seconds=20)  # without one a job is delivered to another node
AGAIN_AFTER = timedelta(seconds=1)  # while the node of a job is alive though its heartbeat was late
LOOK_EVERY = timedelta(seconds=1)  # for jobs of dead nodes; new ones are notified
BATCH = 10  # jobs in one look
KEPT_FOR = "1 day"  # of the log of ended jobs
POLL = "poll"
INSTALLED = "SELECT to_regclass('pgqueuer') IS NOT NULL AS is_installed"
# Numbers of jobs outlast a crash, after which the tables are empty: a new job with the number of one that a
# node died of would count as that one. And PostgreSQL 15 cannot read unlogged sequences after a failover.
NUMBERED = ";".join(
    f"ALTER SEQUENCE pgqueuer{table}_id_seq SET LOGGED" for table in ("", "_log", "_schedules", "_statistics")
)
STATS = """SELECT convert_from(payload, 'UTF8') AS host, status = 'queued' AS waits,
    extract(epoch FROM now() - created) AS age FROM pgqueuer WHERE entrypoint = 'poll'"""


class _Driver(PsycopgDriver):
    """Statements on one session, notifications on another: psycopg locks a session while it waits for
    notifications, up to a second at a time, in which no job could be taken or ended."""

    def __init__(self, session: Session, listening: Session) -> None:
        super().__init__(listening)
        self._statements = PsycopgDriver(session)

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return await self._statements.fetch(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        return await self._statements.execute(query, *args)


class _Manager(QueueManager):
    """A manager whose limit of jobs is read at each look: another configuration may change it."""

    def __init__(self, queries: Queries, places: Callable[[], int]) -> None:
        super().__init__(queries)
        self._places = places

    def fetch_jobs(
        self, batch_size: int, global_concurrency_limit: int | None, heartbeat_timeout: timedelta
    ) -> AsyncGenerator[Job, None]:
        return super().fetch_jobs(batch_size, max(self._places(), 1), heartbeat_timeout)


class HostQueue:
    """The queue in one database. A job names a host; no host has two."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._name = database_name(url)
        self._manager: QueueManager | None = None
        self._idle: Session | None = None
        self._lending = asyncio.Lock()

    async def install(self) -> None:
        """Make the tables of the queue, unless the database has them."""
        async with self._connected() as db, db.transaction():
            await db.execute(f"SELECT pg_advisory_xact_lock({MIGRATIONS}, hashtext(current_schema()))")
            found = await (await db.execute(INSTALLED)).fetchone()
            if found is None or not found[0]:
                settings = DBSettings(durability=Durability.volatile)
                await db.execute(QueryBuilderEnvironment(settings).build_install_query())
            await db.execute(NUMBERED)

    async def offer(self, hosts: Sequence[str]) -> None:
        """Add a job for each of these hosts that has none."""
        if not hosts:
            return
        count = len(hosts)
        async with self._lent() as db:
            await Queries(PsycopgDriver(db)).enqueue(
                [POLL] * count,
                [host.encode() for host in hosts],
                [0] * count,
                dedupe_key=[f"host:{host}" for host in hosts],
                on_conflict="skip",
            )

    async def run(
        self,
        poll: Callable[[Delivery], Awaitable[bool]],
        *,
        places: Callable[[], int],
        heartbeat: timedelta = HEARTBEAT,
    ) -> None:
        """Run jobs, up to `places` at a time, until `stop`; then wait for those under way. StoreAway when the
        database goes away: to be called again.

        A job whose `poll` returns False is delivered again after AGAIN_AFTER, one whose node is silent for
        `heartbeat` at once.
        """
        async with self._connected() as db, self._connected() as listening:
            manager = self._manager = _Manager(Queries(_Driver(db, listening)), places)
            # Before its first probe of the notifications, which goes by the other session.
            await listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(manager.channel)))

            @manager.entrypoint(POLL)
            async def deliver(job: Job) -> None:
                if not await poll(Delivery(int(job.id), (job.payload or b"").decode())):
                    raise RetryRequested(AGAIN_AFTER)

            await manager.run(
                dequeue_timeout=LOOK_EVERY,
                batch_size=BATCH,
                max_concurrent_tasks=2 * BATCH,  # any: `places` is
                shutdown_on_listener_failure=True,
                heartbeat_timeout=heartbeat,
                log_aggregation_interval=timedelta(),
            )

    def stop(self) -> None:
        """Have `run` take no more jobs."""
        if self._manager is not None:
            self._manager.shutdown.set()

    async def stats(self) -> QueueStats:
        """Return the jobs of the queue."""
        async with self._lent() as db:
            found = await (await db.execute(STATS)).fetchall()
        ages = [float(age) for _, waits, age in found if waits]
        oldest = timedelta(seconds=max(ages, default=0.0))
        return QueueStats(len(ages), len(found) - len(ages), oldest, frozenset(host for host, _, _ in found))

    async def tidy(self) -> None:
        """Forget jobs that ended long ago."""
        async with self._lent() as db:
            await db.execute(f"DELETE FROM pgqueuer_log WHERE created < now() - interval '{KEPT_FOR}'")

    async def close(self) -> None:
        """Close the session of `offer` and `stats`."""
        if self._idle is not None:
            await self._idle.close()

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Session]:
        """Lend the one session of short calls, which is opened anew after an error, for ANSWER_SECONDS."""
        async with self._lending:
            with self._answering():
                async with asyncio.timeout(ANSWER_SECONDS):
                    if self._idle is None or self._idle.closed:
                        self._idle = await session(self._url, "queue")
                    try:
                        yield self._idle
                    except BaseException:
                        await self._idle.close()
                        raise

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Session]:
        """Open a session."""
        with self._answering():
            opened = await session(self._url, "queue")
            try:
                yield opened
            finally:
                await opened.close()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            with translated(self._name):
                yield
        except (FailingListenerError, TimeoutError) as error:
            raise StoreAway(f"the queue in the database {self._name} does not answer") from error
