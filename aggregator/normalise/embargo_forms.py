"""Dates of embargo lines in six languages: times and places in the forms that `dates` reads."""

import re
from functools import lru_cache

from aggregator.normalise import zones

UNTIL = r"(?:until|till|bis|jusqu'(?:au?x?)?|hasta|ate|fino|before|prior to|avant|antes|prima|vor)"
_LEADING = re.compile(
    rf"^(?:[\s:,.'*_-]|{UNTIL}\b|(?:au|al|alle|delle|dalle|zum|am|del|de|on|at|the|le|il|las|el|as)\b)+"
)
_ENDING = re.compile(r"[\s\W]+$")

_NOON = re.compile(r"\b(?:12 (?:uhr )?)?(?:noon|midday|midi|mittags?|mediodia|mezzogiorno|meio-dia)\b")
MIDNIGHT = re.compile(r"\b(?:midnight|mitternacht|minuit|medianoche|mezzanotte|meia-noite)\b")
_REWRITTEN = (
    (re.compile(r"[()\[\]]|:(?!\d)"), " "),
    (re.compile(r"(?<![\d.])([01]?\d|2[0-3])\.([0-5]\d)(?![.\d])"), r"\1:\2"),
    (re.compile(r"\b(1[0-2]|[1-9]) ?([ap])\.?m\b"), r"\1:00 \2m"),
    (re.compile(r"\b([01]\d|2[0-3])([0-5]\d) ?(?:hrs?|hours|h|uhr)\b"), r"\1:\2"),
    (re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d) ?(?:hrs?|hours|horas|uhr)\b"), r"\1:\2"),
    (re.compile(r"\b([01]?\d|2[0-3]) ?(?:heures|horas|hours|uhr|o'clock)\b"), r"\1:00"),
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


def rewritten(date: str) -> str:
    """Return a folded date with its times and places in forms that `dates` reads."""
    date = MIDNIGHT.sub("00:00", _NOON.sub("12:00", _LEADING.sub("", date)))
    for pattern, form in _REWRITTEN:
        date = pattern.sub(form, date)
    return _ENDING.sub("", " ".join(_CITY_TIME.sub(_zone, date).split()))


def _zone(found: re.Match[str]) -> str:
    return cities().get((found[1] or found[2]).replace("-", " "), found[0])


@lru_cache(maxsize=1)
def cities() -> dict[str, str]:
    """Return the zones by the cities in their names, and by those of _CITIES."""
    named = {name.rpartition("/")[2].replace("_", " "): name for name in zones.NAMES if "/" in name}
    return {**named, **{city: name.casefold() for city, name in _CITIES.items()}}
