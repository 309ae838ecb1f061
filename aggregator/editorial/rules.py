"""`only` and `skip`: which items of a source are kept at all. Runs in the killable workers, because the
operator's patterns meet hostile text here."""

import re

from aggregator.model import Item
from aggregator.model.settings import Rule, Source

SEARCHED_CHARS_MAX = 1_000_000  # characters a pattern is let loose on


def keeps(item: Item, source: Source) -> bool:
    """Whether an item passes: any `only` rule matches (if there are any) and no `skip` rule does."""
    if source.only and not any(_matches(rule, item) for rule in source.only):
        return False
    return not any(_matches(rule, item) for rule in source.skip)


def _matches(rule: Rule, item: Item) -> bool:
    pattern = re.compile(rule.pattern)
    return any(pattern.search(value[:SEARCHED_CHARS_MAX]) for value in _values(rule.field, item))


def _values(field: str, item: Item) -> tuple[str, ...]:
    match field:
        case "title":
            return (item.title,)
        case "url":
            return item.url, item.raw_url
        case "category":
            return item.categories
        case "author":
            return item.authors
        case "text":
            return (item.text,)
        case "language":
            return (item.language,)
    raise ValueError(f"no rule can look at {field!r}; use title, url, category, author, text or language")
