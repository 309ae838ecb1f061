"""Registered languages, and those that navigation and exports list."""

import pytest

from aggregator.policy.languages import codes, is_listed, primary


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en", "en"), ("EN-gb", "en"), ("zh-Hant", "zh"), ("tlh", "tlh"), ("ger", "ger")],
)
def test_a_registered_language_is_its_primary_subtag(tag: str, code: str) -> None:
    assert primary(tag) == code


@pytest.mark.parametrize(
    "tag", ["", "xx", "qq", "qqq", "qaa", "und", "mul", "zxx", "x-private", "english", "e"]
)
def test_other_tags_are_no_language(tag: str) -> None:
    assert primary(tag) == ""


def test_the_registry_is_whole() -> None:
    assert len([code for code in codes() if len(code) == 2]) == 185
    assert len([code for code in codes() if len(code) == 3]) == 7_992


@pytest.mark.parametrize(
    ("sources", "listed"), [([], False), ([1, 1], False), ([1, 2], True), ([1, 1, 1], True)]
)
def test_a_language_is_listed_from_three_items_or_two_sources_on(sources: list[int], listed: bool) -> None:
    assert is_listed(sources) is listed
