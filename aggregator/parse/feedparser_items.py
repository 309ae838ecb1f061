"""Fields of entries that feedparser reads at once: elements without attributes, whose text is stored.

Of each element feedparser makes its attributes three times over and looks in its text for what only few have:
base64, XHTML, a wrong encoding. The functions here do what is left for an element that has none of it, and
leave every other one to feedparser.
"""

from contextlib import suppress

import feedparser.api
import feedparser.mixin
from feedparser.html import _cp1252
from feedparser.util import FeedParserDict

_General = feedparser.mixin._FeedParserMixin

_ROOTS = frozenset({"feed", "rss"})  # whose language is that of the feed
_IN_TEXT_INPUT = frozenset({"title", "link", "description", "name"})
_IN_IMAGE = frozenset({"title", "link", "description", "url", "href", "width", "height"})
_DEFAULTS = frozenset({"text/plain", "text/html", "application/xhtml+xml"})  # none is base64
# Elements whose text is stored in another way than under their name.
_PARTICULAR = frozenset({"category", "tags", "itunes_keywords", "content", "link"})
_MAPPED = tuple(map(chr, _cp1252))  # control characters of ISO 8859-1


def start_bare_elements() -> None:
    """Start an element without attributes at once, unless it is markup in a text."""
    general = _General.unknown_starttag

    def unknown_starttag(
        parser: feedparser.mixin._FeedParserMixin, tag: str, attributes: list[tuple[str, str]]
    ) -> None:
        if attributes or parser.incontent or not parser.baseuri or ":" in tag or tag in _ROOTS:
            general(parser, tag, attributes)
            return
        parser.depth += 1
        base = parser.baseuri
        parser.baseuri = base = feedparser.mixin.make_safe_absolute_uri(base, base) or base
        parser.basestack.append(base)
        parser.langstack.append(parser.lang)
        if tag not in _IN_TEXT_INPUT:
            parser.intextinput = 0
        if tag not in _IN_IMAGE:
            parser.inimage = 0
        try:
            getattr(parser, "_start_" + tag)({})
        except AttributeError:
            parser.push(tag, 1)

    feedparser.api.StrictFeedParser.unknown_starttag = unknown_starttag


def push_bare_contents() -> None:
    """Begin a text construct without attributes at once."""
    general = _General.push_content

    def push_content(
        parser: feedparser.mixin._FeedParserMixin,
        tag: str,
        attributes: dict[str, str],
        content_type: str,
        expecting_text: int,
    ) -> None:
        if attributes or content_type not in _DEFAULTS:
            general(parser, tag, attributes, content_type, expecting_text)
            return
        parser.incontent += 1
        if parser.lang:
            parser.lang = parser.lang.replace("_", "-")
        parser.contentparams = FeedParserDict(
            type=content_type, language=parser.lang, base=parser.baseuri, base64=0
        )
        parser.push(tag, expecting_text)

    feedparser.api.StrictFeedParser.push_content = push_content


def pop_texts_of_entries() -> None:
    """Store the text of an element of an entry at once."""
    general = _General.pop

    def pop(parser: feedparser.mixin._FeedParserMixin, element: str, strip_whitespace: int = 1) -> str | None:
        if not strip_whitespace or not _is_usual(parser, element):
            popped: str | None = general(parser, element, strip_whitespace)
            return popped
        pieces = parser.elementstack.pop()[2]
        output = "".join(pieces).strip()
        is_address = element in parser.can_be_relative_uri and (element != "id" or parser.guidislink)
        if is_address and output:
            output = parser.resolve_uri(output)
        params = parser.contentparams
        is_text = dict.get(params, "type") == "text/plain" and not parser.version.startswith("atom")
        if is_text and parser.looks_like_html(output):
            dict.__setitem__(params, "type", "text/html")
        dict.pop(params, "mode", None)
        dict.pop(params, "base64", None)
        if not output.isascii():
            output = _repaired(output)
        if element == "title" and -1 < parser.title_depth <= parser.depth:
            return output
        _store(parser, "summary" if element == "description" else element, output)
        return output

    feedparser.api.StrictFeedParser.pop = pop


def _is_usual(parser: feedparser.mixin._FeedParserMixin, element: str) -> bool:
    """Return whether the innermost open element is this one of an entry, and its text is neither XHTML nor
    base64."""
    stack, params = parser.elementstack, parser.contentparams
    return bool(
        stack
        and stack[-1][0] == element
        and stack[-1][1]
        and parser.inentry
        and not parser.insource
        and not (parser.sanitize_html or parser.resolve_relative_uris)
        and parser.encoding == "utf-8"
        and element not in _PARTICULAR
        and dict.get(params, "type") != "application/xhtml+xml"
        and not dict.get(params, "base64")
    )


def _repaired(text: str) -> str:
    """Return a text that was UTF-8 read as Latin-1 as it was meant, and characters of Windows-1252."""
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    if not any(character in text for character in _MAPPED):
        return text
    return text.translate(_cp1252)


def _store(parser: feedparser.mixin._FeedParserMixin, element: str, output: str) -> None:
    """Keep the text of the outermost element of a name."""
    entry = parser.entries[-1]
    depths = parser.property_depth_map.setdefault(entry, {})
    before = depths.get(element)
    if before is None or parser.depth <= before:
        depths[element] = parser.depth
        entry[element] = output
    if parser.incontent:
        params = FeedParserDict(parser.contentparams)
        params["value"] = output
        entry[element + "_detail"] = params
