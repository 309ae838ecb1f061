"""Differences of two texts: exact for any texts, bounded for hostile ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.editorial import differences as module
from aggregator.editorial.differences import CONTEXT, CUT, Change, Piece, differences

KEPT, REMOVED, ADDED = Change.KEPT, Change.REMOVED, Change.ADDED


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("", "", ()),
        ("The same words.", "The  same\nwords.", ()),
        ("", "New.", (Piece(ADDED, "New."),)),
        ("Old.", "", (Piece(REMOVED, "Old."),)),
        (
            "The gauge read 3 metres.",
            "The gauge read 4 metres.",
            (
                Piece(KEPT, "The gauge read "),
                Piece(REMOVED, "3 "),
                Piece(ADDED, "4 "),
                Piece(KEPT, "metres."),
            ),
        ),
        ("a b", "a", (Piece(KEPT, "a"), Piece(REMOVED, "b"))),
        (
            "水位三米。",
            "水位四米。",
            (Piece(KEPT, "水位"), Piece(REMOVED, "三"), Piece(ADDED, "四"), Piece(KEPT, "米。")),
        ),
    ],
)
def test_words_that_changed_are_pieces(old: str, new: str, found: tuple[Piece, ...]) -> None:
    assert differences(old, new) == found


def test_of_long_unchanged_runs_the_words_next_to_changes_are_shown() -> None:
    same = " ".join(f"w{number}" for number in range(100))
    found = differences(f"{same} a {same} b {same}", f"{same} {same} {same}")
    texts = [each.text for each in found]
    assert texts[0] == f"… {' '.join(f'w{number}' for number in range(100 - CONTEXT, 100))} "
    assert texts[1::2] == ["a ", "b "]
    assert texts[2].startswith("w0 ") and "w11 … w88 " in texts[2] and texts[2].endswith("w99 ")
    assert texts[4] == f"{' '.join(f'w{number}' for number in range(CONTEXT))} … "


def words(text: str) -> list[str]:
    return text.split()


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_without_what_was_added_it_is_the_old_text_and_without_what_was_removed_the_new(
    old: list[str], new: list[str]
) -> None:
    found = differences(" ".join(old), " ".join(new))
    if old == new:
        assert found == ()
        return
    assert words(" ".join(each.text for each in found if each.change is not ADDED)) == old
    assert words(" ".join(each.text for each in found if each.change is not REMOVED)) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["x"] + ["a", "b"] * 300, ["y"] + ["b", "c"] * 300 + ["z"]),  # too many edits
        ([f"a{n}" for n in range(module.WORDS_MAX + 1)], ["b"]),  # too many words
    ],
)
def test_texts_beyond_the_bounds_are_one_removal_and_one_addition(old: list[str], new: list[str]) -> None:
    found = differences(" ".join(old), " ".join(new))
    assert [each.change for each in found] == [REMOVED, ADDED]
    beginning, _, end = found[0].text.partition(CUT)
    assert " ".join(old).startswith(beginning) and " ".join(old).endswith(end)


def test_the_beginning_of_many_changes_is_shown() -> None:
    pairs = range(20)
    old = " ".join(f"same {'x' * 900}{number}" for number in pairs)
    new = " ".join(f"same {'y' * 900}{number}" for number in pairs)
    found = differences(old, new)
    assert found[-1] == Piece(KEPT, CUT)
    assert sum(len(each.text) for each in found) < module.CHARS_MAX + module.PIECE_CHARS_MAX + 2 * len(CUT)
