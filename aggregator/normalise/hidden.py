"""Drop the images of hidden elements from sanitised HTML that still has the attributes which hide."""

import re
from html import unescape

from aggregator.normalise import trackers

# Parts of a style that hides, in lower case and without blanks; literals: a pattern costs ten times as much.
_MAY_HIDE = (
    *("hidden", "opacity", "collapse", "display:none", "inset:", "calc(-", "/*", "\\"),
    *("left:-", "top:-", "right:-", "bottom:-", "indent:-"),
)
_STARTS = (
    "<i",
    "<I",
    "<v",
    "<V",
)  # of img, of its other name `image` (HTML standard 13.2.6.4.7) and of video
_LOADING = ("img", "source", "video")
_VOID = frozenset({"br", "col", "hr", "img", "source", "wbr"})

# nh3 escapes < and > in attribute values, so this matches each tag of its output exactly.
_ANY_TAG = re.compile(r"<(/?)([a-z0-9]++)([^<>]*)>")
_POSTER = re.compile(r" poster=\"[^\"]*\"")


def attributes(written: str) -> dict[str, str]:
    """Return the attributes of a tag as nh3 writes them: escaped, in double quotes."""
    parts = written.split('"')  # half of a pattern's CPU time
    return {name.strip(" ="): value for name, value in zip(parts[::2], parts[1::2], strict=False)}


def may_hide(value: str) -> bool:
    """Return whether HTML may hide images, whatever case, blanks and references it is written with."""
    if not any(start in value for start in _STARTS):
        return False
    lower = value.encode("ascii", "ignore").lower()  # bytes: a tenth of the time of other text
    if b"<im" not in lower and b"<video" not in lower:
        return False
    return b"hidden" in lower or (b"style" in lower and _has_hiding_style(value))


def _has_hiding_style(value: str) -> bool:
    squeezed = "".join(unescape(value).lower().split())
    return any(part in squeezed for part in _MAY_HIDE)


def without_hidden_images(clean: str) -> str:
    """Return nh3's output without the images, and the posters of videos, inside elements that hide them."""
    kept, position = list[str](), 0
    open_elements: list[bool] = []  # whether each hides what is in it
    for tag in _ANY_TAG.finditer(clean):
        closing, name, written = tag.groups()
        if name in _LOADING and not closing and any(open_elements):
            kept += [clean[position : tag.start()], _POSTER.sub("", tag[0]) if name == "video" else ""]
            position = tag.end()
        if name in _VOID:
            continue
        if closing:
            open_elements.pop()
            continue
        named = {key: unescape(value) for key, value in attributes(written).items()}
        open_elements.append(bool(named) and trackers.is_hidden_block(named))
    return "".join((*kept, clean[position:]))
