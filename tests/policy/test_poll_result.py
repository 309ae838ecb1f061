"""The decision about a finished poll: the state of its source, its outcome, its host."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError, ParseError
from aggregator.model.alert import AlertKind
from aggregator.model.document import Document, Fetched, Hints, Validators
from aggregator.model.house_style import RULES_VERSION, HouseStyle
from aggregator.model.item import Mode
from aggregator.model.poll import Answer, Claim, OutcomeKind, PollResult, Relocation
from aggregator.model.schedule import Due, DueReason, HostLimit
from aggregator.policy import poll_result, schedule
from tests.given import DAY, HOUR, MINUTE, NOON
from tests.policy.polls import (
    ANSWER,
    BODY,
    CLAIM,
    MINISTRY,
    NEW_CLAIM,
    NOT_MODIFIED,
    RHYTHM,
    due,
    fails,
    polls,
    state,
)

# ---- conditional requests


@pytest.mark.parametrize(
    ("gap", "believed"), [(None, 30 * DAY), (4 * HOUR, 30 * DAY), (6 * DAY, 30 * DAY), (10 * DAY, 50 * DAY)]
)
def test_validators_are_sent_until_304s_last_too_long(gap: timedelta | None, believed: timedelta) -> None:
    almost = replace(CLAIM, usual_gap=gap, last_body=NOON - believed + MINUTE)
    assert poll_result.validators(almost, MINISTRY, NOON) == CLAIM.validators
    for last_body in (None, NOON - believed):
        claim = replace(almost, last_body=last_body)
        assert poll_result.validators(claim, MINISTRY, NOON) == Validators()
        changing = replace(claim, has_new_validators=True)
        assert poll_result.validators(changing, MINISTRY, NOON) == CLAIM.validators


def test_no_validators_are_sent_when_documents_are_read_otherwise() -> None:
    of = replace(MINISTRY, timezone="Europe/Berlin")
    for claim in (CLAIM, replace(CLAIM, has_new_validators=True)):
        assert poll_result.validators(claim, of, NOON) == Validators()


def test_the_pipeline_version_covers_every_setting_that_shapes_items_and_no_other() -> None:
    version = poll_result.pipeline_version_of(MINISTRY)
    assert len(version) == 16
    for shaping in ({"language": "de"}, {"organisation": "Office"}, {"from_entry": True}):
        assert poll_result.pipeline_version_of(replace(MINISTRY, **shaping)) != version
    assert poll_result.pipeline_version_of(replace(MINISTRY, every=HOUR, topics=("law",))) == version


def test_of_a_house_style_selectors_alone_have_documents_read_anew() -> None:
    version = poll_result.pipeline_version_of(MINISTRY)
    cut = HouseStyle(max_words=50, version=RULES_VERSION)
    dropped = HouseStyle(drop=("p.a",), version=RULES_VERSION)
    assert poll_result.pipeline_version_of(replace(MINISTRY, house_style=cut)) == version
    both = [replace(MINISTRY, house_style=each) for each in (dropped, replace(dropped, max_words=50))]
    assert len({version, *map(poll_result.pipeline_version_of, both)}) == 2


def test_a_body_is_read_when_it_or_the_pipeline_has_changed() -> None:
    digest = poll_result.body_digest(ANSWER)
    same = replace(CLAIM, body_digest=digest or b"")
    assert poll_result.body_digest(NOT_MODIFIED) is None
    assert not poll_result.is_unread(same, MINISTRY, None)
    assert not poll_result.is_unread(same, MINISTRY, digest)
    assert poll_result.is_unread(CLAIM, MINISTRY, digest)
    assert poll_result.is_unread(same, replace(MINISTRY, language="de"), digest)


# ---- state after a successful poll


def test_a_304_ends_the_failures_and_keeps_the_document() -> None:
    failing = replace(CLAIM, failures=4, failing_since=NOON - DAY, body_digest=b"d" * 16)
    result = polls(failing, fetched=NOT_MODIFIED)
    assert result == PollResult(
        claim=failing,
        after=replace(failing, failures=0, failing_since=None, last_success=NOON),
        outcome=result.outcome,
        due=RHYTHM,
    )
    outcome = result.outcome
    assert (outcome.kind, outcome.status, outcome.received) == (OutcomeKind.NOT_MODIFIED, 304, 40)
    assert (outcome.source, outcome.started, outcome.seconds) == ("ministry", NOON, 0.0)


def test_a_304_keeps_the_version_that_its_document_was_read_with() -> None:
    former = replace(CLAIM, pipeline_version=b"former")
    assert polls(former, fetched=NOT_MODIFIED).after.pipeline_version == b"former"


def test_an_unchanged_body_renews_its_validators() -> None:
    result = polls()
    assert (result.outcome.kind, result.outcome.received, result.changes) == (
        OutcomeKind.UNCHANGED,
        123,
        None,
    )
    assert result.after == replace(
        CLAIM,
        last_success=NOON,
        last_body=NOON,
        has_new_validators=True,
        validators=ANSWER.validators,
        body_digest=poll_result.body_digest(ANSWER) or b"",
    )


OTHER_ETAG, ETAG = Validators(MINISTRY.feed, '"2"', "then"), Validators(MINISTRY.feed, '"1"', "then")


@pytest.mark.parametrize(
    ("before", "fetched", "is_new"),
    [
        (ETAG, replace(ANSWER, validators=OTHER_ETAG), True),
        (ETAG, replace(ANSWER, validators=replace(ETAG, last_modified="now")), True),
        (ETAG, replace(ANSWER, validators=ETAG), False),
        (ETAG, replace(NOT_MODIFIED, validators=OTHER_ETAG), False),  # which says that nothing has changed
        (ETAG, replace(ANSWER, validators=Validators(MINISTRY.feed)), False),
        (Validators(MINISTRY.feed), replace(ANSWER, validators=ETAG), False),
        (Validators("https://old.example/", '"0"'), replace(ANSWER, validators=ETAG), False),
    ],
)
def test_validators_that_change_with_a_body_are_known_for_it(
    before: Validators, fetched: Fetched, is_new: bool
) -> None:
    after = polls(replace(CLAIM, validators=before), fetched=fetched).after
    assert after.has_new_validators is is_new
    assert after.last_body == (CLAIM.last_body if fetched.body is None else NOON)


def test_that_validators_change_is_known_of_one_address_only() -> None:
    known = replace(CLAIM, has_new_validators=True)
    assert polls(known, fetched=NOT_MODIFIED).after.has_new_validators
    moved = replace(ANSWER, validators=Validators("https://new.example/", '"1"'))
    assert not polls(known, fetched=moved).after.has_new_validators


def test_a_document_that_was_read_gives_the_source_its_texts_hints_and_seen_entries() -> None:
    document = Document(
        "rss20",
        title="Press",
        link="https://ministry.example/",
        rights="CC0",
        language="en",
        hints=Hints(ttl=5),
    )
    result = polls(replace(CLAIM, first_import=True, seen=((b"old", 3),)), document=document, new=2)
    after = result.after
    assert (after.title, after.link, after.rights, after.language) == (
        "Press",
        "https://ministry.example/",
        "CC0",
        "en",
    )
    assert result.changes is not None
    assert (after.hints, after.seen, after.mode) == (Hints(ttl=5), result.changes.seen, Mode.NORMAL)
    assert [number for _, number in after.seen] == [0, 0]
    assert not after.first_import
    assert (result.outcome.kind, result.outcome.new, result.outcome.edited) == (OutcomeKind.CHANGED, 2, 0)


def test_a_document_without_anything_new_is_unchanged() -> None:
    result = polls(document=Document("rss20"))
    assert (result.outcome.kind, result.after.findings) == (OutcomeKind.UNCHANGED, 3)
    assert result.after.last_new == CLAIM.last_new


def test_a_document_that_was_cut_off_fails_the_poll_and_keeps_no_validators() -> None:
    cut = Document("rss20", title="Ministry", complete=False, truncated=True)
    result = polls(NEW_CLAIM, document=cut)
    assert (result.outcome.kind, result.outcome.cause) == (OutcomeKind.FAILED, Cause.INCOMPLETE)
    assert "cut off" in result.outcome.message
    after = result.after
    assert (after.validators, after.body_digest, after.first_import) == (Validators(), b"", True)
    assert (after.failures, after.failing_since, result.raised) == (1, NOON, ())


def test_a_document_that_is_cut_off_again_and_again_raises_an_alert() -> None:
    cut = Document("rss20", title="Ministry", complete=False, truncated=True)
    often = replace(CLAIM, failures=2, failing_since=NOON - DAY)
    ((kind, message),) = polls(often, document=cut).raised
    assert (kind, message) == (
        AlertKind.FAILING,
        "its document is incomplete, not read whole 3 times in a row since 2026-03-01 12:00 UTC: the document was "
        "cut off: the end of its root element is missing; the items before it were read",
    )
    whole = polls(replace(often, open_alerts={AlertKind.FAILING: NOON}), document=Document("rss20"))
    assert (whole.after.failures, whole.cleared) == (0, (AlertKind.FAILING,))


def test_a_document_with_more_entries_than_are_read_is_no_failure() -> None:
    assert polls(CLAIM, document=Document("rss20", complete=False)).outcome.cause is Cause.NONE


def test_something_new_is_one_finding_however_many_items() -> None:
    after = polls(new=5).after
    assert (after.last_new, after.findings) == (NOON, 4)
    assert after.usual_gap is not None
    assert after.usual_gap < 4 * HOUR  # a minute after the last


def test_the_first_finding_gives_no_gap() -> None:
    after = polls(NEW_CLAIM, new=1).after
    assert (after.last_new, after.findings, after.usual_gap) == (NOON, 1, None)


@pytest.mark.parametrize(
    ("claim", "title", "is_changed"),
    [
        (replace(CLAIM, title="Press"), "", False),
        (replace(CLAIM, title="Press"), "Other", False),
        (CLAIM, "Press", True),
        (replace(CLAIM, first_import=True), "Press", True),  # its first import was cut off after some items
        (replace(CLAIM, first_import=True, findings=0), "Press", False),  # no channel has shown it yet
    ],
)
def test_another_text_of_the_feed_changes_every_channel(claim: Claim, title: str, is_changed: bool) -> None:
    assert polls(claim, document=Document("rss20", title=title)).is_feed_changed is is_changed


def test_an_adopted_relocation_changes_the_host_and_every_channel() -> None:
    there = Fetched("https://New.example/feed", 200, BODY, permanent=True)
    pending = replace(CLAIM, relocation=Relocation(seen=there.url, seen_since=NOON - 8 * DAY))
    result = polls(pending, fetched=there)
    assert result.after.relocation == Relocation(at=there.url, since=NOON)
    assert (result.after.host, result.is_feed_changed) == ("new.example", True)
    assert dict(result.raised).keys() == {AlertKind.MOVED}


# ---- failed polls


def test_a_failed_poll_counts_and_keeps_the_rest_of_the_state() -> None:
    error = FetchError("no route", cause=Cause.HTTP, status=500)
    result = fails(error)
    assert result == PollResult(
        claim=CLAIM,
        after=replace(CLAIM, failures=1, failing_since=NOON),
        outcome=result.outcome,
        due=state(DueReason.BACK_OFF, 15 * MINUTE, cause=Cause.HTTP, failures=1),
    )
    outcome = result.outcome
    assert (outcome.kind, outcome.cause, outcome.message, outcome.status) == (
        OutcomeKind.FAILED,
        Cause.HTTP,
        "no route",
        500,
    )
    again = fails(error, replace(CLAIM, failures=1, failing_since=NOON - HOUR))
    assert (again.after.failures, again.after.failing_since) == (2, NOON - HOUR)


def test_a_document_that_is_no_feed_has_no_status() -> None:
    result = fails(ParseError("a page", cause=Cause.NOT_A_FEED))
    assert (result.outcome.status, due(result).wait) == (None, HOUR)


@pytest.mark.parametrize(
    ("status", "wish", "is_limited"),
    [(429, "7200", True), (429, "", False), (429, "soon", False), (503, "7200", False)],
)
def test_only_a_429_with_retry_after_limits_the_whole_host(status: int, wish: str, is_limited: bool) -> None:
    error = FetchError("no", cause=Cause.HTTP, status=status, retry_after=wish, host="press.example")
    result = fails(error)
    assert result.host_limit == (HostLimit("press.example", NOON + HOUR) if is_limited else None)
    assert due(result).host == ("press.example" if is_limited else "")
    assert due(result).wait == (2 * HOUR if wish == "7200" else 15 * MINUTE)


def test_a_429_behind_a_redirect_concerns_its_source_alone() -> None:
    result = fails(FetchError("no", cause=Cause.HTTP, status=429, retry_after="604800"))
    assert (result.host_limit, due(result).host, due(result).wait) == (None, "", 7 * DAY)


def test_a_source_that_waited_under_the_limit_of_its_host_asks_for_all() -> None:
    error = FetchError("no", cause=Cause.HTTP, status=429, retry_after="60", host="press.example")
    result = fails(error, replace(CLAIM, due=Due(NOON, DueReason.HOST_LIMIT, host="press.example")))
    assert result.host_limit == HostLimit("press.example", NOON + MINUTE, is_renewed=True)


def test_a_rate_limit_ends_at_retry_after_whatever_hours_the_source_skips() -> None:
    error = FetchError("no", cause=Cause.HTTP, status=429, retry_after="7200", host="press.example")
    result = fails(error, replace(CLAIM, hints=Hints(skip_hours=(14,))))
    assert result.host_limit == HostLimit("press.example", NOON + HOUR)
    assert due(result) == state(
        DueReason.ORIGIN_WAIT,
        2 * HOUR,
        NOON + 3 * HOUR,
        basis=2 * HOUR,
        host="press.example",
        is_skipping=True,
    )


MOVED = Relocation(at="https://new.example/feed", since=NOON - DAY, failures=2)


def test_a_poll_without_a_request_leaves_the_source_unchanged() -> None:
    claim = replace(
        CLAIM, relocation=MOVED, failures=2, failing_since=NOON - HOUR, last_success=None, host="new.example"
    )
    limited = FetchError("its host is rate-limited", cause=Cause.RATE_LIMITED, retry_after="60")
    result = fails(limited, claim)
    assert (result.after, result.host_limit) == (claim, None)
    assert due(result) == Due(NOON + 15 * MINUTE, DueReason.HOST_LIMIT, host="new.example")


@pytest.mark.parametrize(
    "wish",
    [
        Due(NOON + 2 * HOUR, DueReason.ORIGIN_WAIT, wait=2 * HOUR, basis=2 * HOUR),
        Due(NOON + 2 * HOUR, DueReason.HOST_LIMIT, host="press.example"),
        Due(NOON + 3650 * DAY, DueReason.ORIGIN_GONE, wait=3650 * DAY),
    ],
)
def test_a_poll_without_a_request_keeps_a_longer_wish_of_the_origin(wish: Due) -> None:
    limited = FetchError("its host is rate-limited", cause=Cause.RATE_LIMITED, retry_after="60")
    assert due(fails(limited, replace(CLAIM, due=wish))) == wish


def test_after_some_failures_at_a_new_address_the_configured_one_is_polled() -> None:
    claim = replace(CLAIM, relocation=MOVED, host="new.example")
    result = fails(FetchError("no route", cause=Cause.NETWORK), claim)
    assert result.after.relocation == replace(MOVED, failures=3)
    assert result.after.host == "ministry.example"
    assert due(result) == state(
        DueReason.BACK_OFF, 15 * MINUTE, cause=Cause.NETWORK, failures=1, is_fallback=True
    )


def test_a_new_address_that_is_gone_leaves_the_configured_one() -> None:
    claim = replace(CLAIM, relocation=MOVED, host="new.example")
    result = fails(FetchError("gone", cause=Cause.GONE, status=410), claim)
    assert (result.after.relocation, result.after.host) == (Relocation(), "ministry.example")
    assert (result.outcome.cause, result.outcome.status, result.is_feed_changed) == (Cause.HTTP, 410, True)
    assert due(result).reason is DueReason.BACK_OFF
    assert due(result).is_fallback


def test_a_configured_address_that_is_gone_ends_polling() -> None:
    result = fails(FetchError("gone", cause=Cause.GONE, status=410))
    assert due(result).reason is DueReason.ORIGIN_GONE
    assert dict(result.raised).keys() == {AlertKind.GONE}


def test_a_host_limit_ends_at_its_retry_after_however_rarely_the_source_is_polled() -> None:
    error = FetchError("busy", cause=Cause.HTTP, status=429, retry_after="60", host="ministry.example")
    result = fails(error)
    assert result.host_limit == HostLimit("ministry.example", NOON + timedelta(minutes=1))
    assert result.due.at == NOON + MINISTRY.every


def answers_429(wait: int) -> FetchError:
    return FetchError("slow down", cause=Cause.HTTP, status=429, retry_after=str(wait), host="press.example")


def polls_in_a_day(hostile: Sequence[FetchError | None]) -> int:
    """Return how often one of two honest sources is polled in a day beside a third at their host that answers
    with these errors in turn, None for a success."""
    quiet = replace(CLAIM, last_new=None, usual_gap=None, host="press.example")
    claims = {name: replace(quiet, due=Due(NOON)) for name in ("hostile", "one", "two")}
    answers, count, now = cycle(hostile), 0, NOON
    of = replace(MINISTRY, every=5 * MINUTE)
    while now < NOON + DAY:
        name = min(claims, key=lambda each: claims[each].due.at)
        claim, now = claims[name], claims[name].due.at
        error = next(answers) if name == "hostile" else None
        answer = error or Answer(NOT_MODIFIED)
        result = poll_result.decide(claim, of, answer, None, now=now, jitter=0.0)
        claims[name] = replace(result.after, due=result.due)
        count += name == "one"
        if (limit := result.host_limit) is not None:
            limited = Due(limit.until, DueReason.HOST_LIMIT, host=limit.host)
            claims |= {
                other: replace(waiting, due=limited)
                for other, waiting in claims.items()
                if other != name and schedule.is_delayed(waiting.due, limit, is_polled=False)
            }
    return count


ANSWERS = (
    st.none()
    | st.builds(answers_429, st.integers(0, 90_000))
    | st.just(FetchError("broken", cause=Cause.HTTP, status=500))
)


@settings(max_examples=30, deadline=None)  # each makes some 600 polls
@given(st.lists(ANSWERS, min_size=1, max_size=6))
@example([answers_429(3_600)])
@example([answers_429(3_600), None])
@example([answers_429(60), FetchError("broken", cause=Cause.HTTP, status=500)])
def test_whatever_a_source_answers_in_a_day_the_others_at_its_host_wait_for_an_hour(
    hostile: list[FetchError | None],
) -> None:
    assert polls_in_a_day([None]) == 288
    assert polls_in_a_day(hostile) >= 288 - 12


def test_a_source_that_answered_429_a_day_ago_limits_its_host_again() -> None:
    first = fails(answers_429(60))
    assert (first.after.last_limited, first.host_limit is not None) == (NOON, True)
    for ago, limits in ((DAY - MINUTE, False), (DAY, True)):
        result = fails(answers_429(60), replace(CLAIM, last_limited=NOON - ago))
        assert (result.after.last_limited, result.host_limit is not None) == (NOON, limits)
        assert due(result).wait == 15 * MINUTE
