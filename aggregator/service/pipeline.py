"""The line for one source, a stage a statement: fetch, work, then known, decided and committed as one.

An expected failure becomes a failed Outcome and the other sources go on; anything else stops loudly.
Never parses, sanitises or compares in the event loop, and never holds a source longer than its lease.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from aggregator import dedupe
from aggregator.errors import LeaseLost, PollError, StorageError
from aggregator.fetch.address import public_url
from aggregator.fetch.client import Client
from aggregator.fetch.memory import Budget, Share
from aggregator.log import log
from aggregator.model import Claim, Fetched, Outcome, Poll, ReadJob, ReadResult
from aggregator.model.settings import Config, Credentials, Source
from aggregator.policy import poll_result, relocation
from aggregator.storage import Storage
from aggregator.websub import discovery

POLL_LEASE = timedelta(hours=1)  # far longer than any poll may take; a poller that dies clears its own
POLLS_PER_FETCH_SLOT = (
    16  # polls under way for each fetch slot: those that wait for a slow host hold up nobody
)
TOLD = 3  # of the entries left out of one document: a hostile one has thousands
UNREAD = 64_000_000  # bytes of documents that wait for a worker before no more are fetched

T = TypeVar("T")


class DocumentReader(Protocol):
    """Who reads documents for us, in another process."""

    async def run(self, job: ReadJob) -> ReadResult: ...

    async def release_if_idle(self, now: float) -> bool: ...


class Pipeline:
    """Polls sources. One a service; `config()` gives the configuration of the moment, `observe` is told of
    every outcome."""

    def __init__(
        self,
        storage: Storage,
        client: Callable[[], Client],
        workers: DocumentReader,
        *,
        config: Callable[[], Config],
        clock: Callable[[], datetime],
        observe: Callable[[Claim, Outcome], None] = lambda claim, outcome: None,
    ) -> None:
        self._storage = storage
        self._client = client
        self._workers = workers
        self._config = config
        self._clock = clock
        self._observe = observe
        self._unread = Budget(UNREAD)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def run(
        self, ids: Sequence[str], each: Callable[[Outcome], None] = lambda outcome: None
    ) -> tuple[Outcome, ...]:
        """Poll these sources now, due or not; `each` is told of every outcome as it comes."""
        waiting, claims, done = deque(ids), deque[Claim](), list[Outcome]()
        fetches = self._config().poll.concurrency
        claiming = asyncio.Lock()

        async def next_claim() -> Claim | None:
            async with claiming:
                while waiting and not claims:
                    batch = [waiting.popleft() for _ in range(min(fetches, len(waiting)))]
                    claims.extend(await self.claim(len(batch), ids=batch))
                return claims.popleft() if claims else None

        async def one_after_the_other() -> None:
            while (claim := await next_claim()) is not None:
                done.append(await self.poll(claim))
                each(done[-1])

        async with asyncio.TaskGroup() as group:
            for _ in range(min(len(ids), fetches * POLLS_PER_FETCH_SLOT)):
                group.create_task(one_after_the_other())
        return tuple(done)

    async def claim(
        self, limit: int, *, ids: Sequence[str] | None = None, admit: Callable[[str], bool] | None = None
    ) -> tuple[Claim, ...]:
        """Take up to `limit` due sources, or those named; `admit` as `Storage.claim` has it."""
        now = self._clock()
        return await self._write(
            lambda: self._storage.claim(now, limit=limit, lease=POLL_LEASE, ids=ids, admit=admit)
        )

    async def poll(self, claim: Claim) -> Outcome:
        """One poll of one source, from fetch to commit, with the configuration it begins with.

        What nobody expected costs this poll alone and is told loudly, for a document may have brought it
        about; but a store that fails stops the line.
        """
        config, started = self._config(), self._clock()
        try:
            return await self._polled(claim, config)
        except StorageError:
            raise
        except Exception as error:
            log.error("poll broke", source=claim.id, exc_info=True)
            source = _source(config, claim)
            if source is None:
                raise
            fault = PollError(f"it met a fault of ours ({type(error).__name__})", cause="crash")
            return await self._commit(
                poll_result.failed(claim, source, fault, started=started, jitter=_jitter()), None
            )

    async def _polled(self, claim: Claim, config: Config) -> Outcome:
        source = _source(config, claim)
        started, clock = self._clock(), time.monotonic()
        if source is None:
            return await self._commit(poll_result.gone(claim, started), None)
        if not config.poll.websub:
            claim = replace(claim, hub_until=None)
        worked = None
        try:
            await self._unread.room()
            fetched, poll = await self._fetch(claim, source, started, shown=config.credentials_of(source))
            if poll_result.is_unread(poll):
                worked = await self._work(claim, source, fetched, started)
                advert = discovery.named(config, fetched, worked.document)
                poll = poll_result.read(
                    poll, source, fetched, document=worked.document, advert=advert, jitter=_jitter()
                )
        except PollError as error:
            worked, poll = None, poll_result.failed(claim, source, error, started=started, jitter=_jitter())
        poll = replace(poll, outcome=replace(poll.outcome, seconds=time.monotonic() - clock))
        return await self._commit(poll, (worked, source) if worked is not None else None)

    async def _fetch(
        self, claim: Claim, source: Source, started: datetime, *, shown: Credentials | None
    ) -> tuple[Fetched, Poll]:
        """What the origin answers, and the poll as it stands with that."""
        asked = poll_result.validators(claim, source, started)
        address = relocation.address(claim.feed, claim.move)
        fetched = await self._client().fetch(address, validators=asked, credentials=shown)
        return fetched, poll_result.answered(
            claim, source, fetched, asked=asked, started=started, jitter=_jitter()
        )

    async def _work(self, claim: Claim, source: Source, fetched: Fetched, now: datetime) -> ReadResult:
        job = ReadJob(
            body=fetched.body or b"",
            content_type=fetched.content_type,
            url=fetched.url,
            source=source,
            seen=frozenset(digest for digest, _ in claim.seen),
            pipeline_version=poll_result.pipeline_version_of(source),
            now=now,
        )
        with Share(self._unread) as share:
            share.take(len(job.body))
            worked = await self._workers.run(job)
        for reason in worked.invalid[:TOLD]:
            log.warning("entry left out", source=source.id, reason=reason, of=len(worked.invalid))
        return worked

    async def _commit(self, poll: Poll, read: tuple[ReadResult, Source] | None) -> Outcome:
        """Known, decided and written in one transaction, so that no operator's verb slips between."""
        claim, now = poll.claim, poll.outcome.started
        try:
            if read is None:
                outcome = await self._write(lambda: self._storage.record(poll))
            else:
                worked, source = read
                outcome = await self._write(
                    lambda: self._storage.record(
                        poll, lambda reading: dedupe.decide(worked, reading, claim, source, now)
                    )
                )
        except LeaseLost as error:
            outcome = replace(poll.outcome, kind="failed", cause="lease", message=str(error))
        _tell(outcome)
        if outcome.cause != "lease":
            _tell_move(poll)
        self._observe(claim, outcome)
        return outcome

    async def _write(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, call)

    async def write(self, call: Callable[[], T]) -> T:
        """Run a short write to the store on the writer's thread, in turn with the polls."""
        return await self._write(call)

    def client(self) -> Client:
        """The HTTP client of the moment, for others that ask somebody something."""
        return self._client()

    async def rest(self) -> None:
        """Let the workers go when there has been nothing to read for a while."""
        await self._workers.release_if_idle(asyncio.get_running_loop().time())

    def close(self) -> None:
        """Let the writer finish."""
        self._writer.shutdown()


def _source(config: Config, claim: Claim) -> Source | None:
    source = config.source(claim.id)
    return source if source is not None and source.feed == claim.feed else None


def _jitter() -> float:
    return random.random()  # noqa: S311 - spreads load, guards nothing


def _tell_move(poll: Poll) -> None:
    before, after = poll.claim.move, poll.move or poll.claim.move
    if event := relocation.event(before, after):
        log.warning(
            event, source=poll.claim.id, address=public_url(after.at or after.seen or poll.claim.feed)
        )


def _tell(outcome: Outcome) -> None:
    event = log.warning if outcome.kind == "failed" else log.info
    event(
        "poll",
        source=outcome.source,
        outcome=outcome.kind,
        cause=outcome.cause,
        message=outcome.message,
        status=outcome.status,
        new=outcome.new,
        edited=outcome.edited,
        seconds=round(outcome.seconds, 3),
    )
