"""Head of a page: what it says of itself to machines. Never extracts its text.

Reads the tree that lxml builds (libxml2 stops at 256 open elements). Callers bound CPU time and memory.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress

from lxml import etree, html
from msgspec import Struct

from aggregator.normalise import urls
from aggregator.parse.directives import is_closed
from aggregator.parse.encodings import decoded

HEADLINE_CHARS_MAX = 1_000
_ENCODING_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_META_CHARSET = re.compile(rb"""<meta[^<>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_DECLARED_WITHIN = 4_096  # bytes


class Page(Struct, frozen=True):
    """A page as a tree, with its canonical URL ("" for none), the `<base>` of its references, its headlines
    and whether it forbids to be indexed, shown in excerpts or mined."""

    tree: html.HtmlElement
    canonical: str
    base: str
    headline: str
    is_reserved: bool


def read(body: bytes, content_type: str, url: str) -> Page | None:
    """Return the page at `url`, None for a body that is no HTML."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("", "text/html", "application/xhtml+xml"):
        return None
    parser = html.HTMLParser(encoding="utf-8", recover=True, no_network=True, huge_tree=False)
    text = text_of(body, content_type).replace("\0", "")
    try:
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):  # an empty body
        return None
    base = _first(tree, "base", "href")
    base = urls.absolute(base, url) if base else ""
    return Page(
        tree,
        canonical=_canonical(tree, base or url),
        base=base or url,
        headline=_headline(tree),
        is_reserved=_is_reserved(tree),
    )


def text_of(body: bytes, content_type: str) -> str:
    """Return the text of an HTML page: by its byte order mark, else as UTF-8, else by the header's label,
    else by that of a <meta>, else as Windows-1252."""
    for mark, encoding in _ENCODING_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    with suppress(UnicodeDecodeError):
        return body.decode()
    labels = [found[1].lower() for found in (_HEADER_CHARSET.search(content_type),) if found]
    meta = _META_CHARSET.search(body, 0, _DECLARED_WITHIN)
    labels += [meta[1].decode("ascii", "replace").lower()] if meta else []
    found = (decoded(body, label) for label in labels)
    return next((text for text in found if text is not None), None) or body.decode("cp1252", "replace")


def _elements(tree: html.HtmlElement, name: str) -> Iterator[html.HtmlElement]:
    yield from tree.iter(name)


def _first(tree: html.HtmlElement, name: str, attribute: str) -> str:
    found = (each.get(attribute, "").strip() for each in _elements(tree, name))
    return next(filter(None, found), "")


def _canonical(tree: html.HtmlElement, base: str) -> str:
    for each in _elements(tree, "link"):
        if "canonical" in each.get("rel", "").lower().split():
            return urls.absolute(each.get("href", ""), base)
    return ""


def _headline(tree: html.HtmlElement) -> str:
    """Return the texts of the first <title> and the first <h1>."""
    found = (next(_elements(tree, name), None) for name in ("title", "h1"))
    return " ".join(str(each.text_content())[:HEADLINE_CHARS_MAX] for each in found if each is not None)


def _is_reserved(tree: html.HtmlElement) -> bool:
    return any(is_closed(each.get("name", ""), each.get("content", "")) for each in _elements(tree, "meta"))
