"""Replacements of whole words in headlines and bodies."""

import pytest

from aggregator.editorial.replacements import REPLACED_MAX, of_body, of_title
from aggregator.model.house_style import Part, Replacement

PERCENT = Replacement("per  cent", "percent")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Up 5 per cent", "Up 5 percent"),
        ("per cent", "percent"),
        ("per\u00a0cent (per cents, super cent)", "percent (per cents, super cent)"),
        ("Per cent", "Per cent"),
        ("no match, per se", "no match, per se"),
    ],
)
def test_whole_words_are_replaced_with_regard_to_case(title: str, expected: str) -> None:
    assert of_title([PERCENT], title) == expected


def test_what_is_no_word_is_replaced_anywhere() -> None:
    assert of_title([Replacement("###", ""), Replacement("®", " (R)")], "Brand®###x") == "Brand (R)x"


def test_a_rule_never_replaces_what_another_has_written() -> None:
    rules = [Replacement("a", "b b"), Replacement("b", "a a"), Replacement("a", "c")]
    assert of_title(rules, "a b") == "b b a a"


def test_the_first_rule_in_the_list_counts_where_several_begin() -> None:
    rules = [Replacement("per cent", "%"), Replacement("per cent of", "part of")]
    assert of_title(rules, "5 per cent of") == "5 % of"


def test_rules_of_headline_and_text_apply_to_these_alone() -> None:
    rules = [
        Replacement("a", "title", Part.TITLE),
        Replacement("b", "text", Part.TEXT),
        Replacement("c", "all"),
    ]
    assert of_title(rules, "a b c") == "title b all"
    assert of_body(rules, "<p>a b c</p>") == "<p>a text all</p>"


def test_without_a_rule_a_body_is_the_same() -> None:
    html = "<p>a &amp; b</p>"
    assert of_body([], html) is html


def test_texts_are_replaced_and_markup_and_attributes_are_not() -> None:
    html = '<p><a href="https://a.example/per-cent" title="per cent">per cent</a> per <b>cent</b> &amp; x</p>'
    assert of_body([PERCENT], html) == html.replace(">per cent<", ">percent<")


@pytest.mark.parametrize(
    "new", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;", "]]>"]
)
def test_a_replacement_is_text_and_never_markup(new: str) -> None:
    escaped = new.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert of_body([Replacement("x", new)], "<p>x &lt; y</p>") == f"<p>{escaped} &lt; y</p>"


def test_an_entity_is_no_word() -> None:
    assert (
        of_body([Replacement("amp", "x"), Replacement("R&D", "research")], "<p>R&amp;D amp</p>")
        == "<p>research x</p>"
    )


def test_replacements_in_one_text_are_bounded() -> None:
    html = "<p>a</p>" * (REPLACED_MAX + 2)
    assert of_body([Replacement("a", "b" * 200)], html).count("<p>a</p>") == 2
    assert len(of_body([Replacement("a", "b" * 200)], f"<p>{'a ' * 100_000}</p>")) < 500_000
