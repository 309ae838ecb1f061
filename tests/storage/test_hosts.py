"""Contract of every storage engine: rate limits of hosts, admission of claims, politeness over restarts."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError
from aggregator.model.poll import Claim, Health, Relocation
from aggregator.model.schedule import Due, DueReason, HostState
from aggregator.model.settings import Retention
from aggregator.policy.schedule import HOST_REMEMBERED
from aggregator.storage import Storage
from tests.engines import open_storage
from tests.given import DAY, HOUR, MINUTE, NOON, config, failed, source, succeeded
from tests.storage.given import claimed

pytestmark = pytest.mark.usefixtures("engine")

HARBOUR = source("harbour", feed="https://press.example/harbour.xml")
PILOTS = source("pilots", feed="https://PRESS.example:8443/pilots.xml")
OTHER = source("other", feed="https://other.example/press.example.xml")
WAITS = Due(NOON + DAY, DueReason.ORIGIN_WAIT, wait=DAY, basis=DAY, host="press.example")
LIMITED = Due(NOON + HOUR, DueReason.HOST_LIMIT, host="press.example")

SECOND = timedelta(seconds=1)


def health(storage: Storage, name: str) -> Health:
    return next(each for each in storage.overview.health() if each.feed.id == name)


def due(storage: Storage) -> dict[str, timedelta]:
    return {each.feed.id: each.due.at - NOON for each in storage.overview.health()}


def answers(storage: Storage, claim: Claim) -> None:
    storage.polls.record(succeeded(claim, source(claim.id, feed=claim.feed)))


def limits(storage: Storage, name: str, wait: timedelta = DAY, now: datetime = NOON) -> None:
    """A poll that press.example answers with 429 and Retry-After."""
    seconds = str(round(wait.total_seconds()))
    error = FetchError(
        "too many requests", cause=Cause.HTTP, status=429, retry_after=seconds, host="press.example"
    )
    storage.polls.record(failed(claimed(storage, name, now), now, error))


def given(storage: Storage) -> None:
    storage.admin.sync(config(HARBOUR, PILOTS, OTHER), NOON)


def test_a_rate_limit_holds_for_all_sources_of_its_host_and_no_other(storage: Storage) -> None:
    given(storage)
    limits(storage, "harbour")
    assert due(storage) == {"harbour": DAY, "pilots": HOUR, "other": timedelta(0)}
    assert (health(storage, "harbour").due, health(storage, "pilots").due) == (WAITS, LIMITED)


def test_a_source_that_answers_429_at_each_poll_keeps_no_other_waiting(storage: Storage) -> None:
    given(storage)
    limits(storage, "harbour", HOUR)
    limits(storage, "harbour", HOUR, NOON + HOUR)
    assert due(storage)["pilots"] == HOUR


def test_of_the_sources_at_a_rate_limited_host_one_asks_for_all(storage: Storage) -> None:
    late = source("late", feed="https://press.example/late.xml")
    storage.admin.sync(config(HARBOUR, PILOTS, late), NOON)
    limits(storage, "harbour")
    limits(storage, "late", now=NOON + HOUR)
    assert due(storage) == {"harbour": DAY, "pilots": 2 * HOUR, "late": HOUR + DAY}


def test_rate_limited_sources_are_listed_until_retry_after(storage: Storage) -> None:
    given(storage)
    limits(storage, "harbour")
    assert storage.polls.rate_limited(NOON) == ("harbour", "pilots")
    assert storage.polls.rate_limited(NOON + DAY) == ()


def test_a_poll_under_way_does_not_end_the_rate_limit(storage: Storage) -> None:
    given(storage)
    under_way = claimed(storage, "pilots")
    limits(storage, "harbour")
    answers(storage, under_way)
    assert due(storage)["pilots"] == HOUR


def test_a_poll_under_way_requested_by_the_operator_does_not_end_the_limit_either(storage: Storage) -> None:
    given(storage)
    storage.polls.poll_soon(["pilots"], NOON)
    under_way = claimed(storage, "pilots")
    limits(storage, "harbour")
    answers(storage, under_way)
    assert due(storage)["pilots"] == HOUR


def test_sources_due_later_or_requested_by_the_operator_are_not_delayed(storage: Storage) -> None:
    given(storage)
    limits(storage, "pilots", 2 * DAY)
    storage.polls.poll_soon(["harbour"], NOON)
    limits(storage, "other")
    assert due(storage) == {"harbour": timedelta(0), "pilots": 2 * DAY, "other": DAY}


def test_a_shorter_limit_does_not_end_a_longer_one_of_the_same_host(storage: Storage) -> None:
    given(storage)
    limits(storage, "pilots", HOUR)
    limits(storage, "harbour", 30 * MINUTE)
    late = source("late", feed="https://press.example/late.xml")
    storage.admin.sync(config(HARBOUR, PILOTS, OTHER, late), NOON)
    assert due(storage)["late"] == HOUR


def test_a_source_new_at_a_rate_limited_host_waits_with_the_others(storage: Storage) -> None:
    given(storage)
    storage.polls.record(failed(claimed(storage, "other"), NOON))
    limits(storage, "harbour")
    new, moved = source("new", feed="https://press.example/new.xml"), replace(OTHER, feed=HARBOUR.feed + "2")
    sooner, back = replace(PILOTS, every=MINUTE), config(HARBOUR, replace(PILOTS, every=MINUTE), moved, new)
    storage.admin.sync(config(sooner, moved, new), NOON)
    storage.admin.sync(back, NOON)
    assert due(storage) == {"harbour": DAY} | dict.fromkeys(("pilots", "other", "new"), HOUR)
    assert health(storage, "new").due == LIMITED
    storage.admin.sync(
        config(*back.sources, source("late", feed="https://press.example/late.xml")), NOON + 2 * DAY
    )
    assert due(storage)["late"] == 2 * DAY


def test_a_relocated_source_is_limited_with_its_new_host(storage: Storage) -> None:
    given(storage)
    result = succeeded(claimed(storage, "other"), OTHER)
    to = Relocation(at="https://press.example/other.xml", since=NOON)
    storage.polls.record(replace(result, after=replace(result.after, relocation=to, host="press.example")))
    limits(storage, "harbour")
    assert due(storage)["other"] == HOUR
    storage.polls.unmove("other", NOON)
    limits(storage, "harbour", 2 * DAY)
    assert due(storage)["other"] == timedelta(0)


def test_a_poll_without_a_request_counts_as_no_failure(storage: Storage) -> None:
    given(storage)
    storage.polls.record(failed(claimed(storage, "harbour"), NOON))
    error = FetchError("not fetched", cause=Cause.RATE_LIMITED, retry_after="60")
    storage.polls.record(failed(claimed(storage, "harbour"), NOON, error))
    assert claimed(storage, "harbour").failures == 1


def test_admission_is_checked_in_due_order_up_to_the_limit(storage: Storage) -> None:
    given(storage)
    storage.polls.record(failed(claimed(storage, "harbour"), NOON))
    later, asked = NOON + 2 * HOUR, list[str]()

    def may(host: str) -> bool:
        asked.append(host)
        return host == "press.example"

    claims = storage.polls.claim(later, limit=1, lease=HOUR, admit=may)
    assert [(claim.id, claim.host) for claim in claims] == [("pilots", "press.example")]
    assert asked == ["press.example"]  # and the others were not reached
    claims = storage.polls.claim(later, limit=9, lease=HOUR, admit=may)
    assert [claim.id for claim in claims] == ["harbour"]
    assert asked == ["press.example", "other.example", "press.example"]
    assert storage.polls.claim(later, limit=9, lease=HOUR, admit=may) == ()


def test_a_limit_outlives_a_restart(tmp_path: Path) -> None:
    with closing(open_storage(tmp_path)) as storage:
        given(storage)
        limits(storage, "harbour")
    with closing(open_storage(tmp_path)) as storage, storage.admin.poller(NOON):
        late = source("late", feed="https://press.example/late.xml")
        storage.admin.sync(config(HARBOUR, PILOTS, OTHER, late), NOON)
        assert health(storage, "late").due == LIMITED
        assert storage.polls.rate_limited(NOON) == ("harbour", "late", "pilots")


def test_the_politeness_of_hosts_is_given_back_as_polls_recorded_it_the_latest_first(
    storage: Storage,
) -> None:
    given(storage)
    assert storage.polls.hosts() == ()
    press = HostState("press.example", NOON + MINUTE, prompt=True, leads_to="cdn.example")
    cdn = HostState("cdn.example", NOON + 2 * MINUTE, prompt=False)
    other = HostState("other.example")
    for name, states in (("harbour", (press, cdn)), ("other", (other,))):
        result = succeeded(claimed(storage, name), source(name))
        storage.polls.record(replace(result, hosts=states))
    assert storage.polls.hosts() == (cdn, press, other)
    again = HostState("press.example", NOON + HOUR, refused_until=NOON + 2 * HOUR)
    storage.polls.record(replace(succeeded(claimed(storage, "pilots"), PILOTS), hosts=(again,)))
    assert storage.polls.hosts() == (again, cdn, other)


def test_a_wait_that_another_process_set_is_kept_until_it_ends(storage: Storage) -> None:
    refused = HostState("press.example", NOON + SECOND, refused_until=NOON + MINUTE, prompt=True)
    storage.polls.fetched([refused, HostState("other.example", NOON)])
    earlier = HostState("press.example", NOON, prompt=False, leads_to="cdn.example")
    storage.polls.fetched([earlier])
    assert storage.polls.hosts(["press.example", "none.example"]) == (
        replace(earlier, next_at=refused.next_at, refused_until=refused.refused_until),
    )
    after = HostState("press.example", NOON + HOUR)
    storage.polls.fetched([after])
    assert storage.polls.hosts(["press.example"]) == (after,)
    assert storage.polls.hosts([]) == ()


def test_the_politeness_of_a_host_and_its_limit_do_not_touch_each_other(storage: Storage) -> None:
    given(storage)
    press = HostState("press.example", NOON + MINUTE, prompt=True, leads_to="cdn.example")
    storage.polls.record(replace(succeeded(claimed(storage, "pilots"), PILOTS), hosts=(press,)))
    limits(storage, "harbour")
    assert storage.polls.hosts() == (press,)
    storage.polls.record(replace(succeeded(claimed(storage, "pilots"), PILOTS), hosts=(press,)))
    storage.admin.sync(config(HARBOUR, source("late", feed="https://press.example/late.xml")), NOON)
    assert due(storage)["late"] == HOUR


def test_a_host_is_forgotten_30_days_after_its_last_fetch_unless_a_limit_is_in_force(
    storage: Storage,
) -> None:
    given(storage)
    limits(storage, "harbour")
    old, recent = HostState("old.example", NOON, leads_to="cdn.example"), HostState("new.example", NOON + DAY)
    refused = HostState("refused.example", NOON, refused_until=NOON + 60 * DAY)
    result = succeeded(claimed(storage, "other"), OTHER)
    storage.polls.record(replace(result, hosts=(old, recent, refused)))
    storage.admin.maintain(Retention(), NOON + HOST_REMEMBERED)
    assert set(storage.polls.hosts()) == {old, recent, refused}
    storage.admin.maintain(Retention(), NOON + HOST_REMEMBERED + HOUR)
    assert set(storage.polls.hosts()) == {recent, refused}


def test_a_rate_limit_longer_than_30_days_is_kept(storage: Storage) -> None:
    given(storage)
    limits(storage, "harbour")
    storage.polls.set_back(-60 * DAY)
    storage.admin.maintain(Retention(), NOON + 59 * DAY)
    storage.admin.sync(config(source("late", feed="https://press.example/late.xml")), NOON + 59 * DAY)
    assert due(storage)["late"] == 60 * DAY + HOUR


def test_a_clock_set_back_makes_hosts_and_their_limits_earlier_too(storage: Storage) -> None:
    given(storage)
    limits(storage, "harbour")
    press = HostState("press.example", NOON + MINUTE, refused_until=NOON + 2 * MINUTE)
    storage.polls.record(replace(succeeded(claimed(storage, "other"), OTHER), hosts=(press,)))
    storage.polls.set_back(30 * MINUTE)
    assert storage.polls.hosts() == (
        replace(press, next_at=NOON - 29 * MINUTE, refused_until=NOON - 28 * MINUTE),
    )
    storage.admin.sync(config(HARBOUR, source("late", feed="https://press.example/late.xml")), NOON)
    assert due(storage) == {"harbour": DAY - 30 * MINUTE, "late": 30 * MINUTE}


def test_a_limit_that_a_wrong_clock_has_set_ends_with_the_next_poller(storage: Storage) -> None:
    given(storage)
    error = FetchError(
        "too many requests", cause=Cause.HTTP, status=429, retry_after="3600", host="press.example"
    )
    storage.polls.record(failed(claimed(storage, "harbour"), NOON + 60 * DAY, error))
    with storage.admin.poller(NOON):
        late = source("late", feed="https://press.example/late.xml")
        storage.admin.sync(config(HARBOUR, PILOTS, OTHER, late), NOON)
        assert health(storage, "late").due == Due(NOON)
