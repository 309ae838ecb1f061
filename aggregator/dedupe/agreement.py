"""Agreement of two texts: whether they are one release, in another form, shortened or with additions. Pure.

Each word that one text has in place of another's must be explained: as a form of the same word or number, or
as a whole sentence that one of the two adds. A word that is not makes them two releases: a figure, a name or
a "not" is all that tells a denial, a correction or a forgery from the release. At most one of the two says
more than the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.dedupe import cues, forms
from aggregator.dedupe.alignment import Hunk, hunks
from aggregator.dedupe.relations import Relation
from aggregator.dedupe.tokens import Text

SIZE_MIN = 24  # words of the shorter text: fewer may be what many organisations say
SIZE_MIN_WE = 60  # of one in the first person, which each organisation says of itself
ADDED_WITHIN = timedelta(days=4)  # a text with additions later than that is about what has happened since
ADDED_MAX = 0.45  # share of a text that additions before and within it may have
EXTRACTED_BEFORE = timedelta(hours=12)  # a partner may be as much earlier with an extract
LEAD_MAX = 0.3  # the same before it
DATELINE_MAX = 12  # words before the first sentence, as agencies put place and day there
EXTRACT_MIN = 0.1  # share of a text that its beginning must have to be an extract
HUNKS_MAX = 60  # places at which two texts of one release differ
CONTEXT = 3  # words around a difference that are looked at with it


class Said(Struct, frozen=True):
    """A release as it is compared: its text, the words of its headline, and its shown date."""

    text: Text
    title: Text
    shown: datetime


@dataclass(slots=True)
class _Added:
    """Words that one text has and the other has not: before it, within and after it."""

    before: int = 0
    within: int = 0
    after: int = 0
    words: str = ""

    @property
    def size(self) -> int:
        """Return how many there are."""
        return self.before + self.within + self.after


def relation(one: Said, other: Said, *, same_address: bool = False) -> Relation | None:
    """Return how two texts are one release, None if they are two."""
    shorter = min(one.text, other.text, key=lambda text: text.size)
    if not same_address and shorter.size < (SIZE_MIN_WE if shorter.we else SIZE_MIN):
        return None
    if one.text.rest != other.text.rest or not _titles_agree(one, other):
        return None
    found = _added(one, other)
    if found is None or (found[0].size and found[1].size):
        return None
    less, more = found  # what the second text adds, and what the first does
    if not less.size and not more.size:
        return Relation.SAME
    added, whole = (less, other.text) if less.size else (more, one.text)
    later = other.shown - one.shown if less.size else one.shown - other.shown
    if not _is_addition(added, whole, later):
        return None
    return Relation.EXTRACT if less.size else Relation.ADDS


def _titles_agree(one: Said, other: Said) -> bool:
    """Return whether neither headline alone says that the text is no longer the release, or names a figure
    that is nowhere in the other."""
    if cues.in_title(_joined(one.title)) != cues.in_title(_joined(other.title)):
        return False
    figures = [{word for word in each.title.words if word[:1].isdigit()} for each in (one, other)]
    if not (figures[0] and figures[1]):
        return True
    known = {*one.text.words, *other.text.words}
    return figures[0] - known == figures[1] - known


def _joined(text: Text, start: int = 0, end: int | None = None) -> str:
    return ("" if text.unspaced else " ").join(text.words[start:end])


def _is_addition(added: _Added, whole: Text, later: timedelta) -> bool:
    """Return whether words that the longer text adds, so much later than the shorter one, say nothing about
    what has happened since."""
    size = len(whole.words)
    is_news = later > ADDED_WITHIN or bool(cues.in_addition(added.words))
    if added.before + added.within == 0:
        return size - added.after >= EXTRACT_MIN * size and not (is_news and later > EXTRACTED_BEFORE)
    if is_news or -later > ADDED_WITHIN:
        return False
    return added.before <= LEAD_MAX * size and added.before + added.within <= ADDED_MAX * size


def _added(one: Said, other: Said) -> tuple[_Added, _Added] | None:
    """Return what the second text adds and what the first adds, None for a difference without explanation."""
    less, more = _Added(), _Added()
    a, b = one.text, other.text
    left = _without_moved(hunks(a.words, b.words), a, b)
    if len(left) > HUNKS_MAX:
        return None
    for each in left:
        if each.start == each.end or each.other_start == each.other_end:
            text, added = (a, more) if each.start < each.end else (b, less)
            place = each[:2] if each.start < each.end else each[2:]
            if _add(added, text, *place):
                continue
        if not _is_explained(each, left, one, other):
            return None
    return less, more


def _is_explained(hunk: Hunk, left: Sequence[Hunk], one: Said, other: Said) -> bool:
    """Return whether the words of a hunk, alone or with those around it, mean the same in both texts."""
    a, b = one.text, other.text
    if _is_alike(hunk, one, other):
        return True
    near = [each for each in left if hunk.start - CONTEXT <= each.end and each.start <= hunk.end + CONTEXT]
    spans = {hunk, Hunk(near[0].start, near[-1].end, near[0].other_start, near[-1].other_end)}
    spans |= {
        _wider(each, before, after, a, b)
        for each in tuple(spans)
        for before in range(CONTEXT + 1)
        for after in range(CONTEXT + 1)
    }
    return any(_is_alike(each, one, other) for each in sorted(spans, key=lambda each: each.end - each.start))


def _is_alike(hunk: Hunk, one: Said, other: Said) -> bool:
    a, b = one.text, other.text
    here, there = a.words[hunk.start : hunk.end], b.words[hunk.other_start : hunk.other_end]
    return forms.are_alike(here, there, one.shown, other.shown, is_lower=_is_lower(a, hunk.start, hunk.end))


def _wider(hunk: Hunk, before: int, after: int, a: Text, b: Text) -> Hunk:
    before = min(before, hunk.start, hunk.other_start)
    after = min(after, len(a.words) - hunk.end, len(b.words) - hunk.other_end)
    return Hunk(hunk.start - before, hunk.end + after, hunk.other_start - before, hunk.other_end + after)


def _add(added: _Added, text: Text, start: int, end: int) -> bool:
    """Count words that one text adds; returns False unless they are whole sentences, or the end of a text."""
    start, end = _at_sentences(text, start, end)
    if not {start, end} <= text.starts and end < len(text.words):
        return False
    if start == 0 and end == text.dateline and end <= DATELINE_MAX:
        return True
    if start == 0:
        added.before += end - start
    elif end == len(text.words):
        added.after += end - start
    else:
        added.within += end - start
    added.words += f"{_joined(text, start, end)} "
    return True


def _is_lower(text: Text, start: int, end: int) -> bool:
    """Return whether none of these words begins with a capital, unless it begins a sentence."""
    return not any(place in text.capital and place not in text.starts for place in range(start, end))


def _at_sentences(text: Text, start: int, end: int) -> tuple[int, int]:
    """Return the place of an addition at the limits of sentences, if it can be there: the words before it may
    be those at its end."""
    words, starts = text.words, text.starts
    while end < len(words) and not {start, end} <= starts and words[start] == words[end]:
        start, end = start + 1, end + 1
    while start > 0 and not {start, end} <= starts and words[start - 1] == words[end - 1]:
        start, end = start - 1, end - 1
    return start, end


def _without_moved(found: Sequence[Hunk], a: Text, b: Text) -> list[Hunk]:
    """Return the hunks without the sentences that stand elsewhere in the other text."""
    gone: dict[tuple[str, ...], Hunk] = {}
    for each in found:
        place = _at_sentences(a, each.start, each.end)
        if each.other_start == each.other_end and {*place} <= a.starts:
            gone[a.words[slice(*place)]] = each
    moved: set[Hunk] = set()
    for each in found:
        place = _at_sentences(b, each.other_start, each.other_end)
        if gone and each.start == each.end and {*place} <= b.starts:
            pair = gone.pop(b.words[slice(*place)], None)
            moved |= {each, pair} if pair is not None else set()
    return [each for each in found if each not in moved]
