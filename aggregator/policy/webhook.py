"""Decisions of webhooks: what one is told of an item, back-off, when to alert. Pure: `now` is given."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from aggregator.model.public_change import ChangeKind
from aggregator.model.push import Hook, HookEvent, HookItem, HookNews
from aggregator.policy.schedule import DAY, HOUR

RETRY_FIRST, RETRY_MAX = timedelta(seconds=10), HOUR
FAILURES_AT_ONCE = 3  # of different items, until the webhook itself counts as failing
ALERT_AFTER = 3 * DAY  # without an accepted message about an item
TOLD_WITHIN = 30 * DAY  # what entered before is no news: the webhook was switched off, or no service ran


def told(news: HookNews, now: datetime) -> HookItem | None:
    """Return what a webhook is to be told of an item after this news; None to leave it as it is.

    A webhook that may have been told of an item learns of its withdrawal whatever channel it has now. An item
    that waits to be told is told once, as it is then: with another id, because the last message may have been
    accepted although its response was lost.
    """
    known = news.known or HookItem(news.public_id, news.id)
    event = _event(news, known, now)
    if event is None:
        return None
    return HookItem(
        news.public_id, news.id or known.id, known.has, event, news.ref, news.at, due=now, told=known.told
    )


def _event(news: HookNews, known: HookItem, now: datetime) -> HookEvent | None:
    is_known = known.has or known.event is not None
    if news.kind is ChangeKind.WITHDRAWN:
        return HookEvent.WITHDRAWN if is_known else None
    if news.kind is ChangeKind.PUBLISHED:
        return None if is_known or now - news.at > TOLD_WITHIN else HookEvent.CREATED
    if known.has:
        return HookEvent.CORRECTED
    if is_known:
        return HookEvent.CREATED if known.event is HookEvent.WITHDRAWN else known.event
    if not news.is_in_channel:
        return None
    return HookEvent.CREATED if news.kind is ChangeKind.RESTORED else HookEvent.CORRECTED


def accepted(item: HookItem) -> HookItem | None:
    """Return what the webhook knows of an item that it was told of; None once that is its withdrawal."""
    if item.event is HookEvent.WITHDRAWN:
        return None
    return replace(item, has=True, event=None, due=None, failures=0, failing_since=None)


def is_void(item: HookItem) -> HookItem | None:
    """Return what the webhook knows of an item that left the outputs before it was told: a change that waits
    to be read says so."""
    return replace(item, event=None, due=None, failures=0, failing_since=None) if item.has else None


def refused(item: HookItem, now: datetime, *, wish: timedelta | None) -> HookItem:
    """Return an item whose message was not accepted: others go before it, so that none blocks a webhook."""
    failures = item.failures + 1
    wait = _wait(failures, wish)
    since = item.failing_since or now
    return replace(item, failures=failures, failing_since=since, due=now + wait)


def hook_accepted(hook: Hook, now: datetime) -> Hook:
    """Return a webhook after it accepted a message."""
    return replace(hook, failures=0, failing_since=None, due=now)


def hook_failed(hook: Hook, now: datetime, *, wish: timedelta | None) -> Hook:
    """Return a webhook after a failed message; it pauses once several in a row have failed."""
    failures = hook.failures + 1
    pause = _wait(failures - FAILURES_AT_ONCE + 1, wish) if failures >= FAILURES_AT_ONCE else wish
    due = now + min(pause or timedelta(), RETRY_MAX)
    return replace(hook, failures=failures, failing_since=hook.failing_since or now, due=due)


def _wait(failures: int, wish: timedelta | None) -> timedelta:
    wait: timedelta = min(RETRY_FIRST * 4 ** min(failures - 1, 10), RETRY_MAX)
    return wait if wish is None else max(wait, min(wish, RETRY_MAX))
