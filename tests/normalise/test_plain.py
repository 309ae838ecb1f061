"""Plain text of sanitised HTML, and titles."""

import re

import pytest

from aggregator.normalise import plain
from aggregator.normalise.html import title
from aggregator.normalise.plain import Plain


@pytest.mark.parametrize(
    ("safe", "text"),
    [
        ("<p>a\n b</p><p>c</p>", "a b\n\nc"),
        ("a<br>b<hr>c", "a\nb\n\nc"),
        ("<ul><li>a</li><li><p>b</p><p>c</p></li></ul>d", "- a\n- b\n\nc\n\nd"),
        ("<ul><li><p>a</p></li><li>b</li></ul>", "- a\n- b"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n\n- b"),
        ("<ul><li>a</li></ul>b<dl><dt>c</dt><dd>d</dd></dl>e", "- a\n\nb\n\nc\n\nd\n\ne"),
        ("<div>a</div>b<b>c</b>", "a\n\nbc"),
        ("<pre>a\n  b</pre>c<pre><code>d\ne</code></pre><code>f\ng</code>", "a\nb\n\nc\n\nd\ne\n\nf g"),
        ("<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>", "a b\nc"),
        ("a &amp; b&nbsp;&nbsp;&lt;c&gt; &amp;lt;", "a & b <c> &lt;"),
        ("<p><br></p>", ""),
        ("", ""),
    ],
)
def test_blocks_are_paragraphs_and_items_are_lines(safe: str, text: str) -> None:
    assert plain.read(safe) == Plain(text, text)


@pytest.mark.parametrize(
    ("safe", "text"),
    [
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ('<ol start="9"><li>a</li><li><p>b</p></li></ol>', "9. a\n10. b"),
        ('<ol><li>a</li><li value="7">b</li><li>c</li></ol>', "1. a\n7. b\n8. c"),
        ('<ol reversed=""><li>a</li><li>b</li></ol>', "2. a\n1. b"),
        ('<ol reversed="" start="5"><li>a</li><li value="2">b</li><li>c</li></ol>', "5. a\n2. b\n1. c"),
        ('<ol type="a" start="26"><li>a</li><li>b</li></ol>', "z. a\naa. b"),
        ('<ol type="A"><li>a</li></ol><ol type="A" start="0"><li>b</li></ol>', "A. a\n\n0. b"),
        (
            '<ol type="i" start="1994"><li>a</li></ol><ol type="I" start="4"><li>b</li></ol>',
            "mcmxciv. a\n\nIV. b",
        ),
        ("<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>", "1. a\n\n- b\n2. c"),
        ("<ol><li>a<ol><li>b</li></ol></li><li>c</li></ol>", "1. a\n\n1. b\n2. c"),
        ('<li value="4">a</li><ol><li></li><li>b</li></ol></ol>', "- a\n\n1.\n2. b"),
    ],
)
def test_items_of_ordered_lists_have_their_numbers(safe: str, text: str) -> None:
    read = plain.read(safe)
    assert read.text == text
    assert re.sub(r"(?m)^\w+\.", "-", text) == read.said


@pytest.mark.parametrize(
    ("safe", "text"),
    [
        ("10<sup>21</sup> on 25 km<sup>2</sup>", "10²¹ on 25 km²"),
        ("up 3<sup>1</sup> percent<sup> a</sup>", "up 3¹ percenta"),
        ("10<sup>-6</sup> x<sup>n+1</sup> x<sup>k+1</sup> e<sup>21.5</sup>", "10⁻⁶ xⁿ⁺¹ x^(k+1) e^(21.5)"),
        ("x<sup>2a</sup>", "x^2a"),
        ("CO<sub>2</sub>, PM<sub>2.5</sub>, <sup>14</sup>C, C<sub>org</sub>", "CO₂, PM2.5, ¹⁴C, Corg"),
        ("3<sup>1</sup>⁄<sub>2</sub>", "3¹⁄₂"),
        (
            "the 1<sup>st</sup> of 2<sup>e</sup> note<sup>[1]</sup><sup></sup><sup>*</sup>",
            "the 1st of 2ᵉ note[1]*",
        ),
        ("2<sup>2<sup>3</sup></sup>", "22³"),
        ("2<sup><b>3</b> </sup>", "2³"),
        ("paid <s>12 million</s> 7, <del>nine</del> ten", "paid ~~12 million~~ 7, ~~nine~~ ten"),
        ("a<del><p>b</p><p>c</p></del>d<s></s>", "a\n\n~~b\n\nc~~\n\nd"),
        ("<q>Open</q>", "“Open”"),
        ("<ruby>漢<rt>kan</rt></ruby>", "漢(kan)"),
        ("<ruby>漢<rp>[</rp><rt>kan</rt><rp>]</rp></ruby>", "漢[kan]"),
    ],
)
def test_text_keeps_what_markup_means(safe: str, text: str) -> None:
    assert plain.read(safe) == Plain(text, text)


@pytest.mark.parametrize(
    ("safe", "text", "said"),
    [
        ('a<img src="x" alt="The &quot;gate&quot; &amp; &lt;more&gt;">b', 'a [The "gate" & <more>] b', "ab"),
        ('<img alt="Quay" src="x"><p>b</p>', "[Quay]\n\nb", "b"),
        ('<ol><li><img src="x" alt="Quay">b</li></ol>', "1. [Quay] b", "-b"),
        ('a<img src="x" alt=" ">b<img src="x" alt="">c<img src="x" alt="IMG_1.JPG">', "abc", "abc"),
    ],
)
def test_an_image_is_its_alternative_text_and_no_part_of_what_is_said(
    safe: str, text: str, said: str
) -> None:
    read = plain.read(safe)
    assert (read.text, "".join(read.said.split())) == (text, said)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Council &amp; <b>Parliament</b>", "Council & Parliament"),
        ("AT&T", "AT&T"),
        ("a < b", "a < b"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("It&#8217;s", "It’s"),
        ("a<script>x</script><style>y</style>b", "ab"),
        ("a<br>b", "a b"),
        ("<div>a</div><div>b</div><ul><li>c</li><li>d</li></ul>", "a b c d"),
        ("10<sup>21</sup> <s>a</s>b", "10²¹ ~~a~~b"),
        ("E = <math><msup><mi>c</mi><mn>2</mn></msup></math>", "E = c²"),
        ("plain", "plain"),
        ("a <span hidden>b</span>c", "a c"),
        ("a <span style='display:none'>b</span><x-y hidden>d</x-y><dialog>e</dialog>c", "a c"),
        ("a<math hidden><mi>b</mi></math>c<math><mphantom>d</mphantom></math>", "a c"),
        ("one<center>two</center>three", "one two three"),
        ("<frameset>", ""),
        ("\ud800<b>a</b>", "\ufffda"),
        ("<b>a&#1;&#2;b</b>", "ab"),
    ],
)
def test_a_title_of_html_is_its_text(raw: str, expected: str) -> None:
    assert title(raw) == expected


@pytest.mark.parametrize("html", ["a</s", "a</s> b", "a</sup> b", "a</sub> b", "a<s> b", "a<sup> b"])
def test_half_of_a_pair_of_tags_leaves_no_control_character(html: str) -> None:
    assert plain.line(html).isprintable()
