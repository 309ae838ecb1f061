"""`withdrawals`: what origins would withdraw and the breaker has suspended, and the operator's decision."""

from aggregator.cli.items import summary_json
from aggregator.cli.location import Location
from aggregator.cli.opening import opened
from aggregator.cli.output import REST, confirmed, say, say_json, table
from aggregator.cli.verbs import BATCH, operator
from aggregator.errors import UsageError
from aggregator.model.stored import Stored
from aggregator.model.withdrawal import OriginStep
from aggregator.policy.origin_steps import accepted, declined
from aggregator.service import app
from aggregator.storage import Storage

REASON_CHARS = 30  # in a table of 80 columns
Suspended = tuple[tuple[Stored, OriginStep], ...]


def listed(where: Location, source: str, *, as_json: bool) -> None:
    """Print the suspended withdrawals of a source, "" for all."""
    with opened(where) as storage:
        found = _suspended(storage, source)
        names = {feed.id: feed for feed in storage.items.feeds()}
    if as_json:
        say_json(
            [
                {
                    **summary_json(item, names[item.source]),
                    "trigger": step.trigger,
                    "origin_says": step.reason,
                }
                for item, step in found
            ]
        )
        return
    rows = [(item.id, item.source, step.reason, item.item.title) for item, step in found]
    table(("item", "source", "origin says", "title"), rows, cut={"origin says": REASON_CHARS, "title": REST})


def decide(where: Location, source: str, reason: str, *, accepts: bool, yes: bool) -> int:
    """Let all suspended withdrawals of a source pass, or drop them; return 1 when the operator does not
    confirm.

    Several short transactions: one that was cut off can be called again.
    """
    if not source:
        raise UsageError("name a source: `publicwire withdrawals` lists them")
    with opened(where) as storage:
        found = _suspended(storage, source)
        count = len({item.number for item, _ in found})
        act = f"{'withdraw' if accepts else 'keep'} {count} items of {source}"
        if found and not yes and not confirmed(f"{act.capitalize()}?", act):
            say("nothing was changed")
            return 1
        for start in range(0, len(found), BATCH):
            batch, now = found[start : start + BATCH], app.utc_now()
            steps = (
                accepted(batch, actor=operator(), now=now)
                if accepts
                else declined(batch, reason=reason, actor=operator(), now=now)
            )
            storage.origins.decide(steps, [each for _, each in batch], now)
    say(f"{count} items of {source} {'withdrawn' if accepts else 'stay as they are'}")
    return 0


def _suspended(storage: Storage, source: str) -> Suspended:
    if source and storage.items.feed(source) is None:
        raise UsageError(f"there is no source called {source!r}: `publicwire sources` lists them")
    return storage.origins.suspended(source)
