"""Contract of every storage engine: alerts, each raised, told and posted once."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError
from aggregator.model.alert import Alert, AlertChannel, AlertKind
from aggregator.model.decision import Trigger
from aggregator.model.settings import Retention, Source
from aggregator.model.websub import Task, TaskKind
from aggregator.policy.alerts import FINDINGS_MIN
from aggregator.storage import Storage
from tests.given import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SourceDriver,
    all_items,
    config,
    due_at,
    entry,
    failed,
    iso,
    source,
    succeeded,
)
from tests.storage.given import given_origin, move

HARBOUR, PILOTS = source("harbour"), source("pilots")


def polls(storage: Storage, at: datetime, *, cause: Cause = Cause.NONE, name: str = "harbour") -> None:
    (claim,) = storage.polls.claim(at, limit=1, lease=HOUR, ids=[name])
    if cause is Cause.NONE:
        storage.polls.record(succeeded(claim, source(name), at))
    else:
        storage.polls.record(due_at(failed(claim, at, FetchError("no route", cause=cause)), at + HOUR))


def given_failures(storage: Storage) -> None:
    storage.admin.sync(config(HARBOUR, PILOTS), NOON)
    for hours in (0, 1, 2, 7, 8, 9):
        polls(storage, NOON + hours * HOUR, cause=Cause.NETWORK)


def kinds(alerts: tuple[Alert, ...]) -> list[tuple[str, str]]:
    return [(alert.source, f"{alert.kind} {alert.state}") for alert in alerts]


def posting(storage: Storage, now: datetime) -> tuple[Task, ...]:
    """Claim what is due; return the tasks of the webhook."""
    due = storage.tasks.claim_tasks(now, kinds=(TaskKind.ALERTS,), limit=9, lease=HOUR)
    return tuple(each for each in due if AlertChannel(each.subject) is AlertChannel.WEBHOOK)


@pytest.mark.parametrize("trigger", [Trigger.RELEASE, Trigger.WITHDRAW, Trigger.HOLD])
def test_dates_too_far_ahead_are_told_until_none_is_undecided(storage: Storage, trigger: Trigger) -> None:
    origin = given_origin(storage, "harbour")
    far = [entry(f"Regatta {n}", f"r{n}", published=iso(NOON + 40 * DAY)) for n in range(2)]
    origin.says(*far)
    for days in (1, 9):
        origin.says(*far, now=NOON + days * DAY)
        assert kinds(storage.tasks.alerts()) == [("harbour", "distant raised")]
    first, second = all_items(storage)
    move(storage, first, trigger)
    assert kinds(storage.tasks.alerts()) == [("harbour", "distant raised")]
    move(storage, second, trigger)
    assert storage.tasks.alerts() == ()


def test_dates_too_far_ahead_are_decided_by_other_dates_of_the_origin(storage: Storage) -> None:
    origin = given_origin(storage, "harbour")
    origin.says(entry("Regatta", "r", published=iso(NOON + 40 * DAY)))
    assert kinds(storage.tasks.alerts()) == [("harbour", "distant raised")]
    origin.says(entry("Regatta", "r", published=iso(NOON + 2 * DAY)), now=NOON + HOUR)
    assert ("harbour", "distant raised") not in kinds(storage.tasks.alerts())


def test_an_alert_is_raised_once_and_names_when_its_failures_began(storage: Storage) -> None:
    given_failures(storage)
    (alert,) = storage.tasks.alerts()
    assert alert == Alert(
        alert.number,
        "harbour",
        "Harbour",
        AlertKind.FAILING,
        "failed 4 times in a row since 2026-03-02 12:00 UTC: no route",
        NOON + 7 * HOUR,
    )


def test_an_alert_is_over_with_the_first_success_and_can_be_raised_again(storage: Storage) -> None:
    given_failures(storage)
    polls(storage, NOON + DAY)
    assert storage.tasks.alerts() == ()
    for hours in (25, 26, 40):
        polls(storage, NOON + hours * HOUR, cause=Cause.NETWORK)
    (alert,) = storage.tasks.alerts()
    assert alert.message.startswith("failed 3 times in a row since 2026-03-03 13:00 UTC")


def test_raised_and_cleared_alerts_are_told_once_each(storage: Storage) -> None:
    given_failures(storage)
    polls(storage, NOON, cause=Cause.GONE, name="pilots")
    assert kinds(storage.tasks.tell_alerts(NOON)) == [
        ("harbour", "failing raised"),
        ("pilots", "gone raised"),
    ]
    assert storage.tasks.tell_alerts(NOON) == ()
    polls(storage, NOON + DAY)
    assert kinds(storage.tasks.tell_alerts(NOON)) == [("harbour", "failing cleared")]
    assert storage.tasks.tell_alerts(NOON) == ()


def test_an_alert_cleared_before_it_was_told_is_told_as_cleared(storage: Storage) -> None:
    given_failures(storage)
    polls(storage, NOON + DAY)
    assert kinds(storage.tasks.tell_alerts(NOON)) == [("harbour", "failing cleared")]
    assert kinds(storage.tasks.unsent_alerts(9)) == [("harbour", "failing cleared")]


def test_a_told_alert_is_posted_once_and_again_when_cleared(storage: Storage) -> None:
    given_failures(storage)
    assert storage.tasks.unsent_alerts(9) == () == posting(storage, NOON)
    storage.tasks.tell_alerts(NOON)
    (told,) = storage.tasks.unsent_alerts(9)
    assert told.state == "raised"
    polls(storage, NOON + DAY)
    storage.tasks.tell_alerts(NOON)
    storage.tasks.alerts_sent([told])  # cleared while it was being posted
    assert kinds(storage.tasks.unsent_alerts(9)) == [("harbour", "failing cleared")]
    storage.tasks.alerts_sent(storage.tasks.unsent_alerts(9))
    assert storage.tasks.unsent_alerts(9) == ()


def test_posting_becomes_due_once_and_keeps_its_pace(storage: Storage) -> None:
    given_failures(storage)
    storage.tasks.tell_alerts(NOON)
    (task,) = posting(storage, NOON)
    storage.tasks.finish_task(task, NOON + MINUTE)
    polls(storage, NOON, cause=Cause.GONE, name="pilots")
    storage.tasks.tell_alerts(NOON)
    assert posting(storage, NOON) == ()
    assert len(posting(storage, NOON + MINUTE)) == 1


def test_only_so_many_are_taken_at_once_oldest_first(storage: Storage) -> None:
    given_failures(storage)
    polls(storage, NOON, cause=Cause.GONE, name="pilots")
    storage.tasks.tell_alerts(NOON)
    assert kinds(storage.tasks.unsent_alerts(1)) == [("harbour", "failing raised")]


def test_a_removed_source_has_no_alerts_and_can_be_forgotten(storage: Storage) -> None:
    given_failures(storage)
    storage.admin.sync(config(replace(PILOTS)), NOON)
    assert storage.tasks.alerts() == ()
    storage.admin.forget("harbour", NOON)
    assert storage.tasks.tell_alerts(NOON) == ()


def finds(storage: Storage, days: int) -> None:
    """Record `days` polls of the harbour with a new item each, a day apart up to noon."""
    storage.admin.sync(config(HARBOUR, PILOTS), NOON)
    for n in range(days):
        found = entry(f"Release {n}", f"g{n}")
        SourceDriver(storage, HARBOUR).says(found, now=NOON - (days - 1 - n) * DAY)


def test_a_source_goes_quiet_only_once_its_usual_gap_is_known(storage: Storage) -> None:
    finds(storage, FINDINGS_MIN - 1)
    polls(storage, NOON + 300 * DAY)
    assert storage.tasks.alerts() == ()
    SourceDriver(storage, HARBOUR).says(entry("One more", "more"), now=NOON + 301 * DAY)
    polls(storage, NOON + 900 * DAY)
    assert kinds(storage.tasks.alerts()) == [("harbour", "quiet raised")]


@pytest.mark.parametrize("sources", [(PILOTS,), (PILOTS, replace(HARBOUR, feed="https://b.example/feed"))])
def test_an_alert_is_cleared_with_its_address_and_told(storage: Storage, sources: tuple[Source, ...]) -> None:
    given_failures(storage)
    storage.admin.sync(config(*sources), NOON + DAY)
    assert kinds(storage.tasks.tell_alerts(NOON + DAY)) == [("harbour", "failing cleared")]
    assert storage.tasks.alerts() == ()


def test_alerts_long_over_are_forgotten_and_others_are_not(storage: Storage) -> None:
    given_failures(storage)
    polls(storage, NOON + DAY)
    polls(storage, NOON + DAY, cause=Cause.GONE, name="pilots")
    storage.admin.maintain(Retention(polls=DAY), NOON + 3 * DAY)
    assert kinds(storage.tasks.tell_alerts(NOON)) == [("pilots", "gone raised")]


def test_an_alert_told_while_the_last_post_ends_is_posted(storage: Storage) -> None:
    given_failures(storage)
    storage.tasks.tell_alerts(NOON)
    (task,) = posting(storage, NOON)
    storage.tasks.alerts_sent(storage.tasks.unsent_alerts(9))
    polls(storage, NOON, cause=Cause.GONE, name="pilots")
    storage.tasks.tell_alerts(NOON)  # the task is still there
    storage.tasks.finish_task(task)
    storage.tasks.tell_alerts(NOON + MINUTE)
    assert len(posting(storage, NOON + MINUTE)) == 1


def test_a_clock_set_back_makes_tasks_earlier(storage: Storage) -> None:
    given_failures(storage)
    storage.tasks.tell_alerts(NOON)
    assert posting(storage, NOON - HOUR) == ()
    storage.polls.set_back(HOUR)
    assert len(posting(storage, NOON - HOUR)) == 1
