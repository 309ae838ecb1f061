"""Sanitise strings for publication: those of the configuration and of feed heads, and once more those of
items, because a worker that a document took over sends items that `normalise` never made."""

import re
from urllib.parse import urlsplit, urlunsplit

# Characters outside XML 1.0 section 2.2 (lone surrogates among them); C1 controls, which feed readers
# decode as Windows-1252 letters and terminals execute; bidirectional overrides, which would reverse the
# text after a name
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_BLANKS = re.compile("[ \t\n\r\u2028\u2029]+")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def line(text: str) -> str:
    """Return the text on one line, without characters illegal in XML. No-break spaces are kept."""
    return _BLANKS.sub(" ", _ILLEGAL.sub("", text)).strip()


def cut(text: str, bytes_max: int) -> str:
    """Return at most `bytes_max` bytes of a text in UTF-8, ended with "…" if it was longer."""
    if len(text) * 4 <= bytes_max or len(encoded := text.encode()) <= bytes_max:
        return text
    return encoded[: bytes_max - len("…".encode())].decode(errors="ignore").rstrip() + "…"


def web_address(url: str) -> str:
    """Return an http(s) address that is safe to link to, without credentials; "" for any other (javascript:,
    file:, relative, malformed)."""
    url = line(url)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or " " in url:
        return ""
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def public_feed(url: str, *, is_public: bool = False) -> str:
    """Return the address of a feed for publication; "" with a query, unless the operator says that it is
    public.

    A query may hold an API key, under any name: of 64 plausible ones a list of names missed 39.
    """
    url = web_address(url)
    return url if is_public or not urlsplit(url).query else ""


def masked_feed(url: str) -> str:
    """Return the address of a feed for the operator: values of its query are masked, a file: one is whole."""
    if url.startswith("file:"):
        return line(url)
    url = web_address(url)
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(map(_masked, parts.query.split("&")))))


def _masked(field: str) -> str:
    name, equals, _ = field.partition("=")
    return f"{name}=…" if equals else "…" * bool(field)


def language_tag(tag: str) -> str:
    """Return the tag if it has the syntax of BCP 47 (RFC 5646), else ""."""
    return tag if _LANGUAGE.fullmatch(tag) else ""
