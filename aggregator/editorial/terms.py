"""Terms of a release: those of the operator and of its origin together, of which the stricter wins.

Nothing is granted that was not given: use to train a model is prohibited unless somebody allows it and nobody
prohibits it.
"""

import re
from collections.abc import Iterable

from msgspec.structs import replace

from aggregator.editorial.safe import web_address
from aggregator.model.rights import UNSAID, USES, Terms, Use
from aggregator.model.stored import FeedInfo

_CREATIVE_COMMONS = "https://creativecommons.org/"
_CC_NAME = re.compile(r"cc-(by(?:-nc)?(?:-sa|-nd)?)-([1-4]\.[05])(?:-([a-z]{2,4}))?")  # SPDX
_CC_ADDRESS = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z+-]+)/([0-9]\.[0-9])"
    r"(?:/([a-z]{2,4}))?(?:/(?:deed|legalcode)?(?:\.[a-z-]+)?)?",
    re.IGNORECASE,
)


def combined(feed: FeedInfo, of_item: Terms | None = None) -> Terms:
    """Return the terms of an item of a source. Of the origin's licences the item's counts first."""
    origins = (feed.site_terms, feed.terms, of_item or UNSAID)
    uses = {name: _use(getattr(terms, name) for terms in (feed.ai, *origins)) for name in USES}
    terms = Terms(licence(feed.licence, *(each.licence for each in origins)), **uses)
    return terms if terms.train is Use.ALLOW else replace(terms, train=Use.PROHIBIT)


def strictest(feeds: Iterable[FeedInfo]) -> Terms:
    """Return terms as strict as those of each feed, without a licence: allowed is what all of them allow."""
    each = [combined(feed) for feed in feeds]
    found = {name: {getattr(terms, name) for terms in each} or {Use.PROHIBIT} for name in USES}
    strictness = (Use.PROHIBIT, Use.UNSAID, Use.ALLOW)
    return Terms(**{name: next(use for use in strictness if use in uses) for name, uses in found.items()})


def in_words(terms: Terms) -> str:
    """Return terms in one line for the operator, such as `CC-BY-4.0, AI: train prohibit`; "" for none."""
    uses = ", ".join(f"{name} {use}" for name in USES if (use := getattr(terms, name)) is not Use.UNSAID)
    return ", ".join(filter(None, (terms.licence, uses and f"AI: {uses}")))


def licence(configured: str, *stated: str) -> str:
    """Return the licence of the operator or the last one that the origin states, the stricter; the origin's
    where they cannot be compared: it is the licensor."""
    return _licence(configured, next(filter(None, reversed(stated)), ""))


def licence_key(licence: str) -> str:
    """Return what all ways to write a licence have in common: SPDX id and addresses of a Creative Commons
    licence, upper and lower case, blanks."""
    name = " ".join(licence.casefold().split())
    found = _CC_ADDRESS.fullmatch(licence_address(name))
    return "/".join(filter(None, found.groups())) if found else name


def licence_name(licence: str) -> str:
    """Return the SPDX id of a Creative Commons licence that is given by its address, any other licence as it
    is: what is shown of all ways to write one."""
    found = _CC_ADDRESS.fullmatch(licence_address(licence))
    if found is None or (found[1].lower(), found[2].lower()) == ("publicdomain", "mark"):
        return licence
    kind = "CC0" if found[1].lower() == "publicdomain" else f"CC-{found[2]}"
    return "-".join(filter(None, (kind, found[3], found[4]))).upper()


def licence_address(licence: str) -> str:
    """Return the URL of a licence: itself if it is one, the page of a Creative Commons SPDX id; "" for other
    words."""
    if address := web_address(licence):
        return address
    name = licence.lower()
    if name == "cc0-1.0":
        return f"{_CREATIVE_COMMONS}publicdomain/zero/1.0/"
    found = _CC_NAME.fullmatch(name)
    place = "/".join(filter(None, found.groups())) if found else ""
    return f"{_CREATIVE_COMMONS}licenses/{place}/" if place else ""


def is_creative_commons(address: str) -> bool:
    """Return whether the address of a licence is one of Creative Commons."""
    return _CC_ADDRESS.fullmatch(address) is not None


def _use(stated: Iterable[Use]) -> Use:
    found = set(stated)
    return next((use for use in (Use.PROHIBIT, Use.ALLOW) if use in found), Use.UNSAID)


def _licence(configured: str, stated: str) -> str:
    """Return the stricter licence; the origin's where they cannot be compared: it is the licensor."""
    if not stated or not configured:
        return stated or configured
    ours, theirs = _conditions(configured), _conditions(stated)
    return configured if ours is not None and theirs is not None and ours > theirs else stated


def _conditions(licence: str) -> frozenset[str] | None:
    """Return the conditions of a Creative Commons licence (by, nc, nd, sa); none of the public domain, None
    for any other licence."""
    found = _CC_ADDRESS.fullmatch(licence_address(licence))
    if found is None:
        return None
    return frozenset(found[2].lower().split("-")) if found[1].lower() == "licenses" else frozenset()
