"""`only` and `skip`: the include and exclude filters of a source. Run in the killable workers, because an
operator's regular expression on hostile text may backtrack for minutes."""

import re
from collections.abc import Callable, Mapping

from aggregator.model.item import Item
from aggregator.model.settings import Rule, Source

SEARCHED_CHARS_MAX = 1_000_000  # bounds a pattern with quadratic run time
# By the fields that `config` accepts in a rule; "organisation" in those of topics only
_VALUES: Mapping[str, Callable[[Item], tuple[str, ...]]] = {
    "title": lambda item: (item.title,),
    "url": lambda item: (item.url, item.raw_url),
    "organisation": lambda item: (item.organisation,),
    "category": lambda item: item.categories,
    "author": lambda item: item.authors,
    "text": lambda item: (item.text,),
    "language": lambda item: (item.language,),
}


def keeps(item: Item, source: Source) -> bool:
    """Return whether an item is kept: one `only` rule matches (if there are any) and no `skip` rule does."""
    if source.only and not any(matches(rule, item) for rule in source.only):
        return False
    return not any(matches(rule, item) for rule in source.skip)


def matches(rule: Rule, item: Item) -> bool:
    """Return whether the pattern of a rule is found in its field of an item."""
    pattern = re.compile(rule.pattern)
    return any(pattern.search(value[:SEARCHED_CHARS_MAX]) for value in _VALUES[rule.field](item))
