"""Judges how well a feed can be read: the rules that it breaks, worst first, with the cure of each. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from aggregator.model.finding import Finding, Observed, ObservedItem, Rule
from aggregator.model.item import LANGUAGE_DETECTED

BAD_DATE, UNKNOWN_ZONE, PLAIN_TEXT_ONLY = "bad-date", "unknown-zone", "plain-text-only"  # flags of items
FEED_TYPES = ("xml", "rss", "atom", "json")
UNDATED_MIN = 2  # one undated entry may be a standing notice


class Words(NamedTuple):
    """A finding for people: what is wrong, what it leads to, and what its publisher can do."""

    wrong: str
    effect: str
    cure: str


WORDS: Mapping[Rule, Words] = {
    Rule.READ: Words(
        "The feed could not be read.",
        "Nothing of it is published.",
        "Let the address answer 200 with the feed, also to programs.",
    ),
    Rule.WHOLE: Words(
        "The document ends before its root element does.",
        "Entries at its end are missing, and its removals are not believed.",
        "Send the whole document: look for a time-out or a size limit in what writes it.",
    ),
    Rule.ENTRIES: Words(
        "Entries could not be read.",
        "They are not published.",
        "Give each entry a title or a text, and an address that is a URL.",
    ),
    Rule.ADDRESS: Words(
        "The address redirects for good.",
        "Each fetch takes a further request, and ends when the redirect does.",
        "Name the new address wherever the feed is linked.",
    ),
    Rule.VALIDATORS: Words(
        "The response has neither ETag nor Last-Modified.",
        "The whole feed is sent again at each fetch, where 304 would do.",
        "Send an ETag, and answer 304 to If-None-Match (RFC 9110 section 13).",
    ),
    Rule.CONTENT_TYPE: Words(
        "The Content-Type is not that of a feed.",
        "Some readers refuse it, and its characters may be misread.",
        "Send application/rss+xml, application/atom+xml or application/feed+json, with its charset.",
    ),
    Rule.IDS: Words(
        "Items have no id.",
        "A corrected title or address looks like another release.",
        "Give each item a guid (RSS) or id (Atom, JSON Feed) that never changes.",
    ),
    Rule.UNIQUE_IDS: Words(
        "Items with different links share one id.",
        "Releases may replace each other in readers.",
        "Give each item an id of its own.",
    ),
    Rule.LINKS: Words(
        "Items have no link.",
        "Readers cannot open the original.",
        "Link each item to its own page.",
    ),
    Rule.OWN_LINKS: Words(
        "All items link to one page.",
        "They are told apart by title and day alone.",
        "Link each item to its own page.",
    ),
    Rule.DATES: Words(
        "Items have no date.",
        "They carry the date of their first fetch.",
        "Give each item pubDate (RSS), published (Atom) or date_published (JSON Feed).",
    ),
    Rule.VALID_DATES: Words(
        "Dates cannot be read, or lie far ahead.",
        "The items are published late, or carry the date of their first fetch.",
        "Write dates as RFC 822 (RSS) or RFC 3339 (Atom, JSON Feed) has them, and no day of an event.",
    ),
    Rule.ZONES: Words(
        "Dates have no time zone that is known.",
        "The items may be held for some hours.",
        "Write the zone as an offset such as +0100.",
    ),
    Rule.TITLES: Words(
        "Items have no title.",
        "Their first words stand in its place.",
        "Give each item a title.",
    ),
    Rule.TEXTS: Words(
        "Items have no text.",
        "Readers and search find the headline alone.",
        "Give each item its text, or a summary, in content:encoded, description, content or content_html.",
    ),
    Rule.LANGUAGE: Words(
        "The language is not declared.",
        "It is guessed, and may be guessed wrong for short releases.",
        "Name it in language (RSS, JSON Feed) or xml:lang (Atom).",
    ),
    Rule.MARKUP: Words(
        "The markup of items is broken.",
        "They are shown as plain text.",
        "Escape the HTML of each item once, and close its elements.",
    ),
}
_BROKEN: Mapping[Rule, Callable[[ObservedItem], bool]] = {
    Rule.IDS: lambda item: not item.has_id,
    Rule.LINKS: lambda item: not item.has_link,
    Rule.DATES: lambda item: not item.is_dated and BAD_DATE not in item.flags,
    Rule.VALID_DATES: lambda item: BAD_DATE in item.flags,
    Rule.ZONES: lambda item: UNKNOWN_ZONE in item.flags,
    Rule.TITLES: lambda item: not item.has_title,
    Rule.TEXTS: lambda item: not item.has_text,
    Rule.LANGUAGE: lambda item: LANGUAGE_DETECTED in item.flags,
    Rule.MARKUP: lambda item: PLAIN_TEXT_ONLY in item.flags,
}


def findings(seen: Observed) -> tuple[Finding, ...]:
    """Return the rules that a feed breaks, in the order of `Rule`."""
    of_items = (_of_items(rule, seen.items) for rule in _BROKEN)
    found = {each.rule: each for each in (*_of_feed(seen), *of_items) if each is not None}
    return tuple(found[rule] for rule in Rule if rule in found)


def _of_feed(seen: Observed) -> list[Finding]:
    is_typed = any(word in seen.content_type.lower() for word in FEED_TYPES)
    broken = {
        Rule.READ: (seen.error, seen.error),
        Rule.WHOLE: (seen.is_cut_off, ""),
        Rule.ADDRESS: (seen.moved_to, seen.moved_to),
        Rule.VALIDATORS: (not seen.has_validators, ""),
        Rule.CONTENT_TYPE: (seen.content_type and not is_typed, seen.content_type),
        Rule.UNIQUE_IDS: (seen.are_ids_shared, ""),
        Rule.OWN_LINKS: (seen.are_links_shared, ""),
    }
    found = [Finding(rule, example=example) for rule, (is_broken, example) in broken.items() if is_broken]
    if seen.invalid:
        total = len(seen.items) + len(seen.invalid)
        found.append(Finding(Rule.ENTRIES, len(seen.invalid), total, seen.invalid[0]))
    return found


def _of_items(rule: Rule, items: Sequence[ObservedItem]) -> Finding | None:
    broken = [item for item in items if _BROKEN[rule](item)]
    if not broken or (rule is Rule.DATES and len(broken) < min(UNDATED_MIN, len(items))):
        return None
    return Finding(rule, len(broken), len(items), broken[0].title)
