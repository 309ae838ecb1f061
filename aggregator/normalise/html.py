"""Sanitise HTML with nh3 against an allow-list: no scripts, absolute URLs, no trackers or tracking pixels.

The output is a fixed point, against mutation XSS (mXSS): sanitising it again changes nothing.
Bodies too costly to parse are kept as their text. Never keeps a class, an id, a style or a script.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape
from itertools import count

import nh3

from aggregator.model import Markup
from aggregator.normalise import blanks, bounds, hidden, text, trackers, urls

MEDIA_MAX = 100  # images, videos and sounds of one body
PIXELS_MAX = (
    2_000  # declared width or height; a larger one is dropped, and the other side keeps the proportions
)
ROUNDS_MAX = 8  # sanitising passes before a body is reduced to its text; real feeds need two at most

_TAGS_NAMES = """
    a abbr address article aside audio b bdi blockquote br caption cite code col colgroup dd del details
    dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p
    picture pre q rp rt ruby s samp section small source span strong sub summary sup table tbody td tfoot
    th thead time tr tt u ul var video wbr
"""
TAGS = frozenset(_TAGS_NAMES.split())
_DROPPED_WHOLE_NAMES = """
    script style iframe object embed applet noembed noframes noscript template textarea select option
    button title head svg canvas map frameset annotation annotation-xml
"""
_DROPPED_WHOLE = frozenset(_DROPPED_WHOLE_NAMES.split())
# Lazy-loading scripts, which are dropped, take the image's URL from these.
_LAZY = ("data-src", "data-lazy-src", "data-original")
ATTRIBUTES: dict[str, frozenset[str]] = {
    "*": frozenset({"lang", "dir", "title"}),
    "a": frozenset({"href"}),
    "audio": frozenset({"src"}),
    "blockquote": frozenset({"cite"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "del": frozenset({"cite", "datetime"}),
    "details": frozenset({"open"}),
    "img": frozenset({"src", "srcset", "sizes", "alt", "width", "height", "style", *_LAZY}),
    "ins": frozenset({"cite", "datetime"}),
    "li": frozenset({"value"}),
    "ol": frozenset({"start", "type", "reversed"}),
    "q": frozenset({"cite"}),
    "source": frozenset({"src", "srcset", "type", "media", "sizes"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
    "time": frozenset({"datetime"}),
    "video": frozenset({"src", "poster", "width", "height", "style"}),
}
_URL_ATTRIBUTES = frozenset({"href", "src", "poster", "cite"})
_SIDES = frozenset({"width", "height"})
_NUMBER_ATTRIBUTES = _SIDES | {"colspan", "rowspan", "span", "start", "value"}
_LARGE = re.compile(r"[1-9]\d{1,4}")  # pixels of an image that shows, the usual case
_NUMBER = re.compile(r"(\d{1,4})(?:px)?")
_CONTACT = re.compile(r"(?i)(mailto|tel):([^\s\"'<>\\]{1,500})")
_DESCRIPTOR = re.compile(r"[\d.]{1,8}[wx]")


_SIZED = frozenset({"img", "video"})
_LOADING = _SIZED | {"source", "audio"}
_DECLARING = frozenset({"width", "height", "sizes", "style", "hidden"})
_LOADED = frozenset({"src", "srcset", "poster"})
_HIDING = frozenset({"style", "hidden"})  # attributes read and never kept

# nh3 escapes < and > in attribute values, so this matches each tag of its output exactly. No start of a match
# runs over the next one: a search is linear in any text.
_TAG = re.compile(r"<([a-z0-9]+) ([^<>]*)>")
_FIRST_LINE_FEED = re.compile(r"(<pre(?: [^<>]*)?>)\n+")
_MEDIA = re.compile(r"<(?:img|video|audio) [^<>]*>")
_EMPTY_LINK = re.compile(r"<a [^<>]*>(\s*)</a>")


@dataclass(frozen=True, slots=True)
class Safe:
    """Sanitised HTML and its plain text. `degraded`: the body was too costly to parse and lost its markup."""

    html: str = ""
    text: str = ""
    degraded: bool = False


def sanitise(body: Markup, base: str) -> Safe:
    """Return an entry's body as sanitised HTML, its relative URLs resolved against `base`."""
    value = bounds.cut(body.value)
    if not value.strip():
        return Safe()
    markup = text.without_disclaimer(value) if body.is_html else _paragraphs(value)
    if not bounds.is_costly(markup) and (safe := fixed_point(markup, base)) is not None:
        return safe
    plain = bounds.without_tags(value) if body.is_html else value[: bounds.BODY_TEXT_CHARS_MAX]
    safe = fixed_point(_paragraphs(plain), base) or Safe()
    return Safe(safe.html, safe.text, degraded=True)


def fixed_point(value: str, base: str, rounds: int = ROUNDS_MAX) -> Safe | None:
    """Sanitise until nothing changes; None after `rounds` passes, or when the output grows beyond the limit.

    selectolax, at half the CPU time of a second pass, shows whether a second pass would change anything: of
    6,205 real bodies it named exactly the 18 that one did change.
    """
    if not rounds:
        return None
    value = text.printable(value)
    has_references = "&#" in value  # a character reference can bring back a control character
    clean = _clean(value)
    filtered = _filter_attributes(text.printable(clean) if has_references else clean, base)
    if len(filtered) > 2 * bounds.BODY_HTML_CHARS_MAX:
        return None
    serialised, plain = text.read(filtered)
    if serialised != filtered:
        return fixed_point(filtered, base, rounds - 1)
    return Safe(filtered, plain) if plain or _MEDIA.search(filtered) else Safe()


def _paragraphs(plain: str) -> str:
    """Return plain text as HTML: a blank line starts a new <p>, a line end becomes <br>."""
    blocks = re.split(r"\n[ \t]*(?:\n[ \t]*)+", plain.replace("\r\n", "\n").replace("\r", "\n").strip())
    return "\n".join(
        f"<p>{escape(block.strip(), quote=False).replace(chr(10), '<br>')}</p>" for block in blocks
    )


def _filter_attributes(clean: str, base: str) -> str:
    """Return nh3's output with all attribute values checked, without tracking pixels and emptied links."""
    filtered = _TAG.sub(lambda tag: _tag(tag[1], hidden.attributes(tag[2]), base), clean)
    if "<img" in clean:
        filtered = _EMPTY_LINK.sub(r"\1", filtered.replace("<img>", ""))
    filtered = blanks.capped(filtered)
    if "<pre" in filtered:  # HTML parsers drop the first line feed of <pre>: each pass would lose one
        filtered = _FIRST_LINE_FEED.sub(r"\1", filtered)
    if filtered.count("<") > MEDIA_MAX:
        filtered = _limited_media(filtered)
    return text.capped_marks(filtered.strip())


def _limited_media(filtered: str) -> str:
    """Return the HTML with its first MEDIA_MAX images and media."""
    places = count()
    return _MEDIA.sub(lambda tag: tag[0] if next(places) < MEDIA_MAX else "", filtered)


def _tag(name: str, attributes: dict[str, str], base: str) -> str:
    if name == "img" and (lazy := [url for key in _LAZY if (url := attributes.pop(key, ""))]):
        attributes["src"] = lazy[0]
    if name in _SIZED and _is_hidden(attributes):
        if name == "img":
            return ""
        attributes = {key: value for key, value in attributes.items() if key not in _LOADED}
    kept = [
        (key, value)
        for key, raw in attributes.items()
        if (value := _attribute(name, key, raw, base=base)) is not None
    ]
    if name in _LOADING and _is_tracking(kept):
        kept = [] if name == "img" else [pair for pair in kept if pair[0] not in _LOADED]
    if name in ("audio", "video"):
        kept.append(("preload", "none"))  # not by nh3, whose order of two set attributes varies
    if name == "img" and not any(key in ("src", "srcset") for key, _ in kept):
        return ""
    return f"<{name}" + "".join([f' {key}="{value}"' for key, value in kept]) + ">"


def _is_hidden(attributes: dict[str, str]) -> bool:
    declared = [value for key, value in attributes.items() if key in _DECLARING]
    if all(map(_LARGE.fullmatch, declared)):
        return False
    return trackers.is_hidden({key: unescape(value) for key, value in attributes.items()})


def _attribute(tag: str, name: str, raw: str, *, base: str) -> str | None:
    """Return the checked value of an attribute, escaped; None drops the attribute."""
    if name in _URL_ATTRIBUTES:
        if "&" not in raw and "?" not in raw and urls.is_settled(raw):
            return raw
        return _escaped(_url(tag, unescape(raw), base))
    if name == "srcset":
        return _escaped(_srcset(unescape(raw), base))
    if name in _NUMBER_ATTRIBUTES:
        number = _NUMBER.fullmatch(raw.strip())
        is_kept = number is not None and (name not in _SIDES or int(number[1]) <= PIXELS_MAX)
        return number[1] if number and is_kept else None
    if name in _HIDING or len(raw) > urls.URL_CHARS_MAX:
        return None
    return " ".join(raw.split())


def _escaped(value: str) -> str | None:
    return value.replace("&", "&amp;").replace('"', "&quot;") or None


def _url(tag: str, raw: str, base: str) -> str:
    if tag == "a" and (contact := _CONTACT.fullmatch(raw.strip())):
        return f"{contact[1].lower()}:{contact[2]}"
    return urls.untracked(urls.absolute(raw, base))


def _srcset(raw: str, base: str) -> str:
    candidates = ((urls.absolute(url, base), size) for url, size in _candidates(raw))
    return ", ".join(f"{url} {size}" if size else url for url, size in candidates if url)


def _candidates(raw: str) -> Iterator[tuple[str, str]]:
    """Yield address and size of each image candidate (HTML standard 4.8.4.2.2), "" without a size.

    Each word is read once. A candidate whose descriptor is no width or density is left out.
    """
    url, size = "", ""
    for word in raw.split():
        rest = word
        if url:
            descriptor, comma, rest = word.partition(",")
            size = f"{size} {descriptor}".strip()
            if not comma:
                continue
            yield from _candidate(url, size)
        rest = rest.lstrip(",")
        url, size = rest.rstrip(","), ""
        if url != rest:
            yield from _candidate(url, "")
            url = ""
    yield from _candidate(url, size)


def _candidate(url: str, size: str) -> Iterator[tuple[str, str]]:
    if url and (not size or _DESCRIPTOR.fullmatch(size)):
        yield url, size


def _is_tracking(attributes: list[tuple[str, str]]) -> bool:
    """Return whether an image or medium loads from a known counter, or an image no wider than two pixels.

    Values are as they are published.
    """
    loaded = [
        value.split(", ") if name == "srcset" else [value] for name, value in attributes if name in _LOADED
    ]
    return any(
        trackers.is_tracker(candidate.partition(" ")[0]) or candidate.endswith((" 0w", " 1w", " 2w"))
        for candidates in loaded
        for candidate in candidates
    )


def _clean(value: str) -> str:
    """Return HTML cleaned by nh3, without the images of hidden elements.

    Only HTML that may hide images is cleaned with the attributes that do: they make a body much longer.
    """
    if hidden.may_hide(value):
        return hidden.without_hidden_images(_HIDING_CLEANER.clean(value))
    return _CLEANER.clean(value)


def _cleaner(everywhere: frozenset[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes={**ATTRIBUTES, "*": ATTRIBUTES["*"] | everywhere},
        link_rel="noopener",
        url_schemes={"http", "https", "mailto", "tel"},
        set_tag_attribute_values={"audio": {"controls": ""}, "video": {"controls": ""}},
    )


_CLEANER, _HIDING_CLEANER = _cleaner(frozenset()), _cleaner(_HIDING)
