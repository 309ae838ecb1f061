"""Contract of every storage engine: topics that rules add, and channels after a change of the rules."""

import asyncio

from msgspec.structs import replace

from aggregator.model.amendment import Amendment
from aggregator.model.decision import State, Trigger
from aggregator.model.house_style import RULES_VERSION, HouseStyle, TopicRule
from aggregator.model.settings import Source
from aggregator.model.stored import ItemQuery
from aggregator.policy.amendments import amended
from aggregator.policy.lifecycle import amend
from aggregator.service.restyling import Restyling
from aggregator.storage import Storage
from tests.given import (
    DAY,
    HOUR,
    NOON,
    InProcessReader,
    SourceDriver,
    all_items,
    at_once,
    config,
    entry,
    listed,
    source,
    titles,
)
from tests.storage.given import again, given_origin, move

STORM = entry("Storm warning", "g1", "https://ministry.example/storm")
CALM = entry("Storm is over", "g1", "https://ministry.example/storm")
FERRY = entry("Ferry ends", "g2", "https://ministry.example/ferry")


def rules(**topics: str) -> HouseStyle:
    """Return rules that add each topic where a pattern is found in the title."""
    made = tuple(TopicRule((("title", pattern),), (topic,)) for topic, pattern in topics.items())
    return HouseStyle(topics=made, version=RULES_VERSION if made else 0)


def configured(storage: Storage, *sources: Source) -> None:
    storage.admin.sync(config(*sources), NOON + HOUR)


def reruled(storage: Storage) -> None:
    asyncio.run(Restyling(storage, InProcessReader(), at_once, clock=lambda: NOON + DAY).run())


def channel(storage: Storage, topic: str) -> list[str]:
    """Return the titles in a topic's document, and check that its pages and queries have the same."""
    found = titles(storage.items.select(f"topics/{topic}"))
    assert sorted(found) == sorted(listed(storage, f"topics/{topic}"))
    assert sorted(found) == sorted(titles(storage.items.items(ItemQuery(topic=topic, states=(State.LIVE,)))))
    return found


def given_storm(storage: Storage) -> SourceDriver:
    origin = given_origin(storage, topics=("roads",), house_style=rules(weather="Storm"))
    origin.says(STORM, FERRY)
    return origin


def test_an_item_enters_the_topics_that_rules_add_besides_those_of_its_source(storage: Storage) -> None:
    given_storm(storage)
    assert sorted(channel(storage, "roads")) == ["Ferry ends", "Storm warning"]
    assert channel(storage, "weather") == ["Storm warning"]


def test_a_change_of_the_rules_moves_stored_items_between_topics(storage: Storage) -> None:
    origin = given_storm(storage)
    before = storage.items.channel_seq("topics/weather")
    configured(storage, replace(origin.source, house_style=rules(safety="warning", boats="Ferry")))
    assert storage.styles.is_behind()
    reruled(storage)
    assert [channel(storage, each) for each in ("weather", "safety", "boats")] == [
        [],
        ["Storm warning"],
        ["Ferry ends"],
    ]
    assert storage.items.channel_seq("topics/weather") != before
    assert not storage.styles.is_behind()
    assert [each.corrected for each in all_items(storage)] == [False, False]


def test_without_rules_items_have_the_topics_of_their_source_alone(storage: Storage) -> None:
    origin = given_storm(storage)
    configured(storage, replace(origin.source, house_style=HouseStyle()))
    reruled(storage)
    assert channel(storage, "weather") == []
    assert sorted(channel(storage, "roads")) == ["Ferry ends", "Storm warning"]


def test_other_topics_of_the_source_leave_those_of_rules(storage: Storage) -> None:
    origin = given_storm(storage)
    configured(storage, replace(origin.source, topics=("sea",)))
    assert channel(storage, "roads") == []
    assert sorted(channel(storage, "sea")) == ["Ferry ends", "Storm warning"]
    assert channel(storage, "weather") == ["Storm warning"]


def test_an_edit_leaves_a_topic_whose_rule_no_longer_matches(storage: Storage) -> None:
    origin = given_origin(storage, house_style=rules(weather="warning"))
    origin.says(STORM)
    origin.says(CALM, now=NOON + HOUR)
    assert channel(storage, "weather") == []


def test_a_version_that_waits_for_approval_changes_topics_once_it_is_approved(storage: Storage) -> None:
    origin = given_origin(storage, review=True, house_style=rules(weather="warning", after="over"))
    origin.says(STORM)
    (held,) = all_items(storage)
    move(storage, held, Trigger.RELEASE)
    origin.says(CALM, now=NOON + HOUR)
    assert (channel(storage, "weather"), channel(storage, "after")) == (["Storm warning"], [])
    move(storage, again(storage, held), Trigger.RELEASE)
    assert (channel(storage, "weather"), channel(storage, "after")) == ([], ["Storm is over"])


def test_topics_of_the_desk_stand_in_place_of_all_others(storage: Storage) -> None:
    origin = given_storm(storage)
    (storm,) = storage.items.items(ItemQuery(topic="weather"))
    made = amended(storm, Amendment(topics=("events",)))
    storage.acts.apply_transitions([amend(storm, made, reason="x", actor="desk", at=NOON + HOUR)])
    assert [channel(storage, each) for each in ("weather", "events")] == [[], ["Storm warning"]]
    configured(storage, replace(origin.source, house_style=rules(safety="Storm")))
    reruled(storage)
    assert [channel(storage, each) for each in ("safety", "events")] == [[], ["Storm warning"]]
    (feed,) = storage.items.feeds()
    assert again(storage, storm).topics_of(feed) == ("events",)


def test_old_items_of_a_first_import_are_listed_under_topics_of_rules(storage: Storage) -> None:
    of = source("ministry", house_style=rules(weather="Storm"))
    configured(storage, of)
    SourceDriver(storage, of).says(replace(STORM, published="2025-01-05"))
    assert listed(storage, "topics/weather") == ["Storm warning"]
    assert "topics/weather" in storage.items.channels()


def test_held_items_enter_their_topics_when_they_go_live(storage: Storage) -> None:
    origin = given_origin(storage, review=True, house_style=rules(weather="Storm"))
    origin.says(STORM)
    configured(storage, replace(origin.source, house_style=rules(safety="Storm")))
    reruled(storage)
    (held,) = all_items(storage)
    assert channel(storage, "safety") == []
    move(storage, held, Trigger.RELEASE)
    assert (channel(storage, "weather"), channel(storage, "safety")) == ([], ["Storm warning"])
