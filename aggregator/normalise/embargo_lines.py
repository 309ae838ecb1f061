"""Embargo lines of releases: "EMBARGOED UNTIL 00:01 GMT 5 MAY 2026", in six languages.

Only a line of its own counts, or a label that begins one, in the title or the first lines of the text:
an embargo on goods is no embargo on news. What cannot be read is never read as earlier than it may mean.
"""

import re
from datetime import datetime
from functools import partial
from typing import NamedTuple

from aggregator.normalise import dates, embargo_dates
from aggregator.normalise.embargo_dates import Reading
from aggregator.normalise.embargo_forms import UNTIL
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
_STRONG = rf"""(?:strictly\ )?embargoed(?:\ for\ {_USE}(?:\ (?:or|and)\ {_USE})*)?\ (?:until|till|to)
    | (?:strictly\ )?under\ (?:strict\ )?embargo(?:\ (?:until|till)|\ ?:)
    | not\ for\ {_USE}(?:(?:,?\ (?:or|and)\ |/|,\ ){_USE})*\ (?:before|until|prior\ to)
    | sperrfrist(?:\ (?:bis|endet|ist)|\ ?[:-]) | gesperrt\ bis
    | nicht\ zur\ veroffentlichung\ (?:bestimmt\ )?(?:vor|bis)
    | (?:strictement\ )?sous\ embargo(?:\ strict)?(?:\ jusqu'|\ ?:)
    | (?:ne\ pas|no|non|da\ non|nao)\ {_SAY}(?:\ (?:ou|o|ni|e)\ {_SAY})?\ {UNTIL}
    | embargad[oa]\ (?:hasta|ate)
    | (?:bajo|sotto|sob)\ embargo(?:\ (?:hasta|fino|ate)|\ ?:)"""
_NOUN = r"(?:media\ |press\ |news\ )?embargo(?:\ (?:date|time|notice))?"
_LABEL = re.compile(
    rf"\W*(?:(?P<strong>{_STRONG})|{_NOUN}(?:(?P<label>\ ?[:-])|\ (?:{UNTIL}|ends|lifts)\b))", re.VERBOSE
)


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
    head = f"{title}\n{text[:HEAD_CHARS]}"
    lowered = head.lower()
    if not any(hint in lowered for hint in HINTS):
        return None
    read, latest = (
        partial(each, zone=zone, language=language, month_first=month_first, now=now)
        for each in (dates.read, dates.latest)
    )
    lines = [*filter(None, head.split("\n"))][: LINES_MAX + bool(title)]
    said = (_read(fold(line), read=read, latest=latest) for line in lines)
    found = [each for each in said if each is not None]
    unread = next((each for each in found if each.until is None), None)
    return unread or max(found, key=lambda each: each.until or now, default=None)


def _read(line: str, *, read: Reading, latest: Reading) -> EmbargoLine | None:
    """Return what a folded line says; None where it is no embargo line."""
    label = _LABEL.match(line)
    if label is None:
        return None
    rest, is_own = line[label.end() :], len(line) <= OWN_LINE_CHARS_MAX
    if not is_own:
        rest = rest[:DATE_CHARS]
    is_clear = bool(label["strong"] or label["label"])
    if (stated := embargo_dates.stated(rest, read, is_separate=not is_clear)) is not None:
        return EmbargoLine(stated.until)
    is_dated = embargo_dates.begins_with_date(rest)
    if (is_clear or is_dated) and (until := embargo_dates.at_latest(rest, read, latest)) is not None:
        return EmbargoLine(until)
    return EmbargoLine(None) if is_dated or (label["strong"] and is_own) else None
