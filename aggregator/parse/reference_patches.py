"""Patches to feedparser's reading of references: links, and xml:base. See `feedparser_patches`."""

import re
from collections.abc import Callable

import feedparser.api
import feedparser.mixin

from aggregator.normalise.attributes import candidates

_PARSERS = (feedparser.api.StrictFeedParser, feedparser.api.LooseFeedParser)


def keep_relative_links() -> None:
    """Resolve URLs in entries against a stated xml:base only; without one they stay as written.

    feedparser resolves them against the URL of the document; `normalise` prefers the feed's own link.
    """

    def resolve_uri(parser: feedparser.mixin._FeedParserMixin, uri: str) -> str:
        if parser.inentry and parser.baseuri == parser.document_uri:
            return uri
        resolved: str = feedparser.mixin._urljoin(parser.baseuri or "", uri)
        return resolved

    for parser in _PARSERS:
        parser.resolve_uri = resolve_uri
        parser.__init__ = _remember_document_uri(parser.__init__)


def _remember_document_uri(init: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor that keeps the document's URL, which xml:base replaces in `baseuri`."""

    def init_and_remember(parser: feedparser.mixin._FeedParserMixin, *arguments: object) -> None:
        init(parser, *arguments)
        # Normalised as feedparser does at the first element: it drops a slash of file:///.
        parser.document_uri = feedparser.mixin.make_safe_absolute_uri(parser.baseuri, parser.baseuri)

    return init_and_remember


_RELATION = re.compile(r"https?://www\.iana\.org/assignments/(?:link-)?relations?/")


def read_links_by_their_text() -> None:
    """Take the text of RSS's <link> for its address; the attributes of one without text are kept apart.

    feedparser takes the attributes, whatever they are. A registered relation may be written as an address
    (RFC 4287 section 4.2.7.2).
    """
    start_link = _PARSERS[0]._start_link

    def start(parser: feedparser.mixin._FeedParserMixin, attributes: dict[str, str]) -> None:
        parser.push("link", 0)
        parser.link_attributes = attributes

    def end(parser: feedparser.mixin._FeedParserMixin, is_of_atom: bool) -> None:
        text = parser.pop("link") or ""
        attributes = parser._enforce_href(parser.link_attributes)
        if text and not is_of_atom:
            attributes = {"href": text}
        elif text:
            attributes.setdefault("href", text)
        if "rel" in attributes:
            attributes["rel"] = _RELATION.sub("", attributes["rel"]).strip() or "alternate"
        if not attributes.get("href"):
            return
        is_alternate = attributes.get("rel", "alternate") == "alternate"
        if is_alternate and parser.inentry and not (text or is_of_atom):
            stated = parser._get_context().setdefault("link_attributes", [])
            stated.append({"rel": "alternate", **attributes, "href": parser.resolve_uri(attributes["href"])})
        else:
            start_link(parser, attributes)

    for parser in _PARSERS:
        parser._start_link = parser._start_atomlink = start
        parser._end_link = lambda parser: end(parser, parser.version.startswith("atom"))
        parser._end_atomlink = lambda parser: end(parser, True)


_REFERENCES = frozenset({"href", "src", "cite", "poster", "data", "data-src"})


def resolve_inner_bases() -> None:
    """Resolve the references of XHTML in a text by an xml:base that stands in it (XML Base section 4.2).

    The base of the text itself is resolved later, with that of the markup that states none.
    """
    written = feedparser.mixin._FeedParserMixin.strattrs

    def strattrs(parser: feedparser.mixin._FeedParserMixin, attributes: list[tuple[str, str]]) -> str:
        if parser.baseuri == parser.contentparams.get("base"):
            return str(written(attributes))
        base = parser.baseuri or ""
        return str(written([(name, _rebased(name, value, base)) for name, value in attributes]))

    for parser in _PARSERS:
        parser.strattrs = strattrs


def _rebased(name: str, value: str, base: str) -> str:
    """Return the value of an attribute with its references resolved."""
    if name in ("srcset", "data-srcset"):
        absolute = ((_joined(base, address), size) for address, size in candidates(value))
        return ", ".join(f"{address} {size}".strip() for address, size in absolute)
    return _joined(base, value) if name in _REFERENCES else value


def _joined(base: str, reference: str) -> str:
    return str(feedparser.mixin._urljoin(base, reference))
