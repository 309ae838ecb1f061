"""Compute an item's keys, by which it is recognised, and its fingerprint, by which an edit is.

Digests are stored for ever: a change to their input makes every known item new. Never compares items.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain

from aggregator.dedupe.similar import visible
from aggregator.model import Enclosure, Item, Key, KeyKind
from aggregator.model.item import READ
from aggregator.normalise.signed_urls import digests, identifying, masked, unsigned
from aggregator.normalise.urls import canonical, folded

_HTTP_URL = re.compile(r"(?i)https?://[^/?#]+/?([^#]*)")
_LINK = re.compile(r'<a href="(https?:[^"]*)"')
_ADDRESS = re.compile(r' (?:href|src|srcset|poster)="([^"]*)"')
_TOKEN = re.compile(r"[^ ,]\S*")  # an address, also one of several in `srcset`


def keys(*, guid: str, url: str, title: str, claimed: datetime | None, text: str) -> tuple[Key, ...]:
    """Return all keys of an item, by kind. `url` is absolute or ""; GUID_LINK and PATH need a guid."""
    link = canonical(identifying(url))
    day = claimed.astimezone(UTC).date().isoformat() if claimed else ""
    computed = [
        _key(KeyKind.TITLE_DAY, title.casefold(), day),
        # Only these two blanks are insignificant in a normalised text: Japanese indents by U+3000.
        Key(
            KeyKind.TEXT,
            _digest_of(_encoded(visible(title), "") + _encoded(visible(text)).translate(None, b" \n")),
        ),
    ]
    if link:
        computed.append(_key(KeyKind.LINK, link))
    if guid:
        computed += [_key(KeyKind.GUID, guid), _key(KeyKind.GUID_LINK, guid, link)]
        permalink = _HTTP_URL.match(guid)
        if permalink and permalink[1].strip("/"):  # otherwise the home pages of all sites would share a key
            computed.append(_key(KeyKind.PATH, permalink[1]))
    return tuple(sorted(computed, key=lambda key: key.kind))


def fingerprint(text_digest: bytes, *, content: str, enclosures: Iterable[Enclosure]) -> bytes:
    """Return a digest of an item's substance: title and text (`text_digest`, their key), links, enclosures.

    White space, markup, tracking parameters, signatures of URLs, images and dates do not change it.
    """
    links = dict.fromkeys(folded(unsigned(link)) for link in _links(content))
    files = [canonical(unsigned(enclosure.url)) for enclosure in enclosures]
    return _digest(text_digest.hex(), "\n".join(links), "\n".join(files))


def queries(
    text_digest: bytes, *, content: str, enclosures: Iterable[Enclosure], images: Iterable[Enclosure]
) -> tuple[tuple[str, str], ...]:
    """Return the digests of `signed_urls.digests` of an item."""
    files = [canonical(file.url) for file in enclosures]
    shown = [*files, *(canonical(file.url) for file in images)]
    if "?" in content:
        shown += _ADDRESS.findall(content)
    return digests(text_digest.hex(), chain(map(folded, _links(content)), files), shown)


def renewed(item: Item) -> Item:
    """Return a stored item with its fingerprint and queries as of the present version."""
    substance = item.key(KeyKind.TEXT) or b""
    content, files = item.content, item.enclosures
    compared = queries(substance, content=content, enclosures=files, images=item.images)
    return replace(
        item,
        fingerprint=fingerprint(substance, content=content, enclosures=files),
        queries=(*compared, (READ, _read(item))),
    )


def _read(item: Item) -> str:
    """Return a digest of what a reviewer reads, without the values of signatures: of all that an edit
    replaces silently, nothing else may differ under review. The link has a key of its own."""
    parts = [item.title, item.language, item.organisation, item.rights, repr(item.origin)]
    parts += [repr(item.terms)] if item.terms else []
    parts += [_masked_content(item.content), _masked_content(item.summary)]
    parts += [repr((item.authors, item.categories))]
    parts += [repr((masked(file.url), file.type, file.size)) for file in (*item.enclosures, *item.images)]
    return _digest(*parts, str(len(item.enclosures))).hex()


def _masked_content(content: str) -> str:
    if "?" not in content:
        return content
    return _ADDRESS.sub(lambda found: _TOKEN.sub(_masked, found[0].replace("&amp;", "&")), content)


def _masked(token: re.Match[str]) -> str:
    return masked(token[0])


def _links(content: str) -> Iterator[str]:
    return (link.replace("&amp;", "&") for link in _LINK.findall(content))


def _key(kind: KeyKind, *parts: str) -> Key:
    return Key(kind, _digest(*parts))


def _digest(*parts: str) -> bytes:
    return _digest_of(_encoded(*parts))


def _encoded(*parts: str) -> bytes:
    return "\x1f".join(parts).encode("utf-8", "surrogatepass")  # the unit separator is in no printable text


def _digest_of(joined: bytes) -> bytes:
    return blake2b(joined, digest_size=16).digest()
