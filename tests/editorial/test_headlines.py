"""Headlines in the capitals of the house."""

import pytest

from aggregator.editorial.headlines import cased, spellings
from aggregator.model.house_style import Headline

TEXT = (
    "The ministry launches its new programme. It said that UNHCR and the Fund for Peace work in Paris, "
    "and that the fund may pay in May. Aid is “Early” there."
)


def sentence(title: str, text: str = TEXT) -> str:
    return cased(title, Headline.SENTENCE_CASE, text=text, language="")


def titled(title: str, language: str = "en", text: str = TEXT) -> str:
    return cased(title, Headline.TITLE_CASE, text=text, language=language)


def test_a_headline_may_stay_as_it_is() -> None:
    assert cased("a Headline", Headline.AS_IS, text=TEXT, language="en") == "a Headline"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Ministry Launches New Programme", "Ministry launches new programme"),
        ("MINISTRY LAUNCHES NEW PROGRAMME IN PARIS", "Ministry launches new programme in Paris"),
        ("Work With UNHCR", "Work With UNHCR"),  # "with" is no word of the text
        ("Pay in May for the Fund", "Pay in May for the Fund"),  # words of several spellings stay
        ("Paris: New Programme – Launches Its", "Paris: New programme – launches its"),
        ("“Launches”", "“Launches”"),
        ("new programme", "new programme"),
        ("launches In Paris. its", "launches in Paris. its"),
        ("", ""),
    ],
)
def test_words_are_spelled_as_within_the_sentences_of_the_text(title: str, expected: str) -> None:
    assert sentence(title) == expected


def test_nouns_keep_the_capitals_that_a_language_gives_them() -> None:
    assert sentence("NEUES HAUS", "Das neue Haus und ein neues Haus.") == "Neues Haus"


def test_the_first_word_of_a_sentence_is_no_evidence() -> None:
    assert set(spellings("Aid came. Help came! “Peace” came:\nHope; hope.")) == {"came", "hope"}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("ministry launches a programme for the people", "Ministry Launches a Programme for the People"),
        ("MINISTRY AND UNHCR LAUNCH 3 PROGRAMMES - 2026", "Ministry and UNHCR Launch 3 Programmes - 2026"),
        ("the iPhone of UNHCR", "The iPhone of UNHCR"),
        ("“WORK IN PARIS”", "“Work in Paris”"),
    ],
)
def test_english_headlines_are_written_in_title_case(title: str, expected: str) -> None:
    assert titled(title) == expected
    assert titled(title, "en-GB") == expected


@pytest.mark.parametrize("language", ["", "fr", "eng"])
def test_headlines_of_other_languages_have_no_title_case(language: str) -> None:
    assert titled("le ministère lance un programme", language) == "le ministère lance un programme"


def test_a_long_headline_is_left_alone_because_title_case_is_recursive() -> None:
    assert titled("Mc" * 151) == "Mc" * 151
    assert titled("mc" * 150).startswith("Mc")
