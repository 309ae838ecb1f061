"""Domains: the host of a URL, and whether it lies in the domains of an organisation."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit


class Site(NamedTuple):
    """The host that an item links to, the domains of its source, and whether it lies in these (at home)."""

    host: str
    domains: tuple[str, ...]
    is_home: bool

    @classmethod
    def of(cls, url: str, domains: tuple[str, ...]) -> "Site":
        """Return the site of an item by its link."""
        host = host_of(url)
        return cls(host, domains, _covers(domains, host))

    @property
    def is_own(self) -> bool:
        """Return whether the link may be to its source's own site: at home, or the source has no domain but
        addresses of machines, as a feed in a test or an intranet has."""
        return self.is_home or all(_is_address(domain) for domain in self.domains)

    def gives_way(self, other: "Site") -> bool:
        """Return whether the link lies in the domains of another item's source, which is at home, and not in
        its own."""
        return other.is_home and not self.is_home and _covers(other.domains, self.host)


def host_of(url: str) -> str:
    """Return the host of a URL in lower case, "" when it has none or cannot be read: a worker that a document
    took over sends any text as a URL."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def is_within(url: str, domains: Iterable[str]) -> bool:
    """Return whether the host of a URL is one of these domains or a subdomain of one."""
    return _covers(domains, host_of(url))


def _is_address(domain: str) -> bool:
    """Return whether a domain is an IP address or the name of this machine."""
    return domain == "localhost" or ":" in domain or not domain.rpartition(".")[2].isalpha()


def _covers(domains: Iterable[str], host: str) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)
