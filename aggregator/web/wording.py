"""Words, dates and text directions of pages, in the language and time zone of the publication."""

import html
from collections.abc import Mapping
from datetime import date as CalendarDay  # noqa: N812  `date` is a method here
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator.editorial import words
from aggregator.model.settings import Publication
from aggregator.policy.languages import primary

# Primary subtags whose usual script is written from right to left (IANA language subtag registry, CLDR).
RIGHT_TO_LEFT = {*"ar arc ary arz ckb dv fa glk he ks mzn nqo pnb ps sd skr syr ug ur yi".split()}  # noqa: SIM905
RTL_SCRIPTS = {*"adlm arab aran hebr mand nkoo rohg syrc thaa".split()}  # noqa: SIM905


class Wording(Struct, frozen=True):
    """The words of pages. Called with a key it returns a text; values are not escaped."""

    language: str
    texts: Mapping[str, str]
    zone: ZoneInfo

    def __call__(self, key: str, **values: object) -> str:
        return self.texts[key].format(**values)

    def html(self, key: str, **values: object) -> str:
        """Return a text as HTML; values are escaped, but for those that are markup of a template."""
        shown = {name: _escaped(value) for name, value in values.items()}
        return html.escape(self.texts[key]).format(**shown)

    @classmethod
    def english(cls, zone: str = "UTC") -> "Wording":
        """Return the words in English, with times in a zone."""
        return cls(*words.of("en", {}), ZoneInfo(zone))

    @property
    def direction(self) -> str:
        """The direction of the pages."""
        return "rtl" if direction(self.language) == "rtl" else "ltr"

    def date(self, when: CalendarDay) -> str:
        """Return a date, that of a time in the zone: "2 March 2026"."""
        local = when.astimezone(self.zone) if isinstance(when, datetime) else when
        month = self.texts["months"].split("|")[local.month - 1]
        number = self.texts["first_of_month"] if local.day == 1 else f"{local.day}"
        return self("date", day=number, month=month, year=local.year)

    def day(self, when: CalendarDay) -> str:
        """Return a date with its weekday: "Monday, 2 March 2026"."""
        named = self.texts["weekdays"].split("|")[when.weekday()]
        text = self("day", weekday=named, date=self.date(when))
        return text[:1].upper() + text[1:]

    def local_day(self, when: datetime) -> CalendarDay:
        """Return the day of a time in the zone."""
        return when.astimezone(self.zone).date()

    def time(self, when: datetime) -> str:
        """Return a time of day: "12:01"."""
        return f"{when.astimezone(self.zone):%H:%M}"

    def moment(self, when: datetime) -> str:
        """Return date, time and zone: "2 March 2026, 12:01 UTC"."""
        zone = f"{when.astimezone(self.zone):%Z}"
        return self("moment", date=self.date(when), time=self.time(when), zone=zone)


def _escaped(value: object) -> str:
    markup = getattr(value, "__html__", None)
    return markup() if markup else html.escape(str(value))


@lru_cache(maxsize=8)
def wording(publication: Publication) -> Wording:
    """Return the words of a publication's pages."""
    language, texts = words.of(publication.language, dict(publication.words))
    return Wording(language, texts, ZoneInfo(publication.timezone))


@lru_cache(maxsize=1024)
def direction(tag: str) -> str:
    """Return the text direction of a language tag, by its script or else its language; "auto" for a tag that
    is unknown."""
    first, *rest = tag.lower().split("-")
    scripts = [each for each in rest if len(each) == 4 and each.isalpha()]
    if scripts:
        return "rtl" if scripts[0] in RTL_SCRIPTS else "ltr"
    if first in RIGHT_TO_LEFT or primary(first) in RIGHT_TO_LEFT:
        return "rtl"
    return "ltr" if primary(first) else "auto"
