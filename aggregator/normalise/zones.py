"""Time zones as dates name them: offsets, abbreviations, names of CLDR, names of the IANA database.

A confined worker opens no file: `keep` is given the files of the database beforehand.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from io import BytesIO
from zoneinfo import ZoneInfo

from aggregator.normalise import cldr

OFFSET_MAX = timedelta(hours=15)  # beyond any zone there ever was

NAMES: Mapping[str, str] = {name.casefold(): name for name in cldr.ZONES.split()}

# Hours east of Greenwich. An abbreviation that several countries use (IST, CST, BST) has its meaning in
# English-language feeds; `find` prefers the source's own time zone where that uses the abbreviation too.
_HOURS_EAST = """
    utc 0 gmt 0 ut 0 z 0 wet 0 west 1 bst 1 cet 1 wat 1 cest 2 eet 2 sast 2 cat 2 eest 3 msk 3 мск 3 msd 4
    eat 3 trt 3 gst 4 pkt 5 ist 5.5 wib 7 ict 7 hkt 8 sgt 8 pht 8 awst 8 jst 9 kst 9 acst 9.5 aest 10
    acdt 10.5 aedt 11 nzst 12 nzdt 13 nst -3.5 ndt -2.5 brt -3 art -3 clt -4 ast -4 adt -3 est -5 edt -4
    cst -6 cdt -5 mst -7 mdt -6 pst -8 pdt -7 akst -9 akdt -8 hst -10
"""
_WORDS = _HOURS_EAST.split()
ABBREVIATIONS: Mapping[str, float] = dict(zip(_WORDS[::2], map(float, _WORDS[1::2]), strict=True))

# Usual names that CLDR has not: those of Windows, which JavaScript writes, and of summer in Ireland.
_UNLISTED: Mapping[str, tuple[str, str]] = {
    "gmt standard time": ("Europe/London", "standard"),
    "gmt daylight time": ("Europe/London", "daylight"),
    "irish summer time": ("Europe/Dublin", "daylight"),
    "am samhraidh na heireann": ("Europe/Dublin", "daylight"),
}
_KINDS = ("generic", "standard", "daylight")
_OFFSET = re.compile(r"(?:utc|gmt|ut|z)? ?([+-])(\d{1,2})(?::?(\d{2}))?(?::?\d{2})?")
_WORD = re.compile(r"[^\W\d_]+")
_files: dict[str, bytes] = {}


def keep(files: Mapping[str, bytes]) -> None:
    """Keep files of the IANA database (TZif, RFC 9636), by the zone's name, for processes that open none."""
    _files.update(files)


@lru_cache(maxsize=64)
def named(name: str) -> ZoneInfo | None:
    """Return a zone by its IANA name in any case, None if there is none."""
    key = NAMES.get(name.casefold())
    if key is None:
        return None
    try:
        return ZoneInfo.from_file(BytesIO(_files[key]), key) if key in _files else ZoneInfo(key)
    except (LookupError, OSError, ValueError):  # a database older than the name, a confined process
        return None


def words(text: str) -> str:
    """Return a folded text as its words alone, as `by_words` has them."""
    return " ".join(_WORD.findall(text))


@cache
def by_words() -> Mapping[str, tuple[str, str]]:
    """Return zone and kind of time by each name that CLDR has: 5 ms, at the first date that has words."""
    found = dict(_UNLISTED)
    for zone, kinds in cldr.ZONE_NAMES.items():
        for kind, names in zip(_KINDS, kinds.split("|"), strict=True):
            found.update((words(name), (zone, kind)) for name in names.split("/") if name)
    return found


@cache
def words_max() -> int:
    """Return the number of words of the longest name of a zone."""
    return max(name.count(" ") for name in by_words()) + 1


@lru_cache(maxsize=64)
def offset(text: str) -> tzinfo | None:
    """Return the fixed zone of a numeric offset, such as +0100 or GMT-5; None for any other text."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    east = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-east if sign == "-" else east) if east <= OFFSET_MAX else None


def is_known(name: str) -> bool:
    """Return whether a folded name stands for a zone, whatever the source's own is."""
    return name in ABBREVIATIONS or name in NAMES or name in by_words()


def find(name: str, naive: datetime, local: tzinfo) -> tzinfo | None:
    """Return the zone that a folded name or offset means at a local time; None for an unknown one.

    `local` is the source's own zone, which comes first where it uses the name as its abbreviation.
    """
    if (naive.replace(tzinfo=local).tzname() or "").casefold() == name:
        return local
    hours = ABBREVIATIONS.get(name)
    if hours is not None:
        return timezone(timedelta(hours=hours))
    if name in by_words():
        return _of_kind(*by_words()[name], naive)
    return offset(name) or named(name)


def _of_kind(key: str, kind: str, naive: datetime) -> tzinfo | None:
    """Return standard or daylight time of a zone in that year: feeds name it in the other season, too."""
    zone = named(key)
    if zone is None or kind == "generic":
        return zone
    standard, daylight = sorted(
        zone.utcoffset(naive.replace(month=month, day=1)) or timedelta(0) for month in (1, 7)
    )
    if kind == "standard":
        return timezone(standard)
    return timezone(daylight if daylight > standard else standard + timedelta(hours=1))
