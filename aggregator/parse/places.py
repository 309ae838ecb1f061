"""Places of elements: which field of the feed an element is, by the element that it stands in.

A table of (parent, element) → (field, children). An element without a place there, and all that stands in it,
says nothing of the feed: an image's title is no headline, and foreign markup is passed over (RFC 4287
section 6). Fields are names of feedparser's handlers, or of those that `feedparser_patches` adds.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Place(Struct, frozen=True):
    """Field that an element is read as, and the places of its children; None when they are its text."""

    field: str
    children: Places | None = None


Places = Mapping[str, Place]
NOTHING: Places = {}  # of an element that is plain text: markup within it does not count


def _same(names: str, children: Places | None = NOTHING) -> dict[str, Place]:
    """Return places of elements that are read under their own names."""
    return {name: Place(name, children) for name in names.split()}


_PERSON = _same("name email uri url homepage")
_PEOPLE = {
    **_same("author dc:creator dc:author itunes:author", _PERSON),
    **_same("managingeditor"),
}
# Text constructs: markup within them is their text. The text of an atom:link is none of its address.
_ATOM_LINK = {"atom:link": Place("atomlink", NOTHING)}
# RSL 1.0: what a licence permits, prohibits and costs.
_TERMS = {
    **_same("cc:license creativecommons:license"),
    "rsl:content": Place(
        "rsl:content",
        {"rsl:license": Place("rsl:license", _same("rsl:permits rsl:prohibits rsl:payment"))},
    ),
}
_LABELS = {
    **_TERMS,
    **_same("title dc:title rights copyright dc:rights", None),
    **_same("link language dc:language"),
    **_ATOM_LINK,
}
_MEDIA_OF_ITEM = {
    **_same("media:thumbnail media:player media:category media:keywords"),
    **_same("media:title media:description", None),
}
# What a picture or film says of itself stands for a release only that has no title or text.
_MEDIA_OF_CONTENT = {
    **_same("media:thumbnail media:player"),
    "media:title": Place("media:heading", None),
    "media:description": Place("media:caption", None),
}
_MEDIA = {
    **_MEDIA_OF_ITEM,
    "media:content": Place("media:content", _MEDIA_OF_CONTENT),
}
_SOURCE = {
    **_same("title rights", None),
    **_same("id updated link"),
    **_same("author", _PERSON),
    **_ATOM_LINK,
}
_CATEGORY: dict[str, Place] = {}
_CATEGORY["itunes:category"] = Place("itunes:category", _CATEGORY)  # a category within one is narrower

ITEM: dict[str, Place] = {
    **_PEOPLE,
    **_LABELS,
    **_MEDIA,
    "media:group": Place("media:group", _MEDIA),
    **_same("itunes:title", None),
    **_same("description summary abstract content content:encoded body xhtml:body fullitem", None),
    **_same("dc:description itunes:summary", None),
    **_same("guid id dc:identifier feedburner:origlink pheedo:origlink feedburner:origenclosurelink"),
    **_same("pubdate published issued updated modified created dc:date"),
    **_same("dcterms:issued dcterms:created dcterms:modified dcterms:valid mi:expirationdate"),
    **_same("category keywords tags dc:subject itunes:keywords"),
    **_CATEGORY,
    **_same("categories", _same("category")),
    **_same("enclosure itunes:image"),
    "image": Place("media:image", {"url": Place("media:imageurl", NOTHING)}),
    "source": Place("source", _SOURCE),
}
ITEM["item"] = ITEM["entry"] = Place("item", ITEM)  # where an end tag is missing

HEAD: dict[str, Place] = {
    **_PEOPLE,
    **_LABELS,
    **_same("ttl sy:updateperiod sy:updatefrequency"),
    **_same("skiphours skipdays", _same("hour day")),
    "item": Place("item", ITEM),
    "entry": Place("entry", ITEM),
}
HEAD["channel"] = Place("channel", HEAD)
HEAD["items"] = Place("items", HEAD)  # around the items of home-made feeds
