"""Trackers: images and media that only count readers, known by host and path, by size or by being hidden.

A file name is no evidence: `pixel.gif` may be a picture. Values are those of attributes, unescaped.
"""

import re
from collections.abc import Mapping

SIZE_MAX = 2  # pixels; an image declared no larger in any direction shows nothing
OFFSCREEN = -500  # pixels
OPACITY_MIN = 0.05

# A host with its subdomains, and what paths begin with where the host serves other things, too.
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
ping.chartbeat.net plausible.io/api pixel.parsely.com pixel.wp.com px.ads.linkedin.com stats.wordpress.com
stats.wp.com t.eloqua.com t.hubspotemail.net top-fwz1.mail.ru tr.outbrain.com tr.snapchat.com
track.hubspot.com trc.taboola.com vk.com/rtrg
"""
_COUNTER_SCRIPTS = ("/matomo.php", "/piwik.php")  # of a site's own counter, if a site id is in the query
_SIZE = re.compile(r"\s*+(\d{1,6})(?:\.\d*+)?\s*+(?:px)?\s*+;?\s*+")
_ZERO = re.compile(r"\s*+0++(?:\.0*+)?\s*+[a-z%]{0,5}+\s*+;?\s*+")
_NUMBER = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?|-?\.\d{1,9})\s*(px|%)?")
_SIZES = ("width", "height", "max-width", "max-height")


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
    if host.startswith("pixel."):
        return True
    path = slash + path
    if path.endswith(_COUNTER_SCRIPTS) and "idsite=" in query:
        return True
    while host:
        for prefix in _PATHS.get(host, ()):
            if _is_within(path, prefix):
                return True
        host = host.partition(".")[2]
    return False


def _is_within(path: str, prefix: str) -> bool:
    """Return whether a path begins with these whole segments, or with a prefix that ends in a mark."""
    return path.startswith(prefix) and (
        not prefix[-1:].isalnum() or path[len(prefix) : len(prefix) + 1] in ("", "/", ".")
    )


def is_hidden_image(attributes: Mapping[str, str]) -> bool:
    """Return whether an image is declared SIZE_MAX square or smaller, or hidden."""
    style = _declarations(attributes.get("style", ""))
    if "hidden" in attributes or _is_hidden(style):
        return True
    declared = [value for name in ("width", "height", "sizes") if (value := attributes.get(name, "").strip())]
    declared += [style[name] for name in _SIZES if name in style]
    sizes = [_size(value) for value in declared]
    return 0 in sizes or (bool(sizes) and all(size is not None and size <= SIZE_MAX for size in sizes))


def is_hidden_block(attributes: Mapping[str, str]) -> bool:
    """Return whether an element hides all that is in it.

    A small one that is clipped counts, unless it is padded: so are boxes that keep an aspect ratio.
    """
    style = _declarations(attributes.get("style", ""))
    if "hidden" in attributes or _is_hidden(style):
        return True
    is_clipped = style.get("overflow") == "hidden" and not any(name.startswith("padding") for name in style)
    sizes = [_size(style[name]) for name in _SIZES if name in style]
    return is_clipped and any(size is not None and size <= SIZE_MAX for size in sizes)


def _declarations(style: str) -> dict[str, str]:
    """Return the declarations of a style attribute, lower case, without comments and `!important`."""
    if not style:
        return {}
    start, *rest = style.split("/*")  # a comment that is not closed ends with the style (CSS Syntax 4.3.2)
    without_comments = start + "".join(part.partition("*/")[2] for part in rest)
    pairs = (part.partition(":") for part in without_comments.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def _is_hidden(style: Mapping[str, str]) -> bool:
    if not style:
        return False
    opacity = _number(style.get("opacity", ""))
    offsets = (_number(style.get(name, "")) for name in ("left", "top", "margin-left", "text-indent"))
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or (opacity is not None and opacity < OPACITY_MIN)
        or any(offset is not None and offset < OFFSCREEN for offset in offsets)
    )


def _size(value: str) -> int | None:
    """Return a size in pixels, rounded down; None for one in other units, or none at all."""
    if _ZERO.fullmatch(value):
        return 0
    found = _SIZE.fullmatch(value)
    return int(found[1]) if found else None


def _number(value: str) -> float | None:
    found = _NUMBER.fullmatch(value)
    return float(found[1]) / (100 if found[2] == "%" else 1) if found else None
