"""Cap what takes room and shows nothing: empty elements, line breaks, rules, blank lines and characters.

Otherwise a body pushes what stands below it, the disclaimer, out of sight. Reads sanitised HTML only.
"""

import re

from aggregator.normalise.elements import MEDIA
from aggregator.normalise.pieces import Pieces, split

RUN_MAX = 2  # empty elements, line breaks and rules in a row, whatever nests them
LINE_FEEDS_MAX = 3  # in a row in <pre>: two blank lines
BLANKS_MAX = 40  # blank characters in a row outside <pre>

# Default_Ignorable_Code_Point of Unicode, blanks, BRAILLE PATTERN BLANK; nh3 writes U+00A0 as a reference.
_INVISIBLE = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff"
)
_WIDE = re.compile(r"[\u1160\u1680\u2000-\u200a\u205f\u2800\u3000\u3164\uffa0]")
_BLANK = rf"[{_INVISIBLE}]*+(?:&nbsp;[{_INVISIBLE}]*+)*"
_VISIBLE = re.compile(rf"[^{_INVISIBLE}]")
_REFERENCE = "&nbsp;"
_MANY_BLANKS = re.compile(rf"(?:[{_INVISIBLE}]|&nbsp;){{{BLANKS_MAX + 1},}}")

_BREAKS = frozenset({"br", "hr", "wbr"})
_VOID = _BREAKS | {"col", "img", "source"}
_CELLS = frozenset({"td", "th", "colgroup"})  # side by side, and a table needs its empty ones
_TAGS_WITHOUT_TEXT = re.compile(rf"<[^<>]*+>{_BLANK}<[^<>]*+>{_BLANK}(?:<[^<>]*+>{_BLANK})+")
# The lookahead turns away at a usual letter, at half of the set's CPU time.
_EMPTY = re.compile(rf"<(?:br|hr|wbr)(?: [^<>]*+)?>|<[a-z][^<>]*+>(?=[^!-%'-;=-~]){_BLANK}</")
_TOKEN = re.compile(r"<(/?)([a-z0-9]++)[^<>]*+>|[^<]++")


def capped(body: Pieces, *, is_ordinary: bool = False) -> Pieces:
    """Return sanitised HTML with every run of what shows nothing cut to its limit; idempotent.

    `is_ordinary` says that it has no more than RUN_MAX empty elements and line breaks.
    """
    while _may_exceed(body, is_ordinary=is_ordinary) and (kept := _Scan().run(body.html)) != body.html:
        body = split(kept)  # joined texts can exceed a limit anew
    return body


def _may_exceed(body: Pieces, *, is_ordinary: bool) -> bool:
    """Return False for nearly all HTML, at a tenth of the CPU time of a scan."""
    html, foreign = body.html, body.foreign
    if "pre" in body.names or html.count(_REFERENCE) > BLANKS_MAX:
        return True
    if len(foreign) - len(foreign.encode("latin-1", "ignore")) > BLANKS_MAX and _WIDE.search(foreign):
        return True
    if is_ordinary or len(_EMPTY.findall(html)) <= RUN_MAX:
        return False
    return any(len(_EMPTY.findall(run)) > RUN_MAX for run in _TAGS_WITHOUT_TEXT.findall(html))


class _Scan:
    """One pass over the tokens of balanced HTML."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.opened: list[int] = []  # place in `kept` of each open element
        self.row = 0  # empty elements, breaks and line feeds since something was shown
        self.shown = self.counted = 0  # length of `kept` after the last that was shown, and counted
        self.preformatted = 0

    def run(self, html: str) -> str:
        for token in _TOKEN.finditer(html):
            closing, name = token.groups()
            if name is None:
                self._text(token[0])
            elif closing:
                self._close(name, token[0])
            elif name in _BREAKS:
                self._count(token[0])
            else:
                self._open(name, token[0])
        return "".join(self.kept)

    def _text(self, value: str) -> None:
        is_visible = _is_visible(value)
        if self.preformatted:
            value = self._lines(value)
        elif is_visible:
            self.row = 0
            value = _MANY_BLANKS.sub(_shorter, value)
        elif self.kept and self.kept[-1][0] != "<" and not _is_visible(self.kept[-1]):
            return  # what stood between two blank texts is gone
        else:
            value = _MANY_BLANKS.sub(_shorter, value)
        if value:
            self.kept.append(value)
        if is_visible:
            self.shown = len(self.kept)

    def _lines(self, value: str) -> str:
        first, *others = value.split("\n")
        kept = [first]
        self.row = 0 if _is_visible(first) else self.row
        for line in others:
            if self.row < LINE_FEEDS_MAX:
                self.row += 1
                kept += ["\n", line]
            else:
                kept[-1] = line  # the line before was blank
            self.row = 0 if _is_visible(line) else self.row
        return "".join(kept)

    def _open(self, name: str, tag: str) -> None:
        if name not in _VOID:
            self.opened.append(len(self.kept))
            self.preformatted += name == "pre"
        self.kept.append(tag)
        if name in MEDIA:
            self.row, self.shown = 0, len(self.kept)

    def _close(self, name: str, tag: str) -> None:
        start = self.opened.pop()
        self.preformatted -= name == "pre"
        if name in _CELLS or max(self.shown, self.counted) > start:
            self.kept.append(tag)
        elif not self._count(tag):
            del self.kept[start:]

    def _count(self, tag: str) -> bool:
        """Keep the tag that ends something empty; return False if too many of these stand in a row."""
        if self.row >= RUN_MAX:
            return False
        self.row += 1
        self.kept.append(tag)
        self.counted = len(self.kept)
        return True


def _shorter(blanks: re.Match[str]) -> str:
    """Return one blank for many, unless they collapse (CSS Text 3, section 4.1.1) and take no room."""
    return blanks[0] if blanks[0].isascii() and blanks[0].isspace() else _REFERENCE


def _is_visible(value: str) -> bool:
    return _VISIBLE.search(value.replace(_REFERENCE, "")) is not None
