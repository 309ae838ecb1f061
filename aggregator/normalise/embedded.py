"""Rewrite what the sanitiser would drop without a trace: links before frames and objects, the content of
`noscript`, `s` for `strike`, `pre` around `xmp`. Works on raw HTML, whose result is sanitised afterwards.
"""

import re
from html import escape, unescape

from aggregator.normalise import trackers, urls
from aggregator.normalise.hidden import MAY_HIDE
from aggregator.normalise.tags import TAG

NAME_CHARS_MAX = 200

_ATTRIBUTE = re.compile(r"""(?<![a-z-])([a-z-]++)\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++)""", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:^|\s)hidden(?:[\s/=]|$)", re.IGNORECASE)
_ADDRESSES = ("src", "data", "data-src", "data-lazy-src", "data-original")
_REWRITTEN = frozenset({"noscript", "strike", "xmp", "iframe", "embed", "object"})
_FLASH = "application/x-shockwave-flash"


def rewritten(value: str, base: str) -> str:
    """Return raw HTML with links before its frames and objects; `base` resolves their addresses."""
    tags = [tag for tag in TAG.finditer(value) if tag[2] and tag[2].lower() in _REWRITTEN]
    may_hide = any(MAY_HIDE.search(tag[3]) for tag in tags if tag[2].lower() == "noscript")
    kept, position = list[str](), 0
    for tag in tags:
        kept += [value[position : tag.start()], _rewritten(tag, base, may_hide=may_hide)]
        position = tag.end()
    return "".join((*kept, value[position:]))


def _rewritten(tag: re.Match[str], base: str, *, may_hide: bool) -> str:
    closing, name, attributes = tag[1], tag[2].lower(), tag[3]
    if name == "noscript":
        return f"<{closing}span{attributes}>" if may_hide else ""
    if name == "strike":
        return f"<{closing}s{attributes}>"
    if name == "xmp":
        return f"{tag[0]}</pre>" if closing else f"<pre>{tag[0]}"
    return tag[0] if closing else _linked(tag, base)


def _linked(tag: re.Match[str], base: str) -> str:
    """Return the start tag of a frame or object behind a link. An object with neither address nor type shows
    its content: its tag alone is dropped."""
    attributes = {"hidden": ""} if _HIDDEN.search(tag[3]) else {}
    for name, written in _ATTRIBUTE.findall(tag[3]):
        attributes.setdefault(name.lower(), unescape(written.strip("\"'")).strip())
    addresses = (urls.absolute(attributes.get(name, ""), base) for name in _ADDRESSES)
    address = urls.untracked(next(filter(None, addresses), ""))
    path = address.partition("?")[0]
    is_flash = attributes.get("type", "").lower() == _FLASH or path.lower().endswith(".swf")
    if tag[2].lower() == "object" and not attributes.keys() & {*_ADDRESSES, "type", "hidden", "style"}:
        return " "
    if not address or is_flash or trackers.is_hidden(attributes) or trackers.is_tracker(address):
        return tag[0]
    name = attributes.get("title", "") or path.partition("://")[2].rstrip("/")
    return f' <a href="{escape(address)}">{escape(name[:NAME_CHARS_MAX])}</a> {tag[0]}'
