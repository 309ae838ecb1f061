"""`story`: the operator's split and merge of items that several sources have released."""

from aggregator.cli.items import find_item
from aggregator.cli.location import Location
from aggregator.cli.opening import opened
from aggregator.cli.output import say
from aggregator.cli.verbs import operator
from aggregator.policy import story_decisions
from aggregator.service import app


def split(where: Location, reference: str, reason: str) -> None:
    """Take an item out of its story for good; UsageError when it is in none."""
    with opened(where) as storage:
        item = find_item(storage, reference)
        members = storage.items.story(item.number)
        done = story_decisions.split(item, members, reason=reason, actor=operator(), at=app.utc_now())
        storage.admin.pair(done)
    say(f"{item.id} is apart from {', '.join(done.others)} now: {item.item.title}")


def merge(where: Location, reference: str, other_reference: str, reason: str) -> None:
    """Make two items of different sources one story for good; UsageError when they are one already."""
    with opened(where) as storage:
        item, other = find_item(storage, reference), find_item(storage, other_reference)
        storage.admin.pair(
            story_decisions.merge(item, other, reason=reason, actor=operator(), at=app.utc_now())
        )
    say(f"{item.id} and {other.id} are one story now: {item.item.title}")
