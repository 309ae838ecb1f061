"""Topics and languages in words."""

import pytest

from aggregator.editorial.names import language, topic, topic_description, topic_name, topic_names
from aggregator.model.settings import Publication, Text, Topic


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("en", "English"),
        ("ga", "Gaeilge"),
        ("kn", "ಕನ್ನಡ"),
        ("pt-BR", "Português (BR)"),
        ("tlh", "tlh"),
        ("tlh-x", "tlh-x"),
    ],
)
def test_a_language_has_its_own_name(tag: str, name: str) -> None:
    assert language(tag) == name


def test_a_topic_is_capitalised_without_dashes() -> None:
    assert topic("human-rights") == "Human rights"


NAMES = Text((("en", "Health\u202e care"), ("de", "Gesundheit"), ("", "Santé")))
HEALTH = Topic("health", NAMES, Text((("de", "Was hilft"),)))


def publication(language: str, *topics: Topic) -> Publication:
    return Publication("P", "https://p.example/", language, "desk@p.example", Text(()), topics=topics)


@pytest.mark.parametrize(
    ("language", "name"), [("en-GB", "Health care"), ("de", "Gesundheit"), ("fr", "Santé")]
)
def test_a_topic_has_the_name_that_it_was_given_in_the_language_of_the_publication(
    language: str, name: str
) -> None:
    assert topic_name(publication(language, HEALTH), "health") == name


def test_a_topic_without_a_name_is_its_slug_in_words() -> None:
    named = publication("en", HEALTH, Topic("sea-ice", Text(())))
    assert [topic_name(named, each) for each in ("sea-ice", "land-use")] == ["Sea ice", "Land use"]
    assert topic_names(named, ("sea-ice", "land-use", "health")) == (("health", "Health care"),)


def test_a_description_is_in_the_first_language_that_has_one() -> None:
    assert topic_description(publication("en", HEALTH), "health") == "Was hilft"
    assert topic_description(publication("en", HEALTH), "sea") == ""
