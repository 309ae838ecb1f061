"""Doubts about the text that was extracted from an item's page: in doubt the summary of the feed stays. Pure.

The text must hold what the feed says, in its words, and clearly more: a login page, a consent notice, a list
of other releases and the page of another release do not. Words are those of the search index, so that texts
without blanks between words count, too; every step is linear.
"""

from collections.abc import Sequence
from itertools import islice

from aggregator.model.item import Item
from aggregator.model.page import CONTENT_CHARS_MAX, TEXT_CHARS_MAX, PageState
from aggregator.normalise.pieces import split
from aggregator.normalise.words import words

WORDS_MIN = 80  # of a text: shorter ones are notices more often than releases
GROWTH_MIN = 1.2  # of the words of a text to those of the summary
PHRASE_WORDS = 3
PHRASES_MIN = 0.6  # share of the summary's phrases that stand in the text
SUMMARY_WORDS_MIN = 8  # of a shorter summary no share is told: the title counts
TITLE_WORDS_MIN = 0.7  # share of the title's words that stand in the page's headlines and first words
TITLE_WORDS_IN_TEXT_MIN = 0.4  # and in its first words alone
LEAD_WORDS = 200
LINKED_MAX = 0.5  # share of the characters that are words of links
SUMMARY_CHARS_READ_MAX = 20_000


def doubt(item: Item, text: str, html: str, headline: str) -> PageState:
    """Return TAKEN, or the doubt about a text, given as plain text and as sanitised HTML. `headline` is that
    of the page, which the text need not repeat."""
    if len(text) > TEXT_CHARS_MAX or len(html) > CONTENT_CHARS_MAX:
        return PageState.LARGE
    found = words(text)
    if not found:
        return PageState.EMPTY
    if linked_chars(html) > LINKED_MAX * len(text):
        return PageState.LINKS
    summary = _told(item)
    if len(found) < max(WORDS_MIN, GROWTH_MIN * len(summary)):
        return PageState.SHORT
    if len(summary) < SUMMARY_WORDS_MIN:
        return PageState.TAKEN if _is_under(words(item.title), headline, found) else PageState.APART
    holds = _share(summary, found, PHRASE_WORDS) >= PHRASES_MIN and _figures(summary) <= {*found}
    return PageState.TAKEN if holds else PageState.APART


def _is_under(title: Sequence[str], headline: str, text: Sequence[str]) -> bool:
    """Return whether a text is that of a title: a login page may have the headline of the page behind it."""
    lead = tuple(islice(text, LEAD_WORDS))
    named = _share(title, (*words(headline), *lead), 1)
    return named >= TITLE_WORDS_MIN and _share(title, lead, 1) >= TITLE_WORDS_IN_TEXT_MIN


def _told(item: Item) -> Sequence[str]:
    """Return the words of what the feed says, without a last one that may be cut."""
    found = words(item.text[:SUMMARY_CHARS_READ_MAX])
    return found[:-1] if len(found) > SUMMARY_WORDS_MIN else found


def _figures(said: Sequence[str]) -> set[str]:
    """Return the words with digits: a page that was not corrected with its entry has another figure."""
    return {word for word in said if any(map(str.isdigit, word))}


def _share(said: Sequence[str], text: Sequence[str], length: int) -> float:
    """Return the share of phrases of so many words that stand in a text."""
    phrases = _phrases(said, length)
    return len(phrases & _phrases(text, length)) / len(phrases) if phrases else 0.0


def _phrases(found: Sequence[str], length: int) -> set[tuple[str, ...]]:
    return set(zip(*(found[start:] for start in range(length)), strict=False))


def linked_chars(html: str) -> int:
    """Return how many characters of sanitised HTML are texts of links."""
    body, inside, linked = split(html), False, 0
    for name, text in zip(body.names, body.texts[1:], strict=True):
        inside = name == "a" or (inside and name != "/a")
        linked += len(text) if inside else 0
    return linked
