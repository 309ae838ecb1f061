"""Snippets of search results."""

from aggregator.editorial.snippet import SNIPPET_CHARS, Fragment, highlighted, snippet
from aggregator.normalise.words import query

FLOOD = query("flood")


def whole(found: tuple[Fragment, ...]) -> str:
    return "".join(each.text for each in found)


def test_matches_stand_apart() -> None:
    assert highlighted("A flood of <b>", FLOOD) == (
        Fragment("A "),
        Fragment("flood", is_match=True),
        Fragment(" of <b>"),
    )
    assert highlighted("", FLOOD) == ()


def test_a_snippet_begins_shortly_before_the_first_match_at_a_word() -> None:
    found = snippet("word " * 100 + "the flood came. " + "after " * 100, FLOOD)
    assert whole(found).startswith("…word")
    assert whole(found).endswith("after…")
    assert [each.text for each in found if each.is_match] == ["flood"]
    assert len(whole(found)) <= SNIPPET_CHARS + 2


def test_a_text_without_a_match_is_shown_from_its_beginning() -> None:
    assert whole(snippet("Short\n\ntext", FLOOD)) == "Short text"
    assert whole(snippet("word " * 100, FLOOD)).startswith("word word")


def test_a_match_beyond_the_end_of_the_snippet_is_left_out() -> None:
    found = snippet("flood " + "word " * 100 + "flood", FLOOD)
    assert [each.text for each in found if each.is_match] == ["flood"]


def test_a_script_without_blanks_is_cut_anywhere() -> None:
    found = snippet("東西南北" * 75 + "観測所" + "上下左右" * 75, query("観測所"))
    assert [each.text for each in found if each.is_match] == ["観測所"]
    assert len(whole(found)) == SNIPPET_CHARS + 2
