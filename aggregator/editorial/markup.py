"""HTML subsets of disclaimers and of blocks of pages, parsed strictly and serialised anew, so that a browser
cannot parse them differently. Never repairs: everything outside the subset is an error that names it.

nh3 would not replace it: nh3 repairs without an error, and the parser remains for errors and plain text.
"""

import re
from collections.abc import Mapping
from html import escape, unescape
from html.parser import HTMLParser

from msgspec import Struct

from aggregator.editorial.safe import line

TAGS = frozenset({"a", "abbr", "b", "br", "cite", "em", "i", "p", "q", "small", "span", "strong"})
ATTRIBUTES = frozenset({"href", "title", "lang", "dir", "hreflang"})
_VOID = frozenset({"br", "hr", "img"})


class Address(Struct, frozen=True):
    """Values that an attribute of one tag may have: a pattern of their beginning, and the same in words."""

    tag: str
    begins: re.Pattern[str]
    words: str


class Subset(Struct, frozen=True):
    """Allowed tags and attributes, and what they are allowed in."""

    name: str
    tags: frozenset[str]
    attributes: frozenset[str]
    addresses: Mapping[str, Address]  # by attribute


_LINK = Address("a", re.compile(r"https?://|mailto:", re.IGNORECASE), "https://, http:// or mailto:")
DISCLAIMER = Subset("a disclaimer", TAGS, ATTRIBUTES, {"href": _LINK})


def read(html: str, subset: Subset = DISCLAIMER) -> tuple[str, str]:
    """Return the same HTML, escaped and balanced, and its plain text with each link's target in brackets.

    Raises ValueError that names the first tag, attribute, link or character which is not allowed.
    """
    parser = _Parser(subset)
    parser.feed(html)
    parser.close()
    if parser.open:
        raise ValueError(f"<{parser.open[-1][0]}> is never closed")
    lines = map(line, "".join(parser.text).split("\n"))
    return line("".join(parser.html)), "\n".join(filter(None, lines))


class _Parser(HTMLParser):
    def __init__(self, subset: Subset) -> None:
        super().__init__(convert_charrefs=False)  # else "&lt;" and a bare "<" could not be told apart
        self.subset = subset
        self.html: list[str] = []
        self.text: list[str] = []
        self.open: list[tuple[str, str]] = []  # tag and link target

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.subset.tags:
            raise ValueError(f"<{tag}> is not allowed in {self.subset.name}")
        attributes = "".join(f' {name}="{self._attribute(tag, name, value or "")}"' for name, value in attrs)
        self.html.append(f"<{tag}{attributes}>")
        if tag in ("br", "p"):
            self.text.append("\n")
        if tag not in _VOID:
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
        raise ValueError(f"comments and declarations are not allowed in {self.subset.name}")

    handle_pi = unknown_decl = handle_comment

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)

    def _attribute(self, tag: str, name: str, value: str) -> str:
        """Return the escaped value of an allowed attribute; addresses begin as the subset allows."""
        if name not in self.subset.attributes:
            raise ValueError(f"the attribute {name!r} is not allowed in {self.subset.name}")
        address = self.subset.addresses.get(name)
        if address and (tag != address.tag or (value and not address.begins.match(value))):
            raise ValueError(f"a link must start with {address.words}, not {value[:40]!r}")
        return escape(value)
