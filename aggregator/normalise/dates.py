"""Read dates as feeds write them into aware UTC datetimes.

RFC 3339, ISO 8601, RFC 822 and RFC 850 in English are read here; other forms are taken apart by `date_parts`.
Nothing raises, and no missing part is guessed. Never reads a clock.
"""

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from datetime import MAXYEAR, UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from aggregator.normalise import cldr, zones
from aggregator.normalise.date_parts import Parts, take_apart
from aggregator.normalise.date_words import ENGLISH_MONTHS

EARLIEST, LATEST = 1900, 2200  # years
DATE_CHARS_MAX = 120

_LATEST_ZONE = timezone(timedelta(hours=-12))
_FAR = datetime(LATEST, 12, 31, tzinfo=UTC)
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)  # 0 of Unix time: software's word for no date, in any zone
_RFC_822 = re.compile(  # also RFC 850
    r"(?:[a-z]{3,9}[.,]{0,2} +)?(\d{1,2})[ -]([a-z]{3,9})\.?,?[ -](\d{4}|\d{2})"
    r"(?:,? +(\d\d?):(\d\d)(?::(\d\d))?(?: +([+-]\d{4}|[a-z]{1,5}))?)?",
    re.IGNORECASE | re.ASCII,
)
_ORDINAL_DAY = re.compile(r"^(\d{4})-((?!000)[0-3]\d\d)(?!\d)")
_DAY = re.compile(r"\d{4}-?\d\d-?\d\d")  # W3CDTF, ISO 8601
_NUMERIC = re.compile(r"(?<!\d)\d{1,2} ?([./-]) ?\d{1,2} ?\1 ?(?:\d{4}|\d\d)(?!\d)")
# toLocaleString of JavaScript in "en-US": other locales have a padded day, "pm" or no comma.
_AMERICAN = re.compile(r"[1-9]\d?/[1-9]\d?/\d{4}, [1-9]\d?:\d\d(?::\d\d)?\s[AP]M(?: .*)?")
_MONTH_FIRST = frozenset(cldr.MONTH_FIRST.split())


def read(
    text: str, *, zone: str = "UTC", language: str = "", month_first: bool | None = None, now: datetime
) -> datetime | None:
    """Return the aware UTC moment a date stands for; None for text that is no date, or has an unknown zone.

    A date without a zone is in `zone` (an IANA name). `month_first` is how the source writes 01/02/2024, if
    that is known; else `language` decides. `now` only decides the century of a two-digit year.
    """
    text = text.strip()
    if len(text) > DATE_CHARS_MAX:
        return None
    try:
        local = ZoneInfo(zone)
        moment = _standard(text, local, now)
        if moment is None:
            parts = take_apart(text)
            if parts is None:
                return None
            first = _is_month_first(parts, text, zone, language, month_first)
            moment = _moment(parts, _day(parts, now, language=language, month_first=first), local)
        return _plausible(moment if moment.tzinfo else moment.replace(tzinfo=local))
    except (ValueError, ArithmeticError, LookupError):  # a day or a year there is not
        return None


def end(text: str, *, zone: str = "UTC", language: str = "", now: datetime) -> datetime | None:
    """Return the moment (UTC) at which a period ends: a day alone is its last one, and belongs to it.

    None for text that is no date. The parameters are those of `read`.
    """
    moment = read(text, zone=zone, language=language, now=now) if text else None
    if moment is None or not _DAY.fullmatch(text.strip()):
        return moment
    local = moment.astimezone(ZoneInfo(zone))
    return (local.replace(hour=0, minute=0) + timedelta(days=1)).astimezone(UTC)


def latest(
    text: str, *, zone: str = "UTC", language: str = "", month_first: bool | None = None, now: datetime
) -> datetime | None:
    """Return the latest moment (UTC) that a date can stand for which `read` does not tell: one of an unknown
    zone, or of a month's name that means several. None for text that is no date in any zone.

    A date of the year LATEST or of one after it is _FAR. The parameters are those of `read`.
    """
    text = text.strip()
    if len(text) > DATE_CHARS_MAX:
        return None
    local = ZoneInfo(zone)
    try:
        standard = _standard(text, local, now)
    except (ValueError, ArithmeticError):
        standard = None
    if standard is not None and standard.year >= LATEST:
        return _FAR
    for is_zone_known in (True, False):
        parts = take_apart(text, is_zone_known=is_zone_known)
        if parts is None:
            continue
        if not is_zone_known:
            parts = replace(parts, zone="", critical="")
        first = _is_month_first(parts, text, zone, language, month_first)
        try:
            day = _day(parts, now, language=language, month_first=first, is_latest=True)
            if day.year >= LATEST:
                return _FAR
            return _plausible(_moment(parts, day, local if is_zone_known else _LATEST_ZONE))
        except (ValueError, ArithmeticError):
            continue
    return None


def _is_month_first(parts: Parts, text: str, zone: str, language: str, month_first: bool | None) -> bool:
    """Return whether a date in three numbers is read with the month first, unless it shows another order."""
    if month_first is not None:
        return month_first
    if _AMERICAN.fullmatch(text):
        return True
    return parts.separator != "." and is_month_first(language, zone)  # with dots nowhere


def _plausible(moment: datetime) -> datetime | None:
    """Return a moment in UTC, None for one that stands for no date or is in no plausible year."""
    moment = moment.astimezone(UTC)
    is_unknown = moment.year in (1969, 1970) and abs(moment - _UNKNOWN) < timedelta(days=1)
    return moment if EARLIEST <= moment.year <= LATEST and not is_unknown else None


def is_month_first(language: str, zone: str) -> bool:
    """Return whether 01/02/2024 is January 2nd in a language (CLDR), also in the English of the Americas."""
    is_american = language in ("", "en") and zone.startswith(("America/", "US/"))
    return is_american or language.lower() in _MONTH_FIRST


def month_first(texts: Iterable[str], now: datetime) -> bool | None:
    """Return whether the dates of one document have the month before the day, None when no date shows it.

    A number above 12 or the weekday shows it. The majority decides, since a weekday may be wrong.
    """
    shown: Counter[bool] = Counter()
    for text in {text for text in texts if len(text) <= DATE_CHARS_MAX and _NUMERIC.search(text)}:
        parts = take_apart(text)
        if parts is not None and len(parts.numbers) == 3 and (order := _shown_order(parts, now)) is not None:
            shown[order] += 1
    return None if shown[True] == shown[False] else shown[True] > shown[False]


def _standard(text: str, local: tzinfo, now: datetime) -> datetime | None:
    """Read RFC 3339, ISO 8601, RFC 822 and RFC 850 in English, and epochs: 99 % of feeds."""
    if text[:1].isdigit() and text.isascii():
        if text.isdigit():
            return _digits(text)
        iso = _ORDINAL_DAY.sub(_calendar_day, text) if text[8:9] in "T" else text
        # fromisoformat takes any character for the T, the sign of a day's offset too.
        if iso[8:9] == "T" or (iso[4:5] == "-" and iso[10:11] in "T "):
            try:
                return datetime.fromisoformat(iso)
            except ValueError:
                return None
    match = _RFC_822.fullmatch(text)
    if match is None or (month := ENGLISH_MONTHS.get(match[2].lower())) is None:
        return None
    day, _, year, hour, minute, second, name = match.groups()
    try:
        naive = datetime(  # noqa: DTZ001 - its zone follows
            _full_year(year, now), month, int(day), int(hour or 0), int(minute or 0), int(second or 0)
        )
    except ValueError:
        return None
    if name is None:
        return naive
    if name == "GMT":
        return naive.replace(tzinfo=UTC)
    zone = zones.offset(name) if name[0] in "+-" else zones.find(name.lower(), naive, local)
    return None if zone is None else naive.replace(tzinfo=zone)


def _calendar_day(found: re.Match[str]) -> str:
    """Return YYYY-MM-DD for an ordinal date of ISO 8601, YYYY-DDD."""
    return (date(int(found[1]), 1, 1) + timedelta(days=int(found[2]) - 1)).isoformat()


def _digits(text: str) -> datetime | None:
    """Read YYYYMMDD[hhmm[ss]] of ISO 8601 and epochs in seconds or milliseconds."""
    if len(text) in (8, 12, 14):
        return datetime.fromisoformat(f"{text[:8]}T{text[8:] or '0000'}")
    if len(text) in (10, 13):  # 2001 to 2286, in seconds or milliseconds
        return datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC)
    return None


def _full_year(digits: str, now: datetime) -> int:
    """Return the full year; two digits over 50 years ahead mean last century (RFC 9110 section 5.6.7).

    A year that is more than `date` has is its last: JavaScript has years of six digits.
    """
    year = int(digits)
    if len(digits) > 2:
        return min(year, MAXYEAR)
    year += now.year - now.year % 100
    return year - 100 if year > now.year + 50 else year


def _moment(parts: Parts, day: date, local: tzinfo) -> datetime:
    """Return the moment of a date in parts. Raises ValueError when the zone is unknown."""
    naive = datetime(day.year, day.month, day.day) + parts.time  # noqa: DTZ001 - its zone follows
    zone = zones.find(parts.zone, naive, local) if parts.zone else local
    critical = zones.find(parts.critical, naive, local) if parts.critical else zone
    if zone is None or critical is None:
        raise ValueError("the zone is unknown")
    moment = naive.replace(tzinfo=zone)
    is_local_unknown = parts.zone in ("z", "-00:00")  # agrees with each zone
    if not is_local_unknown and moment.utcoffset() != naive.replace(tzinfo=critical).utcoffset():
        raise ValueError("the offset is not that of the zone (RFC 9557 section 3.4)")
    return moment


def _day(parts: Parts, now: datetime, *, language: str, month_first: bool, is_latest: bool = False) -> date:
    """Return the day of a date in parts, of several the last if `is_latest`. Raises ValueError when a part is
    missing or means several."""
    numbers = parts.numbers
    if parts.month:
        return _day_of_named_month(parts, now, language, is_latest=is_latest)
    if len(numbers) == 1 and len(numbers[0]) == 8:
        return date.fromisoformat(numbers[0])
    if len(numbers) != 3:
        raise ValueError("not a day, a month and a year")
    if _is_year_first(parts, now):
        return date(_full_year(numbers[0], now), int(numbers[1]), int(numbers[2]))
    shown = _shown_order(parts, now)
    return _numeric_day(numbers, now, month_first=month_first if shown is None else shown)


def _is_year_first(parts: Parts, now: datetime) -> bool:
    """Return whether three numbers begin with the year; one of two digits stands first before dashes alone,
    unless it is ahead."""
    first, is_short = parts.numbers[0], all(len(number) <= 2 for number in parts.numbers)
    is_past = int(first) <= now.year % 100
    return len(first) > 2 or int(first) > 31 or (is_short and parts.separator == "-" and is_past)


def _numeric_day(numbers: tuple[str, ...], now: datetime, *, month_first: bool) -> date:
    first, second, year = numbers
    month, day = (first, second) if month_first else (second, first)
    return date(_full_year(year, now), int(month), int(day))


def _shown_order(parts: Parts, now: datetime) -> bool | None:
    """Return whether a date in three numbers shows that the month comes first, by its numbers or weekday."""
    if _is_year_first(parts, now):
        return None
    days: dict[bool, date] = {}
    for month_first in (True, False):
        try:
            days[month_first] = _numeric_day(parts.numbers, now, month_first=month_first)
        except (ValueError, OverflowError):  # a day of 20 digits
            continue
    if len(days) == 2 and parts.weekdays:
        days = {order: day for order, day in days.items() if day.weekday() in parts.weekdays}
    return next(iter(days)) if len(days) == 1 else None


def _day_of_named_month(parts: Parts, now: datetime, language: str, *, is_latest: bool) -> date:
    """Return the day; a month's name that means two, as listopad does, is told by language, weekday or the
    days it has."""
    day, year = parts.numbers
    if len(day) > 2 or int(day) > 31:
        day, year = year, day
    own = parts.month.get(language.partition("-")[0].lower())
    months = {own} if own else {*parts.month.values()}
    full = _full_year(year, now)
    days = {date(full, month, int(day)) for month in months if int(day) <= monthrange(full, month)[1]}
    if len(days) > 1:
        told = {each for each in days if each.weekday() in parts.weekdays}
        days = told or days
    if not days or (len(days) > 1 and not is_latest):
        raise ValueError("the day is none, or the month's name means several")
    return max(days)
