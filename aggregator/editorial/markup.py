"""The little HTML a disclaimer may hold, read strictly and written anew, so that nothing a browser might
read otherwise than we do gets through. Never repairs: what it does not know is an error."""

import re
from html import escape, unescape
from html.parser import HTMLParser

from aggregator.editorial.safe import line

TAGS = frozenset({"a", "abbr", "b", "br", "cite", "em", "i", "p", "q", "small", "span", "strong"})
ATTRIBUTES = frozenset({"href", "title", "lang", "dir", "hreflang"})
_LINK = re.compile(r"https?://|mailto:", re.IGNORECASE)


def read(html: str) -> tuple[str, str]:
    """The same HTML written safely and balanced, and its plain text with each link's target in brackets.
    ValueError says what is not allowed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if reader.open:
        raise ValueError(f"<{reader.open[-1][0]}> is never closed")
    lines = map(line, "".join(reader.text).split("\n"))
    return line("".join(reader.html)), "\n".join(filter(None, lines))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)  # so that a raw "<" is seen as one
        self.html: list[str] = []
        self.text: list[str] = []
        self.open: list[tuple[str, str]] = []  # tag and link target

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise ValueError(f"<{tag}> is not allowed in a disclaimer")
        written = "".join(f' {name}="{_attribute(tag, name, value or "")}"' for name, value in attrs)
        self.html.append(f"<{tag}{written}>")
        if tag in ("br", "p"):
            self.text.append("\n")
        if tag != "br":
            self.open.append((tag, dict(attrs).get("href") or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # "<p/>" opens a paragraph, as browsers have it

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            raise ValueError(f"</{tag}> closes nothing")
        _, target = self.open.pop()
        self.html.append(f"</{tag}>")
        if target:
            self.text.append(f" ({target.removeprefix('mailto:')})")
        if tag == "p":
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise ValueError("a bare < or an unfinished tag is not allowed: write &lt;")
        self._say(data)

    def handle_entityref(self, name: str) -> None:
        self._say(unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self._say(unescape(f"&#{name};"))

    def _say(self, text: str) -> None:
        self.html.append(escape(text, quote=False))
        self.text.append(text.replace("\n", " "))

    def handle_comment(self, data: str) -> None:
        raise ValueError("comments and declarations are not allowed in a disclaimer")

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)

    def handle_pi(self, data: str) -> None:
        self.handle_comment(data)

    def unknown_decl(self, data: str) -> None:
        self.handle_comment(data)


def _attribute(tag: str, name: str, value: str) -> str:
    if name not in ATTRIBUTES:
        raise ValueError(f"the attribute {name!r} is not allowed in a disclaimer")
    if name == "href" and (tag != "a" or (value and not _LINK.match(value))):
        raise ValueError(f"a link must start with https://, http:// or mailto:, not {value[:40]!r}")
    return escape(value)
