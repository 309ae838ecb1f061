"""Rank of the releases that a search found: how well they match, and how new they are. Pure.

All terms of a query occur in each candidate, so that the rarity of a word (the IDF of BM25) would order
nothing. What orders is where a term stands and how often, in the form of BM25: frequency saturates, long
texts count less. Age halves a score in HALF_LIFE, but never below AGED_MIN of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.normalise.occurrences import count
from aggregator.normalise.words import Term, words

HEAD_CHARS = 2_000  # of the text, in which its terms are counted
HEADLINE_WEIGHT = 3.0
SATURATION, LENGTH_SHARE = 1.2, 0.5  # k1 and b of BM25
USUAL_WORDS = 200
HALF_LIFE = timedelta(days=60)
AGED_MIN = 0.25


class Candidate(Struct, frozen=True):
    """A release that matches a query; `text` is what is published of it, `at` its shown date."""

    number: int
    title: str
    text: str
    at: datetime


def ranked(candidates: Sequence[Candidate], terms: Sequence[Term]) -> tuple[int, ...]:
    """Return the numbers of candidates, the best first; without terms the newest first. Age counts from the
    newest of them, so that equal candidates have equal ranks at any time."""
    newest = max((each.at for each in candidates), default=None)
    scores = {
        each.number: (score(each, terms, newest - each.at) if terms else 0.0, each.at, each.number)
        for each in candidates
        if newest is not None
    }
    return tuple(sorted(scores, key=lambda number: scores[number], reverse=True))


def score(candidate: Candidate, terms: Sequence[Term], age: timedelta) -> float:
    """Return how well a candidate of this age matches, above 0."""
    title, text = words(candidate.title), words(candidate.text[:HEAD_CHARS])
    length = 1 - LENGTH_SHARE + LENGTH_SHARE * len(text) / USUAL_WORDS
    found = 0.1  # terms that stand further down
    for term in terms:
        often = count(term, text)
        found += often * (SATURATION + 1) / (often + SATURATION * length)
        found += HEADLINE_WEIGHT if count(term, title) else 0
    return float(found * (AGED_MIN + (1 - AGED_MIN) * 0.5 ** (age / HALF_LIFE)))


def is_shown(terms: Sequence[Term], published: str) -> bool:
    """Return whether all terms occur in what is published of a release: a search must not tell what stands in
    the part that its rights keep back."""
    found = words(published) if terms else ()
    return all(count(term, found) for term in terms)
