"""Dates as feeds write them, to aware UTC (the rest of the room after the standards: dateutil).

Nothing here raises or guesses a missing part: what is no date in 1990-2200 is None. Never reads a clock.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil import parser

EARLIEST, LATEST = 1990, 2200
DATE_CHARS_MAX = 120  # characters

# English, French, German, Spanish, Italian, Portuguese, Dutch; no abbreviation means two months.
_MONTH_NAMES = (
    "jan january janv janvier januar jän jänner ene enero gen gennaio janeiro januari",
    "feb february fév fev févr fevr février fevrier februar febrero febbraio fevereiro februari",
    "mar march mars märz mrz mär maerz marzo março marco maart mrt",
    "apr april avr avril abr abril aprile",
    "may mai mayo mag maggio maio mei",
    "jun june juin juni junio giu giugno junho",
    "jul july juil juillet juli julio lug luglio julho",
    "aug august août aout ago agosto augustus",
    "sep sept september septembre septiembre setiembre set settembre setembro",
    "oct october octobre okt oktober octubre ott ottobre out outubro",
    "nov november novembre noviembre novembro",
    "dec december déc décembre decembre dez dezember dic diciembre dicembre dezembro",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}

# Hours east of Greenwich. Names several countries use are read as feeds in English mean them, unless the
# source's own time zone uses the name too.
_HOURS_EAST = """
    utc 0 gmt 0 ut 0 z 0 wet 0 west 1 bst 1 cet 1 mez 1 wat 1 cest 2 mesz 2 eet 2 sast 2 cat 2 eest 3 msk 3
    eat 3 trt 3 gst 4 pkt 5 ist 5.5 wib 7 ict 7 hkt 8 sgt 8 pht 8 awst 8 jst 9 kst 9 acst 9.5 aest 10
    acdt 10.5 aedt 11 nzst 12 nzdt 13 nst -3.5 ndt -2.5 brt -3 art -3 clt -4 ast -4 adt -3 est -5 edt -4
    cst -6 cdt -5 mst -7 mdt -6 pst -8 pdt -7 akst -9 akdt -8 hst -10
"""
_ZONES = {name: float(hours) for name, hours in re.findall(r"(\S+) (\S+)", _HOURS_EAST)}
_WORDS_BETWEEN = {"à", "um", "às", "alle", "ore", "las", "de", "di", "del", "den", "le", "the", "uhr", "|"}
_OFFSET = r"(?:UTC|GMT|UT|Z)?\s?[+-]\d{1,2}(?::?\d{2})?"
_RFC_822 = re.compile(  # and RFC 850, and the same order in other languages
    r"(?:[^\W\d_]{2,20}[.,]{0,2}\s+(?:den\s+|the\s+)?)?"
    r"(\d{1,2})(?:\.|st|nd|rd|th|er|º)?[\s-]*(?:de\s+|di\s+|of\s+)?([^\W\d_]{3,10})\.?,?(?:\s+de|\s+del)?[\s-]+(\d{4}|\d{2})"
    r"(?:[,\s]*(?:-|à|um|at|às|alle|ore|a\s+las)?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?"
    rf"\s*({_OFFSET}|[A-Za-z]{{1,5}})?(?:\s*\([^()]*\))?",
    re.IGNORECASE,
)
_ZONE = re.compile(
    rf"(?:\s*\(?({_OFFSET}|{'|'.join(sorted(_ZONES, key=len, reverse=True))})\)?)(?=\s|$)", re.IGNORECASE
)
_TIME = re.compile(r"\d:\d{2}(?::\d{2}(?:[.,]\d+)?)?")
_HOURS = re.compile(
    r"\b(\d{1,2})\s?(?:h\s?(\d{2})?\b|[.:](\d{2})\s*uhr\b|\s?uhr\b)(?:\s*uhr\b)?", re.IGNORECASE
)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(?::00(?:[.,]0+)?)?(?!\d)")
_LEAP_SECOND = re.compile(r"(?<=:\d\d):60(?!\d)")
_SHORT_YEAR = re.compile(r"(\d\d)(-\d\d-\d\d)(?!\d)")
_WEEKDAY = re.compile(r"[^\W\d_]+[.,]*\s+(?=\d{1,2}\.?\s+(?:de\s+)?[^\W\d_]{3})")


def read(said: str, *, zone: str = "UTC", month_first: bool = False, now: datetime) -> datetime | None:
    """The moment a feed means; None when it is no date or an absurd one.

    A date without a zone is in `zone` (an IANA name); `month_first` is how 01/02/2024 is read; `now`
    only says which century a year of two digits is in.
    """
    said = said.strip()
    if len(said) > DATE_CHARS_MAX:
        return None
    try:
        local = _zone_info(zone)
        moment = _standard(said, local, now) or _odd(said, local, now, month_first=month_first)
        if moment is None or not EARLIEST <= moment.year <= LATEST:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=local)).astimezone(UTC)
    # dateutil has raised each of these on odd input
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
        return None


def month_first(language: str, zone: str) -> bool:
    """Whether 01/02/2024 is January the second: where English is written in the Americas."""
    return language == "en-US" or (language in ("", "en") and zone.startswith(("America/", "US/")))


@lru_cache(maxsize=64)
def _zone_info(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _standard(said: str, local: tzinfo, now: datetime) -> datetime | None:
    """RFC 3339 and ISO 8601, RFC 822 and its kin; epochs. 99 % of feeds."""
    if said[:1].isdigit() and said.isascii():
        if said.isdigit():
            return _number(said)
        if said[4:5] == "-":
            try:
                return datetime.fromisoformat(said)
            except ValueError:
                return None
    found = _RFC_822.fullmatch(said)
    if found is None or (month := _MONTHS.get(found[2].casefold())) is None:
        return None
    day, _, year, hour, minute, second, zone = found.groups()
    try:
        naive = datetime(  # noqa: DTZ001 - its zone comes next
            _year(year, now), month, int(day), int(hour or 0), int(minute or 0), int(second or 0)
        )
    except ValueError:
        return None
    return _aware(naive, zone, local)


def _number(said: str) -> datetime | None:
    if len(said) in (8, 12, 14):
        return datetime.fromisoformat(f"{said[:8]}T{said[8:] or '0000'}")
    if len(said) in (10, 13):  # 2001 to 2286, in seconds or milliseconds
        return datetime.fromtimestamp(int(said) / (1 if len(said) == 10 else 1000), UTC)
    return None


def _year(said: str, now: datetime) -> int:
    """RFC 9110 section 5.6.7: two digits that seem more than 50 years ahead are of the last century."""
    year = int(said)
    if len(said) > 2:
        return year
    year += now.year - now.year % 100
    return year - 100 if year > now.year + 50 else year


def _aware(naive: datetime, zone: str | None, local: tzinfo) -> datetime | None:
    """In the zone that was named. An unknown name says nothing; "pm" is no zone."""
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
    hours_east = _ZONES.get(name)
    return naive if hours_east is None else naive.replace(tzinfo=timezone(timedelta(hours=hours_east)))


def _odd(said: str, local: tzinfo, now: datetime, *, month_first: bool) -> datetime | None:
    """All the rest: put into a form the standards or dateutil know, the zone read by ourselves."""
    said = " ".join(unicodedata.normalize("NFC", said).split())
    said = _LEAP_SECOND.sub(":59", _HOURS.sub(_clock, said))
    said, midnights = _MIDNIGHT.subn("00:00", said)
    said, zone = _without_zone(said)
    if short := _SHORT_YEAR.match(said):
        said = f"{_year(short[1], now)}{said[2:]}"
    moment = _standard(said, local, now) or _dateutil(
        _WEEKDAY.sub("", said, count=1), now, month_first=month_first
    )
    if moment is None:
        return None
    moment += timedelta(days=midnights)
    return moment if moment.tzinfo else _aware(moment, zone, local)


def _clock(found: re.Match[str]) -> str:
    return f"{found[1]}:{found[2] or found[3] or '00'}"


def _without_zone(said: str) -> tuple[str, str | None]:
    """A zone can only stand after the time, but years do too: `08:49:37 CET 1994`."""
    time = _TIME.search(said)
    found = _ZONE.search(said, time.end()) if time else None
    if found is None:
        return said, None
    return said[: found.start()] + said[found.end() :], found[1]


class _Words(parser.parserinfo):
    """dateutil's words in more languages, and no clock to tell a century by."""

    def __init__(self, this_year: datetime, *, dayfirst: bool) -> None:
        super().__init__(dayfirst=dayfirst)
        self._now = this_year

    def month(self, name: str) -> int | None:
        return _MONTHS.get(name.casefold())

    def jump(self, name: str) -> bool:
        return super().jump(name) or name.casefold() in _WORDS_BETWEEN

    def convertyear(self, year: int, century_specified: bool = False) -> int:
        return year if century_specified or year > 99 else _year(f"{year:02}", self._now)


@lru_cache(maxsize=4)
def _reader(this_year: datetime, *, day_first: bool) -> parser.parser:
    return parser.parser(_Words(this_year, dayfirst=day_first))


def _dateutil(said: str, now: datetime, *, month_first: bool) -> datetime | None:
    """Read twice on different defaults: what differs was not said, and is not made up."""
    this_year = datetime(now.year, 1, 1, tzinfo=UTC)
    reader = _reader(this_year, day_first=not month_first and not said[:4].isdigit())
    first, second = (
        reader.parse(said, default=default, ignoretz=True)
        for default in (datetime(2001, 1, 1), datetime(2002, 2, 2))  # noqa: DTZ001 - naive as what is read
    )
    return first if first == second else None
