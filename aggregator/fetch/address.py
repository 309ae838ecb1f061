"""URLs as people may see them, and the credentials that are taken out of them. Never asks the network."""

from base64 import b64encode
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

UNREADABLE = "an unreadable address"
LONGEST_SHOWN = 300
_CONTROLS = dict.fromkeys((*range(32), 127))


def printable(text: str) -> str:
    """The text without anything that could break a line, a header or a terminal."""
    return "".join(character for character in text if character.isprintable())


def public_url(url: str) -> str:
    """The address for messages, tables and logs: no userinfo, no query values, no fragment, no controls."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return UNREADABLE
    query = "&".join(_name_only(field) for field in parts.query.split("&")) if parts.query else ""
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment="")
    return printable(shown.geturl())[:LONGEST_SHOWN]


def _name_only(field: str) -> str:
    name, equals, _ = field.partition("=")
    return f"{name}=…" if equals else "…"


def without_credentials(url: str) -> str:
    """The address without its userinfo, otherwise verbatim. ValueError when it cannot be read."""
    userinfo = _userinfo(urlsplit(url))
    return url.replace(f"//{userinfo}@", "//", 1) if userinfo is not None else url


def basic_authorization(url: str) -> str:
    """The Authorization header that the userinfo of an address asks for, or "" (RFC 7617)."""
    userinfo = _userinfo(urlsplit(url))
    if not userinfo:
        return ""
    user, _, password = userinfo.partition(":")
    return "Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()


def _userinfo(parts: SplitResult) -> str | None:
    userinfo, at, _ = parts.netloc.rpartition("@")
    return userinfo if at else None


def field_value(value: str) -> bytes:
    """A header value without line breaks and other controls; Latin-1, as it was when it came."""
    return value.translate(_CONTROLS).encode("latin-1", "replace").strip()


def as_utf8(location: str) -> str:
    """Location holds raw UTF-8 more often than not, though it should hold ASCII only."""
    raw = location.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return location
