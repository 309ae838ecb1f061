"""Texts are repaired as feedparser repairs them."""

from contextlib import suppress

import pytest
from feedparser.html import _cp1252

from aggregator.parse.feedparser_text import Text


def repaired(text: str) -> str:
    """Return a text after the two steps of feedparser's `pop`."""
    with suppress(UnicodeEncodeError, UnicodeDecodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_cp1252)


@pytest.mark.parametrize(
    "text",
    ["", "plain", "é", "Ã©", "Ã©\x80", "caf\xe9 \x93a\x94", "“a” \x85", "“a”", "中文", "\x81", "\ud800"],
)
def test_a_text_is_repaired_as_any_string(text: str) -> None:
    assert repaired(Text(text)) == repaired(text)
    assert type(repaired(Text(text))) is str
