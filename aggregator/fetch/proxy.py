"""An HTTP proxy as the only way out: CONNECT for https (RFC 9110 section 9.3.6), absolute form for http."""

from http.client import responses
from ssl import SSLContext

import httpx
from msgspec import Struct

from aggregator.fetch.exchange import Exchange


class Proxy(Struct, frozen=True):
    """The address of a proxy, which the operator wrote: the SSRF guard does not judge it."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"the proxy {_authority(self.host, self.port)}"


def proxy_of(url: str) -> Proxy | None:
    """Return the proxy of a configured URL, None for ""."""
    parsed = httpx.URL(url)
    return Proxy(parsed.host, parsed.port or 80) if url else None


def absolute_form(url: httpx.URL) -> bytes:
    """Return the target of a request that a proxy forwards (RFC 9112 section 3.2.2)."""
    return b"%b://%b%b" % (url.raw_scheme, url.netloc, url.raw_path)


async def tunnelled(exchange: Exchange, proxy: Proxy, host: str, port: int, tls: SSLContext) -> Exchange:
    """Return an exchange with a host over TLS through a connection to the proxy.

    Raise ConnectError when the proxy opens no tunnel; else as `Exchange.head`.
    """
    authority = _authority(host, port).encode()
    exchange.send(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (authority, authority))
    status = (await exchange.head()).status
    if status // 100 != 2:
        answered = f"answered {status} {responses.get(status, '')}".rstrip()
        raise httpx.ConnectError(f"{proxy} {answered} to CONNECT")
    return await exchange.over_tls(tls, host)


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
