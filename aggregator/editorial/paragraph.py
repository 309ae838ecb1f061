"""Paragraphs of sanitised HTML as plain text: what may be shown of an excerpt."""

import re
from html import unescape

HTML_CHARS_MAX = 8_000  # of a body, that are searched for its first paragraph

# The sanitiser writes attributes in double quotes, and escapes quotes within and "<" everywhere. No start of
# a match runs over the next one, so the search is linear.
TAG = re.compile(r'</?+([a-z0-9]*+)[^<>"]*+(?:"[^"]*+"[^<>"]*+)*>')
# Every other tag ends a paragraph: also an item of a list, a row and a cell of a table.
_INLINE_NAMES = """
    a abbr b bdi cite code del em i img ins kbd mark picture q rp rt ruby s samp small source span strong sub
    sup time tt u var wbr
"""
_END, _BREAK = "\x01", "\x02"  # control characters, so in no sanitised text
_MARKS = dict.fromkeys(_INLINE_NAMES.split(), "") | {"br": _BREAK}
# A blank line is one where the text is preformatted; elsewhere a text without markup is meant so, too.
_ENDS = re.compile(rf"{_END}|{_BREAK}\s*+{_BREAK}|\n[^\S\n]*+\n")


def first_paragraph(html: str) -> str:
    """Return the first paragraph with text as one line, "" for a body that begins with none.

    It ends with its block, at two line breaks in a row and at a blank line.
    """
    marked = TAG.sub(lambda tag: _MARKS.get(tag[1], _END), html[:HTML_CHARS_MAX])
    whole, _, _ = marked.partition("<")  # of a tag that is cut off
    lines = (" ".join(part.replace(_BREAK, " ").split()) for part in _ENDS.split(unescape(whole)))
    return next(filter(None, lines), "")
