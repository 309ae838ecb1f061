"""Days as texts name them: by date, by weekday, or as seen from the day of the release. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from aggregator.dedupe.day_names import MONTHS, OF_DAY, RELATIVE, WEEKDAYS

NEAR_DAYS = 8  # a weekday alone is one of so many days around the release

_HAN_DATE = re.compile(r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号](?P<rest>.*)")
_YEAR = re.compile(r"(?:19|20)\d\d")


class Day(Struct, frozen=True):
    """The parts of a day that a text gives; `offset` is in days from the release."""

    offset: int | None = None
    weekday: int | None = None
    day: int | None = None
    month: int | None = None
    year: int | None = None

    def can_be(self, at: date, released: date) -> bool:
        """Return whether it can be this day, given that of the release; zones shift it by one."""
        if self.offset is not None and abs((at - released).days - self.offset) > 1:
            return False
        if self.day is None and self.offset is None and abs((at - released).days) > NEAR_DAYS:
            return False
        parts = (
            (self.weekday, at.weekday()),
            (self.day, at.day),
            (self.month, at.month),
            (self.year, at.year),
        )
        return all(part is None or part == other for part, other in parts)


def same(here: Sequence[str], there: Sequence[str], released: datetime, other_released: datetime) -> bool:
    """Return whether words name one day and nothing else."""
    one, two = of(here), of(there)
    if one is None or two is None:
        return False
    if one.day is not None and two.day is not None and (one.day, one.month) != (two.day, two.month):
        return False
    if one.weekday is not None and two.weekday is not None and one.weekday != two.weekday:
        return False
    if one.day is not None and two.day is not None:
        return one.year is None or two.year is None or one.year == two.year
    around = range(-NEAR_DAYS - 1, NEAR_DAYS + 2)
    days = (released.date() + timedelta(days=n) for n in around)
    return any(one.can_be(day, released.date()) and two.can_be(day, other_released.date()) for day in days)


def of(words: Sequence[str]) -> Day | None:
    """Return the day that words name, None if they say anything else."""
    if not words or len(words) > 9:
        return None
    joined = "".join(words)
    if joined in RELATIVE:
        return Day(offset=RELATIVE[joined])
    if joined in WEEKDAYS:
        return Day(weekday=WEEKDAYS[joined])
    if found := _HAN_DATE.fullmatch(joined):
        return _of_han(found)
    parts = dict[str, int]()
    for name, value in _parts([word for word in words if word not in OF_DAY]):
        if name in parts or not name:
            return None
        parts[name] = value
    if not parts or ("day" in parts) != ("month" in parts) or ("year" in parts and "day" not in parts):
        return None
    return _made(parts)


def _of_han(found: re.Match[str]) -> Day | None:
    rest = found["rest"]
    weekday = WEEKDAYS.get(rest, WEEKDAYS.get(rest + "曜日")) if rest else None
    if rest and weekday is None:
        return None
    year = int(found["year"]) if found["year"] else None
    return Day(None, weekday, int(found["day"]), int(found["month"]), year)


def _parts(words: Sequence[str]) -> Iterator[tuple[str, int]]:
    tables: Mapping[str, Mapping[str, int]] = {"offset": RELATIVE, "weekday": WEEKDAYS, "month": MONTHS}
    for word in words:
        if word.isascii() and word.isdigit():
            yield (
                ("year" if _YEAR.fullmatch(word) else "day" if 0 < int(word[:4]) <= 31 else ""),
                int(word[:4]),
            )
        else:
            yield next(((name, table[word]) for name, table in tables.items() if word in table), ("", 0))


def _made(parts: Mapping[str, int]) -> Day:
    return Day(
        parts.get("offset"), parts.get("weekday"), parts.get("day"), parts.get("month"), parts.get("year")
    )
