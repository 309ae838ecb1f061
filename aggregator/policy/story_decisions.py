"""The operator's split and merge of stories: which decision is possible. Pure."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.errors import UsageError
from aggregator.model.decision import Pairing, State, Trigger
from aggregator.model.stored import Stored


def split(item: Stored, members: Sequence[Stored], *, reason: str, actor: str, at: datetime) -> Pairing:
    """Return the decision that takes an item out of its story of these members for good; UsageError when it
    is in none."""
    names = tuple(each.id for each in members if each.id != item.id)
    if not names:
        raise UsageError(f"item {item.id} is in no story: nothing to split")
    return Pairing(item.id, names, Trigger.SPLIT, reason, actor, at)


def apart(item: Stored, other: Stored, *, reason: str, actor: str, at: datetime) -> Pairing:
    """Return the decision that keeps two items from being one story; UsageError when they are one, and for
    two items of one source."""
    if item.story is not None and item.story == other.story:
        raise UsageError(f"{item.id} and {other.id} are one story: split it")
    if item.source == other.source:
        raise UsageError(f"{item.id} and {other.id} are of one source, which has one item in a story")
    return Pairing(item.id, (other.id,), Trigger.SPLIT, reason, actor, at)


def merge(item: Stored, other: Stored, *, reason: str, actor: str, at: datetime) -> Pairing:
    """Return the decision that makes two items one story for good, of which the first is shown; UsageError
    when they are one already, and for two items of one source."""
    if item.story is not None and item.story == other.story:
        raise UsageError(f"{item.id} and {other.id} are one story already")
    if item.source == other.source:
        raise UsageError(f"{item.id} and {other.id} are of one source, which has one item in a story")
    return Pairing(item.id, (other.id,), Trigger.MERGE, reason, actor, at)


def by_age(item: Stored, other: Stored) -> tuple[Stored, Stored]:
    """Return two items with the one first that a story of both shows by default: the published one, of two
    the one stored first."""
    first, second = sorted((item, other), key=lambda each: (each.state is not State.LIVE, each.number))
    return first, second
