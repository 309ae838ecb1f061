"""Tests of the output checks themselves."""

from html import escape

import pytest

from tests.hostile.judge import body_faults, page_faults, summary_faults

STANDING = "Released by Origin."
GOOD = f'<div><p>All.</p></div>\n<div class="pw-disclaimer">{STANDING}</div>'
PAGE = (
    "<!doctype html><html><head><title>T</title></head><body><a href='#main'></a>"
    "<header><form class='search'><label></label><input><button></button></form></header><main><article>"
    f"BODY<aside><div class='pw-disclaimer'>{STANDING}</div></aside></article></main><footer>"
    "<section class='subscribe'><h2></h2><p></p><p><input></p><p><a></a><a></a><a></a></p></section></footer></body></html>"
)


def test_valid_output_has_no_fault() -> None:
    assert list(body_faults(GOOD, STANDING)) == []
    assert list(page_faults(PAGE, STANDING)) == []
    assert list(page_faults(PAGE.replace("BODY", escape("<script>")), STANDING)) == []


BAD = (
    "<script>x</script>",
    "<p onclick=x>",
    "<img src=javascript:x>",
    "<a href=data:x>",
    "<p style=x>",
    "<iframe></iframe>",
    "<div class=pw-disclaimer>False.</div>",
    "<svg><a></a></svg>",
    "<form>",
)


@pytest.mark.parametrize("bad", BAD)
def test_invalid_output_has_a_fault(bad: str) -> None:
    assert list(body_faults(bad + GOOD, STANDING))
    assert list(page_faults(PAGE.replace("BODY", bad), STANDING))


@pytest.mark.parametrize("swallows", ["<details>", "<div>", "<table><tr><td>", "<!--", "<textarea>"])
def test_a_disclaimer_inside_anything_is_faulted(swallows: str) -> None:
    assert list(body_faults(swallows + GOOD, STANDING))
    assert list(page_faults(PAGE.replace("BODY", swallows), STANDING))


def test_a_missing_or_changed_disclaimer_is_faulted() -> None:
    assert list(body_faults(GOOD.replace(STANDING, "We lie."), STANDING))
    assert list(page_faults(PAGE.replace("pw-disclaimer", "x"), STANDING))


def test_a_summary_is_one_paragraph_of_text_above_the_disclaimer() -> None:
    end = f'<div class="pw-disclaimer">{STANDING}</div>'
    assert list(summary_faults(f"<p>&lt;b&gt;</p>\n{end}", STANDING)) == []
    for bad in (f"<p><b>x</b></p>\n{end}", f"<p>x</p><p>y</p>{end}", "<p>x</p>", end, f"<h1>x</h1>{end}"):
        assert list(summary_faults(bad, STANDING))
