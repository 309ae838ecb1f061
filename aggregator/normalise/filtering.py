"""Filter nh3's output: attributes checked, no tracking pixels, emptied links and copies of images; caps on
media and combining marks.
"""

import re
from itertools import pairwise

from aggregator.normalise import attributes, blocks, text
from aggregator.normalise.elements import MEDIA
from aggregator.normalise.pieces import Pieces, split

MEDIA_MAX = 100  # images, videos and sounds of one body

_FIRST_LINE_FEED = re.compile(r"(<pre(?: [^<>]*)?>)\n+")


def filtered(clean: str, base: str) -> Pieces:
    """Return a body cleaned by nh3 without attributes and images that are not kept.

    `base` resolves its addresses.
    """
    body = split(clean)
    if not blocks.NAMES.isdisjoint([body.names[place] for place in body.others]):
        body = split(blocks.renamed(clean))
    has_images = "img" in body.names
    changed = {place: attributes.filtered(body.tags[place], base) for place in body.others}
    changed = {place: tag for place, tag in changed.items() if tag != body.tags[place]}
    if changed:
        body = body.with_tags(changed)
    if has_images:
        body = _without_copies(_without_empty_links(body))
    return body


def has_media(body: Pieces) -> bool:
    """Return whether HTML has an image, a video or a sound."""
    return not MEDIA.isdisjoint(body.names)


def bounded(body: Pieces) -> Pieces:
    """Return the HTML with at most MEDIA_MAX media and few combining marks, without blanks around it."""
    if "pre" in body.names:  # HTML parsers drop the first line feed of <pre>: each pass would lose one
        body = split(_FIRST_LINE_FEED.sub(r"\1", body.html))
    if not body.tags:
        body = split(body.html.replace("\n", " "))  # or lines mean plain text when this is read again
    if len(body.others) > MEDIA_MAX:
        media = [place for place in body.others if body.names[place] in MEDIA]
        body = body.with_tags(dict.fromkeys(media[MEDIA_MAX:], ""))
    body = body.stripped()
    return split(text.capped_marks(body.html)) if text.may_stack_marks(body.foreign) else body


def _without_empty_links(body: Pieces) -> Pieces:
    empty = [
        place
        for place in body.others
        if body.names[place : place + 2] == ["a", "/a"] and not body.texts[place + 1].strip()
    ]
    return body.with_tags({tag: "" for place in empty for tag in (place, place + 1)}) if empty else body


def _without_copies(body: Pieces) -> Pieces:
    """Return the HTML without images directly behind one of the same address: of two such images one is the
    copy for browsers without scripts."""
    images = [place for place in body.others if body.names[place] == "img"]
    copies = [
        place
        for before, place in pairwise(images)
        if place == before + 1
        and not body.texts[place].strip()
        and body.tags[place].split('"', 2)[1] == body.tags[before].split('"', 2)[1]
    ]
    return body.with_tags(dict.fromkeys(copies, "")) if copies else body
