"""Recognise ordinary HTML: what the tree construction of the HTML standard (section 13.2.6) reads as it is
written, with hardly an empty element. Anything else, tables among it, takes the general way.

A parser rewrites HTML where it closes, reopens or moves elements. None of that happens when every element is
ended in order, paragraphs and headings hold phrases alone, list items stand in lists, and no link is in a
link: a start tag then finds no element to close, an end tag finds its own element open and innermost, and
formatting elements are never reconstructed, as each that is listed is open.
"""

from __future__ import annotations

from msgspec import Struct

from aggregator.normalise.pieces import Pieces

EMPTY_MAX = 2  # empty elements, line breaks and rules: so many are kept even in a row

_PHRASES = "abbr b bdi cite code del dfn em i ins kbd mark q s samp small span strong sub sup time tt u var"
_BLOCKS = "address article aside blockquote details div figcaption figure footer header section summary"
_LEAVES = "p h1 h2 h3 h4 h5 h6"
_VOID = frozenset({"br", "img", "wbr"})

Content = dict[str, tuple[str, "Content"]]  # by start tag of a child: its end tag and its own content


class _Contents(Struct, frozen=True):
    """Contents of elements, in a link or not."""

    flow: Content
    phrases: Content
    items: Content
    terms: Content


def _contents(in_link: _Contents | None) -> _Contents:
    """Return the contents with links, unless there are none `in_link`."""
    found = _Contents({}, {}, {}, {})
    for own in (found.flow, found.phrases):
        own.update((name, ("/" + name, own)) for name in _PHRASES.split())
    if in_link is not None:
        found.flow["a"], found.phrases["a"] = ("/a", in_link.flow), ("/a", in_link.phrases)
    found.flow.update((name, ("/" + name, found.flow)) for name in _BLOCKS.split())
    found.flow.update((name, ("/" + name, found.phrases)) for name in _LEAVES.split())
    found.flow.update({"ul": ("/ul", found.items), "ol": ("/ol", found.items), "dl": ("/dl", found.terms)})
    found.items["li"] = ("/li", found.flow)
    found.terms.update({"dt": ("/dt", found.flow), "dd": ("/dd", found.flow)})
    return found


_BODY = _contents(_contents(None)).flow
_Opened = tuple[str, Content, "_Opened | None"]  # end tag and content of an open element, and those around it


def is_ordinary(body: Pieces) -> bool:
    """Return whether sanitised HTML is ordinary."""
    if "\r" in body.html or not all(_is_settled(body.tags[place]) for place in body.others):
        return False
    opened: _Opened | None = None
    end, content, empty, is_start = "", _BODY, 0, False
    for text, name in zip(body.texts, body.names, strict=False):
        if name == end:
            if is_start and not "'" <= text < "\x7f":  # it may be blank
                empty += 1
            assert opened is not None
            end, content, opened = opened
            is_start = False
        elif (child := content.get(name)) is not None:
            opened = (end, content, opened)
            end, content = child
            is_start = True
        elif name in _VOID or (name == "hr" and "p" in content):
            is_start = name == "img"
            empty += not is_start
        else:
            return False
    return opened is None and empty <= EMPTY_MAX


def _is_settled(tag: str) -> bool:
    """Return whether a tag with attributes is written as it is serialised."""
    return "&" not in tag or tag.count("&") == tag.count("&amp;")
