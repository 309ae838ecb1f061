"""Names of namespaces: slips in their addresses are mended, and undeclared well-known prefixes have one."""

from functools import lru_cache

ATOM = "http://www.w3.org/2005/Atom"
# By the prefix under which feedparser knows each; "" is the vocabulary of RSS.
WELL_KNOWN = {
    "atom": ATOM,
    "a10": ATOM,
    "cc": "http://creativecommons.org/ns#",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "creativecommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "mi": "http://schemas.ingestion.microsoft.com/common/",
    "pheedo": "http://www.pheedo.com/namespace/pheedo",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rsl": "https://rslstandard.org/rsl",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "xlink": "http://www.w3.org/1999/xlink",
}
_OF_RSS = (
    "http://purl.org/rss/1.0/",
    "http://backend.userland.com/rss",
    "http://backend.userland.com/rss2",
    "http://blogs.law.harvard.edu/tech/rss",
    "http://cyber.law.harvard.edu/rss/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://channel.netscape.com/rdf/simple/0.9/",
    "http://purl.org/net/rss1.1#",
    "http://purl.org/rss/1.0/modules/rss091#",
)
_OF_ATOM = (
    ATOM,
    "http://purl.org/atom/ns#",
    "http://purl.org/echo/",
    "http://purl.org/pie/",
    "http://example.com/necho",
    "http://example.com/newformat#",
    "uri/of/echo/namespace#",
)
_OTHER = {
    "cc": ("http://web.resource.org/cc/",),
    "creativecommons": ("http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html",),
    "dc": ("http://purl.org/dc/elements/1.0/", "http://dublincore.org/documents/dcmi-namespace/"),
    "itunes": ("http://example.com/DTDs/PodCast-1.0.dtd",),
    "media": ("http://www.rssboard.org/media-rss",),
}


def _folded(uri: str) -> str:
    """Return a namespace's address as it is compared: without scheme, case and last character."""
    return uri.strip().lower().partition("://")[2].removeprefix("www.").rstrip("/#") or uri


_PREFIX_OF = {
    **{_folded(uri): prefix for prefix, uri in WELL_KNOWN.items() if prefix != "a10"},
    **{_folded(uri): prefix for prefix, uris in _OTHER.items() for uri in uris},
    **{_folded(uri): "" for uri in _OF_RSS},
    **{_folded(uri): "atom" for uri in _OF_ATOM},
    "xml/1998/namespace": "xml",
    _folded("http://www.w3.org/XML/1998/namespace"): "xml",
}


@lru_cache(1_024)
def standard_prefix(uri: str, written: str) -> str | None:
    """Return the prefix by which tables know a namespace, "" for RSS, None for a foreign one.

    An unknown address counts by its well-known prefix: such addresses are slips.
    """
    known = _PREFIX_OF.get(_folded(uri))
    if known is None and written in WELL_KNOWN:
        return "atom" if written == "a10" else written
    return known


def canonical(uri: str) -> str:
    """Return the address of Atom 1.0's namespace for a slip in it, any other as it is."""
    return ATOM if _folded(uri) == _folded(ATOM) else uri
