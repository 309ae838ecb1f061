"""Words of pages: every language is complete, and own words are checked."""

import pytest

from aggregator.editorial import words
from aggregator.editorial.words import CATALOGUES, ENGLISH


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_language_has_each_key_with_the_same_placeholders(language: str) -> None:
    catalogue = CATALOGUES[language]
    assert [*catalogue] == [*ENGLISH]
    assert {key: words.check(key, text) for key, text in catalogue.items()} == catalogue


@pytest.mark.parametrize(
    ("language", "own", "tag", "older"),
    [
        ("de", {}, "de", "Ältere Mitteilungen"),
        ("fr-CA", {}, "fr-CA", "Communiqués plus anciens"),
        ("it", {}, "en", "Older releases"),
        ("it", {"older": "Precedenti"}, "it", "Precedenti"),
        ("es", {"older": "Antes"}, "es", "Antes"),
    ],
)
def test_own_words_stand_before_those_of_the_language_and_english(
    language: str, own: dict[str, str], tag: str, older: str
) -> None:
    found, texts = words.of(language, own)
    assert (found, texts["older"]) == (tag, older)
    assert texts.keys() == ENGLISH.keys()


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("oldest", "x", "`oldest` is no key of the words; remove it"),
        ("older", 1, "`older` must be a text of 1 to 1000 characters in quotes"),
        ("older", " ", "`older` must be a text"),
        ("older", "x" * 1_001, "`older` must be a text"),
        ("older", "{x}", "`older` must hold no name in braces"),
        ("version", "{number}", r"`version` must hold \{date\} \{number\}, as the English text does"),
        ("version", "{number.__class__} {date}", "`version` must hold"),
        ("version", "{number!r} {date}", "`version` must hold"),
        ("version", "{number:9} {date}", "`version` must hold"),
        ("version", "{number", "`version` has a brace without its other half"),
        ("months", "a|b", "`months` must be 12 words"),
    ],
)
def test_own_words_that_pages_cannot_show_are_named_with_the_cure(
    key: str, text: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        words.check(key, text)
