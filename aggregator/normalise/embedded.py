"""Rewrite what the sanitiser would drop without a trace: links before frames and objects, the content of
`noscript`, `s` for `strike`. Works on raw HTML: whatever is written here is sanitised afterwards.
"""

import re
from functools import partial
from html import escape, unescape

from aggregator.normalise import trackers, urls

NAME_CHARS_MAX = 200

_NOSCRIPT = re.compile(r"<(/?)noscript\b([^<>]*+)>", re.IGNORECASE)
_MAY_HIDE = re.compile(r"hidden|style", re.IGNORECASE)
_STRIKE = re.compile(r"<(/?)strike(?=[\s>/])", re.IGNORECASE)
_EMBED = re.compile(r"<(?:iframe|embed|object)(?=[\s/>])([^<>]*+)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![a-z-])([a-z-]++)\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++)""", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:^|\s)hidden(?:[\s/=]|$)", re.IGNORECASE)
_ADDRESSES = ("src", "data", "data-src", "data-lazy-src", "data-original")
_FLASH = "application/x-shockwave-flash"


def rewritten(value: str, base: str) -> str:
    """Return raw HTML with links before its frames and objects; `base` resolves their addresses."""
    may_hide = any(_MAY_HIDE.search(attributes) for _, attributes in _NOSCRIPT.findall(value))
    value = _STRIKE.sub(r"<\1s", _NOSCRIPT.sub(r"<\1span\2>" if may_hide else "", value))
    return _EMBED.sub(partial(_linked, base=base), value)


def _linked(found: re.Match[str], *, base: str) -> str:
    attributes = {"hidden": ""} if _HIDDEN.search(found[1]) else {}
    for name, written in _ATTRIBUTE.findall(found[1]):
        attributes.setdefault(name.lower(), unescape(written.strip("\"'")).strip())
    addresses = (urls.absolute(attributes.get(name, ""), base) for name in _ADDRESSES)
    address = urls.untracked(next(filter(None, addresses), ""))
    path = address.partition("?")[0]
    is_flash = attributes.get("type", "").lower() == _FLASH or path.lower().endswith(".swf")
    if not address or is_flash or trackers.is_hidden(attributes) or trackers.is_tracker(address):
        return found[0]
    name = attributes.get("title", "") or path.partition("://")[2].rstrip("/")
    return f' <a href="{escape(address)}">{escape(name[:NAME_CHARS_MAX])}</a> {found[0]}'
