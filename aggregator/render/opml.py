"""OPML 2.0 of the sources: as published here, and as they are polled, for another program."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from lxml.etree import Element, SubElement, _Element, tostring

from aggregator.editorial.names import topic_name
from aggregator.editorial.safe import line
from aggregator.model.settings import Publication, Source
from aggregator.model.stored import FeedInfo

_CATEGORY = re.compile("[,/]")  # what separates categories and their parts


def sources(publication: Publication, feeds: Sequence[FeedInfo]) -> bytes:
    """Return the list of sources as published; of one whose feed's address is not public the feed here."""
    root, body = _document(publication)
    for feed in feeds:
        is_ours = feed.feed.startswith(publication.url)  # in place of an address that is not public
        address = f"{publication.url}sources/{quote(feed.id)}/feed.rss" if is_ours else feed.feed
        outline = {"type": "rss", "text": feed.organisation, "title": feed.organisation, "xmlUrl": address}
        if feed.link:
            outline["htmlUrl"] = feed.link
        if feed.topics:
            names = (topic_name(publication, topic) for topic in feed.topics)
            outline["category"] = ",".join(f"/{_CATEGORY.sub(' ', name)}" for name in names)
        if feed.language:
            outline["language"] = feed.language
        SubElement(body, "outline", outline)
    return _written(root)


def subscriptions(publication: Publication, sources: Sequence[Source]) -> bytes:
    """Return the web feeds that are polled, with whole addresses: for the operator only, as an address may
    hold a key. Each stands in a folder of its first topic, its category names all."""
    root, body = _document(publication)
    folders: dict[str, _Element] = {}
    for source in sources:
        if source.feed.startswith("file:"):
            continue
        parent = body
        if source.topics:
            topic = source.topics[0]
            if topic not in folders:
                folders[topic] = SubElement(body, "outline", {"text": topic, "title": topic})
            parent = folders[topic]
        name = line(source.organisation) or source.id
        outline = {"type": "rss", "text": name, "title": name, "xmlUrl": source.feed}
        if source.topics:
            outline["category"] = ",".join(f"/{topic}" for topic in source.topics)
        if source.language:
            outline["language"] = source.language
        SubElement(parent, "outline", outline)
    return _written(root)


def _document(publication: Publication) -> tuple[_Element, _Element]:
    """Return a new document and its body."""
    root = Element("opml", version="2.0")
    head = SubElement(root, "head")
    SubElement(head, "title").text = f"Sources of {line(publication.name)}"
    return root, SubElement(root, "body")


def _written(root: _Element) -> bytes:
    return tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
