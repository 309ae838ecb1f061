"""Terms of use for machines: the RSL document, the reservation of text and data mining, and robots.txt, which
names the first and the sitemaps."""

from collections.abc import Iterable

from aggregator.editorial.terms import strictest
from aggregator.model.stored import FeedInfo
from aggregator.publish.directories import NEWS_SITEMAP, SITEMAP
from aggregator.publish.document import Published
from aggregator.render import terms

LICENCE, RESERVATION, ROBOTS = PATHS = ("license.xml", ".well-known/tdmrep.json", "robots.txt")


def documents(url: str, feeds: Iterable[FeedInfo]) -> dict[str, Published]:
    """Return the documents by their paths; `url` is that of the publication.

    The terms are as strict as those of each source; those of single items, in feeds, may be stricter."""
    stated = strictest(feeds)
    sitemaps = "".join(f"Sitemap: {url}{path}\n" for path in (SITEMAP, NEWS_SITEMAP))
    robots = f"User-agent: *\nDisallow:\nLicense: {url}{LICENCE}\n{sitemaps}"
    return {
        LICENCE: Published(terms.document(url, stated), "application/rsl+xml; charset=utf-8", None),
        RESERVATION: Published(terms.reservation(stated), "application/json", None),
        ROBOTS: Published(robots.encode(), "text/plain; charset=utf-8", None),
    }
