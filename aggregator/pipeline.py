"""The line for one source, a stage a statement: fetch, work, then known, decided and committed as one.

An expected failure becomes a failed Outcome and the other sources go on; anything else stops loudly.
Never parses, sanitises or compares in the event loop, and never holds a source longer than its lease.
"""

import asyncio
import hashlib
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from aggregator import __version__, dedupe, schedule, subscription
from aggregator.errors import LeaseLost, PollError
from aggregator.fetch.budget import Budget, Share
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model import Claim, Fetched, Job, Outcome, Poll, Validators, Worked
from aggregator.settings import Config, Source
from aggregator.storage import Storage
from aggregator.websub import discovery

LEASE = timedelta(minutes=15)  # far longer than any poll may take; a poller that dies clears its own
UNREAD = 64_000_000  # bytes of documents that wait for a worker before no more are fetched
FULL_EVERY = timedelta(days=1)  # a fetch without validators: some servers say 304 for ever

T = TypeVar("T")


class Works(Protocol):
    """Who reads documents for us, in another process."""

    async def run(self, job: Job) -> Worked: ...

    async def release_if_idle(self, now: float) -> bool: ...


class Pipeline:
    """Polls sources. One a service; `config()` gives the configuration of the moment, `observe` is told of
    every outcome."""

    def __init__(
        self,
        storage: Storage,
        client: Callable[[], Client],
        workers: Works,
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
        at_once = self._config().poll.concurrency
        claiming = asyncio.Lock()

        async def next_claim() -> Claim | None:
            async with claiming:
                while waiting and not claims:
                    batch = [waiting.popleft() for _ in range(min(at_once, len(waiting)))]
                    claims.extend(await self.claim(len(batch), ids=batch))
                return claims.popleft() if claims else None

        async def one_after_the_other() -> None:
            while (claim := await next_claim()) is not None:
                done.append(await self.poll(claim))
                each(done[-1])

        async with asyncio.TaskGroup() as group:
            for _ in range(min(len(ids), at_once)):
                group.create_task(one_after_the_other())
        return tuple(done)

    async def claim(self, limit: int, *, ids: Sequence[str] | None = None) -> tuple[Claim, ...]:
        """Take up to `limit` due sources, or those named."""
        now = self._clock()
        return await self._write(lambda: self._storage.claim(now, limit=limit, lease=LEASE, ids=ids))

    async def poll(self, claim: Claim) -> Outcome:
        """One poll of one source, from fetch to commit, with the configuration it begins with."""
        config = self._config()
        source = _source(config, claim)
        started, clock = self._clock(), time.monotonic()
        if source is None:
            return await self._commit(_gone(claim, started), None)
        try:
            await self._unread.room()
            fetched, poll = await self._fetch(claim, source, started)
            worked = await self._work(claim, source, fetched, started) if fetched else None
        except PollError as error:
            fetched, worked, poll = None, None, _failed(claim, source, error, started)
        if fetched is not None and worked is not None:
            advert = discovery.named(config, fetched, worked.document)
            poll = replace(_read(poll, fetched, worked, source), advert=advert)
        if config.poll.websub and poll.outcome.kind != "failed":
            poll = _unhurried(poll, source)
        poll = replace(poll, outcome=replace(poll.outcome, seconds=time.monotonic() - clock))
        return await self._commit(poll, (worked, source) if worked is not None else None)

    async def _fetch(self, claim: Claim, source: Source, started: datetime) -> tuple[Fetched | None, Poll]:
        """The document if it has to be read, and the poll as it stands if it has not."""
        recipe = recipe_of(source)
        again = claim.recipe != recipe
        full = again or claim.last_full is None or started - claim.last_full >= FULL_EVERY
        validators = Validators() if full else claim.validators
        fetched = await self._client().fetch(source.feed, validators=validators)
        digest = None if fetched.body is None else hashlib.sha256(fetched.body).digest()[:16]
        same = digest is None or (digest == claim.body_digest and not again)
        due = schedule.after_success(source.every, fetched, claim.hints, now=started, jitter=_jitter())
        poll = Poll(
            claim=claim,
            outcome=Outcome(
                source=claim.id,
                kind="not-modified" if digest is None else "unchanged",
                started=started,
                seconds=0.0,
                status=fetched.status,
                received=fetched.received,
                due=due.at,
                why=due.why,
            ),
            due=due.at,
            validators=fetched.validators,
            body_digest=digest,
            recipe=recipe,
            full=full and digest is not None,
        )
        return (None if same else fetched), poll

    async def _work(self, claim: Claim, source: Source, fetched: Fetched, now: datetime) -> Worked:
        job = Job(
            body=fetched.body or b"",
            content_type=fetched.content_type,
            url=fetched.url,
            source=source,
            seen=frozenset(digest for digest, _ in claim.seen),
            recipe=recipe_of(source),
            now=now,
        )
        with Share(self._unread) as share:
            share.take(len(job.body))
            worked = await self._workers.run(job)
        for reason in worked.invalid:
            log.warning("entry left out", source=source.id, reason=reason)
        return worked

    async def _commit(self, poll: Poll, read: tuple[Worked, Source] | None) -> Outcome:
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


def recipe_of(source: Source) -> bytes:
    """Names all that shapes items besides the document; when it changes, the document is read anew."""
    shaping = (
        __version__,
        source.from_entry,
        source.organisation,
        source.language,
        source.timezone,
        source.only,
        source.skip,
        source.embargo,
    )
    return hashlib.blake2b(repr(shaping).encode(), digest_size=16).digest()


def _source(config: Config, claim: Claim) -> Source | None:
    return next((each for each in config.sources if each.id == claim.id and each.feed == claim.feed), None)


def _read(poll: Poll, fetched: Fetched | None, worked: Worked, source: Source) -> Poll:
    """The poll once its document was read: due as the feed's own hints say too."""
    if fetched is None:
        return poll
    now = poll.outcome.started
    due = schedule.after_success(source.every, fetched, worked.document.hints, now=now, jitter=_jitter())
    return replace(
        poll, document=worked.document, due=due.at, outcome=replace(poll.outcome, due=due.at, why=due.why)
    )


def _unhurried(poll: Poll, source: Source) -> Poll:
    """The poll with its source due later, while its hub can be relied on to announce what is new."""
    claim, now = poll.claim, poll.outcome.started
    due = subscription.slower(
        poll.due, source.every, hub_until=claim.hub_until, told=claim.announced, now=now
    )
    if due == poll.due:
        return poll
    why = f"its hub announces what is new (else {poll.outcome.why})"
    return replace(poll, due=due, outcome=replace(poll.outcome, due=due, why=why))


def _failed(claim: Claim, source: Source, error: PollError, started: datetime) -> Poll:
    due = schedule.after_failure(source.every, error, claim.failures, now=started, jitter=_jitter())
    outcome = Outcome(
        source=claim.id,
        kind="failed",
        started=started,
        seconds=0.0,
        cause=error.cause,
        message=str(error),
        status=getattr(error, "status", None),
        due=due.at,
        why=due.why,
    )
    return Poll(claim=claim, outcome=outcome, due=due.at)


def _gone(claim: Claim, started: datetime) -> Poll:
    """A claim whose source left the configuration in between: recording it will say so."""
    message = f"{claim.id} is no longer configured with this feed"
    outcome = Outcome(claim.id, "failed", started, 0.0, cause="lease", message=message)
    return Poll(claim=claim, outcome=outcome, due=started)


def _jitter() -> float:
    return random.random()  # noqa: S311 - spreads load, guards nothing


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
