"""Differences between two versions of a text, word by word: what was removed and what was added.

The shortest edit (Myers 1986, "An O(ND) Difference Algorithm"), bounded in words and edits, because both
texts come from a feed: beyond the bounds all between the common beginning and end is one removal and one
addition.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from itertools import groupby

from msgspec import Struct

WORDS_MAX = 4_000  # of either text, between what both begin and end with
EDITS_MAX = 150
CONTEXT = 12  # words shown before and behind a change
PIECE_CHARS_MAX = 1_000  # shown of one piece
CHARS_MAX = 6_000  # after which no further piece is shown
CUT = " … "
# Scripts without blanks between words are compared by character: Han, Kana, Hangul, Thai, Lao, Khmer.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]\s*|[^\s{_UNSPACED}]++\s*")


class Change(StrEnum):
    """Fate of a piece of text in the next version."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


class Piece(Struct, frozen=True):
    """A run of words with the blanks behind them."""

    change: Change
    text: str


def differences(old: str, new: str) -> tuple[Piece, ...]:
    """Return the pieces of both texts in their order; of unchanged runs the words next to changes, of
    much text the beginning.

    Blanks alone make no difference: () for texts of the same words.
    """
    before, after = _words(old), _words(new)
    edits = _edits([each.strip() for each in before], [each.strip() for each in after])
    if all(change is Change.KEPT for change, _ in edits):
        return ()
    runs = [(change, [place for _, place in run]) for change, run in groupby(edits, key=lambda edit: edit[0])]
    pieces, room = list[Piece](), CHARS_MAX
    for number, (change, places) in enumerate(runs):
        ends = (number == 0, number == len(runs) - 1)
        text = _text(before if change is Change.REMOVED else after, places, change, ends)
        pieces.append(Piece(change, _cut(text)))
        room -= len(pieces[-1].text)
        if room < 0:
            return (*pieces, Piece(Change.KEPT, CUT))
    return tuple(pieces)


def _cut(text: str) -> str:
    """Return the beginning and the end of a long piece."""
    half = PIECE_CHARS_MAX // 2
    return text if len(text) <= PIECE_CHARS_MAX else f"{text[:half]}{CUT}{text[-half:]}"


def _words(text: str) -> Sequence[str]:
    return _WORD.findall(text)


def _text(words: Sequence[str], places: Sequence[int], change: Change, ends: tuple[bool, bool]) -> str:
    """Return a run of words; of a long one that was kept those next to changes. `ends`: it is first, last."""
    shown = [words[place] for place in places]
    if change is not Change.KEPT or len(shown) <= 2 * CONTEXT:
        return "".join(shown)
    is_first, is_last = ends
    head = "" if is_first else "".join(shown[:CONTEXT])
    tail = "" if is_last else "".join(shown[-CONTEXT:])
    return f"{head}… {tail}"


def _edits(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[Change, int]]:
    """Return each word as kept or added, by its place in `new`, or as removed, by that in `old`."""
    start = _common(old, new)
    end = min(_common(old[::-1], new[::-1]), min(len(old), len(new)) - start)
    middle = _shortest(old[start : len(old) - end], new[start : len(new) - end])
    return [
        *((Change.KEPT, place) for place in range(start)),
        *((change, start + place) for change, place in middle),
        *((Change.KEPT, place) for place in range(len(new) - end, len(new))),
    ]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words both begin with."""
    least = min(len(one), len(other))
    return next((place for place in range(least) if one[place] != other[place]), least)


def _shortest(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[Change, int]]:
    """Return the shortest edit, or the replacement of all where it is beyond the bounds."""
    found = _furthest(old, new) if max(len(old), len(new)) <= WORDS_MAX else None
    if found is None:
        removed = [(Change.REMOVED, place) for place in range(len(old))]
        return [*removed, *((Change.ADDED, place) for place in range(len(new)))]
    return _traced(found, len(old), len(new))


def _furthest(old: Sequence[str], new: Sequence[str]) -> Sequence[dict[int, int]] | None:
    """Return the furthest place in `old` on each diagonal before each edit, None beyond EDITS_MAX edits."""
    reached, trace = {1: 0}, list[dict[int, int]]()
    for edit in range(EDITS_MAX + 1):
        trace.append(dict(reached))
        for diagonal in range(-edit, edit + 1, 2):
            x = _stepped(reached, diagonal, edit)
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            reached[diagonal] = x
            if x >= len(old) and y >= len(new):
                return trace
    return None


def _is_down(reached: dict[int, int], diagonal: int, edit: int) -> bool:
    """Return whether a diagonal is best reached by an addition, from the one above it."""
    return diagonal == -edit or (diagonal != edit and reached[diagonal - 1] < reached[diagonal + 1])


def _stepped(reached: dict[int, int], diagonal: int, edit: int) -> int:
    down = _is_down(reached, diagonal, edit)
    return reached[diagonal + 1] if down else reached[diagonal - 1] + 1


def _traced(trace: Sequence[dict[int, int]], x: int, y: int) -> Sequence[tuple[Change, int]]:
    """Return the edits that lead to the ends of both texts, followed backwards."""
    found = list[tuple[Change, int]]()
    for edit in range(len(trace) - 1, -1, -1):
        reached, diagonal = trace[edit], x - y
        down = _is_down(reached, diagonal, edit)
        before = diagonal + 1 if down else diagonal - 1
        start = reached[before]
        while x > max(start, 0) and y > max(start - before, 0):
            x, y = x - 1, y - 1
            found.append((Change.KEPT, y))
        if edit:
            found.append((Change.ADDED, y - 1) if down else (Change.REMOVED, x - 1))
            x, y = start, start - before
    return found[::-1]
