"""Attribution of a release, shared by the three formats: authors, source feed, rights and licence link."""

from datetime import datetime

from msgspec import Struct

from aggregator.editorial.terms import licence_address
from aggregator.model.entry import Origin
from aggregator.model.release import Release


class SourceFeed(Struct, frozen=True):
    """The feed an item came from (atom:source, RFC 4287 section 4.2.11). `feed` is its own address, or ""."""

    id: str
    title: str
    feed: str
    link: str
    updated: datetime
    rights: str
    authors: tuple[str, ...] = ()


def people(release: Release) -> tuple[str, ...]:
    """Return the authors beside the organisation, which alone stands as the author of an entry: feed readers
    join several in one line."""
    return tuple(name for name in release.authors if name != release.organisation)


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
    licence = release.terms.licence
    unlinked = "" if licence_address(licence) else licence
    return " · ".join(part for part in (unlinked, release.rights) if part)
