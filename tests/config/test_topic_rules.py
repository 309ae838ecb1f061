"""Rules that add topics to items: in `topics` of a source, and in `topic_rules`."""

import pytest

from aggregator.config import parse
from aggregator.model.house_style import RULES_VERSION, TopicRule
from tests.config.test_layers import FEED
from tests.config.test_load import HERE
from tests.config.test_mistakes import NO_VALUE, SLUGS, mistakes_in, of_source

RULED = """\
topic_rules:
  - {when: {title: "(?i)storm", language: "^en"}, add: weather}
defaults:
  topics: [general, {when: {category: Jobs}, add: [jobs, work]}]
publication: {house_style: {max_words: 100}}
webhooks: [{url: https://hooks.example/x, format: slack, channel: topics/jobs}]
sources:
  - https://a.example/feed
  - {feed: https://b.example/feed, topics: [sea, {when: {organisation: Harbour}, add: ports}]}
"""
STORM = TopicRule((("title", "(?i)storm"), ("language", "^en")), ("weather",))


def test_rules_of_a_source_stand_before_those_of_all() -> None:
    first, second = parse(RULED, HERE).sources
    assert (first.topics, second.topics) == (("general",), ("sea",))
    assert first.house_style.topics == (TopicRule((("category", "Jobs"),), ("jobs", "work")), STORM)
    assert second.house_style.topics == (TopicRule((("organisation", "Harbour"),), ("ports",)), STORM)
    assert second.all_topics == ("sea", "ports", "weather")
    assert (first.house_style.max_words, first.house_style.version) == (100, RULES_VERSION)


FORM = 'must be such as {when: {title: "(?i)cholera"}, add: health}'
FIELDS = "known are: title, url, category, author, text, language, organisation"
MISTAKES = [
    *(
        (of_source(f"topics: [a, {rule}]"), f"3:17: sources.0.topics.1: {said}")
        for rule, said in (
            ("{add: x}", FORM),
            ("{when: {title: x}, add: x, also: y}", FORM),
            ("{when: title, add: x}", f"`when` {FORM}"),
            ("{when: {}, add: x}", f"`when` {FORM}"),
            ("{when: {titel: x}, add: x}", "`titel` is not a field; did you mean `title`?"),
            ("{when: {body: x}, add: x}", f"`body` is not a field; {FIELDS}"),
            (
                "{when: {title: 'a(b'}, add: x}",
                "the pattern does not compile: missing ), unterminated subpattern at character 2",
            ),
            ("{when: {title: x}, add: []}", f"`add` {FORM}"),
            ("{when: {title: x}, add: [X]}", f"{SLUGS}; write `x`"),
            ("{when: {title: x}, add: }", NO_VALUE),
        )
    ),
    ("topic_rules: [health]\n", f"1:15: topic_rules.0: {FORM}"),
    ("groups: {un: {topics: [{when: {title: x}}]}}\n" + FEED, f"1:24: groups.un.topics.0: {FORM}"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_one_line_with_its_place_and_its_cure(text: str, message: str) -> None:
    assert "\n".join(mistakes_in(text)) == message
