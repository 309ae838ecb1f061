"""What a poll comes to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.errors import FetchError
from aggregator.model import Claim, Document, Due, Fetched, Hints, HostLimit, Poll, Relocation, Validators
from aggregator.policy.poll_result import answered, failed, gone, read
from tests.given import DAY, HOUR, MINUTE, NOON, source

MINISTRY = source("ministry")
CLAIM = Claim(1, "ministry", MINISTRY.feed, 1, last_full=NOON, last_new=NOON - MINUTE, gap=4 * HOUR)
ANSWER = Fetched(MINISTRY.feed, 200, b"<rss/>")


def polls(claim: Claim = CLAIM, feed: str = MINISTRY.feed) -> Poll:
    asked = Validators()
    of = replace(MINISTRY, feed=feed)
    return answered(claim, of, ANSWER, asked=asked, started=NOON, jitter=0.0)


def reads(document: Document, claim: Claim = CLAIM) -> Poll:
    return read(polls(claim), MINISTRY, ANSWER, document=document, advert=None, jitter=0.0)


def told(poll: Poll) -> tuple[timedelta, str]:
    assert poll.due == poll.outcome.due
    return poll.due - NOON, poll.outcome.why


def test_a_source_is_due_by_its_own_rhythm() -> None:
    assert told(polls()) == (30 * MINUTE, "something new every 4 h: looked at every 30 min")


def test_looking_at_a_file_bothers_nobody() -> None:
    assert told(polls(feed="file:///srv/press.xml")) == (15 * MINUTE, "every 15 min")


def test_something_new_after_a_long_silence_has_the_source_polled_sooner() -> None:
    poll = reads(Document("rss20"), replace(CLAIM, gap=None, last_new=NOON - 30 * DAY))
    assert poll.if_new is not None
    assert (poll.outcome.why, poll.if_new.why) == (
        "nothing new for 30 d: looked at every 4 h",
        "something new every 7 h: looked at every 40 min",
    )


def test_the_first_import_shows_no_rhythm() -> None:
    poll = reads(Document("rss20"), replace(CLAIM, gap=None, last_new=None))
    assert poll.if_new == Due(poll.due, poll.outcome.why) == Due(NOON + 15 * MINUTE, "every 15 min")


def test_hours_to_skip_come_after_all_that_moves_a_poll() -> None:
    beside_a_hub = replace(CLAIM, hub_until=NOON + DAY, hints=Hints(skip_hours=(13,)))
    assert told(polls(beside_a_hub)) == (
        2 * HOUR,
        "its hub announces what is new (else something new every 4 h: looked at every 30 min)"
        "; skips hours or days the feed names",
    )


def test_hours_to_skip_are_those_of_the_document_that_was_read() -> None:
    assert told(reads(Document("rss20", skip_hours=(12,)))) == (
        90 * MINUTE,
        "something new every 4 h: looked at every 30 min; skips hours or days the feed names",
    )


def test_a_source_that_fails_is_left_alone_in_hours_it_named_too() -> None:
    error = FetchError("no route", cause="network")
    claim = replace(CLAIM, hints=Hints(skip_hours=(12,)))
    assert told(failed(claim, MINISTRY, error, started=NOON, jitter=0.0)) == (
        75 * MINUTE,
        "not reached once: again after 15 min; skips hours or days the feed names",
    )


def test_a_source_that_left_the_configuration_meanwhile_is_due_no_more() -> None:
    poll = gone(CLAIM, NOON)
    assert (poll.outcome.cause, poll.due) == ("lease", NOON)
    assert poll.outcome.message == "ministry is no longer configured with this feed"


@pytest.mark.parametrize(
    ("status", "wish", "rests"),
    [(429, "7200", True), (429, "", False), (429, "soon", False), (503, "7200", False)],
)
def test_only_a_429_that_names_a_time_is_for_the_whole_host(status: int, wish: str, rests: bool) -> None:
    error = FetchError("no", cause="http", status=status, retry_after=wish, host="press.example")
    poll = failed(CLAIM, MINISTRY, error, started=NOON, jitter=0.0)
    expected = HostLimit(
        "press.example", NOON + 2 * HOUR, "origin asked to wait 2 h, with all of press.example"
    )
    assert poll.rest == (expected if rests else None)
    assert told(poll)[0] == (2 * HOUR if wish == "7200" else 15 * MINUTE)


def test_a_poll_that_asked_nobody_says_nothing_of_a_move() -> None:
    moved = replace(CLAIM, move=Relocation(at="https://new.example/feed", since=NOON, failures=2))
    rests = FetchError("its host rests", cause="rests", retry_after="60")
    poll = failed(moved, MINISTRY, rests, started=NOON, jitter=0.0)
    assert (poll.move, poll.rest) == (moved.move, None)
    assert told(poll) == (15 * MINUTE, "origin asked to wait 15 min")
