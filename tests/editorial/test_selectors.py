"""Elements that a house style drops of the HTML as its origin sent it."""

import pytest

from aggregator.editorial.selectors import check, entry, without
from aggregator.model.entry import Entry, Markup

NESTED = '<div class="a">x<div class="a">y<b class="c">z</b></div></div><p>kept</p>'


@pytest.mark.parametrize("selector", ["p", "p.a > b:not(.c)", "#id", "[href^='x']", "p:has(img)", "a, b"])
def test_selectors_are_accepted(selector: str) -> None:
    check(selector)


@pytest.mark.parametrize("selector", ["", "p..a", "p,", "***", "p::before", ":nth-child("])
def test_what_is_no_selector_is_refused(selector: str) -> None:
    with pytest.raises(ValueError, match="is no CSS selector"):
        check(selector)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (NESTED, "<p>kept</p>"),
        ("<p>one</p><p CLASS='A a'>two</p>", "<p>one</p>"),
        ("<p>one</p><!-- a --><b class=c>x", "<p>one</p><!-- a -->"),
        ("<html><body class=a><p>one</p></body></html>", None),
        ("<frameset class=a>", None),
        ("<p>no match", None),
        ("no markup .a", None),
        ("<b>" * 300 + "<p class=a>deep", None),
    ],
)
def test_matched_elements_go_with_all_that_is_in_them(html: str, expected: str | None) -> None:
    assert without(html, [".a", ".c"]) == (html if expected is None else expected)


def test_an_entry_loses_what_is_dropped_of_both_its_bodies() -> None:
    said = Entry(content=Markup(NESTED, is_html=True), summary=Markup("<i class=a>x</i>y", is_html=True))
    left = entry(said, [".a"])
    assert (left.content.value, left.summary.value) == ("<p>kept</p>", "y")


def test_an_entry_in_which_nothing_matches_is_the_same() -> None:
    said = Entry(content=Markup("<p>a</p>", is_html=True), summary=Markup('<i class="a">plain text</i>'))
    assert entry(said, [".a"]) is said
