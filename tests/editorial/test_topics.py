"""Topics that rules add to an item."""

from msgspec.structs import replace

from aggregator.editorial.topics import added, permitted, with_topics
from aggregator.model.house_style import UNSTYLED, HouseStyle, Styled, TopicRule
from aggregator.model.item import Item

ITEM = Item(keys=(), title="Storm warning", text="Stay ashore.", language="en", categories=("Sea", "Wind"))


def style(*rules: TopicRule) -> HouseStyle:
    return HouseStyle(topics=rules)


STORM = TopicRule((("title", "(?i)STORM"), ("language", "^en")), ("weather", "safety"))
WIND = TopicRule((("category", "^Wind$"),), ("weather",))
HARBOUR = TopicRule((("organisation", "Harbour"),), ("ports",))
CALM = TopicRule((("title", "Storm"), ("text", "calm")), ("calm",))


def test_a_rule_adds_its_topics_where_all_its_patterns_are_found() -> None:
    assert added(ITEM, style(WIND, STORM, CALM), "") == ("weather", "safety")


def test_the_organisation_is_that_of_the_item_before_that_of_its_source() -> None:
    assert added(ITEM, style(HARBOUR), "Harbour Office") == ("ports",)
    assert added(replace(ITEM, organisation="Pilots"), style(HARBOUR), "Harbour Office") == ()


def test_a_style_without_rules_for_topics_leaves_an_item_as_it_is() -> None:
    assert with_topics(UNSTYLED, ITEM, style(), "") is UNSTYLED
    assert with_topics(UNSTYLED, ITEM, style(WIND), "") == Styled(topics=("weather",))


def test_topics_that_no_rule_adds_are_dropped() -> None:
    claimed = replace(ITEM, styled=Styled(topics=("weather", "politics")))
    assert permitted(claimed, style(STORM)).styled.topics == ("weather",)
    honest = replace(ITEM, styled=Styled(topics=("weather",)))
    assert permitted(honest, style(STORM)) is honest
