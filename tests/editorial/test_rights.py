"""The share of an item that the rights of its source permit."""

import pytest

from aggregator.editorial.rights import EXCERPT_CHARS_MAX, SUMMARY_CHARS_MAX, Permitted, permitted, truncate
from aggregator.model.item import Enclosure, Item
from aggregator.model.settings import Republish
from aggregator.normalise import plain
from aggregator.normalise.plain import EXCERPTED_CHARS_MAX

FILE = Enclosure("https://example.org/a.pdf", "application/pdf")
ITEM = Item(
    keys=(),
    title="Dam",
    content="<p>One &lt;b&gt;</p><p>Two</p>",
    summary='<p>A <a href="https://example.org/" title="x &gt; y">summary</a> &amp; more</p>',
    text="One <b>\n\nTwo",
    enclosures=(FILE,),
    images=(FILE,),
)


def test_full_rights_show_everything() -> None:
    expected = Permitted(ITEM.content, ITEM.text, "A summary & more", (FILE,), (FILE,))
    assert permitted(ITEM, Republish.FULL) == expected


def test_an_excerpt_is_the_first_paragraph_and_no_files() -> None:
    assert permitted(ITEM, Republish.EXCERPT) == Permitted("<p>One &lt;b&gt;</p>", "One <b>", "One <b>")


@pytest.mark.parametrize(
    "content",
    [
        "One<br><br>Two<br><br>Three",
        "<ul><li>One</li><li>Two</li></ul>",
        "<table><tbody><tr><td>One</td></tr><tr><td>Two</td></tr></tbody></table>",
        "<pre>One\n\nTwo</pre>",
    ],
)
def test_an_excerpt_ends_with_the_first_paragraph_whatever_its_markup(content: str) -> None:
    item = Item(keys=(), title="", content=content, text=plain.read(content).text)
    assert permitted(item, Republish.EXCERPT) == Permitted("<p>One</p>", "One", "One")


def test_an_excerpt_of_a_body_that_begins_with_much_markup_is_the_first_line_of_its_text() -> None:
    item = Item(keys=(), title="", content="<hr>" * EXCERPTED_CHARS_MAX + "One<br>Two", text="One\nTwo")
    assert permitted(item, Republish.EXCERPT).text == "One"


def test_an_excerpt_by_the_summary_is_its_first_paragraph() -> None:
    item = Item(keys=(), title="", content="<img>", summary="<p>One</p><p>Two</p>")
    assert permitted(item, Republish.EXCERPT).text == "One"


def test_headline_rights_permit_neither_text_nor_files() -> None:
    assert permitted(ITEM, Republish.HEADLINE) == Permitted()


def test_republish_no_is_an_error() -> None:
    with pytest.raises(ValueError, match="forbid"):
        permitted(ITEM, Republish.NO)


def test_an_excerpt_and_its_summary_are_bounded() -> None:
    long = permitted(Item(keys=(), title="", text="word " * 1000), Republish.EXCERPT)
    assert len(long.text) <= EXCERPT_CHARS_MAX
    assert len(long.summary) <= SUMMARY_CHARS_MAX
    assert long.text.endswith("word…")


def test_the_excerpt_of_an_item_whose_content_is_an_image_is_its_summary() -> None:
    item = Item(keys=(), title="", content='<img src="https://a.example/b">', summary="<p>Only this.</p>")
    assert permitted(item, Republish.EXCERPT) == Permitted("<p>Only this.</p>", "Only this.", "Only this.")
    assert permitted(item, Republish.FULL) == Permitted(item.content, "", "Only this.")


def test_an_item_without_text_has_an_empty_excerpt() -> None:
    assert permitted(Item(keys=(), title=""), Republish.EXCERPT) == Permitted()
    assert permitted(Item(keys=(), title="", text="A.\n\nB."), Republish.FULL).summary == "A."


@pytest.mark.parametrize(
    ("words", "limit", "expected"),
    [
        ("a b", 3, "a b"),
        ("aaa bbb", 5, "aaa…"),
        ("aaaaaaaa", 4, "aaa…"),
        ("one, two three", 6, "one…"),
        ("a\n\n b", 9, "a b"),
    ],
)
def test_texts_are_truncated_between_words(words: str, limit: int, expected: str) -> None:
    assert truncate(words, limit) == expected
