"""Words of a full-text index and terms of a query."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise.words import (
    ACCENT,
    INDEXED_BYTES_MAX,
    INDEXED_TEXT_MAX,
    OCCURRENCES_MAX,
    TERMS_MAX,
    UNDECOMPOSED,
    UNSPACED,
    WORD_LENGTH_MAX,
    WORDS_MAX,
    Term,
    query,
    words,
)

LIGATURES = "\ufdf2" * 11  # each folded into 4 letters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The COVID-19 Report, v2.", ("the", "covid", "19", "report", "v2")),
        ("Ärzte für Łódź: naïve Œuvre", ("arzte", "fur", "lodz", "naive", "oeuvre")),
        ("straße STRASSE", ("strasse", "strasse")),
        ("snake_case _", ("snake", "case")),
        ("ﬁnance ①", ("finance", "1")),
        ("疫苗接种 news", ("疫苗", "苗接", "接种", "种", "news")),
        ("か゚ がんばれ", ("か゚", "゚", "がん", "んば", "ばれ", "れ")),
        ("한국어 보도", ("한국어", "보도")),
        ("שָׁלוֹם مُحَمَّد", ("שלום", "محمد")),
        ("", ()),
    ],
)
def test_words_are_folded_and_unspaced_scripts_are_bigrams(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("press-release", (Term(("press", "release")),)),
        ('"Zwei Wörter" pre*', (Term(("zwei", "worter")), Term(("pre",), is_prefix=True))),
        ('"open phrase', (Term(("open", "phrase")),)),
        ("疫苗", (Term(("疫苗",)),)),
        ("疫", (Term(("疫",), is_prefix=True),)),
        ("疫苗接种", (Term(("疫苗", "苗接", "接种")),)),
        ('"疫 abc"', (Term(("疫", "abc")),)),
        ('* "" - OR', (Term(("or",)),)),
    ],
)
def test_a_query_is_words_phrases_and_prefixes(text: str, expected: tuple[Term, ...]) -> None:
    assert query(text) == expected


def test_words_of_one_item_and_terms_of_one_query_are_bounded() -> None:
    assert len(words(" ".join(f"w{n}" for n in range(2 * WORDS_MAX)))) == WORDS_MAX
    assert words("ab " * 300 + "cd") == ("ab",) * OCCURRENCES_MAX + ("cd",)
    ligatures = " ".join(f"{n}{LIGATURES}" for n in range(WORDS_MAX))
    assert sum(len(word.encode()) for word in words(ligatures)) <= INDEXED_BYTES_MAX
    assert words("x" * INDEXED_TEXT_MAX * 2) == ("x" * WORD_LENGTH_MAX,)
    assert len(query("ab " * 100)) == TERMS_MAX


# Letters and marks that compose, change their order, or are ASCII in another form.
COMPOSED = "aZ9 _<=\u0301\u0328\u0338\u0345\u05b7\u0711\u093c\u0929\u1100\u1161\u11a8\u1b05\u1b35\u3099がÅßσςÆıℌ²ﷺ疫“…\xa0"


@given(st.text(st.one_of(st.sampled_from(COMPOSED), st.characters(exclude_categories=["Cs"]))))
def test_each_run_beyond_ascii_is_folded_as_within_the_whole_text(text: str) -> None:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    folded = unicodedata.normalize("NFC", ACCENT.sub("", decomposed).translate(UNDECOMPOSED))
    found: list[str] = []
    for run in re.finditer(rf"([{UNSPACED}]+)|([^\W_{UNSPACED}]+)", folded):
        unspaced = run[1] or ""
        found += (unspaced[place : place + 2] for place in range(len(unspaced)))
        found += [run[2][:WORD_LENGTH_MAX]] if run[2] else []
    assert words(text) == tuple(found)


@given(st.text())
def test_words_hold_no_blank_and_none_of_what_separates_them(text: str) -> None:
    for word in words(text):
        assert word
        assert len(word) <= WORD_LENGTH_MAX
        assert not set(word) & set(" \t\n'\"\\:&|!()<>*")
