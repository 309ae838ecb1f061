"""Metadata of a channel: title, addresses, language, id. Knows nothing of its items."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from aggregator.editorial.names import language as language_name
from aggregator.editorial.names import topic_description, topic_name
from aggregator.editorial.safe import language_tag, line
from aggregator.model.release import Channel
from aggregator.model.settings import Publication
from aggregator.model.stored import FeedInfo


def describe(
    name: str,
    publication: Publication,
    feeds: Sequence[FeedInfo],
    *,
    seq: int,
    changed: datetime | None,
    authority: str,
) -> Channel:
    """Return the channel of a name ("", "topics/T", "sources/S", "languages/L") with its metadata.

    `authority` is the taggingEntity of all tag: URIs of this store (RFC 4151 section 2).
    """
    kind, _, value = name.partition("/")
    feed = next((feed for feed in feeds if kind == "sources" and feed.id == value), None)
    label = line(feed.organisation or feed.title) if feed else ""
    language = {"languages": value, "sources": feed.language if feed else ""}.get(kind, "")
    path = quote(name)
    title = line(publication.name)
    about = f"{label or line(_words(kind, value, publication))} · {title}" if name else title
    described = topic_description(publication, value) if kind == "topics" else ""
    described = described or line(publication.description)
    return Channel(
        name=name,
        title=about,
        page=publication.url + path,
        address=f"{publication.url}{path}/" if name else publication.url,
        language=language_tag(language) or language_tag(publication.language),
        seq=seq,
        changed=changed,
        description=described or f"{about}. Public releases, each with its original.",
        id=f"tag:{authority}:channel/{path or 'all'}",
        rights=line(feed.rights) if feed else "",
        publisher=title,
        publisher_page=publication.url,
    )


def withdrawals(publication: Publication, changed: datetime | None, authority: str) -> Channel:
    """Return the channel of all withdrawals and corrections."""
    title = f"Withdrawals and corrections · {line(publication.name)}"
    return Channel(
        name="withdrawals",
        title=title,
        page=publication.url,
        address=publication.url,
        stem="withdrawals",
        language="en",
        changed=changed,
        description=f"{title}. The last change of each release that was withdrawn, corrected or restored.",
        id=f"tag:{authority}:channel/withdrawals",
        publisher=line(publication.name),
        publisher_page=publication.url,
    )


def search(publication: Publication, query: str, changed: datetime | None, authority: str) -> Channel:
    """Return the channel of a search, whose addresses hold the query."""
    name, asked = line(publication.name), f"?q={quote(query, safe='')}"
    title = f"{line(query)} · {name}"
    return Channel(
        name="search",
        title=title,
        page=f"{publication.url}search{asked}",
        address=f"{publication.url}search/",
        query=asked,
        language=language_tag(publication.language),
        changed=changed,
        description=f"{title}. Public releases that match a search, each with its original.",
        id=f"tag:{authority}:channel/search{asked}",
        publisher=name,
        publisher_page=publication.url,
    )


def _words(kind: str, value: str, publication: Publication) -> str:
    """Return the selection of a channel in words; the id of a source that is unknown."""
    if kind == "topics":
        return topic_name(publication, value)
    return language_name(value) if kind == "languages" else value
