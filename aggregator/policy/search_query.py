"""Queries of readers: words, "phrases", prefixes*, and filters such as organisation:. Pure.

A query that cannot be carried out holds faults, which pages put into words; it never raises.
"""

import re
from datetime import date
from enum import StrEnum

from msgspec import Struct

from aggregator.normalise.words import Term, query, words

QUERY_CHARS_MAX = 200
QUERY_TERMS_MAX = 10
VALUE_CHARS_MAX = 40  # of a fault, as shown


class Filter(StrEnum):
    """Names of filters, each followed by a colon."""

    ORGANISATION = "organisation"
    TOPIC = "topic"
    LANGUAGE = "language"
    LICENCE = "licence"
    AFTER = "after"
    BEFORE = "before"


class QueryFault(StrEnum):
    """Reasons why a query is not carried out."""

    EMPTY = "empty"  # it names neither a word nor a filter
    TOO_LONG = "too long"
    TOO_MANY_TERMS = "too many terms"
    REPEATED = "repeated"  # a filter stands twice
    NO_DATE = "no date"
    NO_SLUG = "no slug"  # no topic can have this name
    NO_LANGUAGE = "no language"
    NO_LICENCE = "no licence"  # licence: without one
    NO_NAME = "no name"  # an organisation: without a word
    ORDER = "order"  # before: is not later than after:


class Fault(Struct, frozen=True):
    """One fault, with the part of the query that has it; "" for the query as a whole."""

    kind: QueryFault
    value: str = ""


class SearchQuery(Struct, frozen=True):
    """A query as understood; all of its parts must match. `text` is as written, with single blanks.

    `organisation` are words of its name that follow one another, `after` the first day, `before` the first
    day that is too late, both in UTC. `licence` is written in any way (editorial.terms.licence_key).
    """

    text: str
    terms: tuple[Term, ...] = ()
    organisation: Term | None = None
    topic: str = ""
    language: str = ""
    licence: str = ""
    after: date | None = None
    before: date | None = None
    faults: tuple[Fault, ...] = ()


def parse(written: str) -> SearchQuery:
    """Return the query that a reader has written; with `faults` it must not be carried out."""
    text = " ".join(_UNPRINTABLE.sub(" ", written[: QUERY_CHARS_MAX + 1]).split())
    if len(written) > QUERY_CHARS_MAX:
        return SearchQuery(text[:QUERY_CHARS_MAX], faults=(Fault(QueryFault.TOO_LONG),))
    given: dict[Filter, str] = {}
    faults: list[Fault] = []
    plain: list[str] = []
    for part in _PART.finditer(text):
        name, value = part["name"], (part["quoted"] or part["value"] or "").strip()
        if name is None:
            plain.append(part[0])
        elif (key := _ALIASES.get(name.lower()) or Filter(name.lower())) in given:
            faults.append(Fault(QueryFault.REPEATED, key))
        else:
            given[key] = value
    terms = query(" ".join(plain))
    found = _filtered(SearchQuery(text, terms), given, faults)
    if len(terms) > QUERY_TERMS_MAX:
        faults.append(Fault(QueryFault.TOO_MANY_TERMS))
    if not (terms or given):
        faults.append(Fault(QueryFault.EMPTY))
    return SearchQuery(
        text,
        terms[:QUERY_TERMS_MAX],
        found.organisation,
        found.topic,
        found.language,
        found.licence,
        found.after,
        found.before,
        tuple(faults),
    )


def _filtered(found: SearchQuery, given: dict[Filter, str], faults: list[Fault]) -> SearchQuery:
    """Return a query with the filters given; those that cannot be understood are faults."""
    name = words(given.get(Filter.ORGANISATION, ""))[:QUERY_TERMS_MAX]
    if Filter.ORGANISATION in given and not name:
        faults.append(Fault(QueryFault.NO_NAME, _short(given[Filter.ORGANISATION])))
    topic = _checked(given.get(Filter.TOPIC), _SLUG, QueryFault.NO_SLUG, faults)
    language = _checked(given.get(Filter.LANGUAGE), _LANGUAGE, QueryFault.NO_LANGUAGE, faults)
    licence = given.get(Filter.LICENCE, "")
    if Filter.LICENCE in given and not licence:
        faults.append(Fault(QueryFault.NO_LICENCE))
    after = _day(given.get(Filter.AFTER), faults)
    before = _day(given.get(Filter.BEFORE), faults)
    if after is not None and before is not None and before <= after:
        faults.append(Fault(QueryFault.ORDER, f"{after}, {before}"))
    organisation = Term(name, is_prefix=True) if name else None
    return SearchQuery(found.text, found.terms, organisation, topic, language, licence, after, before)


def _checked(value: str | None, allowed: re.Pattern[str], kind: QueryFault, faults: list[Fault]) -> str:
    if value is None:
        return ""
    lowered = value.lower()
    if allowed.fullmatch(lowered):
        return lowered
    faults.append(Fault(kind, _short(value)))
    return ""


def _day(value: str | None, faults: list[Fault]) -> date | None:
    if value is None:
        return None
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:  # of a month that has no such day
        pass
    faults.append(Fault(QueryFault.NO_DATE, _short(value)))
    return None


def _short(value: str) -> str:
    return value[:VALUE_CHARS_MAX]


_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ALIASES = {"organization": Filter.ORGANISATION, "license": Filter.LICENCE}
_NAMES = "|".join((*Filter, *_ALIASES))
_PART = re.compile(rf'(?:(?P<name>{_NAMES}):)?(?:"(?P<quoted>[^"]*)"?|(?P<value>\S+))', re.I)
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8}){0,3}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
