"""Offers of hosts with due sources to the queue of all nodes, as capacity and fairness among hosts allow."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

from aggregator.model.cluster import QueueStats
from aggregator.model.schedule import HostState
from aggregator.model.settings import Config
from aggregator.policy.fairness import HostAdmission
from aggregator.service.cluster.queue import Queue
from aggregator.storage import Storage

JOBS_PER_FETCH_SLOT = 2  # hosts polled at a time: a job that waits for its host's gap holds no fetch slot
LOOKED_AT = 2_000  # due hosts in one look; further ones while there are places


class Offers:
    """The offers of one node."""

    def __init__(
        self,
        storage: Storage,
        queue: Queue,
        config: Callable[[], Config],
        clock: Callable[[], datetime],
        looked_at: int = LOOKED_AT,
    ) -> None:
        self._storage, self._queue, self._config, self._clock = storage, queue, config, clock
        self._looked_at = looked_at
        self.stats = QueueStats(0, 0)

    async def make(self) -> bool:
        """Offer hosts; returns whether any was due that the queue did not have. StorageError.

        A host that redirects to another one waits while a job polls there, lest two nodes send more requests
        than `per_host` allows; the other one's own job waits for none of them.
        """
        self.stats = await self._queue.stats()
        states = await self._states(self.stats.hosts)

        def end_of(host: str) -> str:
            return (states[host].leads_to or host) if host in states else host

        poll = self._config().poll
        admission = HostAdmission(
            self.stats.hosts,
            places=await self.workers() * poll.concurrency * JOBS_PER_FETCH_SLOT,
            per_host=poll.per_host,
            is_prompt=lambda host: states[host].prompt if host in states else None,
        )
        ends = set(map(end_of, self.stats.hosts))
        chosen, seen, skip = list[str](), 0, 0
        while not admission.is_full:
            due = await asyncio.to_thread(
                self._storage.cluster.due_hosts, self._clock(), self._looked_at, skip
            )
            new = [host for host in due if host not in self.stats.hosts]
            states |= await self._states(new)
            seen, skip = seen + len(new), skip + len(due)
            for host in new:
                if (host == end_of(host) or end_of(host) not in ends) and admission.admit(host):
                    ends.add(end_of(host))
                    chosen.append(host)
            if len(due) < self._looked_at:
                break
        await self._queue.offer(chosen)
        return bool(seen)

    async def _states(self, hosts: Collection[str]) -> dict[str, HostState]:
        if not hosts:
            return {}
        return {each.host: each for each in await asyncio.to_thread(self._storage.polls.hosts, hosts)}

    async def workers(self) -> int:
        """Return how many nodes poll at the moment."""
        nodes = await asyncio.to_thread(self._storage.cluster.nodes)
        alive = [each.beat for each in nodes if each.is_alive]
        return sum(beat.role.polls and not beat.problem for beat in alive)
