"""Events of an item that a webhook receives, and the retries of a message."""

from datetime import timedelta

import pytest

from aggregator.model.public_change import ChangeKind
from aggregator.model.push import Hook, HookEvent, HookItem, HookNews
from aggregator.policy.webhook import (
    FAILURES_AT_ONCE,
    TOLD_WITHIN,
    accepted,
    hook_accepted,
    hook_failed,
    is_void,
    refused,
    told,
)
from tests.given import HOUR, MINUTE, NOON

CREATED, CORRECTED, WITHDRAWN = HookEvent
NOTHING = HookItem("urn:x", "x")
HOOK = Hook(1, position=0, change=0, due=NOON)
SECOND = timedelta(seconds=1)


def news(kind: ChangeKind, known: HookItem | None, *, is_in_channel: bool = True) -> HookNews:
    return HookNews(kind, "urn:x", "x", 7, NOON, is_in_channel, known)


def knowing(*, has: bool = True, event: HookEvent | None = None) -> HookItem:
    return HookItem("urn:x", "x", has, event, ref=3, at=NOON, due=NOON, failures=2, told="urn:told")


@pytest.mark.parametrize(
    ("kind", "known", "is_in_channel", "event"),
    [
        (ChangeKind.PUBLISHED, None, True, CREATED),
        (ChangeKind.PUBLISHED, knowing(), True, None),
        (ChangeKind.PUBLISHED, knowing(has=False, event=CORRECTED), True, None),
        (ChangeKind.CORRECTED, None, True, CORRECTED),
        (ChangeKind.CORRECTED, None, False, None),
        (ChangeKind.CORRECTED, knowing(), False, CORRECTED),
        (ChangeKind.CORRECTED, knowing(has=False, event=CREATED), True, CREATED),
        (ChangeKind.CORRECTED, knowing(has=False, event=CORRECTED), True, CORRECTED),
        (ChangeKind.CORRECTED, knowing(has=True, event=CORRECTED), True, CORRECTED),
        (ChangeKind.WITHDRAWN, None, True, None),
        (ChangeKind.WITHDRAWN, NOTHING, True, None),
        (ChangeKind.WITHDRAWN, knowing(), False, WITHDRAWN),
        (ChangeKind.WITHDRAWN, knowing(has=False, event=CREATED), True, WITHDRAWN),
        (ChangeKind.RESTORED, None, True, CREATED),
        (ChangeKind.RESTORED, None, False, None),
        (ChangeKind.RESTORED, knowing(has=True, event=WITHDRAWN), False, CORRECTED),
        (ChangeKind.RESTORED, knowing(has=False, event=WITHDRAWN), False, CREATED),
    ],
)
def test_news_of_an_item_becomes_one_event(
    kind: ChangeKind, known: HookItem | None, is_in_channel: bool, event: HookEvent | None
) -> None:
    found = told(news(kind, known, is_in_channel=is_in_channel), NOON)
    assert (found.event if found else None) is event
    if found is not None:
        before = known or NOTHING
        assert found == HookItem("urn:x", "x", before.has, event, 7, NOON, due=NOON, told=before.told)


def test_an_item_that_entered_long_ago_is_no_news() -> None:
    assert told(news(ChangeKind.PUBLISHED, None), NOON + TOLD_WITHIN) is not None
    assert told(news(ChangeKind.PUBLISHED, None), NOON + TOLD_WITHIN + SECOND) is None


def test_the_id_of_a_removed_item_is_remembered() -> None:
    gone = HookNews(ChangeKind.WITHDRAWN, "urn:x", "", 7, NOON, is_in_channel=False, known=knowing())
    found = told(gone, NOON)
    assert found is not None
    assert found.id == "x"


@pytest.mark.parametrize("event", [CREATED, CORRECTED])
def test_an_accepted_message_is_known(event: HookEvent) -> None:
    after = accepted(knowing(has=False, event=event))
    assert after == HookItem("urn:x", "x", has=True, ref=3, at=NOON, told="urn:told")


def test_an_accepted_withdrawal_is_the_end() -> None:
    assert accepted(knowing(event=WITHDRAWN)) is None


def test_an_item_that_left_before_it_was_told_is_told_no_more() -> None:
    assert is_void(knowing(has=False, event=CREATED)) is None
    assert is_void(knowing(event=CORRECTED)) == HookItem("urn:x", "x", True, ref=3, at=NOON, told="urn:told")


@pytest.mark.parametrize(
    ("wish", "waits"),
    [
        (None, [10, 40, 160, 640, 2_560, 3_600, 3_600]),
        (30 * MINUTE, [1_800, 1_800, 1_800, 1_800, 2_560, 3_600, 3_600]),
        (5 * HOUR, [3_600] * 7),
    ],
)
def test_a_refused_message_is_tried_later_and_later(wish: timedelta | None, waits: list[int]) -> None:
    item, found = knowing(event=CREATED), []
    item = HookItem("urn:x", "x", event=CREATED)
    for _ in waits:
        item = refused(item, NOON, wish=wish)
        assert item.due is not None
        found.append((item.due - NOON).total_seconds())
    assert found == waits
    assert item.failing_since == NOON


def test_a_webhook_pauses_after_several_failures_in_a_row() -> None:
    hook, pauses = HOOK, []
    for _ in range(FAILURES_AT_ONCE + 2):
        hook = hook_failed(hook, NOON, wish=None)
        pauses.append((hook.due - NOON).total_seconds())
    assert pauses == [0, 0, 10, 40, 160]
    assert hook.failing_since == NOON
    assert hook_accepted(hook, NOON) == HOOK


def test_a_webhook_that_asks_to_wait_is_left_alone_for_an_hour_at_most() -> None:
    assert hook_failed(HOOK, NOON, wish=10 * MINUTE).due == NOON + 10 * MINUTE
    assert hook_failed(HOOK, NOON, wish=9 * HOUR).due == NOON + HOUR
