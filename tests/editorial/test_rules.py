"""`only` and `skip` decide which items of a source are kept."""

import pytest

from aggregator.editorial.rules import SEARCHED_CHARS_MAX, keeps
from aggregator.model.item import Item
from aggregator.model.settings import Rule, Source

ITEM = Item(
    keys=(),
    title="Dam reopened",
    url="https://example.org/news/dam",
    raw_url="https://example.org/news/dam?utm_source=x",
    text="The dam is open.",
    language="en",
    authors=("A. Author",),
    categories=("Water", "Works"),
)


def source(*, only: tuple[Rule, ...] = (), skip: tuple[Rule, ...] = ()) -> Source:
    return Source("s", "https://example.org/feed", only=only, skip=skip)


def test_without_rules_everything_is_kept() -> None:
    assert keeps(ITEM, source())


@pytest.mark.parametrize(
    ("field", "pattern"),
    [
        ("title", "(?i)DAM"),
        ("url", "/news/"),
        ("url", "utm_source"),
        ("category", "^Works$"),
        ("author", "Author"),
        ("text", "open"),
        ("language", "^en"),
    ],
)
def test_a_rule_searches_its_field(field: str, pattern: str) -> None:
    rule = Rule(field, pattern)
    assert keeps(ITEM, source(only=(rule,)))
    assert not keeps(ITEM, source(skip=(rule,)))


def test_one_matching_only_rule_is_enough() -> None:
    assert keeps(ITEM, source(only=(Rule("title", "bridge"), Rule("title", "Dam"))))
    assert not keeps(ITEM, source(only=(Rule("title", "bridge"), Rule("title", "road"))))


def test_skip_takes_precedence_over_only() -> None:
    assert not keeps(ITEM, source(only=(Rule("title", "Dam"),), skip=(Rule("category", "Water"),)))


def test_an_empty_field_does_not_match() -> None:
    assert not keeps(Item(keys=(), title=""), source(only=(Rule("category", "."), Rule("author", "."))))


def test_text_beyond_the_limit_is_not_searched() -> None:
    item = Item(keys=(), title="", text="x" * SEARCHED_CHARS_MAX + "needle")
    assert not keeps(item, source(only=(Rule("text", "needle"),)))
