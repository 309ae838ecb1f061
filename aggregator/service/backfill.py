"""Import of archived documents of a source, beside a service that runs or without one.

Each document is one short transaction under a claim of its source, as a poll is; a poll that is under way at
that moment is void and done again.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.editorial.topics import permitted
from aggregator.errors import Cause, LeaseLost, Outdated, ParseError, UsageError
from aggregator.model.deleted import OriginTombstone
from aggregator.model.document import Fetched, ReadResult
from aggregator.model.poll import Claim, PollResult
from aggregator.model.settings import Config, Source
from aggregator.normalise.urls import absolute, authority
from aggregator.policy import archived
from aggregator.service.clients import Visitor
from aggregator.service.jobs import read_job
from aggregator.storage import Storage
from aggregator.workers.pool import WorkerPool

LEASE = timedelta(minutes=5)
ATTEMPTS_MAX = 10  # to commit a document whose source changes meanwhile
DOCUMENTS_MAX = 1_000  # of one walk
TOMBSTONES_KEPT_MAX = 50_000  # of all documents, those of the newest first


class Imported(Struct, frozen=True):
    """One document as it was imported; `previous` is the address of the one before, "" for none.

    `dropped` counts items that the source's daily budget left out.
    """

    address: str
    listed: int
    new: int
    dropped: int = 0
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Backfill:
    """Imports archived documents of one source."""

    storage: Storage
    workers: WorkerPool
    _: KW_ONLY
    config: Config
    source: Source
    clock: Callable[[], datetime]
    _tombstones: list[OriginTombstone] = field(init=False, default_factory=list)

    async def walk(self, visitor: Visitor) -> AsyncIterator[Imported]:
        """Import the source's feed and all documents before it (RFC 5005 sections 3 and 4), newest first: of
        two that list an entry the newer one counts. Ends at a document beyond the budget."""
        address, seen = self.source.feed, set[str]()
        while address and address not in seen and len(seen) < DOCUMENTS_MAX:
            seen.add(address)
            credentials = self.config.credentials_of(self.source) if address == self.source.feed else None
            fetched = await visitor.fetch(
                address, credentials=credentials, networks=self.source.allow_networks
            )
            done = await self.document(fetched)
            yield done
            address = "" if done.dropped else done.previous

    async def document(self, fetched: Fetched) -> Imported:
        """Import one document, without the entries that it or one before deletes. Raises PollError when it
        cannot be read."""
        config, now = self.config, self.clock()
        read = await self.workers.run(read_job(fetched, self.source, now, max_bytes=config.poll.max_bytes))
        style = self.source.house_style
        read = replace(read, items=tuple(permitted(item, style) for item in read.items))
        if read.document.truncated:
            raise ParseError(
                f"{fetched.url} is cut off: the end of its root element is missing", cause=Cause.INCOMPLETE
            )
        self._tombstones.extend(read.tombstones[: TOMBSTONES_KEPT_MAX - len(self._tombstones)])
        result = self._record(replace(read, tombstones=tuple(self._tombstones)))
        return Imported(
            address=fetched.url,
            listed=len(read.items),
            new=result.outcome.new,
            dropped=result.over.dropped if result.over else 0,
            previous=absolute(read.document.previous, fetched.url) if read.document.previous else "",
        )

    def _record(self, read: ReadResult) -> PollResult:
        taken = frozenset[str]()
        for _ in range(ATTEMPTS_MAX):
            claims = self.storage.polls.claim(self.clock(), limit=1, lease=LEASE, ids=[self.source.id])
            if not claims or claims[0].doubt.former:
                raise UsageError(f"{self.source.id} is not polled at present: see `publicwire sources`")
            try:
                return self._commit(claims[0], read, taken)
            except Outdated as error:
                taken |= error.taken
            except LeaseLost:  # the service has just started
                continue
            finally:
                self.storage.polls.release(claims)
        raise UsageError(f"the items of {self.source.id} change all the time: try again later")

    def _commit(self, claim: Claim, read: ReadResult, taken: frozenset[str]) -> PollResult:
        now = self.clock()
        result = archived.decide(
            claim,
            self.source,
            read,
            self.storage.polls.knowledge(claim, replace(read, tombstones=()), now, taken),
            now=now,
            is_foreign=lambda guid: self.config.is_foreign(self.source, authority(guid)),
        )
        self.storage.polls.record(result)
        return result
