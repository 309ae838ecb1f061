"""URLs without secrets for logs, tables and messages; credentials taken out of URLs. No network."""

from base64 import b64encode
from urllib.parse import unquote_to_bytes, urlsplit

UNREADABLE = "an unreadable address"
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


def public_url(url: str) -> str:
    """Return the URL for logs and messages: no userinfo, query values, fragment or controls; bounded."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return UNREADABLE
    query = "&".join(_name_only(field) for field in parts.query.split("&")) if parts.query else ""
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment="")
    return printable(shown.geturl())[:SHOWN_CHARACTERS_MAX]


def _name_only(field: str) -> str:
    name, equals, _ = field.partition("=")
    return f"{name}=…" if equals else "…"


def without_credentials(url: str) -> str:
    """Return the URL without its userinfo, otherwise verbatim. ValueError when that cannot be parsed."""
    userinfo = _userinfo(url)
    return url.replace(f"//{userinfo}@", "//", 1) if userinfo is not None else url


def basic_authorization(url: str) -> str:
    """Return the value of the Authorization header for the userinfo of a URL, or "" (RFC 7617)."""
    userinfo = _userinfo(url)
    if not userinfo:
        return ""
    user, _, password = userinfo.partition(":")
    return "Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()


def _userinfo(url: str) -> str | None:
    if "@" not in url:  # spares the parsing of most URLs
        return None
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    return userinfo if at else None


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
