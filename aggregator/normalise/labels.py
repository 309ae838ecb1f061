"""Normalise an item's metadata: language, authors, categories, enclosures and images.

Each value is cleaned or dropped on its own and nothing raises. The only guess is a MIME type from a file's
extension.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from aggregator.model.entry import Attachment
from aggregator.model.item import Enclosure
from aggregator.normalise import trackers, urls
from aggregator.normalise.html import title
from aggregator.normalise.text import line

NAME_CHARS_MAX = 200
LABELS_MAX = 30  # authors, categories, files; of each

_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8}){0,4})", re.IGNORECASE)
_NO_LANGUAGE = frozenset({"und", "zxx", "mul", "mis"})  # ISO 639-2: unknown, none, several, uncoded
_EMAIL = r"[^\s@<>()]++@[^\s@<>()]++"
_EMAIL_AND_NAME = re.compile(rf"{_EMAIL}\s*\((.+)\)")  # RSS 2.0: jane@example.org (Jane Doe)
_ANY_EMAIL = re.compile(rf"[<(]?\s?(?<![^\s@<>()]){_EMAIL}[>)]?")  # from the start of a word: linear
_MIME = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")
_FLASH = "application/x-shockwave-flash"
_UNKNOWN = "application/octet-stream"
_TYPE_OF_EXTENSION = {
    "aac": "audio/aac",
    "avif": "image/avif",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def language(*candidates: str) -> str:
    """Return the first valid language tag in the case of RFC 5646 section 2.1.1 (pt-BR, zh-Hant), or ""."""
    return next((tag for candidate in candidates if (tag := _language_tag(candidate))), "")


@lru_cache(maxsize=64)
def _language_tag(value: str) -> str:
    bare = value.strip().replace("_", "-").partition(".")[0]  # of a locale: en_US.UTF-8
    match = _LANGUAGE_TAG.fullmatch(bare)
    if match is None or match[1].lower() in _NO_LANGUAGE:
        return ""
    return match[1].lower() + "".join(_subtag(subtag) for subtag in match[2].split("-")[1:])


def _subtag(value: str) -> str:
    if len(value) == 2 and value.isalpha():
        return "-" + value.upper()
    return "-" + (value.title() if len(value) == 4 and value.isalpha() else value.lower())


def people(names: Iterable[str], organisation: str) -> tuple[str, ...]:
    """Return distinct names without e-mail addresses, at most LABELS_MAX; the organisation is no author."""
    return _distinct((_name(name) for name in names), excluded=organisation)


def _name(value: str) -> str:
    """Return a name without an e-mail address and what enclosed it; nothing is cut from any other name."""
    value = line(title(value), NAME_CHARS_MAX)
    if match := _EMAIL_AND_NAME.fullmatch(value):
        return match[1].strip()
    name, addresses = _ANY_EMAIL.subn("", value)
    if not addresses:
        return value.strip(" ,;")
    name = name.strip(" \"'<>,;")
    return name[1:-1].strip() if name[:1] == "(" and name[-1:] == ")" else name


def categories(terms: Iterable[str]) -> tuple[str, ...]:
    """Return trimmed categories, distinct without regard to case, at most LABELS_MAX."""
    return _distinct(line(title(term), NAME_CHARS_MAX).strip(" ,;") for term in terms)


def _distinct(values: Iterable[str], excluded: str = "") -> tuple[str, ...]:
    kept = {excluded.casefold(): excluded, "": ""}
    unwanted = len(kept)
    for value in values:
        kept.setdefault(value.casefold(), value)
    return tuple(kept.values())[unwanted : unwanted + LABELS_MAX]


def files(attachments: Iterable[Attachment], base: str) -> tuple[Enclosure, ...]:
    """Return attachments with an http(s) URL, resolved against `base`, once each and at most LABELS_MAX.

    Known counters are left out: pages and readers load images, and some load enclosures, unasked. So are
    films of Flash, which nothing plays any more.
    """
    by_url: dict[str, Enclosure] = {}
    for attachment in attachments:
        url = urls.absolute(attachment.url, base)
        mime = _type(attachment.type, url)
        if url and mime != _FLASH and not trackers.is_tracker(url):
            by_url.setdefault(url, Enclosure(url, mime, _size(attachment.length)))
    return tuple(by_url.values())[:LABELS_MAX]


def _type(declared: str, url: str) -> str:
    mime = declared.partition(";")[0].strip().lower()
    if _MIME.fullmatch(mime) and mime != _UNKNOWN:
        return mime
    extension = url.partition("#")[0].partition("?")[0].rpartition(".")[2].lower()
    return _TYPE_OF_EXTENSION.get(extension, mime if mime == _UNKNOWN else "")


def _size(declared: str) -> int | None:
    declared = declared.strip()
    return int(declared) if re.fullmatch(r"[0-9]{1,15}", declared) and int(declared) else None
