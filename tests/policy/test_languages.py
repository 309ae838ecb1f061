"""Registered languages, and those that navigation and exports list."""

import runpy
from pathlib import Path

import pytest

from aggregator.policy import iso639
from aggregator.policy.languages import codes, listed, primary

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        ("EN-gb", "en"),
        ("zh-Hant", "zh"),
        ("tlh", "tlh"),
        ("ger", "ger"),
        ("iw", "he"),
        ("in-ID", "id"),
        ("ji", "yi"),
        ("mo", "ro"),
    ],
)
def test_a_registered_language_is_its_primary_subtag(tag: str, code: str) -> None:
    assert primary(tag) == code


@pytest.mark.parametrize(
    "tag", ["", "xx", "qq", "qqq", "qaa", "und", "mul", "zxx", "x-private", "english", "e"]
)
def test_other_tags_are_no_language(tag: str) -> None:
    assert primary(tag) == ""


def test_the_registry_is_whole_and_written_by_its_script() -> None:
    assert len([code for code in codes() if len(code) == 2]) == 184
    assert len([code for code in codes() if len(code) == 3]) > 8_000
    script = runpy.run_path(str(ROOT / ".ci/languages.py"))
    assert script["module"](codes(), iso639.EDITION) == script["MODULE"].read_text()


@pytest.mark.parametrize(
    ("sources", "shown"),
    [([], False), ([1], False), ([1, 1], False), ([1, 2], True), ([1, 1, 1, 1], True), ([1, 1, 1, 2], True)],
)
def test_a_language_is_listed_from_three_items_or_two_sources_on(sources: list[int], shown: bool) -> None:
    assert listed([("fr", sources)]) == (("fr",) if shown else ())


def test_one_source_alone_lists_its_first_twenty_languages() -> None:
    many = [(f"l{n}", [1] * 4) for n in range(1_000)]
    shared, other = ("fr", [1, 1, 1, 2]), ("de", [3] * 4)
    assert listed([*many, shared, other]) == (*(f"l{n}" for n in range(20)), "fr", "de")
