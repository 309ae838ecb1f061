"""Texts for logs and messages, and for header fields: URLs without secrets, values without controls."""

from urllib.parse import urlsplit

SHOWN_CHARACTERS_MAX = 300
JOINERS = "\u200c\u200d"  # invisible, harmless, and part of the spelling of Persian and of emoji
_CONTROLS = dict.fromkeys((*range(32), 127))


def printable(text: str) -> str:
    """Return the text on one line, for a log, a header or a terminal: without control characters, escape
    sequences and bidirectional overrides."""
    if text.isprintable():
        return text
    spaced = (" " if character.isspace() else character for character in text)  # no-break spaces too
    return "".join(character for character in spaced if character.isprintable() or character in JOINERS)


def redacted(url: str) -> str:
    """Return the URL for logs and messages: no userinfo, query values, fragment or controls; bounded."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an unreadable address"
    query = "&".join(_name_only(field) for field in parts.query.split("&")) if parts.query else ""
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment="")
    return printable(shown.geturl())[:SHOWN_CHARACTERS_MAX]


def _name_only(field: str) -> str:
    name, equals, _ = field.partition("=")
    return f"{name}=…" if equals else "…"


def field_value(value: str) -> bytes:
    """Return a header value in Latin-1, as it was received, without line breaks and other controls."""
    return value.translate(_CONTROLS).encode("latin-1", "replace").strip()


def as_utf8(location: str) -> str:
    """Return a Location read as Latin-1 as the UTF-8 that it often is, though RFC 3986 allows ASCII only."""
    raw = location.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return location
