"""Domains: the host of a URL, and whether it lies in the domains of an organisation."""

from collections.abc import Iterable
from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """Return the host of a URL in lower case, "" when it has none or cannot be read: a worker that a document
    took over sends any text as a URL."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def is_within(url: str, domains: Iterable[str]) -> bool:
    """Return whether the host of a URL is one of these domains or a subdomain of one."""
    host = host_of(url)
    return any(host == domain or host.endswith("." + domain) for domain in domains)
