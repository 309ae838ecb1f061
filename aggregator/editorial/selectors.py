"""CSS selectors of elements that a house style leaves out, applied to HTML as its origin sent it: the
sanitiser keeps no class and no id.

Runs in the killable workers: a selector with several combinators may take long on deep HTML.
"""

from collections.abc import Collection, Sequence

from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from aggregator.model.entry import Entry, Markup
from aggregator.normalise import bounds


def check(selector: str) -> None:
    """Raise ValueError for a text that is no selector to the parser (Selectors Level 4)."""
    try:
        LexborHTMLParser("<p>").css(selector)
    except SelectolaxError:
        raise ValueError("is no CSS selector; write one such as p.media-contact or #boilerplate") from None


def without(html: str, selectors: Sequence[str]) -> str:
    """Return HTML without the elements that a selector matches; the same text if none does, or if the HTML is
    too costly to parse."""
    value = bounds.cut(html)
    if "<" not in value or bounds.is_costly(value):
        return html
    parser = LexborHTMLParser(value.encode("utf-8", "replace").decode())
    found = {node.mem_id: node for node in parser.css(", ".join(selectors))}
    # An element inside another one goes with it; freeing it twice would crash the process.
    outer = [node for node in found.values() if not _is_inside(node, found.keys())]
    if not outer or parser.body is None or any(node.tag in ("html", "body") for node in outer):
        return html
    for node in outer:
        node.decompose()
    return parser.body.inner_html or ""


def _is_inside(node: LexborNode, found: Collection[int]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.mem_id in found:
            return True
        parent = parent.parent
    return False


def entry(said: Entry, selectors: Sequence[str]) -> Entry:
    """Return an entry whose bodies lack what the selectors match; the same entry if they match nothing."""
    content, summary = (_body(each, selectors) for each in (said.content, said.summary))
    if content is said.content and summary is said.summary:
        return said
    return replace(said, content=content, summary=summary)


def _body(body: Markup, selectors: Sequence[str]) -> Markup:
    if not body.is_html:
        return body
    left = without(body.value, selectors)
    return body if left is body.value else replace(body, value=left)
