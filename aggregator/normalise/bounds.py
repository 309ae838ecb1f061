"""What HTML may cost, decided by one linear look before a parser sees it, and a way out.

Every tree builder is quadratic in attributes of a tag and in depth, and elements left open are built
again in every paragraph (50,000 nested tags take seconds, 60 kB become 60 MB). Never builds a tree.
"""

import html
import re

BODY_HTML_CHARS_MAX = 1_000_000  # characters of one body
BODY_TEXT_CHARS_MAX = 100_000  # of which only the text is kept
TAG_CHARS_MAX = 10_000  # characters of one tag, inline images apart
HTML_DEPTH_MAX = 200  # open elements
REFERENCES_MAX = 50_000  # each costs as much as the text before it
TAGS_MAX = 60_000  # where a table moves what may not stand in it, each costs as much as those before
REBUILT_CHARS_MAX = 10_000_000  # characters of open tags, summed over all tags inside them

# The attributes of a tag as the HTML standard's tokeniser sees them (13.2.5.32 on). Every quantifier is
# possessive and every match succeeds, so a scan is linear. A tag hidden from this inside what it takes for a
# quoted value makes that value long, and so is caught all the same.
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^"'>=]++|=\s*+(?:"[^"]*+"?|'[^']*+'?)?|["'])*+)""")
_INLINE_IMAGE = re.compile(r"""(?<=["'=])data:image/[a-z+.-]{1,20};base64,[A-Za-z0-9+/=]++""")
_UNPARSED = re.compile(r"(?i)<(/?)(?:script|style|template|svg)\b[^<>]*>")
_MATH = re.compile(
    r"(?i)</?(?:math|semantics|m(?:i|n|o|row|su[bp]|subsup|frac|text|sqrt|root|style|over|under|underover|table"
    r"|tr|td|space|fenced|padded|phantom))\b[^<>]*>"
)
_ANY_TAG = re.compile(r"<[^<>]*>")
_UNNESTED_NAMES = """
    area base br col dd dt embed hr img input li link meta option p param source td th tr track wbr
"""
_UNNESTED = frozenset(_UNNESTED_NAMES.split())


def cut(value: str) -> str:
    """A body without what is refused later in any case, no longer than the limit, cut between two tags."""
    if not value:
        return value
    if "data:image/" in value:  # often most of the bytes
        value = _INLINE_IMAGE.sub("", value)
    if "<svg" in value:  # paths of it are the longest tags of honest feeds
        value = _without_drawings(value)
    if "<math" in value:  # a formula's letters are worth keeping, its form is not allowed
        value = _MATH.sub(" ", value)
    if len(value) <= BODY_HTML_CHARS_MAX:
        return value
    head = value[:BODY_HTML_CHARS_MAX]
    return head[: head.rfind("<")] if "<" in head else head


def _without_drawings(value: str) -> str:
    before, *drawings = value.split("<svg")
    kept = [before]
    for drawing in drawings:
        _, closing, after = drawing.partition("</svg>")
        kept.append(after if closing else "<svg" + drawing)
    return "".join(kept)


def is_costly(value: str) -> bool:
    """Whether building this as a tree could cost out of proportion to its size."""
    tags = value.count("<")
    if len(value) <= TAG_CHARS_MAX and tags - (tags > HTML_DEPTH_MAX and value.count("</")) <= HTML_DEPTH_MAX:
        return False
    if value.count("&") > REFERENCES_MAX or tags > TAGS_MAX:
        return True
    open_tags: list[int] = []
    held = rebuilt = 0
    for tag in _TAG.finditer(value):
        closing, name, attributes = tag.groups()
        size = len(name) + len(attributes)
        if size > TAG_CHARS_MAX:
            return True
        if closing:
            held -= open_tags.pop() if open_tags and name.lower() not in _UNNESTED else 0
            continue
        rebuilt += held
        if name.lower() not in _UNNESTED:
            open_tags.append(size)
            held += size
        if len(open_tags) > HTML_DEPTH_MAX or rebuilt > REBUILT_CHARS_MAX:
            return True
    return False


def without_tags(value: str) -> str:
    """The text of HTML too costly to parse: nothing of its form, and no script. Linear."""
    kept, depth, at = [], 0, 0
    for tag in _UNPARSED.finditer(value):
        if not depth:
            kept.append(value[at : tag.start()])
        depth = 0 if tag[1] else 1
        at = tag.end()
    if not depth:
        kept.append(value[at:])
    return html.unescape(_ANY_TAG.sub(" ", " ".join(kept))[:BODY_TEXT_CHARS_MAX])
