"""Digests by which the translations of a release are found: its address without the mark of its language, and
the addresses that its origin names as translations. Never compares items or texts.
"""

import re
from collections.abc import Iterable, Set
from functools import lru_cache

from aggregator.model.translation import STATED_MAX
from aggregator.normalise import identity, labels, urls

_MARK = "\x00"  # in place of a language: no address holds it
_HOST_LABELS_MIN = 3  # of a host that begins with a language: fr.example.org, not fr.com
_SUFFIX = re.compile(r"[._-]([A-Za-z]{2,3}(?:[_-][A-Za-z]{2,4})?)(?:\.[A-Za-z0-9]{2,5})?$")


def unmarked(url: str, language: str) -> bytes | None:
    """Return the digest (16 bytes) of an absolute URL without the marks of this language, None for a URL that
    has none.

    A mark is a language tag, or its primary subtag, as a segment of the path (/en/press/1), at the end of the
    last one (press_en.html), as the first label of the host (en.example.org) or as the value of a query
    parameter (?lang=en).
    """
    primary = language.partition("-")[0].lower()
    if not primary or _apart(primary).search(url.lower()) is None:
        return None
    tags = {primary, language.lower(), language.lower().replace("-", "_")}
    address, hash_mark, fragment = identity.address(url).partition("#")
    path, question, query = address.partition("?")
    host, *segments = path.split("/")
    marked = [_host(host, tags), *(_segment(each, tags) for each in segments)]
    if segments:
        marked[-1] = _file(marked[-1], tags)
    values = "&".join(_parameter(each, tags) for each in query.split("&"))
    found = "/".join(marked) + question + values + hash_mark + fragment
    return identity.text_digest(found) if _MARK in found else None


def alternates(links: Iterable[tuple[str, str]], base: str, *, url: str, language: str) -> bytes | None:
    """Return the digests (16 bytes each, at most STATED_MAX) of the addresses of links, each a language and a
    reference relative to `base`, in other languages than that of an item at `url`; None without any.

    The digests are those of the LINK keys of items at the addresses. "x-default" names no language.
    """
    own, primary = identity.link_digest(url), language.partition("-")[0]
    found = dict[bytes, None]()
    for stated, reference in links:
        tag = labels.language(stated).partition("-")[0]
        address = urls.untracked(urls.absolute(reference, base)) if tag and tag != primary else ""
        digest = identity.link_digest(address) if address else own
        if digest is not None and digest != own:
            found[digest] = None
    return b"".join([*found][:STATED_MAX]) or None


@lru_cache(maxsize=256)
def _apart(subtag: str) -> re.Pattern[str]:
    """Return the pattern of a subtag that is no part of a word. It begins with a literal, for which `re`
    searches without trying each place: most addresses have none."""
    literal = re.escape(subtag)
    return re.compile(rf"{literal}(?<![a-z0-9]{literal})(?![a-z0-9])")


def _host(host: str, tags: Set[str]) -> str:
    label, dot, rest = host.partition(".")
    is_mark = label.lower() in tags and rest.count(".") >= _HOST_LABELS_MIN - 2
    return _MARK + dot + rest if is_mark else host


def _segment(segment: str, tags: Set[str]) -> str:
    return _MARK if segment.lower() in tags else segment


def _file(name: str, tags: Set[str]) -> str:
    suffix = _SUFFIX.search(name)
    if suffix is None or suffix[1].lower() not in tags:
        return name
    return name[: suffix.start(1)] + _MARK + name[suffix.end(1) :]


def _parameter(parameter: str, tags: Set[str]) -> str:
    name, equals, value = parameter.partition("=")
    return name + equals + _MARK if value.lower() in tags else parameter
