"""A text is cut behind a whole paragraph."""

import pytest

from aggregator.editorial.cutting import count, cut


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>one two three</p><p>four five</p>", None),
        ("<p>one two three</p><p>four five six</p>", "<p>one two three</p>"),
        ("<p>one <b>two</b></p><h2>three</h2><p>four five six</p>", "<p>one <b>two</b></p>"),
        (
            "<div><section><p>one</p></section><p>2 3 4 5 6</p></div>",
            "<div><section><p>one</p></section></div>",
        ),
        (
            "<ul><li>one two</li><li>three four</li><li>five six</li></ul>",
            "<ul><li>one two</li><li>three four</li></ul>",
        ),
        (
            '<blockquote cite="x"><p>one</p><p>2 3 4 5 6</p></blockquote>',
            '<blockquote cite="x"><p>one</p></blockquote>',
        ),
        ("<table><tr><td><p>one</p></td><td>2 3 4 5 6</td></tr></table>", "<p>one 2 3 4 5…</p>"),
        ("<p>one<br>two<img src=x><hr></p><p>3 4 5 6</p>", "<p>one<br>two<img src=x><hr></p>"),
        ("<figure><img></figure><p>one two three, four. five, six</p>", "<p>one two three, four. five…</p>"),
        ("one two &amp; 3 &lt;b&gt; five six", "<p>one two &amp; 3 &lt;b&gt;…</p>"),
        ("<p>一二三四五</p>", None),
        ("<p>一二三四五六</p>", "<p>一二三四五…</p>"),
        ("<p>一二三</p><p>x 四 y</p>", "<p>一二三</p>"),
        ("", None),
    ],
)
def test_the_last_whole_paragraph_within_the_words_allowed_ends_the_text(
    html: str, expected: str | None
) -> None:
    assert cut(html, 5) == expected


def test_characters_of_scripts_without_blanks_count_as_words() -> None:
    assert [count(text) for text in ("a b\nc", "é b", "中文 text", "")] == [3, 2, 3, 0]
