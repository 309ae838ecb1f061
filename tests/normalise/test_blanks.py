"""Runs of what shows nothing are cut, so that nothing pushes what stands below out of sight."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.entry import Markup
from aggregator.normalise import blanks
from aggregator.normalise.html import sanitise
from aggregator.normalise.pieces import split

BASE = "https://example.org/news/1"
HEIGHT_MAX = 6  # lines between two texts: empty elements, breaks, rules and line feeds


def sanitised(raw: str) -> str:
    return sanitise(Markup(raw, is_html=True), BASE).html


def lines_between(html: str) -> int:
    """Return breaks, rules, elements with nothing in them and, in <pre>, line feeds."""
    line_feeds = html.count("\n") if "<pre" in html else 0
    return line_feeds + len(re.findall(r"<(?:[bhw]+r)\b|<(\w+)[^<>]*>(?:\s|&nbsp;)*</\1>", html))


RUNS = [
    "<p>&nbsp;</p>",
    "<div><br></div>",
    "<br><wbr>",
    "<br><span></span>",
    "<br title=a>",
    "<br>\u200d",
    "<br>\u3164",
    "<br>\u200c",
    "<br>&nbsp;\n\u200b",
    "<hr>",
    "<li></li>",
    "<ul><li></li></ul>",
    "<dl><dt></dt><dd></dd></dl>",
    "<details></details>",
    "<h2><b>\u2800</b></h2>",
    "<p>\u2028</p>",
    "<table><tr><td></td><td>&nbsp;</td></tr></table>",
    "<blockquote><p></p></blockquote>",
]


@pytest.mark.parametrize("run", RUNS)
def test_a_run_without_text_is_cut(run: str) -> None:
    safe = sanitised(f"<p>above</p>{run * 5_000}<p>below</p>")
    assert lines_between(safe) <= HEIGHT_MAX
    assert len(safe) < 300
    assert safe.startswith("<p>above</p>")
    assert safe.endswith("<p>below</p>")


@pytest.mark.parametrize("run", ["\n", "\n ", "\u2028", "&#x2028;", "\n<b></b>", "\n<wbr>\n \n", "<br>\n"])
def test_blank_lines_in_preformatted_text_are_cut(run: str) -> None:
    safe = sanitised(f"<pre>above{run * 5_000}   below</pre>")
    assert lines_between(safe) <= HEIGHT_MAX
    assert safe.endswith("   below</pre>")


@pytest.mark.parametrize("blank", ["&nbsp;", "&nbsp; ", "\u3000 ", "\u2003", "\u2800 "])
@pytest.mark.parametrize("around", ["<p>{}</p><p>b</p>", "<p>a{}b</p>", "a<p></p>{}"])
def test_a_run_of_blank_characters_is_cut(blank: str, around: str) -> None:
    assert len(sanitised("<p>x</p>" + around.format(blank * 5_000))) < 60
    assert len(sanitised("<p>x</p>" + around.format((blank + "<b></b>") * 5_000))) < 400


@pytest.mark.parametrize(
    "kept",
    [
        "a<br><br>b",
        "<p>a</p><p>&nbsp;</p><p>b</p>",
        "<p>a</p><div><br></div><div><br></div><p>b</p>",
        "<pre>a\n\n\n  b\n<b>c</b>\n\n\nd</pre>",
        "<table><tbody><tr><td>a</td><td></td><td></td><td></td><td>b</td></tr></tbody></table>",
        "<p>a<span></span><span></span> b</p>" + " " * 60 + "<p>&nbsp;&nbsp;&nbsp;c</p>",
        '<p><br><br><img src="https://example.org/a.png"><br><br>b</p>',
        "<p>d<br>\u3000e</p>" * 50,
    ],
)
def test_ordinary_blanks_are_kept(kept: str) -> None:
    assert sanitised(kept) == kept


def test_a_blank_between_words_outlives_what_stood_around_it() -> None:
    assert sanitised("a" + "<b></b>" * 5 + " b") == "a<b></b><b></b> b"


PIECES = [
    *("<p>", "</p>", "<br>", "<hr>", "<wbr>", "<div>", "</div>", "<b>", "</b>", "<ul>", "<li>", "</ul>"),
    *("<table>", "<tr>", "<td>", "</table>", "<pre>", "</pre>", "<a href=q>", "</a>", "<img src=a>"),
    *("<video>", "</video>", "&nbsp;", "&nbsp;" * 30, "\n", " ", "\u2028", "\u3164", "x"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_capping_is_idempotent_and_keeps_every_text(raw: str) -> None:
    once = sanitise(Markup(raw, is_html=True), BASE)
    assert sanitise(Markup(once.html, is_html=True), BASE) == once
    assert once.text.count("x") == raw.count("x")
    assert blanks.capped(split(once.html)).html == once.html
