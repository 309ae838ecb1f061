"""Keys of sources in `defaults` and `groups`: which one counts, and where a mistake in them is."""

from datetime import timedelta

import pytest

from aggregator.config import parse
from aggregator.model.house_style import Headline
from aggregator.model.settings import Budget, Config, Republish
from tests.config.test_load import HERE
from tests.config.test_mistakes import mistakes_in

LAYERED = """\
publication: {house_style: {max_words: 900}}
defaults:
  every: 1h
  topics: [general]
  rights: {republish: excerpt, licence: CC-BY-4.0}
  house_style: {headline: sentence-case, drop: [p.contact]}
groups:
  un:
    organisation: United Nations
    topics: [international]
    rights: {licence: UN, ai: {train: prohibit}}
    budget: {items: 10}
    skip: [{title: Vacancy}]
  2026:
sources:
  - https://a.example/feed
  - {feed: https://b.example/feed, group: un}
  - feed: https://c.example/feed
    group: un
    organisation: UN Office
    every: 5m
    topics: []
    skip:
      - {title: Tender}
    rights: {republish: full, ai: {input: allow}}
    budget: {bytes: 5MB}
    house_style: {headline: as-is}
  - {feed: https://d.example/feed, group: 2026}
"""


@pytest.fixture(scope="module")
def config() -> Config:
    return parse(LAYERED, HERE)


def test_a_source_without_a_group_has_the_defaults(config: Config) -> None:
    plain, *_, empty = config.sources
    assert (plain.every, plain.topics, plain.organisation) == (timedelta(hours=1), ("general",), "")
    assert (plain.republish, plain.licence) == (Republish.EXCERPT, "CC-BY-4.0")
    assert (empty.every, empty.topics) == (plain.every, plain.topics)


def test_keys_of_a_group_replace_the_defaults(config: Config) -> None:
    grouped = config.sources[1]
    assert (grouped.organisation, grouped.topics) == ("United Nations", ("international",))
    assert (grouped.every, grouped.republish, grouped.licence) == (
        timedelta(hours=1),
        Republish.EXCERPT,
        "UN",
    )
    assert [rule.pattern for rule in grouped.skip] == ["Vacancy"]


def test_keys_of_a_source_replace_those_of_its_group(config: Config) -> None:
    own = config.sources[2]
    assert (own.organisation, own.every, own.topics) == ("UN Office", timedelta(minutes=5), ())
    assert [rule.pattern for rule in own.skip] == ["Tender"]


def test_rights_budget_and_house_style_are_combined_key_by_key(config: Config) -> None:
    own = config.sources[2]
    assert (own.republish, own.licence) == (Republish.FULL, "UN")
    assert (own.ai.train, own.ai.input) == ("prohibit", "allow")
    assert own.budget == Budget(items=10, bytes=5_000_000)
    style = own.house_style
    assert (style.headline, style.drop, style.max_words) == (Headline.AS_IS, ("p.contact",), 900)


FEED = "sources: [{feed: https://a.example/feed, group: un}, {feed: https://b.example/feed, group: un}]\n"
OWN = "belongs to one source; write it there"
MISTAKES = [
    (
        "defaults: x\n" + FEED.replace(", group: un", ""),
        "1:1: defaults: must be a mapping of keys such as `name: value`",
    ),
    ("groups: {un: x}\n" + FEED, "1:10: groups.un: must be a mapping of keys such as `name: value`"),
    (
        "defaults: {every: soon}\n",
        "1:12: defaults.every: must be a number and one unit (s, m, h or d), such as 30s, 15m, 6h or 400d",
    ),
    (
        "groups:\n  un:\n    topics: [a, B]\n    rights: {republish: al}\n" + FEED,
        "3:17: groups.un.topics.1: may hold a-z, 0-9 and -, start with a letter or digit and have up to 60 "
        "characters; write `b`\n"
        "4:14: groups.un.rights.republish: `al` is unknown; use one of: full, excerpt, headline, no",
    ),
    ("groups: {un: {topics: x}}\n" + FEED, "1:15: groups.un.topics: must be a list; write `topics: [x]`"),
    *(
        (f"groups: {{un: {{{key}: x}}}}\n" + FEED, f"1:15: groups.un.{key}: {OWN}")
        for key in ("feed", "id", "auth", "headers", "allow_networks", "feed_public")
    ),
    (
        "defaults: {organisation: X}\n",
        "1:12: defaults.organisation: would name every source alike; write it at the sources or in a group",
    ),
    ("defaults: {evry: 1h}\n", "1:12: defaults.evry: unknown key; did you mean `every`?"),
    (
        "defaults: {group: un}\n",
        "1:12: defaults.group: unknown key; known are: topics, rights, domains, every, language, timezone, disclaimer, only, skip, publish, embargo, priority, paused, burst, first_import, budget, history, index, quarantine, links_to, full_text, house_style",
    ),
    (
        "groups: {UN: {}}\n",
        "1:10: groups.UN: may hold a-z, 0-9 and -, start with a letter or digit and have up to 60 characters; write `un`",
    ),
    (
        "groups: {un: {}}\nsources: [{feed: https://a.example/, group: um}]\n",
        "2:38: sources.0.group: `um` is no group; known are: un",
    ),
    (
        "sources: [{feed: https://a.example/, group: um}]\n",
        "1:38: sources.0.group: `um` is no group; write it under `groups:`",
    ),
    (
        f"defaults: {{house_style: {{drop: [{'p, ' * 51}]}}}}\n" + FEED.replace(", group: un", ""),
        "1:26: defaults.house_style.drop: has 51 rules; 50 are allowed",
    ),
    (
        "defaults: {quarantine: foreign-links}\nsources: [{feed: file:a.xml}]\n",
        "2:11: sources.0.quarantine: needs `domains`: the hosts of the organisation, which a file: feed has not",
    ),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_reported_once_where_it_is_written(text: str, message: str) -> None:
    assert "\n".join(mistakes_in(text)) == message
