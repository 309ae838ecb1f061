"""WebSub discovery (section 4): hub and topic from Link headers or the document, and whether the hub could
reach the callback. Pure; sends no request."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from aggregator.fetch.guard import why_refused
from aggregator.model.document import Document, Fetched
from aggregator.model.push_settings import Network
from aggregator.model.settings import Config
from aggregator.model.websub import Advert
from aggregator.parse.links import read_links

HUB_URL_CHARS_MAX = 2_000


def usable_advert(config: Config, fetched: Fetched, document: Document) -> Advert | None:
    """Return the hub and topic a poll discovered; None when a truncated document leaves it unknown.

    Empty when WebSub is switched off or the hub could not reach the callback.
    """
    if not document.complete or not fetched.url.startswith("http"):  # a file path must not reach a hub
        return None
    advert = advertised(fetched, document)
    return advert if can_subscribe(config, advert.hub) else Advert()


def advertised(fetched: Fetched, document: Document) -> Advert:
    """Return hub and topic: from Link headers if they name a hub, else from the document (section 4)."""
    links = read_links(fetched.headers)
    hubs = _absolute((link.target for link in links if "hub" in link.relations), fetched.url)
    selves = _absolute((link.target for link in links if "self" in link.relations), fetched.url)
    own = _absolute((document.self_url,), document.base or fetched.url)
    if not hubs:
        hubs, selves = _absolute(document.hubs, document.base or fetched.url), own
    if not hubs:
        return Advert()
    if "?" not in fetched.url:  # a query may hold an API key, which must not reach a hub
        own = [*own, fetched.url]
    topic = next(iter((*selves, *own)), "")
    hub = next((each for each in hubs if each.startswith("https:")), hubs[0])
    return Advert(hub, topic) if topic else Advert()


def _absolute(references: Iterator[str] | Sequence[str], base: str) -> list[str]:
    """Return the http(s) URLs among the references, resolved and without fragment; none with userinfo."""
    urls = []
    for reference in references:
        try:
            url = urljoin(base, reference.strip()) if reference.strip() else ""
            parts = urlsplit(url)
        except ValueError:
            continue
        is_web = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        if is_web and len(url) <= HUB_URL_CHARS_MAX and url.isprintable() and " " not in url:
            urls.append(url.partition("#")[0])
    return urls


def can_subscribe(config: Config, hub: str) -> bool:
    """Return whether WebSub is switched on and the hub could call back: the publication's address is public,
    or the hub is in an allowed private network too."""
    if not config.poll.websub:
        return False
    if not _is_private(config.publication.url, ()):
        return True
    return _is_private(hub, ()) and not _is_private(hub, config.hub_networks)


def _is_private(url: str, allowed: Sequence[Network]) -> bool:
    """Return whether the host is localhost or an address that the SSRF guard refuses; a name is public."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        host = "127.0.0.1"
    try:
        ip_address(host)
    except ValueError:
        return False
    return bool(why_refused(host, allowed))
