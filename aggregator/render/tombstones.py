"""Tombstone entries in the three formats: in Atom at:deleted-entry (RFC 6721), and in each a stub under the
id of the entry, newer and expired, for readers that know no tombstones.

Importers that follow expiry dates take an entry down when, under the same id, its update is newer and
dcterms:valid or mi:expirationDate lies in the past.
"""

import json
from email.utils import format_datetime

from lxml.etree import Element, SubElement, _Element

from aggregator.model.release import Tombstone
from aggregator.render import Format
from aggregator.render.extension import ATOM, DC, DCTERMS, MI, TOMBSTONES
from aggregator.render.xml import unwrapped


def entry(tombstone: Tombstone, kind: Format) -> bytes:
    """Return the tombstone entry as serialised in a document. Raises ValueError for characters illegal in
    XML."""
    if kind is Format.JSON:
        return _json(tombstone)
    elements = (_item(tombstone),) if kind is Format.RSS else (_deleted(tombstone), _stub(tombstone))
    return unwrapped(elements, kind)


def _deleted(tombstone: Tombstone) -> _Element:
    when = tombstone.when.isoformat()
    deleted = Element(f"{{{TOMBSTONES}}}deleted-entry", ref=tombstone.public_id, when=when)
    SubElement(deleted, f"{{{TOMBSTONES}}}comment").text = tombstone.comment
    _instead(deleted, tombstone, "link")
    return deleted


def _stub(tombstone: Tombstone) -> _Element:
    stub = Element("entry")
    SubElement(stub, "id").text = tombstone.public_id
    SubElement(stub, "title").text = tombstone.title
    SubElement(stub, "updated").text = tombstone.updated.isoformat()
    SubElement(SubElement(stub, "author"), "name").text = tombstone.publisher
    SubElement(stub, "link", rel="alternate", type="text/html", href=tombstone.page)
    SubElement(stub, "summary").text = tombstone.comment
    _instead(stub, tombstone, "link")
    _expiry(stub, tombstone)
    return stub


def _item(tombstone: Tombstone) -> _Element:
    item = Element("item")
    SubElement(item, "title").text = tombstone.title
    SubElement(item, "link").text = tombstone.page
    SubElement(item, "description").text = tombstone.comment
    SubElement(item, "guid", isPermaLink="false").text = tombstone.public_id
    SubElement(item, "pubDate").text = format_datetime(tombstone.updated)
    SubElement(item, f"{{{ATOM}}}updated").text = tombstone.updated.isoformat()
    SubElement(item, f"{{{DC}}}creator").text = tombstone.publisher
    SubElement(item, f"{{{DCTERMS}}}modified").text = tombstone.updated.isoformat()
    _instead(item, tombstone, f"{{{ATOM}}}link")
    _expiry(item, tombstone)
    return item


def _instead(parent: _Element, tombstone: Tombstone, tag: str) -> None:
    """Append a link to the entry in whose favour this one left (atom:link, RFC 6721 section 3)."""
    if tombstone.instead:
        SubElement(parent, tag, rel="related", type="text/html", href=tombstone.instead)


def _expiry(parent: _Element, tombstone: Tombstone) -> None:
    """Append the end of validity, as a DCMI Period and as a plain date."""
    expired = tombstone.updated.isoformat()
    SubElement(parent, f"{{{DCTERMS}}}valid").text = f"end={expired}; scheme=W3C-DTF"
    SubElement(parent, f"{{{MI}}}expirationDate").text = expired


def _json(tombstone: Tombstone) -> bytes:
    updated = tombstone.updated.isoformat()
    told = {"when": tombstone.when.isoformat(), "comment": tombstone.comment}
    fields = {
        "id": tombstone.public_id,
        "url": tombstone.page,
        "title": tombstone.title,
        "content_text": tombstone.comment,
        "date_modified": updated,
        "authors": [{"name": tombstone.publisher}],
        "language": tombstone.language,
        "_withdrawn": told | ({"instead": tombstone.instead} if tombstone.instead else {}),
        "_publicwire": {"expires": updated},
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
