#!/usr/bin/env python3
"""Print `aggregator/normalise/cldr.py`: words of dates from CLDR, as Babel carries it.

Run after an update of Babel: `.venv/bin/python .ci/cldr.py > aggregator/normalise/cldr.py`. Workers read
dates and open no file: tables in a module cost the service no start of Babel (0.27 s, 44 MB).
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import babel
from babel import Locale
from babel.core import get_global
from babel.localedata import locale_identifiers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from aggregator.normalise.folding import fold

# Official languages of the UN, the EU, Turkey, Norway, Ukraine, Japan and Korea.
LANGUAGES = re.findall(
    r"\w+",
    "ar bg cs da de el en es et fi fr ga hr hu it ja ko lt lv mt nb nl nn pl pt ro ru se sk sl sv tr uk zh",
)
EVERYWHERE = {
    *("GMT", "Europe_Western", "Europe_Central", "Europe_Eastern", "Moscow"),
    *("America_Eastern", "America_Central", "America_Mountain", "America_Pacific"),
}
# Where a metazone's rules are those that its name means; else its first zone in the alphabet.
ZONES = {
    "America_Eastern": "America/New_York",
    "America_Central": "America/Chicago",
    "America_Mountain": "America/Denver",
    "America_Pacific": "America/Los_Angeles",
    "Atlantic": "America/Halifax",
    "Alaska": "America/Anchorage",
    "Hawaii_Aleutian": "Pacific/Honolulu",
    "Hawaii": "Pacific/Honolulu",
    "Europe_Western": "Europe/Lisbon",
    "Europe_Central": "Europe/Berlin",
    "Europe_Eastern": "Europe/Helsinki",
    "GMT": "Etc/GMT",
    "British": "Europe/London",
    "Irish": "Europe/Dublin",
    "Moscow": "Europe/Moscow",
    "Australia_Eastern": "Australia/Sydney",
    "Australia_Central": "Australia/Adelaide",
    "New_Zealand": "Pacific/Auckland",
}
KINDS = ("generic", "standard", "daylight")
WIDTHS = ("wide", "abbreviated", "short")


def locales(language: str) -> list[Locale]:
    """Return the locales of a language in its usual scripts."""
    names = [name for name in sorted(locale_identifiers()) if name.split("_")[0] == language]
    found = [Locale.parse(name) for name in names]
    return [locale for locale in found if locale.script in (None, "Hans", "Hant")]


def words(texts: Iterable[str]) -> list[str]:
    folded = (fold(text).rstrip(".").strip() for text in texts)
    return sorted({word for word in folded if len(word) > 1 and not word[0].isdigit()})


def named(language: str, field: str, keys: Iterable[int]) -> str:
    """Return the names of months or weekdays: words of one parted by "/", the next after "|"."""
    found = []
    for key in keys:
        texts: list[str] = []
        for locale in locales(language):
            tables = getattr(locale, field)
            for context in ("format", "stand-alone"):
                texts += [str(tables[context][width][key]) for width in WIDTHS if width in tables[context]]
        found.append("/".join(words(texts)))
    return "|".join(found)


def half_days(period: str) -> str:
    texts = [
        str(table[period])
        for language in LANGUAGES
        for locale in locales(language)
        for width, table in locale.day_periods["format"].items()
        if width != "narrow" and period in table
    ]
    spelt = {fold(text).replace(".", "").replace(" ", "") for text in texts}
    return "/".join(sorted(spelt - {"de"}))  # Hungarian for "am", and in five languages "of"


def fillers() -> str:
    """Return the words that stand in the patterns of dates and times."""
    found: set[str] = set()
    for language in LANGUAGES:
        for locale in locales(language):
            formats = (*locale.date_formats.values(), *locale.time_formats.values())
            for pattern in (each.pattern.replace("''", "’") for each in formats):
                literals = re.findall(r"'([^']+)'", pattern) + re.split(r"'[^']*'|[a-zA-Z]", pattern)
                found |= {word for each in literals for word in re.findall(r"[^\W\d_]+", fold(each))}
    return " ".join(sorted(found))


def month_first() -> list[str]:
    """Return the locales whose short date is month, day, year."""
    found = []
    for name in sorted(locale_identifiers()):
        pattern = str(Locale.parse(name).date_formats["short"].pattern)
        if re.match(r"M+\W+d+\W", re.sub(r"^\W+", "", pattern)):
            found.append(name.replace("_", "-").lower())
    return [name for name in found if name != "en"]  # of the world's English, most is day first


def zone_names() -> list[tuple[str, str]]:
    """Return names of zones in the languages of their territories: generic, standard and daylight time."""
    by_metazone: dict[str, list[str]] = defaultdict(list)
    territories = get_global("zone_territories")
    for zone, metazone in sorted(get_global("meta_zones").items()):
        by_metazone[metazone].append(zone)
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for language in LANGUAGES:
        official = {
            territory
            for territory, spoken in get_global("territory_languages").items()
            if spoken.get(language, {}).get("official_status")
        }
        for locale in locales(language):
            for metazone, zones in by_metazone.items():
                if metazone in EVERYWHERE or any(territories.get(zone) in official for zone in zones):
                    for kind, name in kinds_of(locale.meta_zones.get(metazone, {})):
                        if len(name) == 2 and language != "en":  # words of other languages
                            continue
                        found[fold(name)].add((ZONES.get(metazone, zones[0]), kind))
    names: dict[str, dict[str, list[str]]] = defaultdict(lambda: {kind: [] for kind in KINDS})
    for name, meanings in sorted(found.items()):
        zones = {zone for zone, _ in meanings}
        if len(zones) == 1 or "Etc/GMT" in zones:  # winter in London; else ambiguous
            zone = "Etc/GMT" if len(zones) > 1 else zones.pop()
            kinds = {kind for _, kind in meanings} - {"generic"}
            names[zone][kinds.pop() if len(kinds) == 1 else "generic"].append(name)
    return [(zone, "|".join("/".join(names[zone][kind]) for kind in KINDS)) for zone in sorted(names)]


def kinds_of(widths: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for width in ("long", "short"):
        with suppress(KeyError):  # an alias of CLDR that leads to nothing
            names = dict(widths.get(width, {}).items())
            yield from ((kind, str(name)) for kind, name in names.items() if len(str(name).strip("∅")) > 1)


def zones() -> list[str]:
    return sorted({*get_global("zone_territories"), *get_global("zone_aliases")})


def mapping(name: str, entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"{name}: Mapping[str, str] = {{"
    yield from (f'    "{key}": "{value}",' for key, value in entries)
    yield "}"


def module() -> Iterator[str]:
    yield f'''"""Words of dates, from CLDR in Babel {babel.__version__}: made by `.ci/cldr.py`, never edited.

All folded by `normalise.folding`. Months and weekdays are parted by "|", names of one of them by "/".
"""

# ruff: noqa: E501 - a table, one line a language or zone

from collections.abc import Mapping
'''
    yield from mapping("MONTHS", ((each, named(each, "months", range(1, 13))) for each in LANGUAGES))
    yield "\n# Monday first."
    yield from mapping("WEEKDAYS", ((each, named(each, "days", range(7))) for each in LANGUAGES))
    yield "\n# Without dots and spaces."
    yield f'AM = "{half_days("am")}"'
    yield f'PM = "{half_days("pm")}"'
    yield "\n# Words between the parts of a date."
    yield f'FILLERS = "{fillers()}"'
    yield "\n# Locales that write 1/30/2024."
    yield f'MONTH_FIRST = "{" ".join(month_first())}"'
    yield "\n# Names and abbreviations of zones: generic|standard time|daylight time."
    yield from mapping("ZONE_NAMES", zone_names())
    yield "\n# IANA time zones and their former names."
    yield f'ZONES = "{" ".join(zones())}"'


if __name__ == "__main__":
    print("\n".join(module()))
