"""Compute an item's keys, by which it is recognised, and its fingerprint, by which an edit is.

Digests are stored for ever: a change to their input makes every known item new. Never compares items.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain

from msgspec.structs import replace

from aggregator.dedupe.similar import encoded, visible
from aggregator.model.item import READ, READ_SHAPE, Enclosure, Item, Key, KeyKind
from aggregator.normalise.signed_urls import digests, identifying, masked, unsigned, valueless
from aggregator.normalise.urls import canonical, folded

Mask = Callable[[str], str]

_HTTP_URL = re.compile(r"(?i)https?://[^/?#]+/?([^#]*)")
_LINK = '<a href="http'  # as `html.sanitise` writes a link; a pattern takes four times as long
_ADDRESS = re.compile(r' (?:href|src|srcset|poster)="([^"]*)"')
_TOKEN = re.compile(r"[^ ,]\S*")  # an address, also one of several in `srcset`
_LIST_TAG = re.compile(r"<(?:ol|li) [^<>]*+>")
_COUNTING = re.compile(r' (start|value|reversed|type)="([^"]*+)"')
_FIGURES = bytes(each if chr(each) in "0123456789" else ord(" ") for each in range(256))


def keys(*, guid: str, url: str, title: str, claimed: datetime | None, text: str) -> tuple[Key, ...]:
    """Return all keys of an item, by kind. `url` is absolute or ""; GUID_LINK and PATH need a guid."""
    link = address(url)
    day = claimed.astimezone(UTC).date().isoformat() if claimed else ""
    computed = [
        _key(KeyKind.TITLE_DAY, title.casefold(), day),
        # Only these two blanks are insignificant in a normalised text: Japanese indents by U+3000.
        Key(
            KeyKind.TEXT,
            _digest_of(_encoded(visible(title), "") + encoded(visible(text)).translate(None, b" \n")),
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


def address(url: str) -> str:
    """Return the form in which an absolute URL is compared with another item's, "" for none."""
    return canonical(identifying(url))


def link_digest(url: str) -> bytes | None:
    """Return the digest of the LINK key of an item at an absolute URL, None for none."""
    link = address(url)
    return _key(KeyKind.LINK, link).digest if link else None


def text_digest(text: str) -> bytes:
    """Return a digest of 16 bytes of a text."""
    return _digest(text)


def guid_digest(guid: str) -> bytes:
    """Return the digest of the key that an item with this guid has."""
    return _key(KeyKind.GUID, guid).digest


def fingerprint(said: str, *, content: str, enclosures: Iterable[Enclosure]) -> bytes:
    """Return a digest of an item's substance: title and text (`said`), links, enclosures.

    White space but between figures, markup, tracking parameters, signatures of URLs, images and dates do not
    change it.
    """
    links = dict.fromkeys(folded(unsigned(link)) for link in _links(content))
    files = [canonical(unsigned(enclosure.url)) for enclosure in enclosures]
    return _digest(said, "\n".join(links), "\n".join(files))


def queries(
    said: str, *, content: str, enclosures: Iterable[Enclosure], images: Iterable[Enclosure]
) -> tuple[tuple[str, str], ...]:
    """Return the digests of `signed_urls.digests` of an item."""
    files = [canonical(file.url) for file in enclosures]
    shown = [*files, *(canonical(file.url) for file in images)]
    if "?" in content:
        shown += _ADDRESS.findall(content)
    if not any("?" in each for each in shown):
        return ()  # as `digests` would: of most items no link need be looked for
    return digests(said, chain(map(folded, _links(content)), files), shown)


def renewed(item: Item, text: str) -> Item:
    """Return a stored item with its fingerprint and queries as of the present version; `text` is the one its
    key is made from."""
    content, files = item.content, item.enclosures
    said = (item.key(KeyKind.TEXT) or b"").hex() + _figures(text, content)
    compared = queries(said, content=content, enclosures=files, images=item.images)
    return replace(
        item,
        fingerprint=fingerprint(said, content=content, enclosures=files),
        queries=(*compared, (READ, _read(item, masked)), *_read_shape(item)),
    )


def _figures(text: str, content: str) -> str:
    """Return the figures of a text, each apart from the next, and how its lists are counted: a blank or the
    border of a cell that moves between digits makes other figures (20 µs in 5 kB)."""
    found = encoded(text).translate(_FIGURES).decode("ascii").split()
    if "<ol" in content:
        found += [
            name + value for tag in _LIST_TAG.findall(content) for name, value in _COUNTING.findall(tag)
        ]
    return " ".join(found)


def _read(item: Item, mask: Mask) -> str:
    """Return a digest of what a reviewer reads, with masked URLs: of all that an edit replaces silently,
    nothing else may differ under review. The link has a key of its own."""
    parts = [item.title, item.language, item.organisation, item.rights, repr(item.origin)]
    parts += [repr(item.terms)] if item.terms else []
    parts += [_masked_content(item.content, mask), _masked_content(item.summary, mask)]
    parts += [repr((item.authors, item.categories))]
    parts += [repr((mask(file.url), file.type, file.size)) for file in (*item.enclosures, *item.images)]
    return _digest(*parts, str(len(item.enclosures))).hex()


def _read_shape(item: Item) -> Iterable[tuple[str, str]]:
    """Return the digest of an item and its link without the values in queries; none if there are none."""
    files = (file.url for file in (*item.enclosures, *item.images))
    if any("?" in each for each in (item.url, item.content, item.summary, *files)):
        yield READ_SHAPE, _digest(_read(item, valueless), valueless(item.url)).hex()


def _masked_content(content: str, mask: Mask) -> str:
    if "?" not in content:
        return content

    def masked_tag(found: re.Match[str]) -> str:
        return _TOKEN.sub(lambda token: mask(token[0]), found[0].replace("&amp;", "&"))

    return _ADDRESS.sub(masked_tag, content)


def _links(content: str) -> list[str]:
    """Return the http(s) addresses of links."""
    found = ("http" + part.partition('"')[0] for part in content.split(_LINK)[1:])
    return [link.replace("&amp;", "&") for link in found if link.startswith(("https:", "http:"))]


def _key(kind: KeyKind, *parts: str) -> Key:
    return Key(kind, _digest(*parts))


def _digest(*parts: str) -> bytes:
    return _digest_of(_encoded(*parts))


def _encoded(*parts: str) -> bytes:
    return "\x1f".join(parts).encode("utf-8", "surrogatepass")  # the unit separator is in no printable text


def _digest_of(joined: bytes) -> bytes:
    return blake2b(joined, digest_size=16).digest()
