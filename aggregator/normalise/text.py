"""Extract plain text from HTML with selectolax; strip control characters; shorten text to one line.

Never sanitises HTML: only sanitised or short HTML is parsed here.
"""

import html
import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.model.release import DISCLAIMER_CLASS

# A tree of so few characters is cheap to build, even of hostile HTML.
DISCLAIMER_CHARS_MAX = 20_000
_END = "</div>"  # of a disclaimer, in which there is no other <div>
TITLE_HTML_CHARS_MAX = 10_000
MARKS_MAX = 8  # combining marks on a character; a stack of Tibetan letters has eight
_FILLERS = "\u115f\u1160\u3164\uffa0"  # Hangul letters that show nothing
# More characters in a row than that which are neither letters that show nor blanks nor ASCII: marks are among
# them, and what shows nothing between two marks.
_MANY_MARKS = re.compile(rf"(?:(?:[^\w\s\x00-\xac\xae-\u02ff]|[{_FILLERS}])(?:<[^<>]*+>)*){{9,}}")
_STACKED = ("Mn", "Me")
_NO_BASE = ("Cf", "Mc")  # a mark behind one is still drawn on the character before: U+200D, U+00AD, U+0903
# A ninth of that pattern's CPU time; all marks are within, Latin text with its punctuation is not.
_BEYOND_LATIN = re.compile("[\u0300-\u1fff\u20d0-\u20ff\u2ce0-\u2dff\u3000-\U000fffff]")
_TAG_OR_CHARACTER = re.compile(r"<[^<>]*+>|.", re.DOTALL)

# Characters forbidden in XML 1.0, and bidirectional controls (U+202A-202E, U+2066-2069), which reorder text
# around them: legitimate ones are lost too, but blocks are isolated anyway and `dir` survives. The separators
# U+2028 and U+2029 become line feeds, which are bounded.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_ASCII_CONTROLS = bytes(code for code in (*range(32), 127) if chr(code) not in "\t\n\r")
# A C1 control comes from Windows-1252 text under a wrong encoding label; browsers read it so too.
_C1_AS_CP1252 = {
    character: bytes([ord(character)]).decode("cp1252", "ignore") for character in map(chr, range(0x80, 0xA0))
}
_PARAGRAPH, _LINE, _ITEM = "\x01", "\x02", "\x02- "  # control characters, so in no printable text
_BREAKS_AFTER_ITEM = re.compile("\x02- [\x01\x02 ]+")
_BLOCK_NAMES = """
    address article aside blockquote caption center details div dl dd dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section summary table tbody tfoot thead ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_MARK_OF_TAG = dict.fromkeys(_BLOCKS, _PARAGRAPH) | {
    "li": _ITEM,
    "br": _LINE,
    "tr": _LINE,
    "td": " ",
    "th": " ",
}
_INVISIBLE_TAGS = ["script", "style", "template", "svg", "head", "iframe", "noscript", "textarea"]


def printable(value: str) -> str:
    """Return text without control characters, lone surrogates, non-characters and bidirectional controls."""
    if value.isascii() and len(value) == len(value.encode().translate(None, _ASCII_CONTROLS)):
        return value  # the usual case; a fifth of the pattern's CPU time
    return _CONTROL.sub(_replacement, value)


def capped_marks(value: str) -> str:
    """Return text or sanitised HTML with at most MARKS_MAX combining marks on each character, tags apart.

    A stack of marks is drawn over the lines around it, also over those of others.
    """
    beyond_latin_1 = len(value) - len(value.encode("latin-1", "ignore"))
    if beyond_latin_1 <= MARKS_MAX or _BEYOND_LATIN.search(value) is None:
        return value
    return _MANY_MARKS.sub(_without_excess_marks, value)


def _without_excess_marks(match: re.Match[str]) -> str:
    kept, marks = list[str](), 0
    for part in _TAG_OR_CHARACTER.findall(match[0]):
        category = unicodedata.category(part) if len(part) == 1 else ""
        is_mark = category in _STACKED
        if is_mark:
            marks += 1
        elif category and category not in _NO_BASE and part not in _FILLERS:
            marks = 0
        if not is_mark or marks <= MARKS_MAX:
            kept.append(part)
    return "".join(kept)


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if character in "\u2028\u2029":
        return "\n"
    return _C1_AS_CP1252.get(character, "")


def line(value: str, limit: int) -> str:
    """Return one printable line of at most `limit` characters."""
    collapsed = " ".join(capped_marks(printable(value[: limit * 8])).split())
    return collapsed if len(collapsed) <= limit else shortened(collapsed, limit)


def shortened(value: str, limit: int) -> str:
    """Return the first words that fit into `limit` characters, with an ellipsis after a cut."""
    if len(value) <= limit:
        return value
    head = value[: limit - 1]
    words = head if value[limit - 1] == " " else head.rpartition(" ")[0]
    return (words if len(words) > limit // 2 else head).rstrip(" .,;:-–—") + "…"


def title(value: str) -> str:
    """Return the text of HTML meant as one line; a tag does not separate words there."""
    value = value[:TITLE_HTML_CHARS_MAX]
    if "<" not in value:
        return html.unescape(value) if "&" in value else value
    body = LexborHTMLParser(encodable(value)).body
    if body is None:
        return ""
    body.strip_tags(_INVISIBLE_TAGS, recursive=True)
    return body.text()


def read(safe: str) -> tuple[str, str]:
    """Parse sanitised HTML; return it serialised again, and its plain text.

    In the text a blank line separates paragraphs and "- " starts a list item.
    """
    body = LexborHTMLParser(safe).body
    assert body is not None, "only a frameset has no body, and the sanitiser drops it"
    return body.inner_html or "", _plain(body)


def without_disclaimer(value: str) -> str:
    """Return HTML without another Publicwire's disclaimers: a first and a last block of DISCLAIMER_CLASS."""
    return _without_last(_without_first(value))


def _without_first(value: str) -> str:
    start = value[:DISCLAIMER_CHARS_MAX].lstrip()
    end = start.find(_END)
    if end < 0 or DISCLAIMER_CLASS not in start[:end]:
        return value
    end += len(_END)
    return value[len(value) - len(value.lstrip()) + end :] if _is_disclaimer(start[:end]) else value


def _without_last(value: str) -> str:
    mention = value.rfind(DISCLAIMER_CLASS)
    start = value.rfind("<", 0, max(mention, 0))
    if start < 0 or len(value) - start > DISCLAIMER_CHARS_MAX:
        return value
    return value[:start] if _is_disclaimer(value[start:]) else value


def _is_disclaimer(value: str) -> bool:
    """Return whether HTML is one element of DISCLAIMER_CLASS."""
    body = LexborHTMLParser(encodable(value)).body
    nodes = [] if body is None else [node for node in body.iter(include_text=True) if not _is_blank(node)]
    return len(nodes) == 1 and DISCLAIMER_CLASS in (nodes[0].attributes.get("class") or "").split()


def _is_blank(node: LexborNode) -> bool:
    return node.tag == "-comment" or (node.tag == "-text" and not (node.text_content or "").strip())


def encodable(value: str) -> str:
    """Return text with lone surrogates replaced: selectolax cannot encode them."""
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
            content = node.text_content or ""
            parts.append(content.replace("\n", _LINE) if has_pre and _is_preformatted(node) else content)
        elif tag in _MARK_OF_TAG:
            parts.append(_MARK_OF_TAG[tag])
            has_pre = has_pre or tag == "pre"
    marked = _collapsed("".join(parts))
    if _ITEM in marked:
        marked = _BREAKS_AFTER_ITEM.sub(_ITEM, marked)
    return "\n\n".join([lines for paragraph in marked.split(_PARAGRAPH) if (lines := _lines(paragraph))])


def _collapsed(marked: str) -> str:
    for blank in ("\n", "\t", "\r", "\xa0"):
        marked = marked.replace(blank, " ")
    while "  " in marked:  # a sixth of the CPU time of split and join
        marked = marked.replace("  ", " ")
    return marked


def _lines(paragraph: str) -> str:
    if _LINE not in paragraph:
        return paragraph.strip()
    return "\n".join([line for raw in paragraph.split(_LINE) if (line := raw.strip())])


def _is_preformatted(node: LexborNode) -> bool:
    parent = node.parent
    if parent is None or parent.tag not in ("pre", "code"):
        return False
    return parent.tag == "pre" or (parent.parent is not None and parent.parent.tag == "pre")
