"""HTML that parsers read as it is written is recognised without one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from aggregator.model.entry import Markup
from aggregator.normalise.html import sanitise
from aggregator.normalise.ordinary import is_ordinary
from aggregator.normalise.pieces import split


def serialised(html: str) -> str:
    body = LexborHTMLParser(html).body
    return (body.inner_html or "") if body else ""


@pytest.mark.parametrize(
    "html",
    [
        "",
        "a &amp; b&nbsp;c &lt;d&gt;",
        "<p>a <strong><em>b</em> c</strong></p>\n<h2>d</h2><hr>",
        '<ul><li>a</li><li><p>b</p><ol start="2"><li>c<br>d</li></ol></li></ul>',
        '<dl><dt>a</dt><dd><blockquote cite="https://a.example/"><p>b</p></blockquote></dd></dl>',
        '<figure><a href="https://a.example/?b=1&amp;c=2"><img src="https://a.example/d.png"></a></figure>',
        '<a href="https://a.example/"><div><ul><li>a</li></ul></div></a>',
        "<b><b><b><b><b>a</b></b></b></b></b><b><p>c</p></b>",
        "<p></p><p> </p>",
    ],
)
def test_nested_blocks_lists_and_phrases_are_ordinary(html: str) -> None:
    assert is_ordinary(split(html))
    assert serialised(html) == html


@pytest.mark.parametrize(
    "html",
    [
        "<p>a<p>b</p></p>",
        "<p><div>a</div></p>",
        "<p><hr></p>",
        "<p><b><ul></ul></b></p>",
        "<h1><h2>a</h2></h1>",
        "<b>a<i>b</b>c</i>",
        "<p>a",
        "a</p>",
        "<li>a</li>",
        "<ul><li><div><li>a</li></div></li></ul>",
        '<a href="b">c<a href="d">e</a></a>',
        '<a href="b"><ul><li><a href="d">e</a></li></ul></a>',
        "<table><p>a</p></table>",
        "<pre>\na</pre>",
        "<ruby>a<rt>b</rt></ruby>",
        "<video controls></video>",
        "a\rb",
        '<p title="&quot;">a</p>',
        "<svg></svg>",
        "a>b<c",
    ],
)
def test_what_a_parser_may_rewrite_is_not_ordinary(html: str) -> None:
    assert not is_ordinary(split(html))


@pytest.mark.parametrize("html", ["a<br>b<br>c<br>d", "<p></p><b>&nbsp;</b><i>\u200b</i>", "<hr>" * 3])
def test_many_empty_elements_are_not_ordinary(html: str) -> None:
    assert not is_ordinary(split(html))


NAMES = st.sampled_from(
    ["a", "b", "dd", "div", "dl", "dt", "h2", "i", "li", "ol", "p", "span", "table", "td", "ul"]
)


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> str:
    """Return balanced HTML, valid or not."""
    children = draw(st.lists(st.sampled_from("txe"), max_size=3)) if depth else ["t"]
    parts = [
        "a" if child == "t" else "<br>" if child == "x" else draw(trees(depth - 1)) for child in children
    ]
    name = draw(NAMES)
    return f"<{name}>{''.join(parts)}</{name}>"


@given(st.lists(trees(), max_size=3).map("".join))
def test_a_parser_reads_ordinary_html_as_it_is_written(html: str) -> None:
    assert not is_ordinary(split(html)) or serialised(html) == html


@given(st.lists(trees(), max_size=3).map("".join))
def test_a_body_is_a_fixed_point_ordinary_or_not(html: str) -> None:
    safe = sanitise(Markup(html, is_html=True), "https://example.org/").html
    assert serialised(safe) == safe
