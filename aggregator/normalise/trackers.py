"""Trackers: images and media that only count readers, known by host and path, by size or by being hidden.

A file name is no evidence: `pixel.gif` may be a picture. Values are those of attributes, unescaped.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

SIZE_MAX = 2  # pixels; an image declared no larger in any direction shows nothing
OFFSCREEN = -500  # pixels
OPACITY_MIN = 0.05

# A host with its subdomains, and what paths begin with where the host serves other things, too; `pixel.` is
# any host with that first label.
_TABLE = """
2o7.net ads-twitter.com adform.net adnxs.com adsrvr.org ati-host.net bluekai.com chartbeat.net clarity.ms
cmail19.com/t/ cmail20.com/t/ cnzz.com createsend.com/t/ criteo.com criteo.net demdex.net doubleclick.net
econda-monitor.de estat.com etracker.com etracker.de everesttech.net facebook.com/tr facebook.net
feedsportal.com feedblitz.com/~ goatcounter.com/count google-analytics.com googleadservices.com
googlesyndication.com googletagmanager.com histats.com hotjar.com hs-analytics.net imrworldwide.com ioam.de
ivwbox.de krxd.net list-manage.com/track list-manage1.com/track list-manage2.com/track matomo.cloud
mktoresp.com moatads.com nr-data.net omtrdc.net outbrain.com/unifiedpixel pheedo.com piwik.pro
pstmrk.it/open pubmatic.com quantserve.com rs6.net/on.jsp rubiconproject.com scorecardresearch.com
sendgrid.net/trk sendgrid.net/wf/open sibautomation.com simpleanalyticscdn.com sitemeter.com
statcounter.com/counter t.co/i/adsct webtrekk.net wt-eu02.net xiti.com yadro.ru alb.reddit.com
analytics.google.com analytics.tiktok.com analytics.twitter.com analytics.yahoo.com api.amplitude.com
api.mixpanel.com/track api.segment.io/v1/pixel bat.bing.com blogger.googleusercontent.com/tracker/
c.statcounter.com counter.rambler.ru counter.theconversation.com ct.pinterest.com feedburner.google.com
feeds.feedburner.com/~ feeds.wordpress.com/1.0 hm.baidu.com linkedin.com/px links.govdelivery.com/track
mandrillapp.com/track mc.yandex.com mc.yandex.ru met.vgwort.de mjt.lu/oo p1.parsely.com pi.pardot.com
pixel. ping.chartbeat.net plausible.io/api px.ads.linkedin.com stats.wordpress.com
stats.wp.com t.eloqua.com t.hubspotemail.net top-fwz1.mail.ru tr.outbrain.com tr.snapchat.com
track.hubspot.com trc.taboola.com vk.com/rtrg
"""
_COUNTER_SCRIPTS = ("/matomo.php", "/piwik.php")  # of a site's own counter, if a site id is in the query
_LENGTH = re.compile(r"\s*+\+?(\d++(?:\.\d*+)?(?:e[+-]?\d{1,3})?|\.\d++(?:e[+-]?\d{1,3})?)\s*+([a-z%]*+)")
_OFFSET = re.compile(r"-(\d++(?:\.\d*+)?|\.\d++)([a-z%]*+)")
_NUMBER = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?|-?\.\d{1,9})\s*(%)?")
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE)
# Pixels of a unit (CSS Values 4, section 6); those of the font and the window as they usually are.
_PIXELS = {"cm": 37.8, "ch": 8, "em": 16, "ex": 8, "in": 96, "mm": 3.78, "pc": 16, "pt": 4 / 3, "q": 0.945}
_PIXELS |= {"rem": 16, "vw": 12, "vh": 8, "vmin": 8, "vmax": 12}
_OFFSETS = (
    "left",
    "top",
    "right",
    "bottom",
    "margin-left",
    "margin-top",
    "inset",
    "text-indent",
    "transform",
)
_SIDES = ("width", "height")


def _paths() -> Mapping[str, tuple[str, ...]]:
    paths: dict[str, tuple[str, ...]] = {}
    for place in _TABLE.split():
        host, slash, path = place.partition("/")
        paths[host] = (*paths.get(host, ()), slash + path)
    return paths


_PATHS = _paths()


def is_tracker(url: str) -> bool:
    """Return whether an absolute URL, as `urls.absolute` makes it, is that of a known counter."""
    address, _, query = url.partition("?")
    host, slash, path = address.partition("://")[2].partition("/")
    prefixes = _prefixes(host)
    if not prefixes and not query:
        return False
    path = slash + path.partition("#")[0]
    if "%" in path:
        path = unquote(path)
    while "//" in path:
        path = path.replace("//", "/")
    if query and path.rstrip("/").endswith(_COUNTER_SCRIPTS) and "idsite=" in unquote(query).lower():
        return True
    return any(_is_within(path, prefix) for prefix in prefixes)


@lru_cache(maxsize=512)
def _prefixes(host: str) -> tuple[str, ...]:
    """Return what the paths of counters begin with at a host, given as it stands in a URL."""
    host = host.rpartition("@")[2].partition(":")[0].rstrip(".")
    found = _PATHS.get(host.partition(".")[0] + ".", ())
    while host:
        found += _PATHS.get(host, ())
        host = host.partition(".")[2]
    return found


def _is_within(path: str, prefix: str) -> bool:
    """Return whether a path begins with these whole segments, or with a prefix that ends in a mark."""
    return path.startswith(prefix) and (
        not prefix[-1:].isalnum() or path[len(prefix) : len(prefix) + 1] in ("", "/", ".")
    )


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Return whether an image or a video is declared SIZE_MAX square or smaller, or hidden."""
    style = _declarations(attributes.get("style", ""))
    if "hidden" in attributes or _hides(style):
        return True
    declared = [attributes.get("width", "") or attributes.get("sizes", ""), attributes.get("height", "")]
    sizes = [
        size
        for name, value in zip(_SIDES, declared, strict=True)
        if (size := _side(style, name, value)) is not None
    ]
    return 0 in sizes or (bool(sizes) and all(size < SIZE_MAX + 1 for size in sizes))


def is_hidden_block(attributes: Mapping[str, str]) -> bool:
    """Return whether an element hides all that is in it.

    A small one that is clipped counts, unless it is padded: so are boxes that keep an aspect ratio.
    """
    style = _declarations(attributes.get("style", ""))
    if "hidden" in attributes or _hides(style):
        return True
    is_clipped = style.get("overflow") == "hidden" and not any(name.startswith("padding") for name in style)
    sizes = [_side(style, name) for name in _SIDES]
    return is_clipped and any(size is not None and size < SIZE_MAX + 1 for size in sizes)


def conceals(attributes: Mapping[str, str]) -> bool:
    """Return whether an element is hidden with its text (HTML standard 6.1, 6.12; CSS 2.2, 9.2.4 and 11.2). A
    text that is only transparent or moved aside is meant for some readers, or is shown by a script."""
    style = _declarations(attributes.get("style", ""))
    return (
        "hidden" in attributes
        or "popover" in attributes
        or style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
    )


def strikes_out(attributes: Mapping[str, str]) -> bool:
    """Return whether an element draws a line through its text (CSS Text Decoration 3, section 2.1)."""
    style = _declarations(attributes.get("style", ""))
    return any("line-through" in style.get(name, "") for name in ("text-decoration", "text-decoration-line"))


def _side(style: Mapping[str, str], name: str, attribute: str = "") -> float | None:
    """Return the pixels of a side, as far as they are known: a style goes before the attribute."""
    sizes = (_size(style.get(name, attribute)), _size(style.get("max-" + name, "")))
    return min((size for size in sizes if size is not None), default=None)


def _declarations(style: str) -> dict[str, str]:
    """Return the declarations of a style attribute, lower case, without comments and `!important`."""
    if not style:
        return {}
    start, *rest = style.split("/*")  # a comment that is not closed ends with the style (CSS Syntax 4.3.2)
    without_comments = start + "".join(part.partition("*/")[2] for part in rest)
    if "\\" in without_comments:
        without_comments = _CSS_ESCAPE.sub(_unescaped, without_comments)
    pairs = (part.partition(":") for part in without_comments.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def _unescaped(escape: re.Match[str]) -> str:
    """Return the character of a CSS escape (CSS Syntax 3, section 4.3.7)."""
    code = int(escape[1], 16) if escape[1] else 0
    return chr(code) if 0 < code < 0x110000 else escape[2] or "\ufffd"


def _hides(style: Mapping[str, str]) -> bool:
    if not style:
        return False
    opacity = _number(style.get("opacity", ""))
    offsets = (offset for name in _OFFSETS if name in style for offset in _OFFSET.findall(style[name]))
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or (opacity is not None and opacity < OPACITY_MIN)
        or any(-float(number) * _PIXELS.get(unit, 1) < OFFSCREEN for number, unit in offsets)
    )


def _size(value: str) -> float | None:
    """Return a length in pixels; None for one that depends on the page, or none at all.

    Behind the number of an attribute stands anything (HTML standard 2.3.4.4), which counts as pixels.
    """
    found = _LENGTH.match(value.lower())
    if found is None or (found[2] == "%" and float(found[1])):
        return None
    return float(found[1]) * _PIXELS.get(found[2], 1)


def _number(value: str) -> float | None:
    found = _NUMBER.fullmatch(value)
    return float(found[1]) / (100 if found[2] == "%" else 1) if found else None
