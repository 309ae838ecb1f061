"""Control characters, combining marks and shortening."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise import disclaimers, html, text


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("a\x00\x07b\x7f", "ab"),
        ("\x93quoted\x94 \x80 5\x81", "“quoted” € 5"),
        ("\u202eevil\u2066 \u200eleft", "evil \u200eleft"),
        ("\ud83d", "\ufffd"),
        ("a\u2028b\u2029", "a\nb\n"),
        ("\ufeffa\uffff", "a"),
        ("a\tb\nc\r", "a\tb\nc\r"),
        ("😀é", "😀é"),
    ],
)
def test_control_characters_are_removed(raw: str, kept: str) -> None:
    assert text.printable(raw) == kept


@pytest.mark.parametrize("control", ["\x00", "\x1f", "\x7f"])
def test_a_control_character_is_removed_from_a_long_text(control: str) -> None:
    words = "word\t\r\n" * text.SCANNED_CHARS_MAX
    assert text.printable(words + control) == words
    assert text.printable(words) is words


def test_a_line_is_one_line_of_bounded_length() -> None:
    assert text.line(" a\n\tb\u00a0 c ", 10) == "a b c"
    assert text.line("word " * 1_000, 12) == "word word…"
    assert text.line("x" * 1_000_000, 5) == "xxxx…"


@pytest.mark.parametrize(
    ("raw", "short"),
    [
        ("short", "short"),
        ("one two three", "one two…"),
        ("one two, three", "one two…"),
        ("one two s three", "one two s…"),
        ("a bbbbbbbbbbbbbbbb", "a bbbbbbb…"),
    ],
)
def test_text_is_shortened_between_words(raw: str, short: str) -> None:
    assert text.shortened(raw, 10) == short


@pytest.mark.parametrize("between", ["", "\u200d", "\u00ad", "\u0903"])
def test_a_line_has_few_marks_on_a_character(between: str) -> None:
    stacked = "a" + ("\u0336" * 4 + between) * 100 + "b"
    assert text.line(stacked, 1_000).count("\u0336") == 8


@given(st.text())
def test_no_text_raises(raw: str) -> None:
    html.title(raw)
    disclaimers.without(raw + '<p class="pw-disclaimer">' + raw)
    assert text.printable(text.printable(raw)) == text.printable(raw)
    assert len(text.line(raw, 20)) <= 20
    text.printable(raw).encode()
