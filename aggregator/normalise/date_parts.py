"""Take a date of any form apart: numbers, months, weekdays, time and zone. No part is guessed.

An unknown word makes it no date: it may be the zone, and the time without it wrong by hours.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.normalise import zones
from aggregator.normalise.date_words import AM, EAST_ASIAN_WEEKDAY, FILLERS, MONTHS, PM, WEEKDAYS
from aggregator.normalise.folding import fold

_TAG = re.compile(r"\[(!?)([^\[\]]*)\]")  # RFC 9557 section 3.1
_COMMENT = re.compile(r"\(([^()]*)\)")  # RFC 5322 section 3.2.2
HALF_CHARS_MAX = 24
_CALENDARS = {"u-ca=gregory", "u-ca=iso8601"}

_LETTER = r"[^\W\d_]"
_ORDINAL = re.compile(rf"(?<=\d)(?:st|nd|rd|th|er|ere|eme|e|o|a|η|ου|u|-?(?:го|е|я|ви|ри|ти))(?!{_LETTER})")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}  # their year 0
_ERA = re.compile(rf"(?:中華|中华)?({'|'.join(_ERAS)}) ?(\d+|元)")
_EAST_ASIAN_DAY = re.compile(r"(?<!\d)(\d+) ?[年년][ .]*(\d+) ?[月월][ .]*(\d+) ?[日일号號]?")
_EAST_ASIAN_TIME = re.compile(r"(?<!\d)(\d+) ?[時时点點시](?: ?(\d+) ?[分분](?: ?(\d+) ?[秒초])?)?")
_HOUR_WORDS = re.compile(
    rf"(?<![\d:.])(\d{{1,2}})(?:[.:](\d\d))? ?(?:h|hrs?|hod|uhr|val|uur|u|ч)(?!{_LETTER})\.?"
    rf"(?: ?(\d{{1,2}})(?: ?(?:min|mn|m|мин)(?!{_LETTER})\.?)?(?![\d.:/-])"
    rf"(?: ?(\d{{1,2}}) ?(?:s|sec|sek|с)(?!{_LETTER})\.?)?)?"
)
_DOTTED_TIME = re.compile(
    r"(?:(?<!\w)(?:kl|klo|kello|plkst|godz|h|ore|ora|orario|alle|at|um|om|as|a)\.? |(?<=\d{4})[, ]+)"
    r"(\d{1,2})\.(\d\d)(?:\.(\d\d))?(?![\d.])"
)
_HOUR_OF_HALF = re.compile(r"(?<![\d:.])(\d{1,2}) ?([ap])\.? ?m(?!\w)")
_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d+)?)?(?![:\d])")
_HALF_BEFORE = re.compile(rf"(?<!\w)(?:({AM})|({PM}))\.? ?$")
_HALF_AFTER = re.compile(rf" ?(?:({AM})|({PM}))\.?(?!\w)")
_RANGE_END = re.compile(r" - \d{1,2}[:.]\d\d(?![\d.:])")
_ISO_TIME = re.compile(r"(?<=\d)t(?=\d)")
_BASIC_TIME = re.compile(r"^(\d{8})t(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?(?!\d)")  # ISO 8601, basic format
_ZONED_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[+-]\d\d:\d\d|z)")  # xs:date of XML Schema
_IANA = re.compile(r"(?<![\w/])[a-z][a-z_]+(?:/[a-z][\w+-]*)+")
_OFFSET = re.compile(r"(?<![\w/.-])(?:(?:utc|gmt|ut|z) ?)?[+-]\d{1,2}(?::?\d{2}){0,2}(?![\d:/.-])")
_OFFSET_BEFORE = re.compile(r"(?<= )[+-](?:0\d|1[0-4]):?[0-5]\d(?= ?$)")  # before the time, in Chinese
_TOKEN = re.compile(rf"\d+|{_LETTER}+")
_SEPARATOR = re.compile(r"\d ?([./-]) ?\d")
_ZULU = re.compile(r" ?z(?!\w)")  # right after the time
_MILITARY = re.compile(r" ?[b-ik-oq-y]")  # RFC 5322 section 4.3: read as -0000; a and p are halves of a day


class Parts(Struct, frozen=True):
    """A date in parts. `numbers` are those of the day as written, `month` the number that each language gives
    to the month's name; `time` is from midnight, `zone` a folded name or an offset.

    `critical` names the zone that an offset must agree with (RFC 9557 section 3.4).
    """

    numbers: tuple[str, ...]
    separator: str  # of the first two numbers
    month: Mapping[str, int]
    weekdays: frozenset[int]
    time: timedelta
    zone: str
    critical: str = ""


def take_apart(text: str, *, is_zone_known: bool = True) -> Parts | None:
    """Return the parts of a date, None for a text that holds anything else.

    Unless its zone is known, unknown words are left out, because they may name the zone, and a time that no
    day has is the end of the day. A Z is UTC, whatever zone a tag or a comment names (RFC 9557 section 3.4).
    """
    folded = fold(text)
    tags = [(mark, name) for mark, name in _TAG.findall(folded) if name not in _CALENDARS]
    names = [name for _, name in tags if "=" not in name]
    if is_zone_known and (len(names) > 1 or any(mark and "=" in name for mark, name in tags)):
        return None
    folded, comments = _without_comments(_TAG.sub(" ", folded))
    day, rest, time = _split_time(_digital(folded).strip())
    if time is None:
        if is_zone_known:
            return None
        time = timedelta(days=1)
    rest, zone = _split_zone(rest)
    if not zone and (before := _OFFSET_BEFORE.search(day)):
        day, zone = day[: before.start()], before[0]
    zone = zone or next(filter(None, map(_named_zone, (*names, *comments))), "")
    critical = next((name for mark, name in tags if mark and "=" not in name), "")
    parts = _words(day, rest, time, zone=zone, critical=critical, is_zone_known=is_zone_known)
    if parts is None or parts.weekdays:
        return parts
    return replace(
        parts, weekdays=next((WEEKDAYS[name] for name in comments if name in WEEKDAYS), frozenset())
    )


def has_time(text: str) -> bool:
    """Return whether a date states a time of day."""
    return _TIME.search(_digital(fold(text))) is not None


def _without_comments(text: str) -> tuple[str, list[str]]:
    """Return the text without its comments, and the comments; they may be nested."""
    comments: list[str] = []
    while found := _COMMENT.findall(text):
        comments += (each.strip() for each in found)
        text = _COMMENT.sub(" ", text)
    return text, comments


def _named_zone(text: str) -> str:
    """Return the zone that a comment or tag names, known or not: the offset at its start, a known name or
    one that looks like a name of the IANA database; "" for none."""
    if offset := _OFFSET.match(text):
        return offset[0]
    is_name = zones.is_known(text) or zones.is_known(zones.words(text)) or _IANA.fullmatch(text)
    return text if is_name else ""


def _digital(text: str) -> str:
    """Return the text with days and times in words as 2024-1-30 and 14:00."""
    if not text.isascii():
        text = _ERA.sub(lambda found: str(_ERAS[found[1]] + int(found[2].replace("元", "1"))), text)
        text = _EAST_ASIAN_DAY.sub(r"\1-\2-\3 ", EAST_ASIAN_WEEKDAY.sub(" ", text))
        text = _EAST_ASIAN_TIME.sub(_clock, text)
    text = _HOUR_OF_HALF.sub(r"\1:00 \2m", _ORDINAL.sub("", text))
    text = _HOUR_WORDS.sub(
        lambda found: f"{found[1]}:{found[2] or found[3] or '00'}:{found[4] or '00'} ", text
    )
    text = _DOTTED_TIME.sub(lambda found: f" {_clock(found)}", text)
    return _ISO_TIME.sub(
        " ", _BASIC_TIME.sub(lambda found: f"{found[1]} {found[2]}:{found[3]}:{found[4] or '00'}", text)
    )


def _clock(found: re.Match[str]) -> str:
    return ":".join((found[1], found[2] or "00", *([found[3]] if found[3] else [])))


def _split_time(text: str) -> tuple[str, str, timedelta | None]:
    """Return the text before the time and after it, and the time from midnight: 0 when there is none, None
    for one that is no time of a day."""
    if _ZONED_DAY.fullmatch(text):
        return text[:10], f" {text[10:]}", timedelta(0)
    found = _TIME.search(text)
    if found is None:
        return text, "", timedelta(0)
    day, rest = text[: found.start()], _RANGE_END.sub("", text[found.end() :], count=1)
    if half := _HALF_BEFORE.search(day, max(len(day) - HALF_CHARS_MAX, 0)):
        day = day[: half.start()]
    elif (half := _HALF_AFTER.match(rest)) and _is_phrase(rest):
        half = None
    elif half:
        rest = rest[half.end() :]
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if half and half[2] and hour < 12:
        hour += 12
    elif half and half[1] and hour == 12:
        hour = 0
    time = timedelta(hours=hour, minutes=minute, seconds=min(second, 59))  # a leap second
    is_time = minute < 60 and second <= 60 and time <= timedelta(days=1)
    return day, rest, time if is_time else None


def _is_phrase(rest: str) -> bool:
    """Return whether a name of several words comes first: "am" is Irish for time, in names of zones."""
    return " " in (_phrase(_TOKEN.findall(rest)) or "")


def _split_zone(rest: str) -> tuple[str, str]:
    """Return the text after the time without its zone, and the zone: an offset, an IANA name or a single
    letter; "" for none of these."""
    offset, name, letter = _OFFSET.search(rest), _IANA.search(rest), _MILITARY.fullmatch(rest)
    if not offset and not name and (zulu := _ZULU.match(rest)):
        return rest[zulu.end() :], "z"
    if letter is not None:
        return "", "utc"
    without = _IANA.sub(" ", _OFFSET.sub(" ", rest, count=1))
    first = offset or name
    return without, "" if first is None else first[0].strip()


def _words(
    day: str, rest: str, time: timedelta, *, zone: str, critical: str, is_zone_known: bool
) -> Parts | None:
    """Return the parts of the words and numbers before and after the time; None when a word is unknown."""
    numbers: list[str] = []
    names: list[str] = []
    for text in (day, rest):
        words = _TOKEN.findall(text)
        while words:
            if words[0].isdigit():
                numbers.append(words.pop(0))
                continue
            phrase = _phrase(words)
            is_first = not numbers and not names and text is day
            is_left_out = is_first and words[1:] and words[1].isdigit()  # the weekday in one more language
            if phrase is None and not is_left_out and is_zone_known:
                return None
            name = phrase or words[0]
            del words[: name.count(" ") + 1]
            is_of_day = name in MONTHS or (name in WEEKDAYS and text is day)
            if not zone and zones.is_known(name) and not is_of_day and (text is rest or name not in FILLERS):
                zone = name
            elif is_of_day or name in WEEKDAYS:
                names.append(name)
    months = [name for name in names if name in MONTHS] if len(numbers) == 2 else []
    months = [name for name in months if name not in WEEKDAYS] or months[-1:]  # mar. 3 mar. 2026
    weekday = next(
        (name for name in names if name not in months[:1]), "".join(months[:1]) if len(names) > 1 else ""
    )
    separator = _SEPARATOR.search(day) or _SEPARATOR.search(rest)
    return Parts(
        numbers=tuple(numbers),
        separator="" if separator is None else separator[1],
        month=MONTHS[months[0]] if len(months) == 1 else {},
        weekdays=WEEKDAYS.get(weekday, frozenset()),
        time=time,
        zone=zone,
        critical=critical,
    )


def _phrase(words: Sequence[str]) -> str | None:
    """Return the longest known name at the start of a text."""
    for count in range(min(zones.words_max(), len(words)), 0, -1):
        name = " ".join(words[:count])
        if name in MONTHS or name in WEEKDAYS or name in FILLERS or zones.is_known(name):
            return name
    return None
