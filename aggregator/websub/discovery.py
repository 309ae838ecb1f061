"""Which hub a feed names, by its headers and then by itself (WebSub section 4), and whether a hub could
reach us. Pure; never asks a hub anything."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from aggregator.fetch.guard import Network, why_refused
from aggregator.model import Advert, Document, Fetched
from aggregator.model.settings import Config

LONGEST = 2_000  # characters of an address worth following
MOST_LINKS = 50
MOST_SAID = 16_384  # characters of all Link headers
_LINK = re.compile(r"""<([^<>]*)>((?:\s*;\s*[^\s"=;,<>]+\s*(?:=\s*(?:"[^"]*"|[^\s";,<>]*))?)*)""")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,<>]*))""", re.IGNORECASE)


def named(config: Config, fetched: Fetched, document: Document) -> Advert | None:
    """What a document that was read says of hubs; None when nothing can be told from it.

    A hub that could not reach us, or that nobody wants, counts as none.
    """
    if not document.complete or not fetched.url.startswith("http"):  # where files lie is nobody's business
        return None
    advert = advertised(fetched, document)
    wanted = config.poll.websub and is_reachable(
        config.publication.url, advert.hub, config.poll.allow_networks
    )
    return advert if wanted else Advert()


def advertised(fetched: Fetched, document: Document) -> Advert:
    """The hub and topic: of the headers if they name a hub, else of the document."""
    links = list(_links(fetched))
    hubs = _absolute((url for url, words in links if "hub" in words), fetched.url)
    selves = _absolute((url for url, words in links if "self" in words), fetched.url)
    own = _absolute((document.self_url,), document.base or fetched.url)
    if not hubs:
        hubs, selves = _absolute(document.hubs, document.base or fetched.url), own
    if not hubs:
        return Advert()
    if "?" not in fetched.url:  # a query may hold a key that the hub is not to learn
        own = [*own, fetched.url]
    topic = next(iter((*selves, *own)), "")
    hub = next((each for each in hubs if each.startswith("https:")), hubs[0])
    return Advert(hub, topic) if topic else Advert()


def _links(fetched: Fetched) -> Iterator[tuple[str, list[str]]]:
    """Targets of Link headers with the words of their rel (RFC 8288); the first rel of a link counts."""
    values = ", ".join(value for name, value in fetched.headers if name == "link")
    said = " ".join(values[:MOST_SAID].split())  # runs of blanks would make the pattern slow
    for number, link in enumerate(_LINK.finditer(said)):
        rel = _REL.search(link[2])
        if number < MOST_LINKS and rel is not None:
            yield link[1], (rel[1] or rel[2] or "").lower().split()


def _absolute(found: Iterator[str] | Sequence[str], base: str) -> list[str]:
    """The web addresses among them; userinfo and fragments are nobody's business here."""
    urls = []
    for written in found:
        try:
            url = urljoin(base, written.strip()) if written.strip() else ""
            parts = urlsplit(url)
        except ValueError:
            continue
        is_web = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        if is_web and len(url) <= LONGEST and url.isprintable() and " " not in url:
            urls.append(url.partition("#")[0])
    return urls


def is_reachable(publication_url: str, hub: str, allowed: Sequence[Network]) -> bool:
    """Whether the hub could call back: our address is public, or the hub is at home in our networks."""
    if not _is_private(publication_url, ()):
        return True
    return _is_private(hub, ()) and not _is_private(hub, allowed)


def _is_private(url: str, allowed: Sequence[Network]) -> bool:
    """Whether an address is one of this machine or a private network; a name is taken for public."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        host = "127.0.0.1"
    try:
        ip_address(host)
    except ValueError:
        return False
    return bool(why_refused(host, allowed))
