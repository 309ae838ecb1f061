"""The part of an item that the rights of its source permit to publish."""

import pytest

from aggregator.editorial.rights import EXCERPT, SUMMARY, Shown, cut, shown
from aggregator.model import Enclosure, Item
from aggregator.model.settings import Republish

FILE = Enclosure("https://example.org/a.pdf", "application/pdf")
ITEM = Item(
    keys=(),
    title="Dam",
    content="<p>One &lt;b&gt;</p><p>Two</p>",
    summary='<p>A <a href="https://example.org/" title="x > y">summary</a> &amp; more</p>',
    text="One <b>\n\nTwo",
    enclosures=(FILE,),
    images=(FILE,),
)


def test_full_rights_show_everything() -> None:
    expected = Shown(ITEM.content, ITEM.text, "A summary & more", (FILE,), (FILE,))
    assert shown(ITEM, Republish.FULL) == expected


def test_an_excerpt_is_the_first_paragraph_and_no_files() -> None:
    assert shown(ITEM, Republish.EXCERPT) == Shown("<p>One &lt;b&gt;</p>", "One <b>", "One <b>")


def test_a_headline_is_all_headline_rights_leave() -> None:
    assert shown(ITEM, Republish.HEADLINE) == Shown()


def test_without_rights_there_is_nothing_to_show() -> None:
    with pytest.raises(ValueError, match="forbid"):
        shown(ITEM, Republish.NO)


def test_an_excerpt_is_capped() -> None:
    long = shown(Item(keys=(), title="", text="word " * 1000), Republish.EXCERPT)
    assert len(long.text) <= EXCERPT
    assert len(long.summary) <= SUMMARY
    assert long.text.endswith("word…")


def test_an_item_with_a_summary_only_shows_that() -> None:
    item = Item(keys=(), title="", summary="<p>Only this.</p>")
    assert shown(item, Republish.FULL) == Shown("<p>Only this.</p>", "Only this.", "Only this.")
    assert shown(item, Republish.EXCERPT) == Shown("<p>Only this.</p>", "Only this.", "Only this.")


def test_an_item_without_text_shows_none() -> None:
    assert shown(Item(keys=(), title=""), Republish.EXCERPT) == Shown()
    assert shown(Item(keys=(), title="", text="A.\n\nB."), Republish.FULL).summary == "A."


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("a b", 3, "a b"),
        ("aaa bbb", 5, "aaa…"),
        ("aaaaaaaa", 4, "aaa…"),
        ("one, two three", 6, "one…"),
        ("a\n\n b", 9, "a b"),
    ],
)
def test_texts_are_cut_between_words(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected
