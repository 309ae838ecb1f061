"""The templates a disclaimer accepts, and the HTML and text rendered from them."""

import pytest

from aggregator.editorial import disclaimer
from aggregator.editorial.disclaimer import TEMPLATE_CHARS_MAX, ItemVariables, Variables, check
from aggregator.editorial.wording import DEFAULT

PLAIN = Variables(
    "Example Releases",
    "Water Board",
    "CC-BY-4.0",
    ItemVariables("https://example.org/a?b=1&c=2", "Dam", "A, B", "2026-01-31", "2026-02-01"),
)
NOWHERE = Variables(
    "Example Releases", "Water Board", "", ItemVariables("", "Dam", "", "2026-01-31", "2026-02-01")
)


def test_every_variable_is_filled_in() -> None:
    template = (
        "{{ publication }}|{{ organisation }}|{{ licence }}|{{ item.url }}|{{ item.title }}|"
        "{{ item.authors }}|{{ item.published }}|{{ item.retrieved }}"
    )
    html, text = disclaimer.compile(template).render(PLAIN)
    assert text == (
        "Example Releases|Water Board|CC-BY-4.0|https://example.org/a?b=1&c=2|Dam|A, B|2026-01-31|2026-02-01"
    )
    assert html == f'<div class="pw-disclaimer">{text.replace("&", "&amp;")}</div>'


def test_plain_text_has_the_target_of_a_link_in_brackets() -> None:
    html, text = disclaimer.compile('See <a href="{{ item.url }}">the original</a>.').render(PLAIN)
    assert text == "See the original (https://example.org/a?b=1&c=2)."
    assert '<a href="https://example.org/a?b=1&amp;c=2">the original</a>' in html


def test_paragraphs_and_breaks_start_a_line_of_the_plain_text() -> None:
    html, text = disclaimer.compile("<p>One\n two</p><p>three<br>four<br/>five &amp; &#54;</p>").render(PLAIN)
    assert text == "One two\nthree\nfour\nfive & 6"
    assert html == '<div class="pw-disclaimer"><p>One two</p><p>three<br>four<br>five &amp; 6</p></div>'


def test_characters_illegal_in_xml_are_removed() -> None:
    html, text = disclaimer.compile('<b title="&#27;">a&#1;\x00b</b>').render(PLAIN)
    assert (html, text) == ('<div class="pw-disclaimer"><b title="">ab</b></div>', "ab")


def test_a_mail_address_is_shown_without_its_scheme() -> None:
    assert (
        disclaimer.compile('<a href="mailto:desk@example.org">Write</a>').render(PLAIN)[1]
        == "Write (desk@example.org)"
    )


def test_a_link_without_target_shows_none() -> None:
    assert disclaimer.compile('Read <a href="{{ item.url }}">it</a>').render(NOWHERE)[1] == "Read it"


def test_an_apostrophe_is_escaped_in_an_attribute_only() -> None:
    template = """<a href="https://example.org/it's" title='"<&'>it's</a>"""
    html, text = disclaimer.compile(template).render(PLAIN)
    link = "https://example.org/it&#x27;s"
    assert html == f'<div class="pw-disclaimer"><a href="{link}" title="&quot;&lt;&amp;">it\'s</a></div>'
    assert text == "it's (https://example.org/it's)"


def test_item_text_is_escaped_and_never_a_template() -> None:
    item = ItemVariables("", "{{ 7 * 7 }} <script>alert(1)</script>", "", "", "")
    html, text = disclaimer.compile("{{ item.title }}").render(Variables("P", "O", "", item))
    assert html == '<div class="pw-disclaimer">{{ 7 * 7 }} &lt;script&gt;alert(1)&lt;/script&gt;</div>'
    assert text == "{{ 7 * 7 }} <script>alert(1)</script>"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% if item.url and not licence %}a{% elif publication == 'x' %}b{% else %}c{% endif %}", "c"),
        ("{{ organisation|upper }}{# a remark #}", "WATER BOARD"),
        ("{{ item.authors|default('its staff', true) }}", "A, B"),
        ("{{ 'x' if licence else 'y' }}", "x"),
    ],
)
def test_a_template_can_choose_and_change_case(template: str, expected: str) -> None:
    assert disclaimer.compile(template).render(PLAIN)[1] == expected


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ item.url", "broken in line 1"),
        ("\n{% if %}", "broken in line 2"),
        (
            "{{ publisher }}",
            "no variable 'publisher'; there are licence, organisation, publication, item.authors",
        ),
        ("{{ item }}", "no variable 'item'"),
        ("{{ item.text }}", "no variable 'item.text'"),
        ("{{ item.url.upper }}", r"no variable '….upper'"),
        ("{{ publication.__class__ }}", "no variable '….__class__'"),
        ("{{ item['url'] }}", "but not getitem"),
        ("{{ item.url|safe }}", "no filter 'safe'; there are capitalize, default"),
        ("{{ item.url.upper() }}", "but not call"),
        ("{{ range(10**9) }}", "but not call"),
        ("{{ 'a' * 9999999999 }}", "but not mul"),
        ("{% for x in item.title %}x{% endfor %}", "but not for"),
        ("{% set x = 1 %}{{ x }}", "but not assign"),
        ("{% include 'x' %}", "but not include"),
        ("{% macro m() %}{% endmacro %}", "but not macro"),
        ("{{ 'a' if licence }}", "is empty for some items"),
        ("{% if licence < 1 %}a{% endif %}", "cannot be filled in"),
        ("", "is empty for some items"),
        ("{% if item.url %}only sometimes{% endif %}", "is empty for some items"),
        ("x" * (TEMPLATE_CHARS_MAX + 1), "longer than"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply"),
        ("<script>x</script>", "<script> is not allowed"),
        ("<p style='display:none'>x</p>", "attribute 'style' is not allowed"),
        ("<p class='x'>x</p>", "attribute 'class' is not allowed"),
        ("<p href='https://example.org/'>x</p>", "a link must start with"),
        ("<a href='javascript:x'>x</a>", "a link must start with"),
        ("<a href='//example.org/'>x</a>", "a link must start with"),
        ("<a href='/about'>x</a>", "a link must start with"),
        ("<a href='{{ item.title }}'>x</a>", "a link must start with"),
        ("<a title={{ item.title }}>x</a>", "attribute 'release' is not allowed"),
        ("<b>x", "<b> is never closed"),
        ("<b><i>x</b></i>", "</b> closes nothing"),
        ("x</div>", "</div> closes nothing"),
        ("x <a href='y", "unfinished tag"),
        ("a < b", "write &lt;"),
        ("x<!-- y -->", "comments"),
        ("x<!doctype html>", "comments"),
        ("x<?php ?>", "comments"),
        ("x<![CDATA[y]]>", "comments"),
    ],
)
def test_an_invalid_template_is_an_error_that_names_the_cause(template: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        check(template)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("language", ["", "en", "fr", "de", "es"])
@pytest.mark.parametrize("words", [PLAIN, NOWHERE])
def test_the_default_wording_renders_with_and_without_an_original(language: str, words: Variables) -> None:
    template = DEFAULT.in_language(language)
    assert template is not None
    check(template)
    html, text = disclaimer.compile(template).render(words)
    assert "Water Board" in text
    assert "Example Releases" in text
    assert text.endswith("(https://example.org/a?b=1&c=2)." if words is PLAIN else ".")
    assert ("<a " in html) == (words is PLAIN)
    assert "  " not in text
