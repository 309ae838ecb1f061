"""Vocabulary of dates: months, weekdays, halves of the day and fillers, in many languages and folded."""

import re
from collections import defaultdict
from collections.abc import Mapping

from aggregator.normalise import cldr
from aggregator.normalise.folding import fold

# Spellings that CLDR does not have.
_MONTHS = {"de": "|feber|maerz/mrz|||||||||"}
_ENGLISH = cldr.MONTHS["en"].split("|")
# Between the parts of a date, or before a time; no pattern of CLDR has them.
_FILLERS = """
    a alle am as at clock d dans de del den di dia dne du el en es ev gada godz h hod hodin hour hours hr
    hrs hs i il im in ja kello kl klo la las le les m metu na o ob och of og om on ora orario ore pe plkst
    r rok roku st t ta the u uhr um uur v val vers y στισ του в г год года о об р року рік у ч الساعة سنة
    في م
"""


def _names(tables: Mapping[str, str]) -> Mapping[str, Mapping[str, int]]:
    """Return, for each name, the numbers from 1 that languages give it."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for language, table in tables.items():
        for number, names in enumerate(table.split("|"), 1):
            for name in names.split("/"):
                found[" ".join(re.findall(r"[^\W\d_]+", name))][language] = number
    found.pop("", None)
    return found


def _merged() -> Mapping[str, Mapping[str, int]]:
    found = {name: dict(meanings) for name, meanings in _names(cldr.MONTHS).items()}
    for name, meanings in _names(_MONTHS).items():
        found.setdefault(name, {}).update(meanings)
    return found


# By name; the value by language. A Croat's "listopad" is October, a Czech's November.
MONTHS = _merged()
# By name; the days that it means in some language, 0 = Monday.
WEEKDAYS: Mapping[str, frozenset[int]] = {
    name: frozenset(day - 1 for day in meanings.values()) for name, meanings in _names(cldr.WEEKDAYS).items()
}
FILLERS = frozenset((*cldr.FILLERS.split(), *fold(_FILLERS).split()))

# Of English alone, for the usual date.
ENGLISH_MONTHS: Mapping[str, int] = {
    name: number for number, names in enumerate(_ENGLISH, 1) for name in names.split("/")
}


def _any(names: str) -> str:
    """Return a pattern of names whose letters may have dots and spaces between them: p.m., p. m., pm."""
    spelt = (r"\.? ?".join(map(re.escape, name)) for name in sorted(names.split("/"), key=len, reverse=True))
    return "|".join(spelt)


AM, PM = _any(cldr.AM), _any(cldr.PM)

# Chinese and Japanese write no spaces: these words are told by themselves.
EAST_ASIAN_WEEKDAY = re.compile(
    "|".join(name for name in WEEKDAYS if "\u3000" < name[0] < "\ufb00" and len(name) > 1)
    + "|[(]?[月火水木金土日월화수목금토일][)]"
)
