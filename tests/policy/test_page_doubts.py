"""Doubts about the text of a page: in each of them the summary of the feed stays."""

import pytest
from msgspec.structs import replace

from aggregator.model.item import Item
from aggregator.model.page import CONTENT_CHARS_MAX, TEXT_CHARS_MAX, PageState
from aggregator.policy.page_doubts import PHRASES_MIN, WORDS_MIN, doubt, linked_chars

SUMMARY = (
    "The port authority opens the new harbour bridge to traffic on Monday after four years of work and tests."
)
ITEM = Item((), "Harbour bridge opens to traffic", text=SUMMARY)
MORE = " ".join(f"word{number}" for number in range(120))
OTHER = "Please accept the cookies of this site and of its partners, or sign in with your account. "


def judged(text: str, item: Item = ITEM, html: str = "", headline: str = "") -> PageState:
    return doubt(item, text, html or f"<p>{text}</p>", headline)


def test_a_text_that_holds_the_summary_and_more_is_taken() -> None:
    assert judged(f"{SUMMARY}\n\n{MORE}") is PageState.TAKEN


def test_a_summary_that_is_cut_within_a_word_is_found() -> None:
    cut = replace(ITEM, text="The port authority opens the new harbour bridge to traf…")
    assert judged(f"{SUMMARY}\n\n{MORE}", cut) is PageState.TAKEN


def test_a_text_without_blanks_between_words_is_taken() -> None:
    said = "港湾局は四年間の工事と試験を経て月曜日に新しい港の橋を開通させる。"
    text = said + "".join(chr(0x4E00 + number) for number in range(200))
    assert judged(text, replace(ITEM, title="港の橋", text=said)) is PageState.TAKEN


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", PageState.EMPTY),
        (" … ", PageState.EMPTY),
        (SUMMARY, PageState.SHORT),
        (f"{SUMMARY} " + " ".join(MORE.split()[: WORDS_MIN - 25]), PageState.SHORT),
        (OTHER * 20, PageState.APART),
        (f"{MORE} {MORE}", PageState.APART),
        (f"{SUMMARY} {'x' * TEXT_CHARS_MAX}", PageState.LARGE),
    ],
)
def test_a_text_in_doubt_is_not_taken(text: str, state: PageState) -> None:
    assert judged(text) is state


def test_a_text_must_be_clearly_longer_than_a_long_summary() -> None:
    long = replace(ITEM, text=f"{SUMMARY} {MORE}")
    assert judged(f"{SUMMARY} {MORE} and more", long) is PageState.SHORT
    assert judged(f"{SUMMARY} {MORE} {OTHER * 3}", long) is PageState.TAKEN


def test_markup_alone_can_be_too_large() -> None:
    assert judged(SUMMARY, html="<p></p>" * CONTENT_CHARS_MAX) is PageState.LARGE


def test_most_phrases_of_the_summary_must_stand_in_the_text() -> None:
    words = SUMMARY.split()
    half = " ".join(words[: len(words) // 2])
    assert PHRASES_MIN > 0.5
    assert judged(f"{half} {MORE}") is PageState.APART


def test_every_figure_of_the_summary_must_stand_in_the_text() -> None:
    item = replace(ITEM, text=f"{SUMMARY} It cost 41 million.")
    assert judged(f"{SUMMARY} It cost 41 million. {MORE}", item) is PageState.TAKEN
    assert judged(f"{SUMMARY} It cost 14 million. {MORE}", item) is PageState.APART


def test_a_list_of_links_is_no_text() -> None:
    text = f"{SUMMARY} {MORE}"
    assert judged(text, html=f'<p><a href="https://a.example/">{text}</a></p>') is PageState.LINKS
    assert judged(text, html=f'<p>{text} <a href="https://a.example/">more</a></p>') is PageState.TAKEN


@pytest.mark.parametrize("said", ["", "Bridge opens."])
def test_without_a_summary_the_title_is_looked_for(said: str) -> None:
    item = replace(ITEM, text=said)
    assert judged(f"{SUMMARY} {MORE}", item) is PageState.TAKEN
    assert (
        judged(f"The bridge opens. {MORE}", item, headline="Harbour bridge opens to traffic")
        is PageState.TAKEN
    )
    assert judged(OTHER * 20, item, headline="Harbour bridge opens to traffic") is PageState.APART
    assert judged(f"{MORE} {MORE}", item) is PageState.APART


def test_an_item_without_words_takes_no_text() -> None:
    assert judged(f"{SUMMARY} {MORE}", replace(ITEM, title="…", text="")) is PageState.APART


@pytest.mark.parametrize(
    ("html", "linked"),
    [
        ("", 0),
        ("<p>none</p>", 0),
        ('<a href="https://a.example/">four</a> more', 4),
        ('<a href="https://a.example/"><em>four</em> six</a><p>more</p>', 8),
    ],
)
def test_characters_of_links_are_counted(html: str, linked: int) -> None:
    assert linked_chars(html) == linked
