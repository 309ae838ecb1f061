"""Pictures and media of pages."""

import pytest

from aggregator.web.media import file_kind, kind, scrollable, secure


@pytest.mark.parametrize(
    ("html", "secured"),
    [
        (
            '<img src="http://a.example/1.png" alt="http://x">',
            '<img src="https://a.example/1.png" alt="http://x">',
        ),
        (
            '<img alt="a > b" srcset="http://a.example/1 1x, http://a.example/2 2x,http://a.example/3 3x">',
            '<img alt="a > b" srcset="https://a.example/1 1x, https://a.example/2 2x,https://a.example/3 3x">',
        ),
        (
            '<video poster="http://a.example/p"><source src="http://a.example/v"></video>',
            '<video poster="https://a.example/p"><source src="https://a.example/v"></video>',
        ),
        ('<img src="https://a.example/?u=http://b.example/">',) * 2,
        ('<a href="http://a.example/">src="http://a.example/"</a>',) * 2,
        ("<p>No address.</p>",) * 2,
        ("http://a.example/1.png", "https://a.example/1.png"),
    ],
)
def test_pictures_and_media_are_asked_for_by_https_and_links_stay(html: str, secured: str) -> None:
    assert secure(html) == secured


@pytest.mark.parametrize(
    ("media_type", "shown"),
    [("image/png", "image"), ("audio/mpeg", "audio"), ("video/mp4", "video"), ("text/html", ""), ("", "")],
)
def test_a_file_is_shown_in_place_by_its_type(media_type: str, shown: str) -> None:
    assert kind(media_type) == shown


def test_wide_tables_and_preformatted_text_scroll_by_keyboard_in_a_box() -> None:
    nested = "<p>a</p><table><tr><td><table><tr><td>b</td></tr></table></td></tr></table><pre>c</pre>"
    box = '<div class="wide-table" role="region" aria-label="Table" tabindex="0">'
    inner = nested.removeprefix("<p>a</p>").removesuffix("<pre>c</pre>")
    assert scrollable(nested, "Table") == f'<p>a</p>{box}{inner}</div><pre tabindex="0">c</pre>'
    assert scrollable('<table title="a &gt; b"></table>', "T").endswith("</table></div>")
    assert scrollable("<p>a table</p>", "T") == "<p>a table</p>"


def test_files_are_named_by_their_usual_kind() -> None:
    assert (file_kind("application/pdf"), file_kind("model/stl")) == ("PDF", "model/stl")
