"""Topics that rules add to an item. Run in the killable workers, as the rules of `editorial.rules`."""

from msgspec.structs import replace

from aggregator.editorial.rules import matches
from aggregator.model.house_style import HouseStyle, Styled
from aggregator.model.item import Item
from aggregator.model.settings import Rule

ORGANISATION = "organisation"


def added(item: Item, style: HouseStyle, organisation: str) -> tuple[str, ...]:
    """Return the topics of the rules of which every pattern is found in an item; `organisation` is the name
    of its source's, unless it has one of its own."""
    named = replace(item, organisation=item.organisation or organisation)
    found = (
        topic
        for rule in style.topics
        if all(matches(Rule(name, pattern), named) for name, pattern in rule.when)
        for topic in rule.add
    )
    return tuple(dict.fromkeys(found))


def permitted(item: Item, style: HouseStyle) -> Item:
    """Return an item without topics that no rule adds: a worker that a document took over may name any."""
    kept = tuple(topic for topic in style.added if topic in item.styled.topics)
    return item if kept == item.styled.topics else replace(item, styled=replace(item.styled, topics=kept))


def with_topics(styled: Styled, item: Item, style: HouseStyle, organisation: str) -> Styled:
    """Return the house style of an item with the topics that rules add."""
    return replace(styled, topics=added(item, style, organisation)) if style.topics else styled
