"""Read all tombstones of an Atom or RSS document (RFC 6721): feedparser keeps only the last.

Only children of the root or of the channel count: what stands in an entry is a text of that entry.
"""

import html
import re
from collections.abc import Callable, Set

from lxml import etree

from aggregator.model.deleted import TOMBSTONES_MAX, Deleted
from aggregator.parse.entry import RAW_LINE_CHARS_MAX, RAW_TITLE_CHARS_MAX
from aggregator.parse.namespaces import WELL_KNOWN

_NAME = b"deleted-entry"
_AT = f"{{{WELL_KNOWN['at']}}}"
_ID = re.compile(
    rb"<(?:[\w.-]+:)?(?:id|guid|identifier)(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?\s*([^<\]]*)"
    rb"|\babout\s*=\s*[\"']([^\"'<>]*)",  # of RSS 1.0
    re.IGNORECASE,
)


def read(value: bytes, head: Callable[[], bytes]) -> tuple[Deleted, ...]:
    """Return the tombstones of a document, in its order, the first TOMBSTONES_MAX; `head()` is the document,
    with or without its items. Cheap without a tombstone."""
    if _NAME not in value:
        return ()
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(head(), parser)
    if root is None:
        return ()
    parents = (root, *(child for child in root if _local(child) == "channel"))
    found = [element for parent in parents for element in parent.iterchildren(f"{_AT}{_NAME.decode()}")]
    return tuple(map(_deleted, found[:TOMBSTONES_MAX]))


def names(raw: bytes, refs: Set[str]) -> bool:
    """Return whether a raw item has an id of these: a newer entry cancels a tombstone, an older one is
    deleted with it, so that both are read in every document with it."""
    return any(_text(found[1] or found[2]) in refs for found in _ID.finditer(raw))


def _deleted(element: etree._Element) -> Deleted:
    by = element.find(f"{_AT}by")
    return Deleted(
        ref=element.get("ref", "").strip()[:RAW_LINE_CHARS_MAX],
        when=element.get("when", "").strip()[:RAW_LINE_CHARS_MAX],
        by="" if by is None else _person(by),
        comment=_content(element.find(f"{_AT}comment"))[:RAW_TITLE_CHARS_MAX],
    )


def _person(by: etree._Element) -> str:
    """Return the name of a person construct (RFC 4287 section 3.2), else its e-mail address."""
    told = {_local(child): _content(child) for child in reversed(by)}
    return (told.get("name") or told.get("email") or "")[:RAW_LINE_CHARS_MAX]


def _content(element: etree._Element | None) -> str:
    return "" if element is None else "".join(map(str, element.itertext()))


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace")).strip()
