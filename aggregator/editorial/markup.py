"""The HTML subset of a disclaimer, parsed strictly and serialised anew, so that a browser cannot parse it
differently. Never repairs: everything outside the subset is an error that names it.

nh3 would not replace it: nh3 repairs without an error, and the parser remains for errors and plain text.
"""

import re
from html import escape, unescape
from html.parser import HTMLParser

from aggregator.editorial.safe import line

TAGS = frozenset({"a", "abbr", "b", "br", "cite", "em", "i", "p", "q", "small", "span", "strong"})
ATTRIBUTES = frozenset({"href", "title", "lang", "dir", "hreflang"})
_LINK = re.compile(r"https?://|mailto:", re.IGNORECASE)


def read(html: str) -> tuple[str, str]:
    """Return the same HTML, escaped and balanced, and its plain text with each link's target in brackets.

    Raises ValueError that names the first tag, attribute, link or character which is not allowed.
    """
    parser = _Parser()
    parser.feed(html)
    parser.close()
    if parser.open:
        raise ValueError(f"<{parser.open[-1][0]}> is never closed")
    lines = map(line, "".join(parser.text).split("\n"))
    return line("".join(parser.html)), "\n".join(filter(None, lines))


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)  # else "&lt;" and a bare "<" could not be told apart
        self.html: list[str] = []
        self.text: list[str] = []
        self.open: list[tuple[str, str]] = []  # tag and link target

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise ValueError(f"<{tag}> is not allowed in a disclaimer")
        attributes = "".join(f' {name}="{_attribute(tag, name, value or "")}"' for name, value in attrs)
        self.html.append(f"<{tag}{attributes}>")
        if tag in ("br", "p"):
            self.text.append("\n")
        if tag != "br":
            self.open.append((tag, dict(attrs).get("href") or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # "<p/>" opens a paragraph, as in browsers

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
        self._append(data)

    def handle_entityref(self, name: str) -> None:
        self._append(unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self.handle_entityref(f"#{name}")

    def _append(self, text: str) -> None:
        self.html.append(escape(text, quote=False))
        self.text.append(text.replace("\n", " "))

    def handle_comment(self, data: str) -> None:
        raise ValueError("comments and declarations are not allowed in a disclaimer")

    handle_pi = unknown_decl = handle_comment

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)


def _attribute(tag: str, name: str, value: str) -> str:
    """Return the escaped value of an allowed attribute; only http, https and mailto links are."""
    if name not in ATTRIBUTES:
        raise ValueError(f"the attribute {name!r} is not allowed in a disclaimer")
    if name == "href" and (tag != "a" or (value and not _LINK.match(value))):
        raise ValueError(f"a link must start with https://, http:// or mailto:, not {value[:40]!r}")
    return escape(value)
