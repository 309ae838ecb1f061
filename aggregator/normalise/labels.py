"""The short things said of an item: language, names of people, categories, files that belong to it.

Each is cleaned or dropped by itself; nothing here raises or makes up more than a type from a file's ending.
"""

import re
from collections.abc import Iterable

from aggregator.model import Attachment, Enclosure
from aggregator.normalise import urls
from aggregator.normalise.text import line, title

NAME_CHARS_MAX = 200  # characters
LABELS_MAX = 30  # names, categories, files

_TAG = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8}){0,4})", re.IGNORECASE)
_NO_LANGUAGE = frozenset({"und", "zxx", "mul", "mis"})
_ADDRESS = r"[^\s@<>()]+@[^\s@<>()]+"
_BEHIND_ADDRESS = re.compile(rf"{_ADDRESS}\s*\((.+)\)")  # RSS 2.0: jane@example.org (Jane Doe)
_SOME_ADDRESS = re.compile(rf"[<(\[]?\s*(?:mailto:)?{_ADDRESS}[>)\]]?")
_MIME = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")
_TYPES = {
    "aac": "audio/aac",
    "avif": "image/avif",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
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


def language(*said: str) -> str:
    """The first that is a language tag, written as BCP 47 (RFC 5646 section 2.1.1) asks: pt-BR, zh-Hant."""
    return next((tag for each in said if (tag := _language(each))), "")


def _language(said: str) -> str:
    found = _TAG.fullmatch(said.strip().replace("_", "-").partition(".")[0])  # a locale: en_US.UTF-8
    if found is None or found[1].lower() in _NO_LANGUAGE:
        return ""
    return found[1].lower() + "".join(_subtag(each) for each in found[2].split("-")[1:])


def _subtag(said: str) -> str:
    if len(said) == 2 and said.isalpha():
        return "-" + said.upper()
    return "-" + (said.title() if len(said) == 4 and said.isalpha() else said.lower())


def people(said: Iterable[str], organisation: str) -> tuple[str, ...]:
    """Names without e-mail addresses, once each, without the organisation: that is no author."""
    return _distinct((_name(each) for each in said), but=organisation)


def _name(said: str) -> str:
    said = line(title(said), NAME_CHARS_MAX)
    behind = _BEHIND_ADDRESS.fullmatch(said)
    name = behind[1] if behind else _SOME_ADDRESS.sub("", said)
    return name.strip(" \"'<>,;()")


def categories(said: Iterable[str]) -> tuple[str, ...]:
    """Trimmed, once each whatever their case."""
    return _distinct(line(title(each), NAME_CHARS_MAX).strip(" ,;") for each in said)


def _distinct(said: Iterable[str], but: str = "") -> tuple[str, ...]:
    kept = {but.casefold(): but, "": ""}
    unwanted = len(kept)
    for each in said:
        kept.setdefault(each.casefold(), each)
    return tuple(kept.values())[unwanted : unwanted + LABELS_MAX]


def files(said: Iterable[Attachment], base: str) -> tuple[Enclosure, ...]:
    """Those with an address on the web, once each."""
    found: dict[str, Enclosure] = {}
    for each in said:
        url = urls.absolute(each.url, base)
        if url:
            found.setdefault(url, Enclosure(url, _type(each.type, url), _size(each.length)))
    return tuple(found.values())[:LABELS_MAX]


def _type(said: str, url: str) -> str:
    mime = said.partition(";")[0].strip().lower()
    if _MIME.fullmatch(mime):
        return mime
    return _TYPES.get(url.partition("#")[0].partition("?")[0].rpartition(".")[2].lower(), "")


def _size(said: str) -> int | None:
    said = said.strip()
    return int(said) if re.fullmatch(r"[0-9]{1,15}", said) and int(said) else None
