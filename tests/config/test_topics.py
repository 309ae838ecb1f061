"""Names and descriptions of topics in `topics`."""

import pytest

from aggregator.config import parse, warnings
from aggregator.model.settings import Text, Topic
from tests.config.test_load import HERE
from tests.config.test_mistakes import LANGUAGE, NO_VALUE, ONE_LINE, ONE_TEXT, mistakes_in

NAMED = """\
topics:
  health:
    name: {en: Health, DE: Gesundheit, default: Santé}
    description: What helps
  2026: {name: 2026}
  sea:
"""
SLUG = "may hold a-z, 0-9 and -, start with a letter or digit and have up to 60 characters"


def test_names_and_descriptions_are_read_for_each_language() -> None:
    assert parse(NAMED, HERE).publication.topics == (
        Topic(
            "health",
            Text((("en", "Health"), ("de", "Gesundheit"), ("", "Santé"))),
            Text((("", "What helps"),)),
        ),
        Topic("2026", Text((("", "2026"),))),
        Topic("sea", Text(())),
    )


def test_a_topic_of_no_source_raises_a_warning() -> None:
    feed = "  - {feed: 'https://a.example/', topics: [health, {when: {title: x}, add: sea}]}\n"
    named = "topics: {health: {}, sea: {}, helth: {}, air: {}}\n"
    found = [each for each in warnings(parse(f"{named}sources:\n{feed}", HERE)) if "topic" in each]
    assert found == [
        "topics.helth is a topic of no source; did you mean `health`?",
        "topics.air is a topic of no source; known are: health, sea",
    ]
    assert "topic" not in "".join(warnings(parse(named, HERE)))  # that there is no source is said


MISTAKES = [
    ("topics: [health]\n", "1:1: topics: must be a mapping of keys such as `name: value`"),
    ("topics: {health: Health}\n", "1:10: topics.health: must be a mapping of keys such as `name: value`"),
    ("topics: {Health: {}}\n", f"1:10: topics.Health: {SLUG}; write `health`"),
    ("topics: {sea: {title: Sea}}\n", "1:16: topics.sea.title: unknown key; known are: name, description"),
    ("topics: {sea: {name: [x]}}\n", f"1:16: topics.sea.name: {ONE_TEXT}"),
    (
        "topics: {sea: {name: {}}}\n",
        "1:16: topics.sea.name: is an empty mapping; give a text, or one for each language",
    ),
    ("topics: {sea: {name: {english: x}}}\n", f"1:16: topics.sea.name: `english` {LANGUAGE}"),
    ("topics: {sea: {name: {en: }}}\n", f"1:16: topics.sea.name: `en` {NO_VALUE}"),
    ('topics: {sea: {description: {en: "a\\tb"}}}\n', f"1:16: topics.sea.description: `en` {ONE_LINE}"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_one_line_with_its_place_and_its_cure(text: str, message: str) -> None:
    assert "\n".join(mistakes_in(text)) == message
