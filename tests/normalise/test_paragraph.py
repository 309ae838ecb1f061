"""The first paragraph of sanitised HTML."""

import pytest

from aggregator.normalise.plain import EXCERPTED_CHARS_MAX, first_paragraph


@pytest.mark.parametrize(
    ("html", "paragraph"),
    [
        ("", ""),
        ("<p></p>", ""),
        ("bare", "bare"),
        ("<p>One</p><p>Two</p>", "One"),
        ('<p><a href="https://a.example/?x=&lt;p&gt;" title="a &gt; b">One</a> &lt;b&gt; &amp; <b>on</b></p>Two', "One <b> & on"),
        ('<figure><img src="https://a.example/1.png"></figure><h2>One</h2><p>Two</p>', "One"),
        ("<p>&nbsp;</p><div><div>One</div>Two</div>", "One"),
        ("One<p>Two</p>", "One"),
        ("One<br><br>Two", "One"),
        ("<br><br>One<br> &nbsp;<br>Two", "One"),
        ("<p>One<br>line <b>and<br></b>more<br><br>Two</p>", "One line and more"),
        ("<ul><li>One</li><li>Two</li></ul>", "One"),
        ("<dl><dt>One</dt><dd>Two</dd></dl>", "One"),
        ("<table><tbody><tr><td>One</td><td>Two</td></tr><tr><td>Three</td></tr></tbody></table>", "One"),
        ("<pre>One\nline\n \t\nTwo\n\nThree</pre>", "One line"),
        ("One\n\nTwo", "One"),
        ("<p>One\n<em>line</em>\n</p>", "One line"),
        ("<p>One<hr>Two</p>", "One"),
        ("One <a href=", "One"),  # cut off
    ],
)  # fmt: skip
def test_a_paragraph_ends_with_its_block_at_two_line_breaks_and_at_a_blank_line(
    html: str, paragraph: str
) -> None:
    assert first_paragraph(html) == paragraph


def test_only_the_start_of_a_body_is_searched() -> None:
    assert first_paragraph("<hr>" * EXCERPTED_CHARS_MAX + "late") == ""
