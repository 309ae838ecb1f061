"""Check the attributes of tags: absolute URLs without trackers, numbers, no tracking pixels, no styles.

Reads and writes tags as nh3 does: attribute values escaped, in double quotes.
"""

import re
from collections.abc import Iterator
from html import unescape

from aggregator.normalise import hidden, trackers, urls

PIXELS_MAX = (
    2_000  # declared width or height; a larger one is dropped, and the other side keeps the proportions
)

# Lazy-loading scripts, which are dropped, take the image's addresses from these.
_LAZY = {
    "src": ("data-src", "data-lazy-src", "data-lazy", "data-original"),
    "srcset": ("data-srcset", "data-lazy-srcset"),
}
LAZY_NAMES = {name for names in _LAZY.values() for name in names}
_LAZILY_LOADED = frozenset({"img", "source"})
_URL_ATTRIBUTES = frozenset({"href", "src", "poster", "cite"})
_SIDES = frozenset({"width", "height"})
_NUMBER_ATTRIBUTES = _SIDES | {"colspan", "rowspan", "span", "start", "value"}
_LARGE = re.compile(r"[1-9]\d{1,4}")  # pixels of an image that shows, the usual case
_NUMBER = re.compile(r"(\d{1,4})(?:px)?")
_CONTACT = re.compile(r"(?i)(mailto|tel):([^\s\"'<>\\]{1,500})")
# An address and its descriptors; a comma within brackets separates no candidates.
_CANDIDATE = re.compile(r"[\s,]*+(\S++)(?:(?<!,)((?:[^(,]++|\([^)]*+\)?+)*))?", re.ASCII)
_ABOVE_ZERO = r"0*+([1-9]\d{0,7}"
_DESCRIPTOR = re.compile(
    rf"{_ABOVE_ZERO}w)(?: {_ABOVE_ZERO}h))?|{_ABOVE_ZERO}h) {_ABOVE_ZERO}w)"
    r"|((?:\d{1,8}(?:\.\d{1,8})?|\.\d{1,8})(?:[eE][+-]?\d{1,2})?x)"
)


_SIZED = frozenset({"img", "video"})
_LOADING = _SIZED | {"source", "audio"}
_DECLARING = frozenset({"width", "height", "sizes", "style", "hidden"})
_LOADED = frozenset({"src", "srcset", "poster"})
HIDING = frozenset({"style", "hidden", "popover"})  # attributes read and never kept

_PLAIN_LINK = re.compile(r'a href="([^"&?]*+)" rel="noopener"')


def filtered(tag: str, base: str) -> str:
    """Return a start tag of nh3's output with the attributes that are kept, "" for one that is dropped; both
    without angle brackets."""
    if (link := _PLAIN_LINK.fullmatch(tag)) and urls.is_settled(link[1]):
        return tag  # most links, at a fifth of the CPU time
    name, _, written = tag.partition(" ")
    return _tag(name, hidden.attributes(written), base)


def _tag(name: str, attributes: dict[str, str], base: str) -> str:
    if name in _LAZILY_LOADED:
        for key, others in _LAZY.items():
            if lazy := [address for other in others if (address := attributes.pop(other, ""))]:
                attributes[key] = lazy[0]
    if name in _SIZED and _is_hidden(attributes):
        if name == "img":
            return ""
        attributes = {key: value for key, value in attributes.items() if key not in _LOADED}
    kept = [
        (key, value)
        for key, raw in attributes.items()
        if (value := _attribute(name, key, raw, base=base)) is not None
    ]
    if name in _LOADING and _is_tracking(kept):
        kept = [] if name == "img" else [pair for pair in kept if pair[0] not in _LOADED]
    if name in ("audio", "video"):
        kept.append(("preload", "none"))  # not by nh3, whose order of two set attributes varies
    if name == "img" and not any(key in ("src", "srcset") for key, _ in kept):
        return ""
    if name == "img":
        kept = _with_source(kept)
    return name + "".join([f' {key}="{value}"' for key, value in kept])


def _with_source(kept: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the attributes of an image with `src` first: that of its first candidate where it has none."""
    named = dict(kept)
    source = named.pop("src", "") or named["srcset"].partition(" ")[0].rstrip(",")
    return [("src", source), *named.items()]


def _is_hidden(attributes: dict[str, str]) -> bool:
    declared = [value for key, value in attributes.items() if key in _DECLARING]
    if all(map(_LARGE.fullmatch, declared)):
        return False
    return trackers.is_hidden({key: unescape(value) for key, value in attributes.items()})


def _attribute(tag: str, name: str, raw: str, *, base: str) -> str | None:
    """Return the checked value of an attribute, escaped; None drops the attribute."""
    if name in _URL_ATTRIBUTES:
        if "&" not in raw and "?" not in raw and urls.is_settled(raw):
            return raw
        return _escaped(_url(tag, unescape(raw), base))
    if name == "srcset":
        return _escaped(_srcset(unescape(raw), base))
    if name in _NUMBER_ATTRIBUTES:
        number = _NUMBER.fullmatch(raw.strip())
        is_kept = number is not None and (name not in _SIDES or int(number[1]) <= PIXELS_MAX)
        return number[1] if number and is_kept else None
    if name in HIDING or len(raw) > urls.URL_CHARS_MAX:
        return None
    return " ".join(raw.split())


def _escaped(value: str) -> str | None:
    return value.replace("&", "&amp;").replace('"', "&quot;") or None


def _url(tag: str, raw: str, base: str) -> str:
    if tag == "a" and (contact := _CONTACT.fullmatch(raw.strip())):
        return f"{contact[1].lower()}:{contact[2]}"
    return urls.untracked(urls.absolute(raw, base))


def _srcset(raw: str, base: str) -> str:
    absolute = ((urls.absolute(url, base), size) for url, size in candidates(raw))
    return ", ".join(f"{url} {size}" if size else url for url, size in absolute if url)


def candidates(raw: str) -> Iterator[tuple[str, str]]:
    """Yield address and size of each image candidate (HTML standard 4.8.4.2.2), "" without a size.

    A candidate whose descriptor is no width or density, or a width of 0, is left out.
    """
    for address, size in _CANDIDATE.findall(raw.strip(" \t\n\f\r,")):
        if not (words := " ".join(size.split())):
            yield address.rstrip(","), ""
        elif found := _DESCRIPTOR.fullmatch(words):
            yield address, found[1] or found[4] or found[5]


def _is_tracking(attributes: list[tuple[str, str]]) -> bool:
    """Return whether an image or medium loads from a known counter, or an image no wider than two pixels.

    Values are as they are published.
    """
    loaded = [
        value.split(", ") if name == "srcset" else [value] for name, value in attributes if name in _LOADED
    ]
    return any(
        trackers.is_tracker(candidate.partition(" ")[0]) or candidate.endswith((" 0w", " 1w", " 2w"))
        for addresses in loaded
        for candidate in addresses
    )
