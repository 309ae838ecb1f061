"""Validators of hosts, networks and URLs in sources.yaml: text → normal form, or a ValueError with the cure.

No name is resolved. The SSRF guard checks resolved addresses at each connection, in `aggregator.fetch.guard`.
"""

import re
from functools import lru_cache
from ipaddress import ip_network
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from aggregator.model.push_settings import Network
from aggregator.model.settings import Address

_PORTS = {"http": 80, "https": 443}
# What is in normal form as it is written, as nearly all addresses are: not split to be put together again.
_NORMAL = re.compile(r"https?://(?=[^/]{1,253}/)[a-z0-9]+(?:[.-][a-z0-9]+)*/[!\"$->A-Z\\^-z|~]*")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")


@lru_cache  # one object for all sources: parsed in 10 µs, and 250 bytes
def network(value: str) -> Network:
    """Return a network such as 10.0.0.0/8 or fd00::/8."""
    try:
        return ip_network(value)
    except ValueError:
        raise ValueError("must be a network such as 127.0.0.0/8, 10.1.2.3/32 or fd00::/8") from None


def networks_of_all(value: object) -> None:
    """Refuse networks that would be allowed to every feed: any of them could redirect into these."""
    raise ValueError(
        "would let any feed redirect into these networks; move it to the sources that are in them, "
        "to `alerts: {url: …, allow_networks: …}` or to `websub: {allow_networks: …}`"
    )


def networks_of_hubs(value: object) -> None:
    """Refuse a mapping in place of the switch, and name the key that it belongs to."""
    raise ValueError(
        "is true or false here; write `websub: {allow_networks: …}` at the top level, beside `poll:`"
    )


def listen(value: str) -> Address:
    """Return a listening address from host:port, an IPv6 host in brackets."""
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+)):([0-9]{1,5})", value)
    if not match or int(match[3]) > 65535:
        raise ValueError("must be host:port, such as 127.0.0.1:8000, [::1]:8000 or 0.0.0.0:80")
    return Address(match[1] or match[2], int(match[3]))


def host(value: str) -> str:
    """Return a bare host name in lower case and ASCII, as it is sent on the wire."""
    if "/" in value or ":" in value or "*" in value:
        raise ValueError("must be a bare host name such as example.org, without https://, path, port or *")
    return _ascii(value)


def feed(value: str) -> str:
    """Return the URL of a feed in its normal form; a `file:` address as it is written."""
    return _file(value) if value.startswith("file:") else _web(value, "https://, http:// or file:")


def public_url(value: str) -> str:
    """Return the URL that every published link starts with; it ends with a slash."""
    url = _web(value)
    if "?" in url:
        raise ValueError("must not hold a query; remove `?` and what follows")
    return url if url.endswith("/") else url + "/"


def webhook(value: str) -> str:
    """Return the URL of a webhook. Its secret, if any, is in its path or query."""
    if "@" in value.partition("//")[2].partition("/")[0]:
        raise ValueError("holds a user name or password, which is not sent; give an address without it")
    return _web(value, quoted=False)


def page(value: str) -> str:
    """Return the URL of a page, with its fragment."""
    return _web(value) + value[len(value.partition("#")[0]) :]


def proxy(value: str) -> str:
    """Return the URL of an HTTP proxy; its port is 80 unless it is given."""
    if "@" in value:
        raise ValueError("holds a user name or password, which is not sent; use a proxy that asks for none")
    url = _web(value, "http://")
    if not url.startswith("http:") or urlsplit(url)[2:] != ("/", "", ""):
        raise ValueError("must be http://, a host and a port, such as http://proxy.example:3128")
    return url


def database(value: str) -> str:
    """Return the URL of a PostgreSQL database. Its password comes from elsewhere: a file that is shown around
    must not hold one."""
    parts = urlsplit(value)
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError(
            "must be the URL of a PostgreSQL database, such as postgresql://publicwire@db.example/publicwire"
        )
    names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if parts.password is not None or "password" in names or "@" in (parts.username or ""):
        raise ValueError(
            "holds a password: set PGPASSWORD, or write it into ~/.pgpass, and give the URL without it"
        )
    return value


def security_contact(value: str) -> str:
    """Return a mailto: or https: address to which faults are reported (RFC 9116 section 2.5.3)."""
    if not value.startswith("mailto:"):
        return https_page(value, "mailto: or https://, as mailto:security@example.org")
    if not re.fullmatch(r"mailto:[!#-'*-;=?A-\[\]-~]+@[!#-'*-;=?A-\[\]-~]+", value):
        raise ValueError("must be such as mailto:security@example.org")
    return value


def https_page(value: str, schemes: str = "https://") -> str:
    """Return the https: address of a page."""
    if not value.lower().startswith("https://"):
        raise ValueError(f"must start with {schemes}")
    return _web(value)


def contact(value: str) -> str:
    """Return a mail address or URL for a comment in the User-Agent: ASCII without blanks or parentheses.

    RFC 9110 sections 10.1.5 and 5.6.5.
    """
    if not re.fullmatch(r"[!#-'*-\[\]-~]+", value) or ("@" not in value and not value.startswith("http")):
        raise ValueError("must be a mail address or the address of a page, such as desk@example.org")
    return value


def _file(value: str) -> str:
    path = value.removeprefix("file:")
    if path.startswith("//") and not path.startswith("///"):
        raise ValueError(
            "names another machine; write file:name.xml beside this file, or file:///path/name.xml"
        )
    if not path.strip("/") or "\0" in path or "%00" in path:
        raise ValueError("names no file; write file:name.xml beside this file, or file:///path/name.xml")
    return value


def _web(value: str, schemes: str = "https:// or http://", *, quoted: bool = True) -> str:
    if _NORMAL.fullmatch(value):
        return value
    if re.search(r"[\s\x00-\x1f\x7f]", value):
        raise ValueError("contains a space or a control character; write a space as %20")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError("is not a URL: its host or port is invalid") from None
    if "@" in parts.netloc or (not parts.netloc and "@" in value):
        raise ValueError("holds a user name or password; give the address without it, and `auth` beside it")
    if parts.scheme not in _PORTS:
        name = f"`{value}` " if quoted and not set("@?") & set(value) else ""  # credentials are not shown
        raise ValueError(f"{name}is not a URL; it starts with {schemes}")
    if not parts.hostname:
        raise ValueError("names no host; write it as https://example.org/feed.xml")
    return _normal_form(parts, parts.hostname, port)


def _normal_form(parts: SplitResult, name: str, port: int | None) -> str:
    authority = f"[{name}]" if ":" in name else _ascii(name)
    if port is not None and port != _PORTS[parts.scheme]:
        authority = f"{authority}:{port}"
    return urlunsplit((parts.scheme, authority, parts.path or "/", parts.query, ""))


def _ascii(name: str) -> str:
    """Return a host name in lower case, in punycode where needed.

    ß, ς and joiners are refused: IDNA 2003 of the standard library and IDNA 2008 lead to different hosts.
    """
    name = name.lower()
    if not name.isascii():
        if set(name) & set("ßς\u200c\u200d"):
            raise ValueError(f"the host `{name}` has two readings; write it in its xn-- form")
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            raise ValueError(f"`{name}` is not a host name") from None
    if not _HOST.fullmatch(name) or len(name) > 253:
        raise ValueError(f"`{name}` is not a host name; write it as example.org")
    return name.removesuffix(".")
