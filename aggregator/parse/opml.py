"""Parse OPML 2.0 subscription lists: outlines with an xmlUrl are feeds, those around them folders."""

from collections.abc import Iterator

from lxml import etree

from aggregator.errors import Cause, ParseError
from aggregator.model.feed_list import FeedList, Listed, Remark

OUTLINES_MAX = 20_000
LABEL_CHARS_MAX, LABELS_MAX = 60, 20
_ELSEWHERE = "is a list at another address; save that as a file and import it"


def read(body: bytes) -> FeedList:
    """Return the feeds that an OPML document lists, in its order.

    Raises ParseError for anything else, a document type declaration (entities may expand exponentially) and
    more than OUTLINES_MAX outlines.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ParseError(f"is no OPML: {error.msg}", cause=Cause.NOT_A_FEED) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ParseError("declares a document type, which OPML has not", cause=Cause.NOT_A_FEED)
    if _name(root) != "opml":
        raise ParseError(f"is no OPML: its root is <{_name(root)}>", cause=Cause.NOT_A_FEED)
    outlines = [each for each in root.iter(etree.Element) if _name(each) == "outline"]
    if len(outlines) > OUTLINES_MAX:
        raise ParseError(f"has more than {OUTLINES_MAX:,} outlines", cause=Cause.LIMIT)
    feeds, remarks = list[Listed](), list[Remark]()
    for outline in outlines:
        if address := _attribute(outline, "xmlurl").strip():
            feeds.append(_feed(outline, address))
        elif _attribute(outline, "type").lower() == "include":
            remarks.append(Remark(_line(outline), f"{_attribute(outline, 'url')}: {_ELSEWHERE}"))
        elif _attribute(outline, "type").lower() in ("rss", "atom"):
            remarks.append(Remark(_line(outline), f"{_title(outline) or 'a feed'}: has no address (xmlUrl)"))
    return FeedList(tuple(feeds), tuple(remarks))


def _feed(outline: etree._Element, address: str) -> Listed:
    labels = (*reversed([*_folders(outline)]), *_categories(_attribute(outline, "category")))
    kept = dict.fromkeys(label[:LABEL_CHARS_MAX].strip() for label in labels)
    return Listed(
        _line(outline),
        address,
        _title(outline),
        tuple(filter(None, kept))[:LABELS_MAX],
        _attribute(outline, "language"),
    )


def _title(outline: etree._Element) -> str:
    return _attribute(outline, "title") or _attribute(outline, "text")


def _folders(outline: etree._Element) -> Iterator[str]:
    """Yield the names of the folders around an outline, innermost first."""
    for each in outline.iterancestors(etree.Element):
        if _name(each) == "outline" and not _attribute(each, "xmlurl"):
            yield _attribute(each, "text") or _attribute(each, "title")


def _categories(value: str) -> list[str]:
    """Return the parts of a category attribute: a list in commas, each a path in slashes."""
    return [part for category in value.split(",") for part in category.split("/")]


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower()


def _attribute(outline: etree._Element, name: str) -> str:
    """Return an attribute by its name in lower case: lists write xmlUrl, xmlURL and xmlurl."""
    return next((str(value) for key, value in outline.items() if str(key).lower() == name), "")


def _line(outline: etree._Element) -> int:
    line: object = outline.sourceline
    return line if isinstance(line, int) else 1
