"""Bulk import of invented items into a store, through the storage layer alone.

The stages before it are left out: filling is no part of any measurement.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from msgspec.structs import replace

from aggregator import config as configuration
from aggregator.model.changes import Changes, NewItem, Placement
from aggregator.model.decision import State
from aggregator.model.document import Document, ReadResult
from aggregator.model.item import Item, Key, KeyKind, Mode
from aggregator.model.poll import Claim, Outcome, OutcomeKind, PollResult
from aggregator.model.schedule import Due
from aggregator.model.settings import Retention, Source
from aggregator.model.stored import Knowledge
from aggregator.storage import Storage, open_storage
from benchmarks.feeds import sentence

AGE = timedelta(days=60)  # beyond the 48 h that published documents show whole
DUE_AFTER = timedelta(hours=12)  # until the sources are due
ITEMS_PER_POLL = 500
BODY = 300  # bytes


def fill(path: Path, total: int) -> None:
    """Store `total` live items, spread evenly over the sources of a configuration."""
    config = configuration.load(path)
    now = datetime.now(UTC)
    storage = open_storage(config.store)
    try:
        with storage.admin.poller(now):
            storage.admin.sync(config, now - AGE)
            for at, source in enumerate(config.sources):
                share = range(total * at // len(config.sources), total * (at + 1) // len(config.sources))
                fill_source(storage, source, share, now)
            storage.admin.maintain(Retention(), now)
    finally:
        storage.close()


def fill_source(storage: Storage, source: Source, numbers: range, now: datetime) -> None:
    """(poller) Store items with these numbers."""
    for start in range(0, max(len(numbers), 1), ITEMS_PER_POLL):
        then = now - AGE
        (claim,) = storage.polls.claim(then, limit=1, lease=timedelta(minutes=1), ids=[source.id])
        known = storage.polls.knowledge(claim, ReadResult(Document("rss20"), ()), then, frozenset())
        part = numbers[start : start + ITEMS_PER_POLL]
        storage.polls.record(poll_of_new_items(claim, known, part, then, now + DUE_AFTER))


def poll_of_new_items(
    claim: Claim, known: Knowledge, numbers: range, then: datetime, due: datetime
) -> PollResult:
    """Return the result of a poll with a new live item for each number."""
    changes = Changes(known, Mode.NORMAL, new=tuple(_new_items(claim, numbers, then)))
    planned = Due(due)
    outcome = Outcome(claim.id, OutcomeKind.CHANGED, then, 0.0, new=len(changes.new), due=planned)
    after = replace(claim, first_import=False, title=claim.id, language="en", last_success=then)
    return PollResult(claim, after, outcome, planned, changes=changes)


def _new_items(claim: Claim, numbers: range, then: datetime) -> Iterator[NewItem]:
    for number in numbers:
        item = _item(claim, number, then)
        yield NewItem(
            item=item,
            id=f"{number:013d}",
            public_id=item.guid,
            placement=Placement(State.LIVE, None, then),
            updated=then,
        )


def _item(claim: Claim, number: int, then: datetime) -> Item:
    rng = random.Random(number)
    title = f"{sentence(rng)[:60]} {number}"
    text = " ".join(sentence(rng) for _ in range(4))[:BODY]
    url = f"https://www.example.org/{claim.id}/{number}"
    return Item(
        keys=tuple(Key(kind, _digest(kind.name, url)) for kind in KeyKind),
        title=title,
        url=url,
        raw_url=url,
        guid=url,
        content=f"<p>{text}</p>",
        text=text,
        language="en",
        claimed=then,
        fingerprint=_digest(title, text),
        digest=_digest(url),
    )


def _digest(*parts: str) -> bytes:
    return blake2b("\n".join(parts).encode(), digest_size=16).digest()
