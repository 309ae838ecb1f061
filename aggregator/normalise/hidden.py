"""Drop hidden elements, and the images of others that only hide images, from sanitised HTML that still has
the attributes which hide; mark what a style strikes out."""

import re
from collections.abc import Set
from html import unescape

from msgspec import Struct
from msgspec.structs import replace

from aggregator.normalise import trackers
from aggregator.normalise.tags import TAG

MAY_HIDE = re.compile(r"hidden|popover|style", re.IGNORECASE)  # an attribute that may
# Parts of a style that hides, in lower case and without blanks; literals: a pattern costs ten times as much.
_MAY_HIDE = (
    *("hidden", "opacity", "collapse", "display:none", "inset:", "calc(-", "/*", "\\", "line-through"),
    *("left:-", "top:-", "right:-", "bottom:-", "indent:-"),
)
_LOADING = ("img", "source", "video")
_BLOCKS = frozenset(
    {"table", "tbody", "thead", "tfoot", "tr", "ul", "ol", "dl", "picture", "colgroup", "s", "del"}
)
_VOID = frozenset({"br", "col", "hr", "img", "source", "wbr"})

# nh3 escapes < and > in attribute values, so this matches each tag of its output exactly.
_ANY_TAG = re.compile(r"<(/?)([a-z0-9]++)([^<>]*)>")
_POSTER = re.compile(r" poster=\"[^\"]*\"")


def attributes(written: str) -> dict[str, str]:
    """Return the attributes of a tag as nh3 writes them: escaped, in double quotes."""
    parts = written.split('"')  # half of a pattern's CPU time
    return {name.strip(" ="): value for name, value in zip(parts[::2], parts[1::2], strict=False)}


def may_hide(value: str) -> bool:
    """Return whether HTML may hide or strike out anything, whatever case, blanks and references it is written
    with."""
    lower = value.encode("ascii", "ignore").lower()  # bytes: a tenth of the time of other text
    is_named = b"hidden" in lower or b"popover" in lower or b"<dialog" in lower
    return is_named or (b"style" in lower and _has_hiding_style(value))


def _has_hiding_style(value: str) -> bool:
    squeezed = "".join(unescape(value).lower().split())
    return any(part in squeezed for part in _MAY_HIDE)


def renamed(value: str, known: Set[str]) -> str:
    """Return raw HTML with a div or span for each element that is not `known`.

    The sanitiser keeps the content of such an element and not the attributes that hide it.
    """
    return TAG.sub(lambda tag: tag[0] if not tag[2] or tag[2].lower() in known else _generic(tag), value)


def _generic(tag: re.Match[str]) -> str:
    name = "div" if tag[2].lower() in ("body", "html") else "span"
    return f"<{tag[1]}{name}{tag[3]}>"


def without_hidden(clean: str) -> str:
    """Return nh3's output without hidden elements, and without the images, and the posters of videos, inside
    elements that hide them in another way. `line-through` becomes <s>."""
    kept, position = list[str](), 0
    opened: list[_Effect] = []
    for tag in _ANY_TAG.finditer(clean):
        closing, name, written = tag.groups()
        around = opened[-1] if opened else _Effect()
        if not around.drops:
            kept.append(clean[position : tag.start()])
        position = tag.end()
        if closing:
            opened.pop()
            if not around.drops:
                kept.append("</s>" * around.strikes + tag[0])
            continue
        effect = _effect(name, written, around)
        if name not in _VOID:
            opened.append(effect)
        if effect.drops or (effect.drops_images and name in _LOADING and name != "video"):
            continue
        kept.append(_POSTER.sub("", tag[0]) if effect.drops_images and name == "video" else tag[0])
        kept.append("<s>" * effect.strikes)
    return "".join((*kept, clean[position:]))


class _Effect(Struct, frozen=True):
    """Effect of an open element on its content; `strikes`: it alone strikes its text out."""

    drops: bool = False
    drops_images: bool = False
    strikes: bool = False


def _effect(name: str, written: str, around: _Effect) -> _Effect:
    named = {key: unescape(value) for key, value in attributes(written).items()}
    if name == "dialog" and "open" not in named:  # HTML standard 4.11.4
        return _Effect(drops=True)
    if not named or name in _LOADING:  # images and media are judged by their sizes, too
        return replace(around, strikes=False)
    return _Effect(
        around.drops or trackers.conceals(named),
        around.drops_images or trackers.is_hidden_block(named),
        name not in _BLOCKS and trackers.strikes_out(named),
    )
