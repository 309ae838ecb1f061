"""`check URL`: how well a feed is read, as a report for its publisher."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from msgspec import to_builtins

from aggregator import config as configuration
from aggregator.cli.add import address
from aggregator.cli.opening import current
from aggregator.cli.output import complain, say, say_json
from aggregator.editorial.safe import masked_feed
from aggregator.errors import PollError
from aggregator.model.finding import Observed
from aggregator.model.push_settings import Network
from aggregator.model.settings import Config
from aggregator.policy.feed_findings import WORDS, findings
from aggregator.render import feed_report
from aggregator.service import app
from aggregator.service.clients import visiting
from aggregator.service.discovery import Discovered, discover, observed, preview_job
from aggregator.workers.pool import WorkerPool


def report(path: Path, url: str, networks: Sequence[str], *, as_json: bool) -> int:
    """Fetch the feed at or behind a URL and print what it does badly, as Markdown or JSON; return 1 if that
    is anything."""
    config, asked = current(path), address(url)
    allowed = configuration.checked(configuration.Addition(asked, networks=tuple(networks)))
    try:
        found = asyncio.run(_found(config, asked, allowed))
    except PollError as error:
        title, seen, shown = "", Observed(error=str(error)), asked
    else:
        title, seen, shown = found.read.document.title, observed(found, found.fetched.url), found.address
    broken = findings(seen)
    if as_json:
        say_json([{**to_builtins(each), **WORDS[each.rule]._asdict()} for each in broken])
    else:
        say(feed_report.report(masked_feed(shown), title, len(seen.items), broken).rstrip())
    return 1 if broken else 0


async def _found(config: Config, url: str, networks: tuple[Network, ...]) -> Discovered:
    workers = WorkerPool()
    try:
        async with visiting(config, clock=app.utc_now, warn=complain) as client:
            return await discover(
                url,
                client.fetch,
                lambda fetched: workers.run(preview_job(fetched, config, app.utc_now())),
                choose=lambda named: [each.url for each in named],
                networks=networks,
            )
    finally:
        await workers.close()
