"""Plain text of sanitised HTML: a table says what each element means in text.

Reads the sanitiser's output only: lower-case tags without "<" and ">" in their attributes, and in texts no
character references but those of "&", "<", ">" and U+00A0. No tree is built, and every pattern is linear.
"""

import re
from collections.abc import Sequence
from itertools import repeat

from msgspec import Struct

from aggregator.normalise import numbering
from aggregator.normalise.pieces import Pieces, split

EXCERPTED_CHARS_MAX = 8_000

# Control characters, which no printable text holds, mark what the tags mean until texts are collapsed.
PARAGRAPH, LINE, ITEM, ROW, CELL = "\x01", "\x02", "\x0e", "\x0f", "\x10"
_RAISED, _LOWERED, _LEVEL = "\x03", "\x04", "\x05"
_STRUCK, _UNSTRUCK = "\x06", "\x07"
_PICTURE, _PICTURE_END = "\x11", "\x12"
_LABEL, _LABEL_END = "\x13", "\x14"
_BLOCK_NAMES = """
    address article aside blockquote caption details div dl dd dt figcaption figure footer h1 h2 h3 h4 h5 h6
    header hr ol p pre section summary table tbody tfoot thead ul
"""
# A name after "/" is that of an end tag.
_MARKS = (
    {slash + name: PARAGRAPH for name in _BLOCK_NAMES.split() for slash in ("", "/")}
    | {"br": LINE, "li": ITEM, "/li": ROW, "tr": ROW, "/tr": ROW, "td": CELL, "th": CELL}
    | {"sup": _RAISED, "/sup": _LEVEL, "sub": _LOWERED, "/sub": _LEVEL}
    | {slash + name: mark for name in ("s", "del") for slash, mark in (("", _STRUCK), ("/", _UNSTRUCK))}
    | {"q": "“", "/q": "”"}
)
_MARKS_OF_RUBY = _MARKS | {"rt": "(", "/rt": ")"}  # where the origin writes no <rp>
_STRIKE = "~~"  # around what is struck out

_FILE_NAME = re.compile(r"[\w.-]+\.(?:avif|gif|jpe?g|png|svg|webp)", re.IGNORECASE)
_SHIFTED = re.compile(f"([{_RAISED}{_LOWERED}])([^{_RAISED}{_LOWERED}{_LEVEL}]*+){_LEVEL}")
_LEVELS = dict.fromkeys(map(ord, (_RAISED, _LOWERED, _LEVEL)))
_ENDS = f"[{PARAGRAPH}{LINE}{ITEM}{ROW}{CELL} ]"
# A run of ends is tried from its start alone: lookbehinds keep the patterns linear. A literal stands first: a
# search for it takes a tenth of the time.
_STRUCK_START = re.compile(f"{_STRUCK}({_ENDS}+)")
_STRUCK_END = re.compile(f"(?<!{_ENDS})({_ENDS}++){_UNSTRUCK}")
_ALT = re.compile(f"{_PICTURE}[^{_PICTURE}{_PICTURE_END}]*+{_PICTURE_END}")
_NUMBER = re.compile(f"{_LABEL}([^{_LABEL}{_LABEL_END}]*+){_LABEL_END}")
# An excerpt ends with its block, list item, row or cell, at two line breaks in a row and at a blank line.
_PARAGRAPH_END = re.compile(rf"[{PARAGRAPH}{ITEM}{ROW}{CELL}]|[{LINE}\n][^\S\n]*+[{LINE}\n]")

_SUPERSCRIPT = str.maketrans("0123456789+-−=()nieo", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵉᵒ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")


class Plain(Struct, frozen=True):
    """A text: a blank line separates paragraphs, "- " or a number starts a list item; an image is its
    alternative text in brackets. `said` is without images, which are no part of what a release says, and
    without numbers of lists, for comparison: its blanks and empty lines have no meaning."""

    text: str = ""
    said: str = ""


def read(html: str) -> Plain:
    """Return the plain text of sanitised HTML."""
    return read_pieces(split(html))


def read_pieces(body: Pieces) -> Plain:
    """Return the plain text of sanitised HTML in pieces."""
    text = said = _laid_out(_marked(body), numbering.labels(body.html) if "ol" in body.names else ())
    if _LABEL in text:
        text, said = _NUMBER.sub(r"\1", text), _NUMBER.sub("-", text)
    if _PICTURE in text:
        text, said = text.replace(_PICTURE, "[").replace(_PICTURE_END, "]"), _ALT.sub("", said)
    return Plain(text, said)


def line(html: str) -> str:
    """Return the text of sanitised HTML on one line, without images: whatever breaks a line is a blank."""
    return " ".join(_without_marks(_ALT.sub("", _marked(split(html)))).split())


def first_paragraph(html: str) -> str:
    """Return the first paragraph with text of sanitised HTML, on one line; "" for none within
    EXCERPTED_CHARS_MAX."""
    start = html[:EXCERPTED_CHARS_MAX]
    if start.rfind(">") < (cut := start.rfind("<")):
        start = start[:cut]
    parts = _PARAGRAPH_END.split(_ALT.sub("", _marked(split(start))))
    return next(filter(None, (" ".join(_without_marks(part).split()) for part in parts)), "")


def _marked(body: Pieces) -> str:
    """Return the text of HTML with marks in place of its tags."""
    names = body.names
    texts = _preformatted(body) if "pre" in names else body.texts
    is_ruby = ("rt" in names or "/rt" in names) and "rp" not in names
    marks = list(map((_MARKS_OF_RUBY if is_ruby else _MARKS).get, names, repeat("")))
    for place in body.others if "img" in names else ():
        if names[place] == "img":
            marks[place] = _alternative(body.tags[place])
    parts = [""] * (len(texts) + len(marks))
    parts[::2] = [_unescaped(text) if "&" in text else text for text in texts]
    parts[1::2] = marks
    marked = "".join(parts)
    if _LEVEL in marked or _RAISED in marked or _LOWERED in marked:
        marked = _SHIFTED.sub(_shifted, marked).translate(_LEVELS)
    if _STRUCK in marked or _UNSTRUCK in marked:  # half of a pair of tags is no safe HTML, and may be met
        marked = _STRUCK_END.sub(rf"{_UNSTRUCK}\1", _STRUCK_START.sub(rf"\1{_STRUCK}", marked))
        marked = marked.replace(_STRUCK + _UNSTRUCK, "")
        marked = marked.replace(_STRUCK, _STRIKE).replace(_UNSTRUCK, _STRIKE)
    return marked


def _alternative(image: str) -> str:
    # No attribute value holds a quote that is not escaped.
    words = image.partition(' alt="')[2].partition('"')[0].strip().replace("&quot;", '"')
    if not words or _FILE_NAME.fullmatch(words):
        return ""
    return f" {_PICTURE}{_unescaped(words)}{_PICTURE_END} "


def _preformatted(body: Pieces) -> list[str]:
    """Return the texts of HTML with marks in place of the line feeds of its preformatted ones."""
    kept, is_inside = [body.texts[0]], False
    for name, text in zip(body.names, body.texts[1:], strict=True):
        is_inside = name == "pre" or (is_inside and name != "/pre")
        kept.append(text.replace("\n", LINE) if is_inside else text)
    return kept


def _unescaped(text: str) -> str:
    for reference, character in (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(reference, character)
    return text.replace("&amp;", "&")


def _shifted(found: re.Match[str]) -> str:
    """Return a superscript or subscript in Unicode's characters; else a number in it stays apart by "^".

    Words stay as they are: "1st", "Brand(R)".
    """
    content = found[2].strip()
    is_raised = found[1] == _RAISED
    written = content.translate(_SUPERSCRIPT if is_raised else _SUBSCRIPT)
    if not content or not any(map(str.isalnum, content)) or all(map(str.__ne__, content, written)):
        return written
    if not is_raised or content.isalpha() or content[0] in "([":
        return content
    return f"^{content}" if content.isalnum() else f"^({content})"


def _laid_out(marked: str, labels: Sequence[str]) -> str:
    """Return a text in paragraphs and lines; `labels` are those of the list items, if any is numbered."""
    for blank in ("\n", "\t", "\r", "\xa0", CELL):
        if blank in marked:
            marked = marked.replace(blank, " ")
    while "  " in marked:  # a sixth of the CPU time of split and join
        marked = marked.replace("  ", " ")
    if ITEM in marked:
        *rows, rest = marked.split(ROW)
        first, *items = ROW.join([*(row.rstrip(f"{PARAGRAPH} ") for row in rows), rest]).split(ITEM)
        items = [item.lstrip(f"{PARAGRAPH}{LINE}{ROW} ") for item in items]
        marked = _labelled(first, items, labels) if labels else f"{LINE}- ".join([first, *items])
    marked = marked.replace(ROW, LINE)
    paragraphs = [
        _lines(paragraph) if LINE in paragraph else paragraph.strip() for paragraph in marked.split(PARAGRAPH)
    ]
    return "\n\n".join(filter(None, paragraphs))


def _labelled(first: str, items: Sequence[str], labels: Sequence[str]) -> str:
    return first + "".join(
        f"{LINE}{_LABEL}{label}{_LABEL_END} {item}" for label, item in zip(labels, items, strict=True)
    )


def _lines(paragraph: str) -> str:
    return "\n".join(filter(None, map(str.strip, paragraph.split(LINE))))


def _without_marks(marked: str) -> str:
    return re.sub(_ENDS, " ", marked)
