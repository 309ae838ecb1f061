"""Limits on the cost of parsing HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise import bounds


@pytest.mark.parametrize(
    "honest",
    [
        "<p>a</p>" * 5_000,
        "<p>unclosed<br><li>too" * 5_000,
        "<div>" * 150 + "a" + "</div>" * 150,
        "</div>" * 300 + "<p>a</p>" * 2_000,
        '<p style="' + "x:y;" * 1_000 + '">a</p>' * 200,
        "text " * 100_000,
    ],
)
def test_honest_bodies_are_cheap(honest: str) -> None:
    assert not bounds.is_costly(honest)


def test_a_body_is_cut_between_tags() -> None:
    assert bounds.cut("<p>a</p>" * 200_000)[-4:] == "<p>a"
    assert len(bounds.cut("a" * 2_000_000)) == bounds.BODY_HTML_CHARS_MAX


def test_inline_images_and_drawings_do_not_count() -> None:
    image = f'<img src="data:image/png;base64,{"iVBO" * 400_000}">'

    assert (
        bounds.cut(f"a<svg><path d='{'M' * 1_000_000}'/></svg>{image}b<svg/>") == 'a<img src="data:x">b<svg/>'
    )


@given(st.text(alphabet="<>/ab='\"& \n!-"))
def test_no_text_raises(raw: str) -> None:
    bounds.is_costly(raw + "<a" * 300)
    assert "<script" not in bounds.without_tags(raw + "<script>x</script>")
