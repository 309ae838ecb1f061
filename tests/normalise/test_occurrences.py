"""Occurrences of terms in texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise.occurrences import Token, count, spans, tokenised
from aggregator.normalise.words import query, words


@pytest.mark.parametrize(
    ("asked", "text", "marked"),
    [
        ("flood", "Flood barriers: FLOODS, flood.", ["Flood", "flood"]),
        ("flo*", "Flood barriers: FLOODS.", ["Flood", "FLOODS"]),
        ('"flood barrier"', "A flood, a flood\u00a0barrier", ["flood\u00a0barrier"]),
        ("flood barrier", "Barrier and flood", ["Barrier", "flood"]),
        ("arzte", "Die Ärzte, die A\u0308rzte", ["Ärzte", "A\u0308rzte"]),
        ("strasse", "Straße", ["Straße"]),
        ('"2026 covid" covid-19', "2026: COVID-19", ["2026: COVID-19"]),
        ("観測所", "東京の観測所は言う", ["観測所"]),
        ("所", "東京の観測所は言う", ["所"]),
        ("1", "½ of it", ["½"]),
        ("カ", "ｶﾀｶﾅ", ["ｶﾀｶﾅ"]),
        ("fehlt", "Nothing of it", []),
        ('"a b c d"', "a", []),
    ],
)
def test_matches_are_found_by_the_folding_of_the_index(asked: str, text: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in spans(query(asked), text)] == marked


def test_a_text_whose_folding_changes_its_length_is_marked_as_a_whole() -> None:
    assert tokenised("ガ") == (Token("ガ", 0, 1),)
    assert [(token.start, token.end) for token in tokenised("ｶﾞﾀ")] == [(0, 3), (0, 3)]


def test_terms_are_counted_in_words() -> None:
    found = words("The flood. A flood barrier, floods.")
    counted = {text: count(query(text)[0], found) for text in ("flood", "flo*", '"flood barrier"', "sea")}
    assert counted == {"flood": 2, "flo*": 3, '"flood barrier"': 1, "sea": 0}


@given(st.text(alphabet="aBé ß_-水東\u0301ﬁ", max_size=30))
def test_tokens_are_the_words_of_the_index(text: str) -> None:
    assert tuple(token.word for token in tokenised(text)) == words(text)
