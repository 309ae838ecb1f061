"""Attribution of a release, shared by the three formats: authors, source feed, rights and licence link."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model import Origin, Release

_CREATIVE_COMMONS = "https://creativecommons.org/"


@dataclass(frozen=True, slots=True)
class SourceFeed:
    """The feed an item came from (atom:source, RFC 4287 section 4.2.11). `feed` is its own address, or ""."""

    id: str
    title: str
    feed: str
    link: str
    updated: datetime
    rights: str
    authors: tuple[str, ...] = ()


def names(release: Release) -> tuple[str, ...]:
    """Return the authors: the organisation, then the persons, without duplicates."""
    return tuple(dict.fromkeys((release.organisation, *release.authors)))


def source_feed(release: Release) -> SourceFeed:
    """Return the original feed that an aggregating source named for the item, else the source itself.

    The atom:source of any other source is provenance only: it could name anybody.
    """
    source, origin = release.source, release.origin
    if origin is None or not source.from_entry:
        title = source.title or source.organisation
        return SourceFeed(source.feed, title, source.feed, source.link, release.updated, source.rights)
    address = origin.self_url or origin.link or source.feed
    return SourceFeed(
        id=origin.id
        if ":" in origin.id
        else address,  # atom:id must be an IRI; some feeds have a bare number
        title=origin.title or release.organisation,
        feed=origin.self_url,
        link=origin.link,
        updated=datetime.fromisoformat(origin.updated) if origin.updated else release.updated,
        rights=origin.rights,
        authors=origin.authors,
    )


def provenance(release: Release) -> Origin | None:
    """Return the original feed that an item names without being believed, None for none."""
    return None if release.source.from_entry else release.origin


def rights(release: Release) -> str:
    """Return the text of dc:rights and atom:rights: an unlinked licence, then the origin's rights."""
    licence = release.source.licence
    unlinked = "" if licence_address(licence) else licence
    return " · ".join(part for part in (unlinked, release.rights) if part)


def licence_address(licence: str) -> str:
    """Return the URL of a licence: itself if it is one, the page of a Creative Commons SPDX id, else ""."""
    if licence.startswith(("http://", "https://")):
        return licence
    name = licence.upper()
    if name == "CC0-1.0":
        return f"{_CREATIVE_COMMONS}publicdomain/zero/1.0/"
    parts = name.split("-")
    if parts[0] == "CC" and len(parts) >= 3 and all(part.isalnum() for part in parts[1:-1]):
        return f"{_CREATIVE_COMMONS}licenses/{'-'.join(parts[1:-1]).lower()}/{parts[-1]}/"
    return ""
