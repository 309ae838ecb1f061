"""Texts that feedparser repairs only where there is something to repair.

feedparser takes each text for UTF-8 read as Latin-1, and looks each character up in a table of Windows-1252:
600 instructions for a character of a text that is not all ASCII.
"""

from collections.abc import Mapping

import feedparser.api
from feedparser.html import _cp1252

_MAPPED = tuple(map(chr, _cp1252))  # control characters of ISO 8859-1


class Text(str):
    """Text that answers the calls of feedparser's repairs: both leave ASCII as it is."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> "bytes | Text":  # type: ignore[override]
        """Return the text's bytes, or the text itself: `decode` has nothing to do."""
        return self if self.isascii() else super().encode(encoding, errors)

    def decode(self, _encoding: str) -> "Text":
        """Return the text."""
        return self

    def translate(self, table: Mapping[int, str]) -> str:  # type: ignore[override]
        """Return the text as a plain string, with the characters in the table of Windows-1252 mapped."""
        plain = str(self)
        if plain.isascii() or not any(character in plain for character in _MAPPED):
            return plain
        return plain.translate(table)


def repair_few_texts() -> None:
    """Leave out repairs that change nothing: 3 % of a worker's time in English, most of it elsewhere."""
    feedparser.api.StrictFeedParser.decode_entities = staticmethod(lambda element, text: Text(text))
