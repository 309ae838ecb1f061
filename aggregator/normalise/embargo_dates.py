"""The date at the start of an embargo line, whatever follows it: a headline, a sentence, a bracket.

A date with a time and a zone is complete: what follows it says nothing of it, unless it is one more time. One
without a zone ends at a separator, unless what follows may name the zone. Other dates are read as the latest
that they can mean, or not at all.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator.normalise import zones
from aggregator.normalise.date_parts import has_time, take_apart
from aggregator.normalise.date_words import FILLERS, MONTHS, WEEKDAYS
from aggregator.normalise.embargo_forms import MIDNIGHT, cities, rewritten

Reading = Callable[[str], datetime | None]

_SOFT = r",(?!\d)|[(\[]|(?<=\s)/|/(?=\s)"  # an alternative time or the zone may follow
_HARD = r":(?!\d)|\.(?!\w)|-+(?=\s)|(?<=\s)-(?!\d)|[^\w\s,(\[+':./-]"
_SEPARATOR = re.compile(rf"{_SOFT}|{_HARD}")
_NEXT = re.compile(rf"\s*(?:{_SOFT}|(?P<hard>{_HARD}))")
_END = re.compile(rf"(?<=\w)(?=$|\s|{_SOFT}|{_HARD})")
# "5 Dec, 12 dead", "5 Dec: 2026 budget": if a word follows, a number of it and not the year.
_LOOSE_NUMBER = re.compile(r"(?:\s\d{1,2}|[:;|!?—]\s\d+|\s-\s\d+)$")
_TIMES = re.compile(r"(?<![\d:+-])(?<!- )\d\d?:\d\d")  # but offsets and the end of a range
_WORD = re.compile(r"\w")
_OFFSET = re.compile(r"[+-]\d")
_ALTERNATIVE = re.compile(r"^(?:(?:or|and|oder|und|ou|et|o|e|y|bzw|resp|at|um|a|as|alle|ore|kl)\b|[\s.=])+")
_TIME_WORD = re.compile(r"\btime\b|zeit\b|\b(?:heure|hora|ora)\b")
_ZONE_TIME = re.compile(r"(?<=\w )time\b|(?<=\w)zeit\b|(?<=\w )zeit\b|\b(?:heure|hora|ora)\b")
ZONE_WORDS_MAX = 4  # of "Newfoundland and Labrador time"
_FULL_YEAR = re.compile(r"\d{4}|\d[./-] ?\d\d?[./-] ?\d\d")
SAME_DATE_WITHIN = timedelta(days=2)  # between readings of one date with and without its time and zone


class Stated(NamedTuple):
    """The end of an embargo; `until` None: a line states several times, or perhaps a zone."""

    until: datetime | None


class _Tail(NamedTuple):
    """Text behind a date: `words` up to the next separator, which is at `end`."""

    separator: str
    is_hard: bool
    words: tuple[str, ...]
    end: int

    @property
    def text(self) -> str:
        return " ".join(self.words)


_DOUBT = Stated(None)


def stated(text: str, read: Reading, *, is_separate: bool = False) -> Stated | None:
    """Return the end that a folded text begins with, None if it has no date whose end is certain.

    `is_separate`: text that follows a date without a separator makes it prose, and a comma after a day, too.
    """
    first: datetime | None = None
    for end in _END.finditer(text):
        date, tail = rewritten(text[: end.start()]), _tail(text, end.start())
        until = read(date)
        if until is None or len(_TIMES.findall(date)) > 1:
            continue
        if not tail.separator and tail.words and _LOOSE_NUMBER.search(text[: end.start()]):
            continue
        first = first or until
        if abs(until - first) > SAME_DATE_WITHIN or _goes_on(text, date, until, tail, read):
            continue
        is_prose = is_separate and tail.words and not (tail.is_hard or (tail.separator and has_time(date)))
        if not is_prose and (found := _ended(date, until, text[end.start() :], tail, read)) is not None:
            return Stated(found.until and _after_midnight(text[: end.start()], found.until))
    return None


def at_latest(text: str, read: Reading, latest: Reading) -> datetime | None:
    """Return the latest end that the date at the start of a folded text can mean; None for no date."""
    stop = len(text)
    for end in (found.start() for found in _SEPARATOR.finditer(text)):
        date, tail = rewritten(text[:end]), _tail(text, end)
        if not tail.words or _begins_with_number(tail):
            stop = end
            break
        if not _FULL_YEAR.search(date):
            if _is_headline(text[:end], tail) and read(tail.text) is None:
                return None
        elif len(_TIMES.findall(date)) > 1 or _is_alternative(tail):
            return None
        elif has_time(date) and not _names_zone(tail) and (until := latest(date)) is not None:
            return _after_midnight(text[:end], until)
    date = rewritten(text[:stop])
    is_one_time = len(_TIMES.findall(date)) <= 1 and (has_time(date) or not has_time(rewritten(text[stop:])))
    until = latest(date) if is_one_time and _FULL_YEAR.search(date) else None
    return until and _after_midnight(text[:stop], until)


def begins_with_date(text: str) -> bool:
    """Return whether a folded text begins with a day or a time, and has a time."""
    date = rewritten(text)
    word = re.match(r"\d|\w*", date)
    return has_time(date) and word is not None and (word[0].isdigit() or word[0] in {*MONTHS, *WEEKDAYS})


def _tail(text: str, end: int) -> _Tail:
    start, separator, is_hard = end, "", False
    while found := _NEXT.match(text, start):
        start, separator, is_hard = found.end(), found[0].strip(), is_hard or found["hard"] is not None
    following = _SEPARATOR.search(text, start)
    stop = following.start() if following else len(text)
    words = tuple(word for word in text[start:stop].split() if _WORD.search(word))
    return _Tail(separator, is_hard, words, stop)


def _goes_on(text: str, date: str, until: datetime, tail: _Tail, read: Reading) -> bool:
    """Return whether what follows belongs to the date: a time, a zone, a weekday, up to a separator."""
    if not tail.words:
        return False
    if not tail.separator and _OFFSET.match(tail.text):
        return True
    longer = read(rewritten(text[: tail.end]))
    if tail.separator and _is_complete(date):
        return longer == until and not tail.is_hard
    return longer is not None and abs(longer - until) <= SAME_DATE_WITHIN


def _ended(date: str, until: datetime, rest: str, tail: _Tail, read: Reading) -> Stated | None:
    """Return the end that a date states, _DOUBT for several, None where the date may go on."""
    is_timed = has_time(date)
    if is_timed and (_is_alternative(tail) or _is_time(tail.text, read)):
        return _DOUBT
    if _is_complete(date):
        return _DOUBT if tail.separator and _OFFSET.match(tail.text) else Stated(until)
    if tail.words and (not tail.separator or _names_zone(tail)):
        return None
    if is_timed and _begins_with_zone(tail):
        return _DOUBT
    if not is_timed and (has_time(rewritten(rest)) or _tells_time(tail) or _TIME_WORD.search(tail.text)):
        return None
    return Stated(until)


def _begins_with_number(tail: _Tail) -> bool:
    """Return whether a headline follows that begins with a number, which is no part of the date."""
    is_number = tail.is_hard and tail.separator != "." and tail.text[:1].isdigit()
    return is_number and " " in tail.text and not _tells_time(tail)


def _is_headline(date: str, tail: _Tail) -> bool:
    """Return whether a sentence or a headline follows, not the rest of a date after an ordinal."""
    is_within = tail.separator == "." and (date[-1:].isdigit() or tail.text[:1].isdigit())
    return tail.is_hard and bool(tail.words) and not is_within and not _names_zone(tail)


def _is_complete(date: str) -> bool:
    """Return whether a date that is read has a time and a zone."""
    parts = take_apart(date)
    return parts is not None and bool(parts.zone) and has_time(date)


def _is_alternative(tail: _Tail) -> bool:
    """Return whether one more time follows, as in "10:00 CEST (08:00 GMT)"; a headline has a separator."""
    return not tail.is_hard and _tells_time(tail)


def _tells_time(tail: _Tail) -> bool:
    words = _ALTERNATIVE.sub("", f"{tail.text} ").split()
    if not words:
        return False
    is_number = words[0].isdigit() and len(words[0]) <= len("0001")
    is_zoned = len(words) == 1 or _is_zone(words[1])
    return (is_number and is_zoned) or has_time(rewritten(" ".join(words[:2])))


def _is_zone(word: str) -> bool:
    return word not in FILLERS and zones.is_known(word)


def _is_time(text: str, read: Reading) -> bool:
    """Return whether a text is a time, with or without its zone, and nothing else."""
    time = rewritten(text)
    return has_time(time) and read(f"2026-05-05 {time}") is not None


def _names_zone(tail: _Tail) -> bool:
    """Return whether what follows a date without a zone may name it, known or not."""
    is_known = tail.text in cities() or _is_zone(tail.text)
    if tail.is_hard:
        return len(tail.words) <= ZONE_WORDS_MAX and (is_known or _ZONE_TIME.search(tail.text) is not None)
    is_bracket = tail.separator[-1] in "([" and len(tail.words) < ZONE_WORDS_MAX
    names_time = _ZONE_TIME.search(" ".join(tail.words[:ZONE_WORDS_MAX])) is not None
    return is_known or is_bracket or names_time or (len(tail.words) == 1 and tail.separator != "/")


def _begins_with_zone(tail: _Tail) -> bool:
    """Return whether the first word may be the zone, as in "10 h. CEST"; a headline may begin with "Est"."""
    return bool(tail.words) and tail.separator[-1] in ",.([/" and _is_zone(tail.words[0])


def _after_midnight(date: str, until: datetime) -> datetime:
    """Return the end of a date whose midnight may be that of its end: which of both is not said."""
    return until + timedelta(days=bool(MIDNIGHT.search(date)))
