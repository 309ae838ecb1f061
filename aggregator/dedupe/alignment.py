"""Alignment of two sequences of words: what one has and the other has not, in a bounded number of steps.

Patience diff: runs of words that stand once in each text anchor the alignment, short gaps between them are
aligned by their longest common subsequence.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

RUNS = (6, 3, 1)  # lengths of the runs that are tried as anchors
PASSES_MAX = 24  # over both texts; what is left then counts as replaced
GAP_STEPS_MAX = 3_600  # product of the lengths of a gap; a longer one counts as replaced


class Hunk(NamedTuple):
    """Words of one text that stand in place of words of the other; either may be none."""

    start: int
    end: int
    other_start: int
    other_end: int


def hunks(one: Sequence[str], other: Sequence[str]) -> list[Hunk]:
    """Return what differs, in order."""
    found: list[Hunk] = []
    waiting, left = [Hunk(0, len(one), 0, len(other))], PASSES_MAX * (len(one) + len(other))
    while waiting:
        gap = _trimmed(one, other, waiting.pop())
        left -= gap.end - gap.start + gap.other_end - gap.other_start
        if gap.start == gap.end and gap.other_start == gap.other_end:
            continue
        if gap.start == gap.end or gap.other_start == gap.other_end:
            found.append(gap)
            continue
        if left > 0 and (parts := _parted(one, other, gap)):
            waiting += parts
        elif left > 0 and (gap.end - gap.start) * (gap.other_end - gap.other_start) <= GAP_STEPS_MAX:
            found += _short(one, other, gap)
        else:
            found.append(gap)
    return sorted(found)


def _trimmed(one: Sequence[str], other: Sequence[str], gap: Hunk) -> Hunk:
    a, b, c, d = gap
    while a < b and c < d and one[a] == other[c]:
        a, c = a + 1, c + 1
    while a < b and c < d and one[b - 1] == other[d - 1]:
        b, d = b - 1, d - 1
    return Hunk(a, b, c, d)


def _parted(one: Sequence[str], other: Sequence[str], gap: Hunk) -> list[Hunk]:
    """Return the gaps between the anchors of a gap, none if it has no anchor."""
    for length in RUNS:
        here = _once(one, gap.start, gap.end, length)
        there = _once(other, gap.other_start, gap.other_end, length)
        pairs = sorted((place, there[run]) for run, place in here.items() if run in there)
        if not pairs:
            continue
        parts, a, c = list[Hunk](), gap.start, gap.other_start
        for place, opposite in _rising(pairs):
            if place < a or opposite < c:
                continue
            parts.append(Hunk(a, place, c, opposite))
            a, c = place + length, opposite + length
        parts.append(Hunk(a, gap.end, c, gap.other_end))
        return parts
    return []


def _once(words: Sequence[str], start: int, end: int, length: int) -> dict[tuple[str, ...], int]:
    """Return the runs that stand once between two places, each with its place."""
    found: dict[tuple[str, ...], int] = {}
    for place in range(start, end - length + 1):
        run = tuple(words[place : place + length])
        found[run] = -1 if run in found else place
    return {run: place for run, place in found.items() if place >= 0}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of these pairs that rises in both (patience sorting)."""
    tops, last, before = list[int](), list[int](), list[int]()
    for n, (_, opposite) in enumerate(pairs):
        pile = bisect_left(tops, opposite)
        before.append(last[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [opposite]
        last[pile : pile + 1] = [n]
    chain, n = list[tuple[int, int]](), last[-1]
    while n >= 0:
        chain.append(pairs[n])
        n = before[n]
    return chain[::-1]


def _short(one: Sequence[str], other: Sequence[str], gap: Hunk) -> list[Hunk]:
    """Return what differs in a short gap, by its longest common subsequence."""
    a, b, c, d = gap
    rows = [[0] * (d - c + 1)]
    for n in range(b - 1, a - 1, -1):
        below, row = rows[-1], [0] * (d - c + 1)
        for m in range(d - c - 1, -1, -1):
            row[m] = below[m + 1] + 1 if one[n] == other[c + m] else max(below[m], row[m + 1])
        rows.append(row)
    rows.reverse()
    found, n, m = list[Hunk](), a, c
    start, opposite = n, m
    while n < b and m < d:
        if one[n] == other[m]:
            found.append(Hunk(start, n, opposite, m))
            n, m = n + 1, m + 1
            start, opposite = n, m
        elif rows[n - a + 1][m - c] >= rows[n - a][m - c + 1]:
            n += 1
        else:
            m += 1
    found.append(Hunk(start, b, opposite, d))
    return [each for each in found if each.start < each.end or each.other_start < each.other_end]
