"""Sitemaps (sitemaps.org 0.9), and that of news (Google News sitemap 0.9)."""

from collections.abc import Sequence

from lxml.etree import Element, SubElement, _Element, tostring

from aggregator.editorial.safe import language_tag, line
from aggregator.model.indexed import Indexed

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
CHINESE = {"zh-tw": "zh-tw", "zh-hant": "zh-tw"}  # the others are zh-cn


XHTML = "http://www.w3.org/1999/xhtml"

Pages = Sequence[tuple[str, Indexed]]  # addresses of items' pages


def pages(addresses: Sequence[str], items: Pages) -> bytes:
    """Return the sitemap of pages, and of items with the times of their last changes and their translations,
    each with itself among them, as search engines require."""
    by_id = {item.id: address for address, item in items}
    has_translations = any(item.translations for _, item in items)
    root = Element("urlset", {"xmlns": SITEMAP}, {"xhtml": XHTML} if has_translations else {})
    for address in addresses:
        _url(root, address)
    for address, item in items:
        url = _url(root, address)
        SubElement(url, "lastmod").text = item.updated.isoformat()
        for language, other in item.translations:
            alternate = {"rel": "alternate", "hreflang": language_tag(language), "href": by_id[other]}
            SubElement(url, f"{{{XHTML}}}link", alternate)
    return _document(root)


def news(name: str, items: Pages) -> bytes:
    """Return the sitemap of new items of a publication of this name."""
    root = Element("urlset", {"xmlns": SITEMAP}, {"news": NEWS})
    for address, item in items:
        described = SubElement(_url(root, address), f"{{{NEWS}}}news")
        publication = SubElement(described, f"{{{NEWS}}}publication")
        SubElement(publication, f"{{{NEWS}}}name").text = name
        SubElement(publication, f"{{{NEWS}}}language").text = _language(item.language)
        SubElement(described, f"{{{NEWS}}}publication_date").text = item.shown.isoformat()
        SubElement(described, f"{{{NEWS}}}title").text = line(item.title)
    return _document(root)


def _language(tag: str) -> str:
    """Return the language as the format has it: ISO 639, and zh-cn or zh-tw."""
    language = language_tag(tag).lower() or "en"
    primary = language.partition("-")[0]
    if primary != "zh":
        return primary
    return next((name for start, name in CHINESE.items() if language.startswith(start)), "zh-cn")


def _url(root: _Element, address: str) -> _Element:
    url = SubElement(root, "url")
    SubElement(url, "loc").text = address
    return url


def _document(root: _Element) -> bytes:
    return tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
