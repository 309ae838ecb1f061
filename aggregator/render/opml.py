"""OPML 2.0 of the sources: the feeds of each as published here, and the addresses of the originals."""

from collections.abc import Sequence
from urllib.parse import quote

from lxml.etree import Element, SubElement, tostring

from aggregator.editorial.safe import line
from aggregator.model.settings import Publication
from aggregator.model.stored import FeedInfo


def sources(publication: Publication, feeds: Sequence[FeedInfo]) -> bytes:
    """Return the list of sources as published; of one whose feed's address is not public the feed here."""
    root = Element("opml", version="2.0")
    head = SubElement(root, "head")
    SubElement(head, "title").text = f"Sources of {line(publication.name)}"
    body = SubElement(root, "body")
    for feed in feeds:
        is_ours = feed.feed.startswith(publication.url)  # in place of an address that is not public
        address = f"{publication.url}sources/{quote(feed.id)}/feed.rss" if is_ours else feed.feed
        outline = {"type": "rss", "text": feed.organisation, "title": feed.organisation, "xmlUrl": address}
        if feed.link:
            outline["htmlUrl"] = feed.link
        if feed.language:
            outline["language"] = feed.language
        SubElement(body, "outline", outline)
    return tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
