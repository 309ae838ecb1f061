"""Finds the feed at an address: the address itself, a feed that the page there names, or a usual address."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from aggregator.editorial.safe import masked_feed
from aggregator.errors import FetchError, ParseError, UsageError
from aggregator.model.document import Fetched, ReadJob, ReadResult
from aggregator.model.finding import Observed, ObservedItem
from aggregator.model.push_settings import Network
from aggregator.model.settings import Config, Source
from aggregator.parse.autodiscovery import Candidate, find_feeds, usual_addresses
from aggregator.parse.links import read_links
from aggregator.service.jobs import read_job

ACCEPT_ALL = "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.8, */*;q=0.5"


class Fetches(Protocol):
    """Fetches an address, as `Visitor` and `Client` do."""

    def __call__(
        self, url: str, *, accept: str = ..., networks: tuple[Network, ...] = ...
    ) -> Awaitable[Fetched]: ...


class Discovered(Struct, frozen=True):
    """A feed: the address to configure, and the document there."""

    address: str
    fetched: Fetched
    read: ReadResult


async def discover(
    url: str,
    fetch: Fetches,
    read: Callable[[Fetched], Awaitable[ReadResult]],
    *,
    choose: Callable[[Sequence[Candidate]], Sequence[str]],
    networks: tuple[Network, ...] = (),
) -> Discovered:
    """Return the feed at or behind an address. `choose` returns the addresses to try of those that a page
    names. FetchError; UsageError when there is none."""
    fetched = await fetch(url, accept=ACCEPT_ALL, networks=networks)
    try:
        return Discovered(_written(url, fetched), fetched, await read(fetched))
    except ParseError:
        named = find_feeds(fetched.body or b"", fetched.url, read_links(fetched.headers))
    for candidate in choose(named) or usual_addresses(fetched.url):
        try:
            answer = await fetch(candidate, networks=networks)
            return Discovered(_written(candidate, answer), answer, await read(answer))
        except (FetchError, ParseError):
            continue
    raise UsageError(f"no feed found at {masked_feed(url)}: give the URL of the feed itself")


def preview_job(fetched: Fetched, config: Config, now: datetime) -> ReadJob:
    """Return the worker job that reads the document of an address that is no source yet."""
    source = Source(id="preview", feed=fetched.url)
    return read_job(fetched, source, now, max_bytes=config.poll.max_bytes)


def observed(found: Discovered, asked: str) -> Observed:
    """Return a feed as it was read from an address, to be judged by `policy.feed_findings`."""
    items, fetched = found.read.items, found.fetched
    with_ids = [item.guid for item in items if item.guid]
    links = {item.url for item in items if item.url}
    return Observed(
        items=tuple(
            ObservedItem(
                item.title,
                item.flags,
                is_dated=item.claimed is not None,
                has_id=bool(item.guid),
                has_link=bool(item.url),
                has_title=not item.untitled,
                has_text=bool(item.text or item.summary),
            )
            for item in items
        ),
        is_cut_off=found.read.document.truncated,
        invalid=found.read.invalid,
        moved_to=fetched.url if fetched.permanent and fetched.url != asked else "",
        has_validators=bool(fetched.validators.etag or fetched.validators.last_modified),
        content_type=fetched.content_type,
        are_ids_shared=len({*with_ids}) < len(with_ids),
        are_links_shared=len(items) > 1 and len(links) == 1,
    )


def _written(url: str, fetched: Fetched) -> str:
    """Return the address to write: where permanent redirects alone lead, else the one that was given, for a
    temporary redirect may lead elsewhere tomorrow (RFC 9110 section 15.4.3)."""
    return fetched.url if fetched.permanent else url
