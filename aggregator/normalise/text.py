"""Plain text: of HTML (the room of selectolax), on one line, and free of what no output may hold.

Never makes HTML safe; parses only what is safe already, or short.
"""

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

DISCLAIMER_CLASS = "pw-disclaimer"
# A tree of so few characters cannot cost much, however hostile.
DISCLAIMER_CHARS_MAX = 20_000
TITLE_HTML_CHARS_MAX = 10_000

# Not in XML, or invisible and able to reorder what surrounds it (U+202A-202E, U+2066-2069: legitimate ones
# are lost, but blocks are isolated anyway and `dir` survives).
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_ASCII_CONTROLS = bytes(code for code in (*range(32), 127) if chr(code) not in "\t\n\r")
# A C1 control is a Windows-1252 character of a feed that named the wrong encoding; browsers read it so too.
_WINDOWS = {
    character: bytes([ord(character)]).decode("cp1252", "ignore") for character in map(chr, range(0x80, 0xA0))
}
_PARAGRAPH, _LINE, _ITEM = "\x01", "\x02", "\x02- "  # marks that no printable text holds
_AFTER_ITEM = re.compile("\x02- [\x01\x02 ]+")
_BLOCKS_NAMES = """
    address article aside blockquote caption center details div dl dd dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section summary table tbody tfoot thead ul
"""
_BLOCKS = frozenset(_BLOCKS_NAMES.split())
_MARKS = dict.fromkeys(_BLOCKS, _PARAGRAPH) | {
    "li": _ITEM,
    "br": _LINE,
    "tr": _LINE,
    "td": " ",
    "th": " ",
}
_UNSEEN = ["script", "style", "template", "svg", "head", "iframe", "noscript", "textarea"]


def printable(value: str) -> str:
    """Without control characters, lone surrogates, non-characters and overrides of direction."""
    if value.isascii() and len(value) == len(value.encode().translate(None, _ASCII_CONTROLS)):
        return value  # the usual case, at a fifth of the price
    return _CONTROL.sub(_replacement, value)


def _replacement(found: re.Match[str]) -> str:
    character = found[0]
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    return _WINDOWS.get(character, "")


def line(value: str, limit: int) -> str:
    """One printable line of at most `limit` characters."""
    collapsed = " ".join(printable(value[: limit * 8]).split())
    return collapsed if len(collapsed) <= limit else shortened(collapsed, limit)


def shortened(value: str, limit: int) -> str:
    """The first words that fit, and an ellipsis when that is not all."""
    if len(value) <= limit:
        return value
    head = value[: limit - 1]
    words = head if value[limit - 1] == " " else head.rpartition(" ")[0]
    return (words if len(words) > limit // 2 else head).rstrip(" .,;:-–—") + "…"


def title(value: str) -> str:
    """The text of HTML meant as one line; tags part no words there."""
    value = value[:TITLE_HTML_CHARS_MAX]
    if "<" not in value:
        return html.unescape(value) if "&" in value else value
    body = LexborHTMLParser(encodable(value)).body
    if body is None:
        return ""
    body.strip_tags(_UNSEEN, recursive=True)
    return body.text()


def read(safe: str) -> tuple[str, str]:
    """Safe HTML as a parser understands it: written out again, and as plain text.

    Paragraphs are parted by a blank line, items of lists start with "- ".
    """
    body = LexborHTMLParser(safe).body
    assert body is not None, "only a frameset has no body, and it is not safe"
    return body.inner_html or "", _plain(body)


def without_disclaimer(value: str) -> str:
    """HTML without another Publicwire's disclaimer: an element of that class that is its last block."""
    mention = value.rfind(DISCLAIMER_CLASS)
    start = value.rfind("<", 0, max(mention, 0))
    if start < 0 or len(value) - start > DISCLAIMER_CHARS_MAX:
        return value
    body = LexborHTMLParser(encodable(value[start:])).body
    nodes = [] if body is None else [node for node in body.iter(include_text=True) if not _is_blank(node)]
    is_disclaimer = len(nodes) == 1 and DISCLAIMER_CLASS in (nodes[0].attributes.get("class") or "").split()
    return value[:start] if is_disclaimer else value


def _is_blank(node: LexborNode) -> bool:
    return node.tag == "-comment" or (node.tag == "-text" and not (node.text_content or "").strip())


def encodable(value: str) -> str:
    """Without lone surrogates, which no parser takes."""
    return value.encode("utf-8", "replace").decode()


def _plain(body: LexborNode) -> str:
    parts: list[str] = []
    has_pre = False
    for node in body.traverse(include_text=True):
        tag = node.tag
        before = node.prev
        if before is not None and before.tag in _BLOCKS:
            parts.append(_PARAGRAPH)
        if tag == "-text":
            said = node.text_content or ""
            parts.append(said.replace("\n", _LINE) if has_pre and _is_preformatted(node) else said)
        elif tag in _MARKS:
            parts.append(_MARKS[tag])
            has_pre = has_pre or tag == "pre"
    marked = _collapsed("".join(parts))
    if _ITEM in marked:
        marked = _AFTER_ITEM.sub(_ITEM, marked)
    return "\n\n".join([lines for each in marked.split(_PARAGRAPH) if (lines := _lines(each))])


def _collapsed(marked: str) -> str:
    for blank in ("\n", "\t", "\r", "\xa0"):
        marked = marked.replace(blank, " ")
    while "  " in marked:  # a sixth of the time that split and join take
        marked = marked.replace("  ", " ")
    return marked


def _lines(paragraph: str) -> str:
    if _LINE not in paragraph:
        return paragraph.strip()
    return "\n".join([line for each in paragraph.split(_LINE) if (line := each.strip())])


def _is_preformatted(node: LexborNode) -> bool:
    parent = node.parent
    if parent is None or parent.tag not in ("pre", "code"):
        return False
    return parent.tag == "pre" or (parent.parent is not None and parent.parent.tag == "pre")
