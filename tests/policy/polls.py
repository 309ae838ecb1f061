"""Finished polls of one source, decided at noon."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from aggregator.errors import PollError
from aggregator.model.document import Document, Fetched, ReadResult, Validators
from aggregator.model.poll import Answer, Claim, PollResult
from aggregator.model.schedule import Due, DueReason
from aggregator.model.settings import Source
from aggregator.model.stored import Knowledge
from aggregator.model.websub import Advert, Subscription, SubscriptionState
from aggregator.policy import poll_result
from tests.given import DAY, HOUR, MINUTE, NOON, entry, item, source

MINISTRY = source("ministry")
BODY = b"<rss/>"
ANSWER = Fetched(MINISTRY.feed, 200, BODY, validators=Validators(MINISTRY.feed, '"2"'), received=123)
NOT_MODIFIED = Fetched(MINISTRY.feed, 304, None, validators=Validators(MINISTRY.feed, '"1"'), received=40)
CLAIM = Claim(
    1,
    "ministry",
    MINISTRY.feed,
    1,
    Due(NOON),
    validators=Validators(MINISTRY.feed, '"1"'),
    pipeline_version=poll_result.pipeline_version_of(MINISTRY),
    first_import=False,
    findings=3,
    last_success=NOON - 30 * MINUTE,
    last_body=NOON - HOUR,
    last_new=NOON - MINUTE,
    usual_gap=4 * HOUR,
    host="ministry.example",
)
NEW_CLAIM = Claim(1, "ministry", MINISTRY.feed, 1, Due(NOON))
RHYTHM = Due(NOON + 30 * MINUTE, DueReason.RHYTHM, wait=30 * MINUTE, basis=4 * HOUR)
HUB = Subscription(
    number=1,
    source="ministry",
    hub="https://hub.example/",
    topic=MINISTRY.feed,
    token="t",
    secret="s",
    state=SubscriptionState.ACTIVE,
    since=NOON - 9 * DAY,
    due=NOON + DAY,
    asked=NOON - 8 * DAY,
    confirmed=NOON - 8 * DAY,
    lease_until=NOON + 2 * DAY,
)


def polls(
    claim: Claim = CLAIM,
    of: Source = MINISTRY,
    *,
    fetched: Fetched = ANSWER,
    document: Document | None = None,
    new: int = 0,
    advert: Advert | None = None,
    jitter: float = 0.0,
    is_websub: bool = True,
) -> PollResult:
    """Decide a successful poll; a document that was read holds `new` new items."""
    read, known = None, None
    if document is not None or new:
        items = tuple(item(entry(f"Release {n}", f"g{n}"), of) for n in range(new))
        document = replace(document or Document("rss20"), listed=tuple(each.digest for each in items))
        read, known = ReadResult(document, items), Knowledge("releases.example,2026-03-02")
    answer = Answer(fetched, poll_result.body_digest(fetched), read, advert)
    return poll_result.decide(claim, of, answer, known, now=NOON, jitter=jitter, is_websub=is_websub)


def fails(error: PollError, claim: Claim = CLAIM, jitter: float = 0.0) -> PollResult:
    return poll_result.decide(claim, MINISTRY, error, None, now=NOON, jitter=jitter)


def due(result: PollResult) -> Due:
    assert result.due == result.outcome.due
    return result.due


def state(reason: DueReason, wait: timedelta, at: datetime | None = None, **more: object) -> Due:
    plain = Due(at or NOON + wait, reason, wait=wait)
    return replace(plain, **more)  # the caller names fields of Due
