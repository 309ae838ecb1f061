"""feedparser as this project uses it: a faster driver, guids and links as written, every author, no places.

The one place that changes anything inside the library; each says why. Otherwise its output stays the same.
"""

from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Protocol

import feedparser
import feedparser.api
import feedparser.mixin
import feedparser.namespaces.georss
import feedparser.util

# Its own list of SAX drivers to try first.
feedparser.api.PREFERRED_XML_PARSERS[:] = ["aggregator.parse.driver"]

# str.translate raises and catches a KeyError for every character that is not in a dict; a string that
# holds each character of the basic plane at its own place never raises.
_C1 = feedparser.mixin._cp1252
feedparser.mixin._cp1252 = "".join(_C1.get(code, chr(code)) for code in range(0x10000))

# Asked for every element, almost always of the same base: a fifth of the time of a document.
feedparser.mixin.make_safe_absolute_uri = lru_cache(16)(feedparser.mixin.make_safe_absolute_uri)

# It copies deeply what are flat dicts of strings: another twelfth.
feedparser.mixin.copy = SimpleNamespace(deepcopy=lambda flat: type(flat)(flat))


# A tenth of a document's time is looking up what its dicts might rename or make up; most keys are neither.
_Dict = feedparser.util.FeedParserDict
_get, _getitem, _setitem = _Dict.get, _Dict.__getitem__, _Dict.__setitem__
_RENAMED = {*_Dict.keymap, "category", "enclosures", "license", "updated", "updated_parsed"}
_Dict.get = lambda self, key, default=None: (
    _get(self, key, default) if key in _RENAMED else dict.get(self, key, default)
)
_Dict.__getitem__ = lambda self, key: (_getitem if key in _RENAMED else dict.__getitem__)(self, key)
_Dict.__setitem__ = lambda self, key, value: (_setitem if key in _RENAMED else dict.__setitem__)(
    self, key, value
)


class _Parser(Protocol):
    inauthor: int

    def _get_context(self) -> dict[str, object]: ...


def _keep_author(parser: _Parser, key: str = "author") -> None:
    """The text of an author element without parts is the author's name, and only that author's.

    feedparser's own way cuts addresses at four letters of a top-level domain and gives an author
    without a name that of the one before.
    """
    context = parser._get_context()
    people = dict.get(context, "authors")
    said = dict.get(context, "author")
    if key == "author" and not parser.inauthor and isinstance(people, list) and people and not people[-1]:
        people[-1]["name"] = said


class _Resolver(Protocol):
    baseuri: str
    inentry: int
    found_at: str


def _resolve(parser: _Resolver, said: str) -> str:
    """An address in an entry goes by xml:base alone; where none is stated it stays as written.

    feedparser would join it to where the document was found; `normalise` knows better bases than that.
    """
    if parser.inentry and parser.baseuri == parser.found_at:
        return said
    resolved: str = feedparser.mixin._urljoin(parser.baseuri or "", said)
    return resolved


def _remembering(start: Callable[..., None]) -> Callable[..., None]:
    """A constructor that keeps the address of the document, which xml:base will replace."""

    def begin(parser: _Resolver, *arguments: object) -> None:
        start(parser, *arguments)
        # Spelled as it will be after the first element: feedparser drops a slash of file:///.
        parser.found_at = feedparser.mixin.make_safe_absolute_uri(parser.baseuri, parser.baseuri)

    return begin


for _kind in (feedparser.api.StrictFeedParser, feedparser.api.LooseFeedParser):
    # A guid is what it says: "1" must not become "https://example.org/1".
    _kind.can_be_relative_uri = _kind.can_be_relative_uri - {"id"}
    _kind._sync_author_detail = _keep_author
    _kind.resolve_uri = _resolve
    _kind.__init__ = _remembering(_kind.__init__)

# Which place a release is about is never read, and one said in a way it does not expect ends the document.
_Places = feedparser.namespaces.georss.Namespace
for _name in [name for name in vars(_Places) if name.startswith(("_start_", "_end_"))]:
    delattr(_Places, _name)

parse = feedparser.parse

__all__ = ["parse"]
