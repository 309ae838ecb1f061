"""`add`: discover a feed, preview three items, write the source to sources.yaml."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from aggregator import config as configuration
from aggregator.cli.check import stored_feeds
from aggregator.cli.opening import at_hand, needed, taking_effect
from aggregator.cli.output import chosen, complain, confirmed, say
from aggregator.config import addresses
from aggregator.config.source_keys import FROM_ENTRY
from aggregator.editorial.present import present
from aggregator.editorial.rights import truncate
from aggregator.editorial.safe import masked_feed
from aggregator.errors import UsageError
from aggregator.model.decision import State
from aggregator.model.document import ReadResult
from aggregator.model.item import Item
from aggregator.model.push_settings import Network
from aggregator.model.release import Release
from aggregator.model.settings import Config, Republish, Source
from aggregator.model.stored import FeedInfo, Stored
from aggregator.parse.autodiscovery import Candidate
from aggregator.policy import home, source_ids
from aggregator.service import app
from aggregator.service.clients import visiting
from aggregator.service.discovery import discover, preview_job
from aggregator.service.editing import FileText, with_source
from aggregator.service.rewriting import rewrite
from aggregator.workers.pool import WorkerPool

EXCERPT_CHARS = 90  # of an item in the preview


def add(path: Path, options: configuration.Addition, *, yes: bool) -> int:
    """Discover the feed at or behind `options.feed`, preview three items, write the source.

    Return 1 when the operator declines.
    """
    config, url = at_hand(configuration.load(needed(path))), address(options.feed)
    stored = stored_feeds(config)
    config, networks = source_ids.bound(config, stored), configuration.checked(options)
    feed, read = asyncio.run(_find(config, url, networks, asks=not yes and sys.stdin.isatty()))
    organisation = options.organisation or _name(read.document.title)
    addition = replace(options, feed=feed, organisation=organisation)
    _, after = _edited(path, addition, stored)  # raises before the preview
    source = after.sources[-1]
    _preview(config, source, read)
    if warning := home.advice(after, source, read.items):
        complain(f"warning: {warning}")
    if not (yes or confirmed(f"Write it to {path} as source {source.id}?", f"add to {path}")):
        say("nothing was written")
        return 1
    edited, _ = _edited(path, addition, stored)  # anew: the file may have been edited during the question
    rewrite(path, edited)
    say(
        f"added to {path} as source {source.id}, which is part of its public addresses; "
        f"{taking_effect(path)}; then `publicwire poll {source.id}` fetches it at once"
    )
    return 0


def _edited(
    path: Path, addition: configuration.Addition, stored: Sequence[source_ids.StoredFeed]
) -> tuple[str, Config]:
    """Return text and configuration of the file with the source; ConfigError or UsageError."""
    return with_source(
        FileText(path).read(), path, addition, stored, cure=f"{source_ids.ADD_AN_ID} with --id"
    )


def address(url: str) -> str:
    """Return the web address that was given; UsageError for any other."""
    if "://" not in url and not url.lower().startswith("file:"):
        url = f"https://{url}"
    if not url.lower().startswith(("http://", "https://")):
        raise UsageError("`add` takes http:// and https:// URLs; write file: sources by hand")
    try:
        addresses.feed(url)
    except ValueError as error:
        raise UsageError(f"the URL {error}") from None
    return url


def _name(title: str) -> str:
    """Return a feed's title as the name to be written; "" for the word that would let its entries name
    themselves."""
    return "" if title == FROM_ENTRY else title


async def _find(
    config: Config, url: str, networks: tuple[Network, ...], *, asks: bool
) -> tuple[str, ReadResult]:
    """Return the feed's URL and contents: the URL itself, or a feed that the page there names.

    Of several the operator chooses one if `asks`, else the first that can be read is taken.
    """
    workers = WorkerPool()
    try:
        async with visiting(config, clock=app.utc_now, warn=complain) as client:
            found = await discover(
                url,
                client.fetch,
                lambda fetched: workers.run(preview_job(fetched, config, app.utc_now())),
                choose=lambda named: _chosen(named, asks=asks),
                networks=networks,
            )
            return found.address, found.read
    finally:
        await workers.close()


def _chosen(named: Sequence[Candidate], *, asks: bool) -> list[str]:
    """Return the URLs to try of the feeds that a page names; several are listed first."""
    if len(named) > 1:
        lines = (
            f"  {number}  {masked_feed(each.url)}  {each.title}".rstrip()
            for number, each in enumerate(named, 1)
        )
        say("\n".join(("feeds of this page:", *lines)))
        if asks:
            named = [named[chosen("Which one?", len(named)) - 1]]
    return [each.url for each in named]


def _preview(config: Config, source: Source, read: ReadResult) -> None:
    say(f"{read.document.title}\n{masked_feed(source.feed)}\n{len(read.items)} items; the first three:")
    for item in read.items[:3]:
        excerpt = truncate(item.text.partition("\n\n")[0], EXCERPT_CHARS)
        say(f"  {item.title or '(no title)'}\n      {excerpt or '(no text)'}")
    if read.items:
        release = _headline(config, source, read.items[0])
        say(f"under each: {' '.join(release.text.split())}")


def _headline(config: Config, source: Source, item: Item) -> Release:
    """Return an item as it will be published, of its text nothing but the title and the disclaimer."""
    now = app.utc_now()
    shown = min(item.claimed or now, now)
    stored = Stored(
        number=0,
        id="preview",
        public_id=item.guid or "preview",
        source=source.id,
        state=State.LIVE,
        item=item,
        shown=shown,
        updated=shown,
        first_seen=now,
        seq=0,
    )
    info = FeedInfo(source.id, source.feed, source.organisation, republish=Republish.HEADLINE)
    return present(stored, feed=info, publication=config.publication)
