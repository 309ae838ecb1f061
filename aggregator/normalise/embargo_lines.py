"""Embargo lines of releases: "EMBARGOED UNTIL 00:01 GMT 5 MAY 2026", in six languages.

Only a line of its own counts, or a label that begins one, in the title or the first lines of the text:
an embargo on goods is no embargo on news. What cannot be read is never read as earlier than it may mean.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import NamedTuple

from aggregator.normalise import dates, zones
from aggregator.normalise.folding import fold

HEAD_CHARS, LINES_MAX = 800, 8  # of a text that are looked at
OWN_LINE_CHARS_MAX = 160  # of a line that says nothing else
DATE_CHARS = 110

# One of these is in each label: most items get this one look.
HINTS = (
    *("embarg", "sperrfrist", "gesperrt bis", "not for ", "nicht zur ver", "ne pas ", "publicar"),
    *("difundir", "divulgar", "non pubblicare", "non diffondere"),
)
_USE = r"(?:publication|release|broadcast|distribution|use|online)"
_SAY = r"(?:publier|diffuser|publicar|difundir|divulgar|pubblicare|diffondere|divulgare)"
_UNTIL = r"(?:until|till|bis|jusqu'(?:au?x?)?|hasta|ate|fino|before|prior to|avant|antes|prima|vor)"
_STRONG = rf"""(?:strictly\ )?embargoed(?:\ for\ {_USE}(?:\ (?:or|and)\ {_USE})*)?\ (?:until|till|to)
    | (?:strictly\ )?under\ (?:strict\ )?embargo(?:\ (?:until|till)|\ ?:)
    | not\ for\ {_USE}(?:(?:,?\ (?:or|and)\ |/|,\ ){_USE})*\ (?:before|until|prior\ to)
    | sperrfrist(?:\ (?:bis|endet|ist)|\ ?[:-]) | gesperrt\ bis
    | nicht\ zur\ veroffentlichung\ (?:bestimmt\ )?(?:vor|bis)
    | (?:strictement\ )?sous\ embargo(?:\ strict)?(?:\ jusqu'|\ ?:)
    | (?:ne\ pas|no|non|da\ non|nao)\ {_SAY}(?:\ (?:ou|o|ni|e)\ {_SAY})?\ {_UNTIL}
    | embargad[oa]\ (?:hasta|ate)
    | (?:bajo|sotto|sob)\ embargo(?:\ (?:hasta|fino|ate)|\ ?:)"""
_NOUN = r"(?:media\ |press\ |news\ )?embargo(?:\ (?:date|time|notice))?"
_LABEL = re.compile(
    rf"\W*(?:(?P<strong>{_STRONG})|{_NOUN}(?:(?P<label>\ ?[:-])|\ (?:{_UNTIL}|ends|lifts)\b))", re.VERBOSE
)
_LEADING = re.compile(
    rf"(?:[\s:,.'*_-]|{_UNTIL}\b|(?:au|al|alle|delle|dalle|zum|am|del|de|on|at|the|le|il|las|el|as)\b)+"
)
_ENDING = re.compile(r"[\s\W]+$")
_CUT = re.compile(r"\. |; | - | \| |! |\n")
_TIMED = re.compile(r"\d|time|zeit|heure|hora|\bora\b")

_NOON = re.compile(r"\b(?:12 (?:uhr )?)?(?:noon|midday|midi|mittags?|mediodia|mezzogiorno|meio-dia)\b")
_MIDNIGHT = re.compile(r"\b(?:midnight|mitternacht|minuit|medianoche|mezzanotte|meia-noite)\b")
_REWRITTEN = (
    (re.compile(r"[()\[\]]"), " "),
    (re.compile(r"(?<![\d.])([01]?\d|2[0-3])\.([0-5]\d)(?![.\d])"), r"\1:\2"),
    (re.compile(r"\b(1[0-2]|[1-9]) ?([ap])\.?m\b"), r"\1:00 \2m"),
    (re.compile(r"\b([01]\d|2[0-3])([0-5]\d) ?(?:hrs?|hours|h|uhr)\b"), r"\1:\2"),
    (re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d) ?(?:hrs?|hours|horas|uhr)\b"), r"\1:\2"),
    (re.compile(r"\b([01]?\d|2[0-3]) ?(?:heures|horas|hours|uhr)\b"), r"\1:00"),
    (re.compile(r"\bore ([01]?\d|2[0-3])(?![:\d])"), r"\1:00"),
)
# Cities by which zones are named in other languages, and countries of one zone.
_CITIES = {
    "uk": "Europe/London", "london": "Europe/London", "londoner": "Europe/London", "londres": "Europe/London",
    "londra": "Europe/London", "british": "Europe/London", "pariser": "Europe/Paris",
    "parigi": "Europe/Paris", "berliner": "Europe/Berlin", "berlino": "Europe/Berlin",
    "deutsche": "Europe/Berlin", "wiener": "Europe/Vienna", "wien": "Europe/Vienna",
    "vienne": "Europe/Vienna", "viena": "Europe/Vienna", "genf": "Europe/Zurich",
    "genfer": "Europe/Zurich", "geneva": "Europe/Zurich", "geneve": "Europe/Zurich",
    "ginebra": "Europe/Zurich", "ginevra": "Europe/Zurich", "genebra": "Europe/Zurich",
    "bruxelles": "Europe/Brussels", "brusseler": "Europe/Brussels", "bruselas": "Europe/Brussels",
    "bruxelas": "Europe/Brussels", "roma": "Europe/Rome", "lisboa": "Europe/Lisbon",
    "nueva york": "America/New_York", "nova york": "America/New_York", "nova iorque": "America/New_York",
    "new yorker": "America/New_York", "washington": "America/New_York", "the hague": "Europe/Amsterdam",
}  # fmt: skip
_PLACE = r"([a-z]+(?:[ -][a-z]+)?)"
_CITY_TIME = re.compile(rf"\b(?:heure|hora|ora) (?:de |di |d')?{_PLACE}|\b{_PLACE} (?:time|zeit)\b")


Reading = Callable[[str], datetime | None]


class EmbargoLine(NamedTuple):
    """An embargo line; `until` None: it has no date that can be read."""

    until: datetime | None


def find(
    title: str, text: str, *, zone: str, language: str, month_first: bool | None, now: datetime
) -> EmbargoLine | None:
    """Return the embargo line of a release, of several the last to end; None for none.

    A date without a zone is in `zone`, as `dates.read` has it; one of an unknown zone is read as the latest
    that it can mean.
    """
    head = f"{title}\n{text[:HEAD_CHARS]}".lower()
    if not any(hint in head for hint in HINTS):
        return None
    read, latest = (
        partial(each, zone=zone, language=language, month_first=month_first, now=now)
        for each in (dates.read, dates.latest)
    )
    lines = [title, *filter(None, text[:HEAD_CHARS].split("\n"))][: LINES_MAX + 1]
    said = (_read(fold(line), read=read, latest=latest) for line in lines)
    found = [each for each in said if each is not None]
    unread = next((each for each in found if each.until is None), None)
    return unread or max(found, key=lambda each: each.until or now, default=None)


def _read(line: str, *, read: Reading, latest: Reading) -> EmbargoLine | None:
    """Return what a folded line says; None where it is no embargo line."""
    label = _LABEL.match(line)
    if label is None:
        return None
    is_own = len(line) <= OWN_LINE_CHARS_MAX
    rest = line[label.end() :]
    if not is_own:
        rest = _CUT.split(rest, maxsplit=1)[0][:DATE_CHARS]
    days = timedelta(days=bool(_MIDNIGHT.search(rest)))  # at midnight: which of both is not said
    whole = _rewritten(rest)
    for date in _without_tail(whole):
        if (until := read(date)) is not None:
            return EmbargoLine(until + days)
    if (label["strong"] or label["label"]) and (until := latest(whole)) is not None:
        return EmbargoLine(until + days)
    return EmbargoLine(None) if label["strong"] and is_own else None


def _without_tail(date: str) -> Iterator[str]:
    """Yield a date, then without what follows it and says nothing of a time."""
    yield date
    for cut in reversed([*_CUT.finditer(date)]):
        if _TIMED.search(date, cut.end()):
            return
        yield _ENDING.sub("", date[: cut.start()])


def _rewritten(date: str) -> str:
    """Return a folded date with its times and places in forms that `dates` reads."""
    date = _MIDNIGHT.sub("00:00", _NOON.sub("12:00", _LEADING.sub("", date, count=1)))
    for pattern, form in _REWRITTEN:
        date = pattern.sub(form, date)
    return _ENDING.sub("", " ".join(_CITY_TIME.sub(_zone, date).split()))


def _zone(found: re.Match[str]) -> str:
    return _cities().get((found[1] or found[2]).replace("-", " "), found[0])


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    """Return the zones by the cities in their names, and by those of _CITIES."""
    named = {name.rpartition("/")[2].replace("_", " "): name for name in zones.NAMES if "/" in name}
    return {**named, **{city: name.casefold() for city, name in _CITIES.items()}}
