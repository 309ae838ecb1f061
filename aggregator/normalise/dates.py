"""Parse dates as feeds write them into aware UTC datetimes.

RFC 3339, ISO 8601, RFC 822 and RFC 850 are read here; dateutil reads the rest. Nothing raises, and no missing
part is guessed: text that is no date between EARLIEST and LATEST becomes None. Never reads a clock.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil import parser

from aggregator.normalise.months_and_zones import FILLER_WORDS, MONTHS, ZONES

EARLIEST, LATEST = 1990, 2200  # years
DATE_CHARS_MAX = 120

_OFFSET = r"(?:UTC|GMT|UT|Z)?\s?[+-]\d{1,2}(?::?\d{2})?"
_RFC_822 = re.compile(  # also RFC 850, and the same order in other languages
    r"(?:[^\W\d_]{2,20}[.,]{0,2}\s+(?:den\s+|the\s+)?)?"
    r"(\d{1,2})(?:\.|st|nd|rd|th|er|º)?[\s-]*(?:de\s+|di\s+|of\s+)?([^\W\d_]{3,10})\.?,?(?:\s+de|\s+del)?[\s-]+(\d{4}|\d{2})"
    r"(?:[,\s]*(?:-|à|um|at|às|alle|ore|a\s+las)?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?"
    rf"\s*({_OFFSET}|[A-Za-z]{{1,5}})?(?:\s*\([^()]*\))?",
    re.IGNORECASE,
)
_ZONE = re.compile(
    rf"(?:\s?\(?({_OFFSET}|{'|'.join(sorted(ZONES, key=len, reverse=True))})\)?)(?=\s|$)", re.IGNORECASE
)
_TIME = re.compile(r"\d:\d{2}(?::\d{2}(?:[.,]\d+)?)?")
_TIME_WITH_WORD = re.compile(
    r"\b(\d{1,2})\s?(?:h\s?(\d{2})?\b|[.:](\d{2})\s*uhr\b|\s?uhr\b)(?:\s*uhr\b)?", re.IGNORECASE
)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(?::00(?:[.,]0+)?)?(?!\d)")
_LEAP_SECOND = re.compile(r"(?<=:\d\d):60(?!\d)")
_SHORT_YEAR = re.compile(r"(\d\d)(-\d\d-\d\d)(?!\d)")
_WEEKDAY = re.compile(r"(?<![^\W\d_])[^\W\d_]++[.,]*+\s++(?=\d{1,2}\.?\s+(?:de\s+)?[^\W\d_]{3})")


def read(text: str, *, zone: str = "UTC", month_first: bool = False, now: datetime) -> datetime | None:
    """Return the aware UTC moment a date stands for; None for text that is no date or an absurd one.

    A date without a zone is in `zone` (an IANA name). `month_first` says how 01/02/2024 is read. `now` only
    decides the century of a two-digit year.
    """
    text = text.strip()
    if len(text) > DATE_CHARS_MAX:
        return None
    try:
        local = ZoneInfo(zone)
        moment = _parse_standard(text, local, now) or _parse_other(text, local, now, month_first=month_first)
        if moment is None or not EARLIEST <= moment.year <= LATEST:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=local)).astimezone(UTC)
    # dateutil has raised each of these on odd input
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
        return None


def month_first(language: str, zone: str) -> bool:
    """Return whether 01/02/2024 is January 2nd: in English as written in the Americas."""
    return language == "en-US" or (language in ("", "en") and zone.startswith(("America/", "US/")))


def _parse_standard(text: str, local: tzinfo, now: datetime) -> datetime | None:
    """Parse RFC 3339, ISO 8601, RFC 822 and its kin, and epochs: 99 % of feeds."""
    if text[:1].isdigit() and text.isascii():
        if text.isdigit():
            return _parse_digits(text)
        if text[4:5] == "-":
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                return None
    match = _RFC_822.fullmatch(text)
    if match is None or (month := MONTHS.get(match[2].casefold())) is None:
        return None
    day, _, year, hour, minute, second, zone = match.groups()
    try:
        naive = datetime(  # noqa: DTZ001 - _with_zone adds the zone
            _full_year(year, now), month, int(day), int(hour or 0), int(minute or 0), int(second or 0)
        )
    except ValueError:
        return None
    return _with_zone(naive, zone, local)


def _parse_digits(text: str) -> datetime | None:
    """Parse YYYYMMDD[hhmm[ss]] of ISO 8601 and epochs in seconds or milliseconds."""
    if len(text) in (8, 12, 14):
        return datetime.fromisoformat(f"{text[:8]}T{text[8:] or '0000'}")
    if len(text) in (10, 13):  # 2001 to 2286, in seconds or milliseconds
        return datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC)
    return None


def _full_year(digits: str, now: datetime) -> int:
    """Return the full year; two digits over 50 years ahead mean last century (RFC 9110 section 5.6.7)."""
    year = int(digits)
    if len(digits) > 2:
        return year
    year += now.year - now.year % 100
    return year - 100 if year > now.year + 50 else year


def _with_zone(naive: datetime, zone: str | None, local: tzinfo) -> datetime | None:
    """Return the time in its named zone, naive if the name is unknown; None after "am" and "pm"."""
    name = (zone or "").lower().replace(" ", "")
    if not name:
        return naive
    if name in ("am", "pm"):
        return None
    if (naive.replace(tzinfo=local).tzname() or "").lower() == name:
        return naive.replace(tzinfo=local)
    sign, digits = ("-" if "-" in name else "+"), re.sub(r"\D", "", name)
    if digits:
        hours, minutes = (digits, "0") if len(digits) < 3 else (digits[:-2], digits[-2:])
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return naive.replace(tzinfo=timezone(-offset if sign == "-" else offset))
    hours_east = ZONES.get(name)
    return naive if hours_east is None else naive.replace(tzinfo=timezone(timedelta(hours=hours_east)))


def _parse_other(text: str, local: tzinfo, now: datetime, *, month_first: bool) -> datetime | None:
    """Parse any other date, rewritten into a form that the standards or dateutil know.

    dateutil reads the date without its zone: it takes CEST and AEST for UTC.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    text = _LEAP_SECOND.sub(":59", _TIME_WITH_WORD.sub(_digital_time, text))
    text, midnights = _MIDNIGHT.subn("00:00", text)
    text, zone = _split_zone(text)
    if short := _SHORT_YEAR.match(text):
        text = f"{_full_year(short[1], now)}{text[2:]}"
    moment = _parse_standard(text, local, now) or _parse_with_dateutil(
        _WEEKDAY.sub("", text, count=1), now, month_first=month_first
    )
    if moment is None:
        return None
    moment += timedelta(days=midnights)
    return moment if moment.tzinfo else _with_zone(moment, zone, local)


def _digital_time(match: re.Match[str]) -> str:
    return f"{match[1]}:{match[2] or match[3] or '00'}"


def _split_zone(text: str) -> tuple[str, str | None]:
    """Return the date without its zone, and the zone.

    The zone is searched only after the time, but a year may follow it: `08:49:37 CET 1994`.
    """
    time = _TIME.search(text)
    zone = _ZONE.search(text, time.end()) if time else None
    if zone is None:
        return text, None
    return text[: zone.start()] + text[zone.end() :], zone[1]


class _Words(parser.parserinfo):
    """dateutil's vocabulary in more languages; the century comes from `now` instead of dateutil's clock."""

    def __init__(self, now: datetime, *, dayfirst: bool) -> None:
        super().__init__(dayfirst=dayfirst)
        self._now = now

    def month(self, name: str) -> int | None:
        return MONTHS.get(name.casefold())

    def jump(self, name: str) -> bool:
        return super().jump(name) or name.casefold() in FILLER_WORDS

    def convertyear(self, year: int, century_specified: bool = False) -> int:
        return year if century_specified or year > 99 else _full_year(f"{year:02}", self._now)


@lru_cache(maxsize=4)
def _dateutil_parser(this_year: datetime, *, day_first: bool) -> parser.parser:
    return parser.parser(_Words(this_year, dayfirst=day_first))


def _parse_with_dateutil(text: str, now: datetime, *, month_first: bool) -> datetime | None:
    """Parse twice, with different defaults: a part that differs is missing from the text, so None."""
    this_year = datetime(now.year, 1, 1, tzinfo=UTC)
    reader = _dateutil_parser(this_year, day_first=not month_first and not text[:4].isdigit())
    first, second = (
        reader.parse(text, default=default, ignoretz=True)
        for default in (datetime(2001, 1, 1), datetime(2002, 2, 2))  # noqa: DTZ001 - naive like the result
    )
    return first if first == second else None
