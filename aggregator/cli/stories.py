"""`story`: the operator's split and merge of items that several sources have released."""

from aggregator.cli.items import find_item
from aggregator.cli.location import Location
from aggregator.cli.opening import opened
from aggregator.cli.output import say
from aggregator.cli.verbs import operator
from aggregator.errors import UsageError
from aggregator.model.decision import Pairing, Trigger
from aggregator.service import app


def split(where: Location, reference: str, reason: str) -> None:
    """Take an item out of its story for good; UsageError when it is in none."""
    with opened(where) as storage:
        item = find_item(storage, reference)
        others = tuple(each for each in storage.items.story(item.number) if each.id != item.id)
        if not others:
            raise UsageError(f"item {item.id} is in no story: nothing to split")
        names = tuple(each.id for each in others)
        storage.admin.pair(Pairing(item.id, names, Trigger.SPLIT, reason, operator(), app.utc_now()))
    say(f"{item.id} is apart from {', '.join(names)} now: {item.item.title}")


def merge(where: Location, reference: str, other_reference: str, reason: str) -> None:
    """Make two items of different sources one story for good; UsageError when they are one already."""
    with opened(where) as storage:
        item, other = find_item(storage, reference), find_item(storage, other_reference)
        if item.story is not None and item.story == other.story:
            raise UsageError(f"{item.id} and {other.id} are one story already")
        if item.source == other.source:
            raise UsageError(f"{item.id} and {other.id} are of one source, which has one item in a story")
        storage.admin.pair(Pairing(item.id, (other.id,), Trigger.MERGE, reason, operator(), app.utc_now()))
    say(f"{item.id} and {other.id} are one story now: {item.item.title}")
