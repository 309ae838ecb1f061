"""Compute an item's keys, by which it is recognised, and its fingerprint, by which an edit is.

Digests are stored for ever: a change to their input makes every known item new. Never compares items.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b

from aggregator.model import Enclosure, Key, KeyKind
from aggregator.normalise.urls import canonical, folded

_HTTP_URL = re.compile(r"(?i)https?://[^/?#]+/?([^#]*)")
_LINK = re.compile(r'<a href="(https?:[^"]*)"')


def keys(*, guid: str, url: str, title: str, claimed: datetime | None, text: str) -> tuple[Key, ...]:
    """Return all keys of an item, by kind. `url` is absolute or ""; GUID_LINK and PATH need a guid."""
    link = canonical(url)
    day = claimed.astimezone(UTC).date().isoformat() if claimed else ""
    computed = [
        _key(KeyKind.TITLE_DAY, title.casefold(), day),
        # Only these two blanks are insignificant in a normalised text: Japanese indents by U+3000.
        Key(KeyKind.TEXT, _digest_of(_encoded(title, "") + _encoded(text).translate(None, b" \n"))),
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

    White space, markup, tracking parameters, images and dates do not change it.
    """
    links = dict.fromkeys(folded(link.replace("&amp;", "&")) for link in _LINK.findall(content))
    files = [canonical(enclosure.url) for enclosure in enclosures]
    return _digest(text_digest.hex(), "\n".join(links), "\n".join(files))


def _key(kind: KeyKind, *parts: str) -> Key:
    return Key(kind, _digest(*parts))


def _digest(*parts: str) -> bytes:
    return _digest_of(_encoded(*parts))


def _encoded(*parts: str) -> bytes:
    return "\x1f".join(parts).encode("utf-8", "surrogatepass")  # the unit separator is in no printable text


def _digest_of(joined: bytes) -> bytes:
    return blake2b(joined, digest_size=16).digest()
