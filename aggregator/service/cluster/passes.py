"""One pass over the due sources of a host: the work of one job.

A pass ends when it has claimed each source that was due, or CLAIMED_MAX: the next tick offers its host again,
behind those that wait. One that went on until none was due kept other hosts waiting.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from aggregator.errors import Cause, PollError, StorageError
from aggregator.log import log
from aggregator.model.cluster import Delivery
from aggregator.model.poll import Batch, Claim, OutcomeKind
from aggregator.policy.schedule import POISON_AT
from aggregator.service.pipeline import Pipeline
from aggregator.storage import Storage

LEASE = timedelta(minutes=2)  # a lost queue is made anew after it; a dead node's jobs are known by their ids
CLAIMED_MAX = 200  # sources in one pass
CLAIMED_PER_SLOT = 8  # at once, for each slot of the host: few, lest their leases end while they wait


@dataclass(eq=False)
class Passes:
    """The passes of one node. `failed` gets an error of the store."""

    pipeline: Pipeline
    node: str
    failed: Callable[[StorageError], None]
    lost: list[Claim] = field(default_factory=list)  # to be released once the store takes writes
    running: int = 0  # polls
    leases_lost: int = 0

    async def run(self, delivery: Delivery) -> bool:
        """Poll the due sources of a host. A claim that is not polled to its end is released.

        Returns False while another node has the job and is alive: to be delivered again.
        """
        try:
            batch = await self._begin(delivery)
            if batch is None:
                return False
            claimed = len(batch.claims)
            await self._poll_all(batch.claims)
            while batch.has_more and claimed < CLAIMED_MAX:
                batch = await self._go_on(delivery.host)
                claimed += len(batch.claims)
                await self._poll_all(batch.claims)
        except StorageError as error:
            self.failed(error)
        except Exception:
            log.error("a pass met an unexpected error", host=delivery.host, exc_info=True)
        return True

    @property
    def _storage(self) -> Storage:
        return self.pipeline.storage

    def _limit(self) -> int:
        poll = self.pipeline.config().poll
        return poll.per_host * (1 if poll.host_gap else CLAIMED_PER_SLOT)

    async def _begin(self, delivery: Delivery) -> Batch | None:
        now, hosts = self.pipeline.clock(), self.pipeline.client().hosts
        begun = await self.pipeline.write(
            partial(
                self._storage.cluster.begin_pass,
                delivery,
                self.node,
                now,
                limit=self._limit(),
                lease=LEASE,
            )
        )
        if begun is not None:
            hosts.heed(begun.hosts, now)
        return begun

    async def _go_on(self, host: str) -> Batch:
        now, hosts = self.pipeline.clock(), self.pipeline.client().hosts
        batch = await self.pipeline.write(
            partial(self._storage.cluster.go_on, host, now, limit=self._limit(), lease=LEASE)
        )
        hosts.heed(batch.hosts, now)
        return batch

    async def _poll_all(self, claims: tuple[Claim, ...]) -> None:
        """Poll these sources at the same time; `fetch.politeness` bounds requests at the host."""
        left = {claim.number: claim for claim in claims}
        self.running += len(claims)

        async def poll(claim: Claim) -> None:
            try:
                await self._poll(claim)
                del left[claim.number]
            finally:
                self.running -= 1

        try:
            done = await asyncio.gather(*map(poll, claims), return_exceptions=True)
        finally:
            self.lost += left.values()
        for error in done:
            if isinstance(error, BaseException):
                raise error

    async def _poll(self, claim: Claim) -> None:
        if claim.lost >= POISON_AT:
            outcome = await self.pipeline.fail(claim, _poisoned(claim))
            log.error("source in quarantine", source=claim.id, deaths=claim.lost)
        else:
            outcome = await self.pipeline.poll(claim)
        if outcome.kind is OutcomeKind.FAILED and outcome.cause is Cause.LEASE:
            self.leases_lost += 1

    async def release(self) -> None:
        """Release claims whose polls were cancelled or not recorded; StorageError."""
        if lost := tuple(self.lost):
            await self.pipeline.write(lambda: self._storage.polls.release(lost))
            del self.lost[: len(lost)]


def _poisoned(claim: Claim) -> PollError:
    return PollError(f"{claim.lost} nodes in a row died while they polled it", cause=Cause.POISON)
