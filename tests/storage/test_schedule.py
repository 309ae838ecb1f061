"""Contract of every storage engine: rhythm and due times."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause
from aggregator.model.document import Hints, Validators
from aggregator.model.item import Mode
from aggregator.model.poll import Relocation
from aggregator.model.schedule import Due, DueReason
from aggregator.storage import Storage
from tests.given import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SourceDriver,
    config,
    due_at,
    entry,
    failed,
    source,
    succeeded,
)


def given(storage: Storage, every: timedelta = 15 * MINUTE) -> SourceDriver:
    """A configured source without any item yet."""
    of = source("ministry", every=every)
    storage.admin.sync(config(of), NOON)
    return SourceDriver(storage, of)


@pytest.mark.parametrize(
    ("every", "days", "due", "stands"),
    [
        (MINUTE, 2, Due(NOON, DueReason.RHYTHM, wait=HOUR, basis=2 * DAY), False),
        (MINUTE, 1, Due(NOON, DueReason.TTL, wait=DAY), True),
        (10 * DAY, 11, Due(NOON, DueReason.EVERY, wait=10 * DAY), True),
        (MINUTE, 3, Due(NOON, DueReason.EVERY, wait=MINUTE, is_skipping=True), True),
        (MINUTE, 7, Due(NOON, DueReason.ORIGIN_WAIT, wait=7 * DAY), True),
        (MINUTE, 9, Due(NOON, DueReason.ORIGIN_WAIT, wait=7 * DAY), False),
        (MINUTE, 7, Due(NOON, DueReason.HOST_LIMIT, host="press.example"), True),
        (MINUTE, 9, Due(NOON, DueReason.HOST_LIMIT, host="press.example"), False),
        (MINUTE, 3650, Due(NOON, DueReason.ORIGIN_GONE), True),
        (MINUTE, 2, Due(NOON, DueReason.OPERATOR), False),
    ],
)
def test_a_new_poller_leaves_due_times_that_their_reason_explains(
    storage: Storage, every: timedelta, days: int, due: Due, stands: bool
) -> None:
    storage.admin.sync(config(source("ministry", every=every)), NOON)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    at = NOON + days * DAY
    storage.polls.record(due_at(replace(failed(claim, NOON), due=due), at))
    with storage.admin.poller(NOON):
        (health,) = storage.overview.health()
        assert (health.due == replace(due, at=at)) == stands
        assert stands or (health.due.at < at and health.due.reason is DueReason.CLOCK)


def test_only_new_items_make_a_rhythm(storage: Storage) -> None:
    origin = given(storage, every=HOUR)
    origin.says(entry("First", "g1"))
    origin.says(entry("Second", "g2"), entry("First", "g1"), now=NOON + 4 * HOUR)
    origin.says(entry("Second", "g2"), entry("First", "g1"), now=NOON + 5 * HOUR)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    assert (claim.usual_gap, claim.last_new) == (4 * HOUR, NOON + 4 * HOUR)


def test_a_poll_that_found_something_new_is_followed_as_such(storage: Storage) -> None:
    origin = given(storage)
    outcomes = [origin.says(entry("First", "g1"), now=NOON + n * HOUR) for n in range(2)]
    outcomes.append(origin.says(entry("Second", "g2"), entry("First", "g1"), now=NOON + 2 * HOUR))
    reasons = [outcome.due and outcome.due.reason for outcome in outcomes]
    assert reasons == [DueReason.EVERY, DueReason.EVERY, DueReason.RHYTHM]
    (health,) = storage.overview.health()
    assert (health.due.reason, health.due.at) == (DueReason.RHYTHM, NOON + 3 * HOUR)


@pytest.mark.parametrize(
    "due",
    [
        Due(NOON, DueReason.QUIET, wait=71 * MINUTE, basis=3 * DAY),
        Due(NOON, DueReason.BACK_OFF, wait=6 * HOUR, cause=Cause.NETWORK, failures=9, is_fallback=True),
        Due(NOON, DueReason.ORIGIN_WAIT, wait=7 * DAY, basis=30 * DAY, host="press.example"),
        Due(NOON, DueReason.EVERY, wait=HOUR, is_skipping=True),
        Due(NOON + timedelta(milliseconds=7)),
    ],
)
def test_a_due_time_is_kept_with_its_reason_and_all_figures(storage: Storage, due: Due) -> None:
    given(storage)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    storage.polls.record(replace(failed(claim, NOON), due=due))
    (health,) = storage.overview.health()
    assert health.due == due


def test_all_that_a_poll_leaves_of_its_source_is_in_the_next_claim(storage: Storage) -> None:
    origin = given(storage)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    result = succeeded(claim, origin.source)
    after = replace(
        result.after,
        validators=Validators("u", '"e"', "d"),
        body_digest=b"1" * 16,
        pipeline_version=b"2" * 16,
        mode=Mode.GUID_LINK,
        first_import=False,
        failures=3,
        failing_since=NOON - HOUR,
        findings=4,
        last_success=NOON - DAY,
        last_body=NOON - 2 * DAY,
        has_new_validators=True,
        usual_gap=5 * HOUR,
        last_new=NOON - 3 * DAY,
        hints=Hints(6, HOUR, (7,), (0, 6)),
        title="title",
        link="https://ministry.example/",
        rights="rights",
        language="de",
        relocation=Relocation("https://new.example/feed", NOON),
        host="new.example",
    )
    storage.polls.record(replace(result, after=after))
    (again,) = storage.polls.claim(NOON + HOUR, limit=1, lease=HOUR)
    assert again == replace(after, token=again.token, due=result.due)
    assert again.token != claim.token
