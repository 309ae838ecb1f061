"""How an item is recognised: its keys and its fingerprint.

Digests are stored for ever: a change to what goes into one makes every known item new. Never compares.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b

from aggregator.model import Enclosure, Key, KeyKind
from aggregator.normalise.urls import canonical, folded

_WEB = re.compile(r"(?i)https?://[^/?#]+/?([^#]*)")
_LINK = re.compile(r'<a href="(https?:[^"]*)"')


def keys(*, guid: str, url: str, title: str, claimed: datetime | None, text: str) -> tuple[Key, ...]:
    """Every key the item has. `url` is absolute or ""; GUID_LINK and PATH exist only with a guid."""
    link = canonical(url)
    day = claimed.astimezone(UTC).date().isoformat() if claimed else ""
    found = [
        _key(KeyKind.TITLE_DAY, title.casefold(), day),
        # A text of ours holds no other white space but what a language means, as Japanese its indents.
        Key(KeyKind.TEXT, _blake2b(_bytes(title) + b"\x1f" + _bytes(text).translate(None, b" \n"))),
    ]
    if link:
        found.append(_key(KeyKind.LINK, link))
    if guid:
        found += [_key(KeyKind.GUID, guid), _key(KeyKind.GUID_LINK, guid, link)]
        web = _WEB.match(guid)
        if web and web[1].strip("/"):  # else every home page were the same item
            found.append(_key(KeyKind.PATH, web[1]))
    return tuple(sorted(found, key=lambda key: key.kind))


def fingerprint(words: bytes, *, content: str, enclosures: Iterable[Enclosure]) -> bytes:
    """Changes when the substance does: title and text (`words`, their key), links of the HTML, enclosures.

    Blind to white space, markup, trackers, images and dates.
    """
    links = dict.fromkeys(folded(link.replace("&amp;", "&")) for link in _LINK.findall(content))
    files = [canonical(enclosure.url) for enclosure in enclosures]
    return _digest(words.hex(), "\n".join(links), "\n".join(files))


def _key(kind: KeyKind, *parts: str) -> Key:
    return Key(kind, _digest(*parts))


def _digest(*parts: str) -> bytes:
    return _blake2b(_bytes("\x1f".join(parts)))  # no printable text holds it


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _blake2b(said: bytes) -> bytes:
    return blake2b(said, digest_size=16).digest()
