"""`only` and `skip`: the include and exclude filters of a source. Run in the killable workers, because an
operator's regular expression on hostile text may backtrack for minutes."""

import re

from aggregator.model import Item
from aggregator.model.settings import Rule, Source

SEARCHED_CHARS_MAX = 1_000_000  # bounds a pattern with quadratic run time


def keeps(item: Item, source: Source) -> bool:
    """Return whether an item is kept: one `only` rule matches (if there are any) and no `skip` rule does."""
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
    raise ValueError(f"a rule cannot search {field!r}; use title, url, category, author, text or language")
