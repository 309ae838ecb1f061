"""Who released an item, where it came from and under which licence, for all three formats alike."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model import Release

_CREATIVE_COMMONS = "https://creativecommons.org/"


@dataclass(frozen=True, slots=True)
class Lineage:
    """The feed an item came from (RFC 4287 section 4.2.11). `feed` is always an address."""

    id: str
    title: str
    feed: str
    link: str
    updated: datetime
    rights: str


def names(release: Release) -> tuple[str, ...]:
    """The organisation, then the people, each once."""
    return tuple(dict.fromkeys((release.organisation, *release.authors)))


def lineage(release: Release) -> Lineage:
    """The feed the item was first in: what an aggregating source said of it, else the source itself."""
    source, origin = release.source, release.origin
    if origin is None:
        title = source.title or source.organisation
        return Lineage(source.feed, title, source.feed, source.link, release.updated, source.rights)
    feed = origin.link or source.feed
    iri = origin.id if ":" in origin.id else feed  # some feeds write a mere number there
    return Lineage(iri, origin.title or release.organisation, feed, "", release.updated, release.rights)


def rights(release: Release) -> str:
    """What RSS and Atom say of rights in words: the origin's, after a licence that has no address to link."""
    unlinked = "" if licence_address(release.licence) else release.licence
    return " · ".join(said for said in (unlinked, release.rights) if said)


def licence_address(licence: str) -> str:
    """Where a licence is to be read: an address as it is, an SPDX name at its publisher, else ""."""
    if licence.startswith(("http://", "https://")):
        return licence
    name = licence.upper()
    if name == "CC0-1.0":
        return f"{_CREATIVE_COMMONS}publicdomain/zero/1.0/"
    parts = name.split("-")
    if parts[0] == "CC" and len(parts) >= 3 and all(part.isalnum() for part in parts[1:-1]):
        return f"{_CREATIVE_COMMONS}licenses/{'-'.join(parts[1:-1]).lower()}/{parts[-1]}/"
    return ""
