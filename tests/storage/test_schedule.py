"""What every store keeps of a source's rhythm and of when it is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator import dedupe
from aggregator.model import Claim, Document, Due, Outcome, ReadResult
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, Origin, config, entry, failed, item, read, source


def given(storage: Storage, every: timedelta = 15 * MINUTE) -> Origin:
    """A configured source without any item yet."""
    of = source("ministry", every=every)
    storage.sync(config(of), NOON)
    return Origin(storage, of)


@pytest.mark.parametrize(
    ("every", "days", "why", "stands"),
    [
        (MINUTE, 2, "something new every 2 d: looked at every 1 h", False),
        (MINUTE, 1, "its ttl asks for 1 d", True),
        (10 * DAY, 11, "every 10 d", True),
        (MINUTE, 3, "every 1 min; skips hours or days the feed names", True),
        (MINUTE, 7, "origin asked to wait 7 d", True),
        (MINUTE, 9, "origin asked to wait 7 d", False),
    ],
)
def test_a_new_poller_leaves_due_times_that_their_reason_explains(
    storage: Storage, every: timedelta, days: int, why: str, stands: bool
) -> None:
    storage.sync(config(source("ministry", every=every)), NOON)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    due = datetime.now(UTC).replace(microsecond=0) + days * DAY
    poll = failed(claim, NOON)
    storage.record(replace(poll, due=due, outcome=replace(poll.outcome, why=why)))
    with storage.poller():
        assert (storage.next_due() == due) == stands


def test_what_is_new_is_what_makes_a_rhythm(storage: Storage) -> None:
    origin = given(storage, every=HOUR)
    origin.says(entry("First", "g1"))
    origin.says(entry("Second", "g2"), entry("First", "g1"), now=NOON + 4 * HOUR)
    origin.says(entry("Second", "g2"), entry("First", "g1"), now=NOON + 5 * HOUR)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    assert (claim.gap, claim.last_new) == (4 * HOUR, NOON + 4 * HOUR)


def test_a_poll_that_found_something_new_is_followed_as_such(storage: Storage) -> None:
    origin = given(storage)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    sooner = Due(NOON + 5 * MINUTE, "something new")
    worked = ReadResult(Document("rss20"), (item(entry("First", "g1"), origin.source),))

    def record(claim: Claim) -> Outcome:
        poll = replace(read(claim, worked, NOON), if_new=sooner)
        return storage.record(poll, lambda known: dedupe.decide(worked, known, claim, origin.source, NOON))

    assert (record(claim).why, storage.next_due()) == ("something new", sooner.at)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    assert (record(claim).why, storage.next_due()) == ("", NOON + HOUR)
