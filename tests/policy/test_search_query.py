"""Queries of readers as understood, and their faults."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise.words import Term
from aggregator.policy.search_query import (
    QUERY_CHARS_MAX,
    QUERY_TERMS_MAX,
    Fault,
    QueryFault,
    SearchQuery,
    parse,
)

FLOOD, BARRIER = Term(("flood",)), Term(("barrier",))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Flood  barrier", {"terms": (FLOOD, BARRIER)}),
        ('"flood barrier"', {"terms": (Term(("flood", "barrier")),)}),
        ("flo* Überschwemmung", {"terms": (Term(("flo",), is_prefix=True), Term(("uberschwemmung",)))}),
        ("topic:Human-Rights", {"topic": "human-rights"}),
        ('license:"Open Government"', {"licence": "Open Government"}),
        ("flood LANGUAGE:pt-BR", {"terms": (FLOOD,), "language": "pt-br"}),
        ('organisation:"Coast Guard"', {"organisation": Term(("coast", "guard"), is_prefix=True)}),
        ("organization:OSCE flood", {"organisation": Term(("osce",), is_prefix=True), "terms": (FLOOD,)}),
        (
            "after:2026-01-31 before:2026-02-01",
            {"after": date(2026, 1, 31), "before": date(2026, 2, 1)},
        ),
        ("colour:blue", {"terms": (Term(("colour", "blue")),)}),
        ("flood topic:", {"terms": (FLOOD, Term(("topic",)))}),
        ('flood "', {"terms": (FLOOD,)}),
        ("flood\x00\u202ebarrier", {"terms": (FLOOD, BARRIER), "text": "flood barrier"}),
    ],
)
def test_a_query_has_words_phrases_prefixes_and_filters(written: str, found: dict[str, object]) -> None:
    assert parse(written) == SearchQuery(**{"text": " ".join(written.split()), **found})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", Fault(QueryFault.EMPTY)),
        ("& | *", Fault(QueryFault.EMPTY)),
        ("x" * (QUERY_CHARS_MAX + 1), Fault(QueryFault.TOO_LONG)),
        ("a b c d e f g h i j k", Fault(QueryFault.TOO_MANY_TERMS)),
        ("topic:a topic:b", Fault(QueryFault.REPEATED, "topic")),
        ("organisation:a organization:b", Fault(QueryFault.REPEATED, "organisation")),
        ("organisation:!", Fault(QueryFault.NO_NAME, "!")),
        ("topic:sea_side", Fault(QueryFault.NO_SLUG, "sea_side")),
        ('licence:""', Fault(QueryFault.NO_LICENCE)),
        ("language:english", Fault(QueryFault.NO_LANGUAGE, "english")),
        ("after:yesterday", Fault(QueryFault.NO_DATE, "yesterday")),
        ("before:2026-02-30", Fault(QueryFault.NO_DATE, "2026-02-30")),
        ("after:2026-W01-1", Fault(QueryFault.NO_DATE, "2026-W01-1")),
        ("after:2026-02-01 before:2026-02-01", Fault(QueryFault.ORDER, "2026-02-01, 2026-02-01")),
    ],
)
def test_a_query_that_cannot_be_carried_out_says_why(written: str, fault: Fault) -> None:
    assert parse(written).faults == (fault,)


def test_filters_alone_are_a_query() -> None:
    found = parse("topic:sea")
    assert (found.terms, found.topic, found.faults) == ((), "sea", ())


@given(st.text(max_size=300))
def test_any_text_is_a_query_or_has_a_fault(written: str) -> None:
    found = parse(written)
    filters = (found.organisation, found.topic, found.language, found.after, found.before)
    assert found.faults or found.terms or any(filters)
    assert len(found.terms) <= QUERY_TERMS_MAX
    assert len(found.text) <= QUERY_CHARS_MAX
