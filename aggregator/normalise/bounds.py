"""Bound the cost of HTML by one linear scan before any parser sees it; extract text where it costs too much.

HTML tree builders are quadratic in a tag's attributes and in depth, and reopen unclosed formatting elements
in every paragraph (50,000 nested tags take seconds, 60 kB become 60 MB). Never builds a tree.
"""

import html
import re

BODY_HTML_CHARS_MAX = 1_000_000
BODY_TEXT_CHARS_MAX = 100_000  # of the plain text kept of a body too costly to parse
TAG_CHARS_MAX = 10_000  # inline images apart
HTML_DEPTH_MAX = 200  # open elements
REFERENCES_MAX = 50_000  # each character reference costs as much as the text before it
TAGS_MAX = 60_000  # foster parenting in a table: each tag costs as much as all before it
REBUILT_CHARS_MAX = 10_000_000  # of open tags, summed over all tags inside them: reopened elements

# A tag's attributes as the tokeniser of the HTML standard reads them (13.2.5.32 on). Every quantifier is
# possessive and every match succeeds, so a scan is linear. A tag hidden inside an apparent quoted value makes
# that value long, so TAG_CHARS_MAX still catches it.
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^"'>=]++|=\s*+(?:"[^"]*+"?|'[^']*+'?)?|["'])*)""")
_INLINE_IMAGE = re.compile(r"""(?<=["'=])data:image/[a-z+.-]{1,20};base64,[A-Za-z0-9+/=]++""")
_HIDDEN_ELEMENT = re.compile(r"(?i)<(/?)(?:script|style|template|svg)\b[^<>]*>")
_ANY_TAG = re.compile(r"<[^<>]*>")
_DROPPED = ("script", "SCRIPT", "style", "STYLE", "svg")  # as pages write them
_MAY_BE_DROPPED = re.compile(r"<(?:[sS][cC][rR]|[sS][tT][yY]|svg)")
_UNNESTED_NAMES = """
    area base br col dd dt embed hr img input li link meta option p param source td th tr track wbr
"""
_UNNESTED = frozenset(_UNNESTED_NAMES.split())


def cut(value: str) -> str:
    """Return a body without inline images, drawings, scripts and styles, cut to BODY_HTML_CHARS_MAX at a tag.

    The sanitiser drops them in any case.
    """
    if not value:
        return value
    if "data:image/" in value:  # often most of a body's bytes
        value = _INLINE_IMAGE.sub("data:x", value)  # still an address, or its place in a srcset would be lost
    if _MAY_BE_DROPPED.search(
        value
    ):  # drawings have the longest tags in real feeds, and "<" stands in scripts
        for name in _DROPPED:
            value = _without(name, value)
    if len(value) <= BODY_HTML_CHARS_MAX:
        return value
    head = value[:BODY_HTML_CHARS_MAX]
    return head[: head.rfind("<")] if "<" in head else head


def _without(name: str, value: str) -> str:
    before, *parts = value.split("<" + name)
    kept = [before]
    for part in parts:
        _, closing, after = part.partition(f"</{name}>")
        kept.append(after if closing else f"<{name}{part}")
    return "".join(kept)


def is_costly(value: str) -> bool:
    """Return whether building a tree of this HTML may cost more than its size explains."""
    tags = value.count("<")
    if len(value) <= TAG_CHARS_MAX and tags - (tags > HTML_DEPTH_MAX and value.count("</")) <= HTML_DEPTH_MAX:
        return False
    if value.count("&") > REFERENCES_MAX or tags > TAGS_MAX:
        return True
    open_tags: list[int] = []
    open_chars = rebuilt = 0
    for tag in _TAG.finditer(value):
        closing, name, attributes = tag.groups()
        size = len(name) + len(attributes)
        if size > TAG_CHARS_MAX:
            return True
        if closing:
            open_chars -= open_tags.pop() if open_tags and name.lower() not in _UNNESTED else 0
            continue
        rebuilt += open_chars
        if name.lower() not in _UNNESTED:
            open_tags.append(size)
            open_chars += size
        if len(open_tags) > HTML_DEPTH_MAX or rebuilt > REBUILT_CHARS_MAX:
            return True
    return False


def without_tags(value: str) -> str:
    """Return the text of HTML too costly to parse, without tags, scripts and styles, in linear time."""
    kept, is_hidden, position = [], False, 0
    for tag in _HIDDEN_ELEMENT.finditer(value):
        if not is_hidden:
            kept.append(value[position : tag.start()])
        is_hidden = not tag[1]
        position = tag.end()
    if not is_hidden:
        kept.append(value[position:])
    return html.unescape(_ANY_TAG.sub(" ", " ".join(kept))[:BODY_TEXT_CHARS_MAX])
