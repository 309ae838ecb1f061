"""Ranks of search results."""

from datetime import timedelta

from aggregator.normalise.words import query
from aggregator.policy.search_rank import Candidate, is_shown, ranked
from tests.given import DAY, NOON

FLOOD = query("flood")


def candidate(number: int, title: str, text: str, age: timedelta = timedelta()) -> Candidate:
    return Candidate(number, title, text, NOON - age)


def test_a_match_in_the_headline_counts_more_than_one_in_the_text() -> None:
    found = [candidate(1, "Budget", "A flood."), candidate(2, "Flood", "A river.")]
    assert ranked(found, FLOOD) == (2, 1)


def test_frequency_counts_and_length_counts_against() -> None:
    often = candidate(1, "Budget", "Flood, flood, flood.")
    once = candidate(2, "Budget", "A flood.")
    long = candidate(3, "Budget", "A flood." + " word" * 300)
    assert ranked([long, once, often], FLOOD) == (1, 2, 3)


def test_of_equal_matches_the_newer_one_is_first_and_a_far_better_old_one_before_it() -> None:
    new, old = candidate(1, "Budget", "A flood."), candidate(2, "Budget", "A flood.", 100 * DAY)
    best = candidate(3, "Flood", "A flood, a flood.", 60 * DAY)
    assert ranked([old, new], FLOOD) == (1, 2)
    assert ranked([old, new, best], FLOOD) == (3, 1, 2)


def test_without_terms_the_newest_is_first() -> None:
    assert ranked([candidate(1, "A", "", DAY), candidate(2, "B", "")], ()) == (2, 1)
    assert ranked([], FLOOD) == ()


def test_what_is_not_published_is_not_found() -> None:
    assert is_shown(query('"the flood" bar*'), "After the flood: a barrier")
    assert not is_shown(query("flood sea"), "After the flood: a barrier")
