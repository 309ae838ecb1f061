"""What single values in sources.yaml may be: text in, checked value out, or a ValueError naming the cure.

No file, clock or network; one function a kind of value.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import SplitResult, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, available_timezones

from aggregator.model.settings import Address, Rule

RULE_FIELDS = ("title", "url", "category", "author", "text", "language")
RESERVED = frozenset({"all", "archive", "feed", "index"})  # words that addresses and files of ours use
MAX_SLUG = 60
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_PORTS = {"http": 80, "https": 443}
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean `x`?", or all known words when none is close."""
    words = list(known)
    close = get_close_matches(word, words, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; known are: {', '.join(words)}"


def line(value: str) -> str:
    """One line of text that is not empty."""
    value = value.strip()
    if not value:
        raise ValueError("is empty; give a text or remove the line")
    if CONTROL.search(value):
        raise ValueError("must be one line without control characters; for long text use `>-`")
    return value


def slug(value: str) -> str:
    """A name that is safe in addresses and file names."""
    if value in RESERVED:
        raise ValueError(f"`{value}` is a word that our own addresses use; choose another")
    if re.fullmatch(r"[a-z0-9][a-z0-9-]*", value) and len(value) <= MAX_SLUG:
        return value
    rule = f"may hold a-z, 0-9 and -, start with a letter or digit and have up to {MAX_SLUG} characters"
    suggestion = slugify(value)
    raise ValueError(f"{rule}; write `{suggestion}`" if suggestion else rule)


def slugify(value: str) -> str:
    """The readable slug of an address or a name; "" when nothing of it can stay.

    A long one ends in a digest, so that its cut never makes two sources one.
    """
    made = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
    if len(made) <= MAX_SLUG:
        return made
    digest = hashlib.blake2b(made.encode(), digest_size=4).hexdigest()
    return f"{made[: MAX_SLUG - 9].rstrip('-')}-{digest}"


def duration(low: str, high: str) -> Callable[[str], timedelta]:
    """A validator of times such as 30s, 15m, 6h, 400d, within bounds."""

    def check(value: str) -> timedelta:
        length = _span(value)
        if not _span(low) <= length <= _span(high):
            raise ValueError(f"must be between {low} and {high}")
        return length

    return check


@lru_cache
def _span(value: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", value)
    if not match:
        raise ValueError("must be a number and one unit (s, m, h or d), such as 30s, 15m, 6h or 400d")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def size(value: str) -> int:
    """Bytes of a size such as 500KB or 10MB, between 1 KB and 64 MB."""
    match = re.fullmatch(r"([0-9]{1,10}) ?(B|KB|MB|GB|)", value)
    if not match:
        raise ValueError("must be a number and a unit (B, KB, MB or GB), such as 500KB or 10MB")
    number = int(match[1]) * _BYTES[match[2]]
    if not 10**3 <= number <= 64 * 10**6:
        raise ValueError("must be between 1KB and 64MB")
    return number


def whole(low: int, high: int) -> Callable[[str], int]:
    """A validator of whole numbers within bounds."""

    def check(value: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", value) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number between {low} and {high}")
        return int(value)

    return check


def network(value: str) -> IPv4Network | IPv6Network:
    """A network such as 10.0.0.0/8 or fd00::/8."""
    try:
        return ip_network(value)
    except ValueError:
        raise ValueError("must be a network such as 127.0.0.0/8, 10.1.2.3/32 or fd00::/8") from None


def address(value: str) -> Address:
    """Where to listen: host:port, an IPv6 address in brackets."""
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+)):([0-9]{1,5})", value)
    if not match or int(match[3]) > 65535:
        raise ValueError("must be host:port, such as 127.0.0.1:8000, [::1]:8000 or 0.0.0.0:80")
    return Address(match[1] or match[2], int(match[3]))


@lru_cache
def language(value: str) -> str:
    """A language tag (BCP 47) in its usual case: en, pt-BR, zh-Hant."""
    if not _LANGUAGE.fullmatch(value):
        raise ValueError("must be a language tag such as en, fr or pt-BR")
    first, *rest = value.split("-")
    cased = (
        part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower() for part in rest
    )
    return "-".join((first.lower(), *cased))


@lru_cache
def timezone(value: str) -> str:
    """The name of a time zone this machine knows."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # OSError: "Europe" is a directory of zones
        close = get_close_matches(value, available_timezones(), n=1) if "/" in value else []
        hint = f"did you mean `{close[0]}`?" if close else "name one such as Europe/Vienna or UTC"
        raise ValueError(f"`{value}` is no time zone; {hint}") from None
    return value


def text(value: object) -> str:
    """The scalar itself; anything else is a mistake."""
    if isinstance(value, str):
        return value
    if value is None:
        raise ValueError("has no value; give one or remove the line")
    raise ValueError("must be one text, not a list or a mapping; put it in quotes if it starts with [ or {")


def choice(*words: str) -> Callable[[str], str]:
    """A validator of one word out of a few."""

    def check(value: str) -> str:
        if value not in words:
            raise ValueError(f"`{value}` is no choice{did_you_mean(value, words)}")
        return value

    return check


def rule(value: object) -> Rule:
    """One condition of only or skip: a mapping of one field to one pattern."""
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError('must be one field and its pattern, such as {title: "(?i)human rights"}')
    ((name, raw),) = value.items()
    if name not in RULE_FIELDS:
        raise ValueError(f"`{name}` is no field{did_you_mean(name, RULE_FIELDS)}")
    pattern = text(raw)
    try:
        re.compile(pattern)
    except re.error as error:
        at = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise ValueError(f"the pattern does not compile: {error.msg}{at}") from None
    except (OverflowError, RecursionError):
        raise ValueError("the pattern does not compile: it is too large") from None
    return Rule(name, pattern)


def host(value: str) -> str:
    """A host name in lower case and ASCII, as it stands in addresses on the wire."""
    if "/" in value or ":" in value or "*" in value:
        raise ValueError("must be a bare host name such as example.org, without https://, path, port or *")
    return _ascii(value)


def feed(value: str) -> str:
    """The address of a feed in its normal form; a `file:` address as it is written."""
    if value.startswith("file:"):
        return _file(value)
    return _web(value)


def public_url(value: str) -> str:
    """The address every link we publish starts with; it ends with a slash."""
    url = _web(value)
    if "?" in url:
        raise ValueError("must not hold a query; remove `?` and what follows")
    return url if url.endswith("/") else url + "/"


def hook(value: str) -> str:
    """Where something is posted. What is secret in it stands in its path or query."""
    if "@" in value.partition("//")[2].partition("/")[0]:
        raise ValueError("holds a user name or password, which is not sent; give an address without it")
    return _web(value)


def contact(value: str) -> str:
    """A mail or web address for the User-Agent, so ASCII and without blanks or brackets."""
    if not re.fullmatch(r"[!#-'*-\[\]-~]+", value) or ("@" not in value and not value.startswith("http")):
        raise ValueError("must be a mail address or the address of a page, such as desk@example.org")
    return value


def without_www(name: str) -> str:
    """The host that stands for the whole site."""
    return name.removeprefix("www.")


def _file(value: str) -> str:
    path = value.removeprefix("file:")
    if path.startswith("//") and not path.startswith("///"):
        raise ValueError(
            "names another machine; write file:name.xml beside this file, or file:///path/name.xml"
        )
    if not path.strip("/") or "\0" in path or "%00" in path:
        raise ValueError("names no file; write file:name.xml beside this file, or file:///path/name.xml")
    return value


def _web(value: str) -> str:
    if re.search(r"[\s\x00-\x1f\x7f]", value):
        raise ValueError("holds a blank or a control character; write a blank as %20")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError("is no address: its host or port is not valid") from None
    if "@" in parts.netloc or (not parts.netloc and "@" in value):
        raise ValueError("holds a user name or password; give the address without it, and `auth` beside it")
    if parts.scheme not in _PORTS:
        raise ValueError("is no web address; it must start with https:// or http://")
    if not parts.hostname:
        raise ValueError("names no host; write it as https://example.org/feed.xml")
    return _rebuilt(parts, parts.hostname, port)


def _rebuilt(parts: SplitResult, name: str, port: int | None) -> str:
    place = f"[{name}]" if ":" in name else _ascii(name)
    if port is not None and port != _PORTS[parts.scheme]:
        place = f"{place}:{port}"
    return urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))


def _ascii(name: str) -> str:
    """The name as DNS knows it. The standard library's IDNA 2003 would send these letters elsewhere."""
    name = name.lower()
    if not name.isascii():
        if set(name) & set("ßς\u200c\u200d"):
            raise ValueError(f"the host `{name}` has two readings; write it in its xn-- form")
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            raise ValueError(f"`{name}` is no host name") from None
    if not _HOST.fullmatch(name) or len(name) > 253:
        raise ValueError(f"`{name}` is no host name; write it as example.org")
    return name.removesuffix(".")
