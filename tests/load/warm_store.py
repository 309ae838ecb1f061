"""A store in which each source has been polled once: `python -m tests.load.warm_store CONFIG FIRST`.

Documents are read in processes beside this one, and decided and committed here, as the pipeline does; nothing is
fetched. `FIRST` is the date of the newest item of each source.
"""

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from aggregator.config import load
from aggregator.model.document import Fetched, ReadResult, Validators
from aggregator.model.poll import Answer, Claim
from aggregator.model.schedule import HostState
from aggregator.model.settings import Retention, Source
from aggregator.policy import poll_result
from aggregator.service.jobs import read_job
from aggregator.storage import Storage, open_storage
from aggregator.workers.job import work
from tests.load.origins import document, etag

AT_ONCE = 200  # sources that a process reads at a time
AHEAD = 6  # such readings before the store: documents must not pile up
BYTES_MAX = 10_000_000
LEASE = timedelta(hours=12)


class Read(NamedTuple):
    """A source, its document and what a worker read of it."""

    source: Source
    fetched: Fetched
    read: ReadResult


def fill(config: Path, first: datetime) -> None:
    """Poll all sources of a configuration into an empty store."""
    settings, now = load(config), datetime.now(UTC)
    storage = open_storage(settings.store)
    try:
        with storage.admin.poller(now), ProcessPoolExecutor() as processes:
            storage.admin.sync(settings, now)
            claims = storage.polls.claim(now, limit=len(settings.sources), lease=LEASE)
            sources = (settings.source(claim.id) for claim in claims)
            parts = _parts([source for source in sources if source is not None])
            begun = (processes.submit(_read, part, first, now) for part in parts)
            found = (each for part in _in_order(begun) for each in part.result())
            for claim, read in zip(claims, found, strict=True):
                _commit(storage, claim, read, now)
            storage.admin.maintain(Retention(), now)
    finally:
        storage.close()


def _parts(sources: Sequence[Source]) -> Iterator[Sequence[Source]]:
    return (sources[start : start + AT_ONCE] for start in range(0, len(sources), AT_ONCE))


def _in_order(begun: Iterator[Future[list[Read]]]) -> Iterator[Future[list[Read]]]:
    """Yield what was begun, of which a few run ahead."""
    ahead = deque(islice(begun, AHEAD))
    while ahead:
        yield ahead.popleft()
        ahead.extend(islice(begun, 1))


def _read(sources: Iterable[Source], first: datetime, now: datetime) -> list[Read]:
    return [_read_one(source, first, now) for source in sources]


def _read_one(source: Source, first: datetime, now: datetime) -> Read:
    number = int(urlsplit(source.feed).path[1:])
    fetched = Fetched(
        url=source.feed,
        status=200,
        body=document(number, 0, first),
        content_type="application/rss+xml",
        validators=Validators(source.feed, etag(number, 0), ""),
    )
    return Read(source, fetched, work(read_job(fetched, source, now, max_bytes=BYTES_MAX)))


def _commit(storage: Storage, claim: Claim, found: Read, now: datetime) -> None:
    known = storage.polls.knowledge(claim, found.read, now, frozenset())
    answer = Answer(found.fetched, poll_result.body_digest(found.fetched), found.read)
    result = poll_result.decide(claim, found.source, answer, known, now=now, jitter=0.0)
    hosts = (HostState(claim.host, next_at=now, prompt=True),)
    storage.polls.record(replace(result, hosts=hosts))


if __name__ == "__main__":
    fill(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]).astimezone(UTC))
