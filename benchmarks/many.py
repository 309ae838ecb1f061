"""Cost of 100,000 configured sources: a tick with nothing and with 64 due, a reload, the status page.

`python -m benchmarks.many [SOURCES]`.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from aggregator.config import load
from aggregator.model.overview import SourceQuery
from aggregator.model.poll import Claim, Outcome, OutcomeKind, PollResult
from aggregator.model.schedule import Due
from aggregator.model.settings import Config
from aggregator.policy.fairness import HostAdmission
from aggregator.storage import Storage, open_storage
from aggregator.web import overview, status
from benchmarks.report import record

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, LEASE = timedelta(hours=1), timedelta(minutes=15)
DUE = 64
PLAN, TRANSACTION = "plan of a sync, one changed", "its transaction"
STATUS = (
    "the figures of /status, read twice a minute",
    "the sources that /status shows",
    "a page of its sources, behind a cursor",
)
_taken: dict[str, dict[str, float]] = {}


@contextmanager
def timed(what: str) -> Iterator[None]:
    began, cpu = time.perf_counter(), time.process_time()
    yield
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    sys.stdout.write(f"{what:<44} {1000 * wall:10.1f} ms  {1000 * spent:10.1f} ms CPU\n")
    sys.stdout.flush()
    _taken[what] = {"wall_ms": 1000 * wall, "cpu_ms": 1000 * spent}


def written(directory: Path, sources: int) -> Path:
    """A configuration of so many sources, each of a host of its own."""
    lines = (
        f"  - {{id: s{n}, organisation: O{n}, feed: 'https://h{n}.example/feed'}}" for n in range(sources)
    )
    path = directory / "sources.yaml"
    head = (
        "publication: {name: Many, url: 'https://many.example/', language: en, contact: desk@many.example}\n"
    )
    path.write_text(head + "sources:\n" + "\n".join(lines) + "\n")
    return path


def polled(claim: Claim, now: datetime, due: datetime) -> PollResult:
    """Return the result of a poll answered 304."""
    outcome = Outcome(claim.id, OutcomeKind.NOT_MODIFIED, now, 0.1, due=Due(due))
    return PollResult(claim, replace(claim, last_success=now), outcome, Due(due))


def given_polled(storage: Storage, due: int) -> None:
    """All of them polled once, so many of them due again in an hour, the others in a day."""
    claims = storage.polls.claim(NOW, limit=1_000_000, lease=LEASE)
    for number, claim in enumerate(claims):
        storage.polls.record(polled(claim, NOW, NOW + (HOUR if number < due else 24 * HOUR)))


def measure(directory: Path, sources: int) -> None:
    path = written(directory, sources)
    free, full = (
        HostAdmission((), places=places, per_host=2, is_prompt=lambda host: None) for places in (1_024, 0)
    )
    with timed("read sources.yaml"):
        config = load(path)
    with closing(open_storage(config.store)) as storage:
        with timed("sync, all new"):
            storage.admin.sync(config, NOW)
        with timed("sync, nothing changed"):
            storage.admin.sync(config, NOW)
        with timed(PLAN):
            carry_out = storage.admin.planned(one_changed(config), NOW)
        with timed(TRANSACTION):
            carry_out()
        with timed("claim, all due at hosts that have no place free"):
            none = storage.polls.claim(NOW, limit=512, lease=LEASE, admit=full.admit)
        assert none == ()
        with timed("claim all, record all"):
            given_polled(storage, DUE)
        with timed("claim, nothing due"):
            none = storage.polls.claim(NOW, limit=512, lease=LEASE, admit=free.admit)
        assert none == ()
        with timed(f"claim, {DUE} due"):
            claims = storage.polls.claim(NOW + HOUR, limit=512, lease=LEASE, admit=free.admit)
        assert len(claims) == DUE
        with timed(f"the configured source of {DUE} claims"):
            found = [config.source(claim.id) for claim in claims]
        assert None not in found
        with timed("next due"):
            storage.polls.next_due()
        with timed("totals, as /metrics asks"):
            storage.admin.totals(NOW)
        with timed(STATUS[1]):
            status.sources_of(storage)
        with timed(STATUS[2]):
            page = storage.overview.sources(SourceQuery(after=config.sources[sources // 2].id))
        assert page
        with timed(STATUS[0]):
            overview.read(storage, NOW, overview.NOTHING_LIVE)
        with timed("health of all, as `publicwire sources` asks"):
            storage.overview.health()


def one_changed(config: Config) -> Config:
    first, *others = config.sources
    return replace(config, sources=(replace(first, priority=1), *others))


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as directory:
        measure(Path(directory), count)
    record("many", {"sources": count, **_taken})
