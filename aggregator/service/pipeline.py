"""The line for one source: fetch, read, decide, commit.

An error of a poll, expected or not, becomes a failed Outcome and the other sources go on; a StorageError
stops them. Parsing, sanitising and deduplication never run in the event loop, and a decision never makes the
writer wait.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from aggregator.editorial.topics import permitted
from aggregator.errors import Cause, LeaseLost, Outdated, PollError, RejectedPoll, StorageError
from aggregator.fetch.client import Client
from aggregator.fetch.memory import Budget, Share
from aggregator.log import log
from aggregator.model.document import Fetched, ReadJob, ReadResult
from aggregator.model.poll import Answer, Claim, Outcome, OutcomeKind, PollResult
from aggregator.model.schedule import HostState
from aggregator.model.settings import Config, Source
from aggregator.normalise.urls import authority
from aggregator.policy import poll_result, relocation
from aggregator.service import doubts, poll_log
from aggregator.service.jobs import read_job
from aggregator.storage import Storage
from aggregator.tasks import Writes
from aggregator.websub import discovery
from aggregator.workers.pool import WorkerPool

POLL_LEASE = timedelta(hours=1)  # far longer than any poll may take; a poller clears all leases at its start
POLLS_PER_FETCH_SLOT = 16  # polls under way: one that waits for a slow host delays no other
INVALID_LOGGED_MAX = 3  # entries left out of one document: a hostile one has thousands
UNREAD_BYTES_MAX = 64_000_000  # of documents that wait for a worker: backpressure on further fetches
RESULT_BYTES_MAX = 64_000_000  # of results that wait for their commit: backpressure on further jobs
Commit = Callable[[PollResult], Awaitable[None]]
DECIDERS = 2
EXTRACTORS, DRAWERS = 1, 1  # processes that read pages, and that draw images
DECISIONS_BESIDE = 3  # of one poll beside the writer; then in its turn, in which no other poll commits
DECISIONS_MAX = 10  # of one poll, each on what the store knew then; more would be a livelock


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Polls sources. One a service; `config()` gives the present configuration, `observe` gets every
    outcome."""

    storage: Storage
    client: Callable[[], Client]
    reader: WorkerPool
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    observe: Callable[[Claim, Outcome], None] = lambda claim, outcome: None
    finished: Callable[[], int] = lambda: 0  # writes so far: progress of the writer
    commit: Commit | None = None  # None: `write` each
    heard: Callable[[str, Fetched, datetime], None] = lambda feed, fetched, now: None  # each answer of a feed
    extractor: WorkerPool = field(default_factory=lambda: WorkerPool(EXTRACTORS, extracts=True))  # of pages
    drawer: WorkerPool = field(default_factory=lambda: WorkerPool(DRAWERS, draws=True))  # of images
    results: Budget = field(default_factory=lambda: Budget(RESULT_BYTES_MAX))
    _unread: Budget = field(init=False, default_factory=lambda: Budget(UNREAD_BYTES_MAX))
    _deciders: ThreadPoolExecutor = field(
        init=False, default_factory=lambda: ThreadPoolExecutor(DECIDERS, thread_name_prefix="decider")
    )

    async def run(
        self, ids: Sequence[str], each: Callable[[Outcome], None] = lambda outcome: None
    ) -> tuple[Outcome, ...]:
        """Poll these sources now, due or not; `each` gets every outcome as it comes."""
        waiting, claims, done = deque(ids), deque[Claim](), list[Outcome]()
        fetches = self.config().poll.concurrency
        claiming = asyncio.Lock()

        async def next_claim() -> Claim | None:
            async with claiming:
                while waiting and not claims:
                    batch = [waiting.popleft() for _ in range(min(fetches, len(waiting)))]
                    claims.extend(await self.claim(len(batch), ids=batch))
                return claims.popleft() if claims else None

        async def poll_claims() -> None:
            while (claim := await next_claim()) is not None:
                done.append(await self.poll(claim))
                each(done[-1])

        async with asyncio.TaskGroup() as group:
            for _ in range(min(len(ids), fetches * POLLS_PER_FETCH_SLOT)):
                group.create_task(poll_claims())
        return tuple(done)

    async def claim(
        self, limit: int, *, ids: Sequence[str] | None = None, admit: Callable[[str], bool] | None = None
    ) -> tuple[Claim, ...]:
        """Claim up to `limit` due sources, or those named; `admit` as `PollStore.claim` has it."""
        now, polls, hosts = self.clock(), self.storage.polls, self.client().hosts

        def claim() -> tuple[tuple[Claim, ...], tuple[HostState, ...]]:
            claims = polls.claim(now, limit=limit, lease=POLL_LEASE, ids=ids, admit=admit)
            names = {name for each in claims if each.host for name in (each.host, hosts.end_of(each.host))}
            return claims, polls.hosts(names) if names else ()

        claims, states = await self.write(claim)
        hosts.heed(states, now)  # `add` and `check --live` fetch in processes of their own
        return claims

    async def poll(self, claim: Claim) -> Outcome:
        """Poll one source, from fetch to commit, with the configuration it begins with.

        An unexpected error, which a document may have caused, fails this poll alone and is logged with its
        traceback. Raises StorageError.
        """
        config, started = self.config(), self.clock()
        source = config.source(claim.id)
        if source is None or source.feed != claim.feed:
            return await self._void(claim, started, f"{claim.id} is no longer configured with this feed")
        clock = time.monotonic()
        told: Claim | None = None
        with Share(self.results) as held:
            try:
                found = await self._answer(claim, source, config, now=started, held=held)
                told = await doubts.settle(
                    claim, found, self.storage, self.write, config=self.config, now=started, lease=POLL_LEASE
                )
                answer: Answer | PollError = found
            except PollError as error:
                answer = error
            except StorageError:
                raise
            except Exception as error:
                answer = _unexpected(claim, error)
            if told is None:
                return await self._decided(
                    claim, source, answer, config=config, now=started, seconds=time.monotonic() - clock
                )
        return await self.poll(told)  # its document was read as one of another source

    async def fail(self, claim: Claim, error: PollError) -> Outcome:
        """Record a poll as failed without a fetch; StorageError."""
        config, now = self.config(), self.clock()
        source = config.source(claim.id)
        if source is None:
            return await self._void(claim, now, f"{claim.id} is no longer configured")
        hosts = self.client().hosts.states(claim.host, now)
        return await self._settle(claim, source, error, hosts, config=config, now=now, seconds=0.0)

    async def _decided(
        self,
        claim: Claim,
        source: Source,
        answer: Answer | PollError,
        *,
        config: Config,
        now: datetime,
        seconds: float,
    ) -> Outcome:
        """Decide and commit; a poll that meets an error there is decided as failed."""
        try:
            hosts = self.client().hosts.states(claim.host, self.clock())
            return await self._settle(claim, source, answer, hosts, config=config, now=now, seconds=seconds)
        except StorageError:
            raise
        except Exception as error:
            fault = _rejected(claim, error) if isinstance(error, RejectedPoll) else _unexpected(claim, error)
            # Without `hosts`: they may be what the store does not admit.
            return await self._settle(claim, source, fault, (), config=config, now=now, seconds=seconds)

    async def _answer(
        self, claim: Claim, source: Source, config: Config, *, now: datetime, held: Share
    ) -> Answer:
        """Fetch the document, and read it unless it is the same as last time. Raises PollError."""
        await self._unread.room()
        address = relocation.address(claim.feed, claim.relocation)
        fetched = await self.client().fetch(
            address,
            validators=poll_result.validators(claim, source, now),
            credentials=config.credentials_of(source),
            is_configured=address == claim.feed,
            networks=source.allow_networks,
        )
        self.heard(claim.feed, fetched, self.clock())
        digest = poll_result.body_digest(fetched)
        if not poll_result.is_unread(claim, source, digest):
            return Answer(fetched, digest)
        seen = frozenset(digest for digest, _ in claim.seen)
        job = read_job(
            fetched, source, now, max_bytes=config.poll.max_bytes, seen=seen, pinned_title=claim.title
        )
        job = replace(job, month_first=claim.month_first)
        read = await self._read(job, held)
        return Answer(fetched, digest, read, discovery.usable_advert(config, fetched, read.document))

    async def _read(self, job: ReadJob, held: Share) -> ReadResult:
        with Share(self._unread) as share:
            share.take(len(job.body))
            read = await self.reader.run(job, self.results.room)
            held.take(read.size)
        style = job.source.house_style
        read = replace(read, items=tuple(permitted(item, style) for item in read.items))
        for reason in read.invalid[:INVALID_LOGGED_MAX]:
            log.warning("entry left out", source=job.source.id, reason=reason, of=len(read.invalid))
        return read

    async def _settle(
        self,
        claim: Claim,
        source: Source,
        answer: Answer | PollError,
        hosts: tuple[HostState, ...],
        *,
        config: Config,
        now: datetime,
        seconds: float,
    ) -> Outcome:
        """Decide and commit; again with what the store knows then, whenever that has changed meanwhile."""
        rounds, taken = 0, frozenset[str]()
        judge = partial(
            poll_result.decide,
            now=now,
            jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
            is_websub=config.poll.websub,
            is_foreign=lambda guid: config.is_foreign(source, authority(guid)),
        )

        def decide() -> PollResult:
            known = None
            if isinstance(answer, Answer) and (read := answer.read) is not None:
                known = self.storage.polls.knowledge(claim, read, now, taken)
            result = judge(claim, source, answer, known)
            return replace(result, hosts=hosts, outcome=replace(result.outcome, seconds=seconds))

        while True:
            is_read = isinstance(answer, Answer) and answer.read is not None
            try:
                result = await self._commit(decide, is_read=is_read, in_turn=rounds >= DECISIONS_BESIDE)
            except Outdated as error:
                rounds, taken = rounds + 1, taken | error.taken
                if rounds == DECISIONS_MAX:
                    answer = PollError(
                        f"its items changed {rounds} times while they were decided", cause=Cause.CRASH
                    )
                renewed = await self.write(partial(self.storage.polls.renewed, claim))
                if renewed is None:
                    return await self._void(claim, now, f"{claim.id} has changed while it was polled")
                claim = renewed
            except LeaseLost as error:
                return await self._void(claim, now, str(error))
            else:
                poll_log.ended(result.outcome)
                poll_log.relocated(result)
                self.observe(claim, result.outcome)
                return result.outcome

    async def _commit(self, decide: Callable[[], PollResult], *, is_read: bool, in_turn: bool) -> PollResult:
        """Decide beside the writer, or in its turn; commit. A quiet poll is decided on its claim at once."""

        def record(result: PollResult) -> PollResult:
            self.storage.polls.record(result)
            return result

        if in_turn:
            return await self.write(lambda: record(decide()))
        run = asyncio.get_running_loop().run_in_executor
        result = await run(self._deciders, decide) if is_read else decide()
        if self.commit is not None:
            await self.commit(result)
            return result
        return await self.write(partial(record, result))

    async def _void(self, claim: Claim, started: datetime, message: str) -> Outcome:
        """End a poll that must not be recorded; its source is due as before."""
        hosts = self.client().hosts.states(claim.host, self.clock())
        await self.write(lambda: self.storage.polls.release([claim], hosts))
        outcome = Outcome(claim.id, OutcomeKind.FAILED, started, 0.0, cause=Cause.LEASE, message=message)
        poll_log.ended(outcome)
        self.observe(claim, outcome)
        return outcome

    def close(self) -> None:
        """Let decisions under way finish."""
        self._deciders.shutdown()


def _unexpected(claim: Claim, error: Exception) -> PollError:
    log.error("poll met an unexpected error", source=claim.id, exc_info=True)
    return PollError(
        f"an unexpected error ({type(error).__name__}), which is a bug of Publicwire", cause=Cause.CRASH
    )


def _rejected(claim: Claim, error: RejectedPoll) -> PollError:
    log.error("the store rejected a poll", source=claim.id, exc_info=True)
    return PollError("the store does not admit a value of this document; see the log", cause=Cause.REJECTED)
