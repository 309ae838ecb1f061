"""`serve` and `poll`: running the line, as a service or once."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import uvloop

from aggregator import config as configuration
from aggregator.cli.output import complain, say, say_json, table
from aggregator.errors import StoreBusy, UsageError
from aggregator.log import silence
from aggregator.model import Outcome, OutcomeKind
from aggregator.model.settings import Config
from aggregator.policy import reasons
from aggregator.service import app, maintenance
from aggregator.service.live_config import LiveConfig
from aggregator.storage import Storage
from aggregator.workers.pool import WorkerPool

MANY = 20  # sources, of which some will have something new
SERVICE_POLL_TIMEOUT = 300.0  # seconds we wait for a running service to poll for us
KINDS = {
    OutcomeKind.CHANGED: "changed",
    OutcomeKind.UNCHANGED: "same",
    OutcomeKind.NOT_MODIFIED: "same (304)",
    OutcomeKind.FAILED: "FAILED",
}


def serve(path: Path, *, log_format: str) -> int:
    """Run the service; returns the exit code."""
    from aggregator.cli.logging import set_up
    from aggregator.service import app  # the web and what it logs with are loaded only to serve

    config = configuration.load(path, os.environ)
    set_up(log_format)
    for warning in configuration.warnings(config):
        complain(f"warning: {warning}")
    return uvloop.run(app.serve(path, started=lambda: _say_where(config)))


def _say_where(config: Config) -> None:
    say(f"Publicwire serves {config.publication.name}")
    say(f"  pages and feeds  http://{config.listen}/")
    say(f"  status           http://{config.admin}/status")
    say("  stop with Ctrl-C")
    sys.stdout.flush()


def poll(path: Path, ids: Sequence[str], *, as_json: bool) -> int:
    """Poll these sources, or all but those whose origins asked to be left alone; 1 when any failed."""
    config = configuration.load(path, os.environ)
    named = _known(config, ids)
    with silence(), app.opened(config) as storage:
        try:
            with storage.admin.poller():
                storage.admin.sync(config, app.utc_now())
                chosen, alone = _chosen(storage, config, named)
                with _progress(len(chosen), shown=not as_json) as advance:
                    outcomes = uvloop.run(_pass(storage, LiveConfig(config), chosen, advance))
        except StoreBusy:
            chosen, alone = _chosen(storage, config, named)
            outcomes = _by_service(storage, chosen)
    _report(outcomes, as_json=as_json)
    if alone and not as_json:
        say(f"left alone, as their origins asked: {', '.join(alone)}; name one to poll it all the same")
    return 1 if any(outcome.kind is OutcomeKind.FAILED for outcome in outcomes) else 0


def _known(config: Config, ids: Sequence[str]) -> list[str]:
    for wanted in ids:
        if config.source(wanted) is None:
            raise UsageError(f"there is no source called {wanted!r} in {config.path}")
    return list(dict.fromkeys(ids))


def _chosen(storage: Storage, config: Config, named: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those to be polled, and those left alone."""
    asked = () if named else storage.polls.rate_limited(app.utc_now())
    ids = named or [source.id for source in config.sources]
    return [each for each in ids if each not in asked], [each for each in ids if each in asked]


async def _pass(
    storage: Storage, current: LiveConfig, ids: Sequence[str], advance: Callable[[Outcome], None]
) -> tuple[Outcome, ...]:
    workers = WorkerPool()
    if len(ids) >= MANY:
        workers.prepare()
    async with app.polling(storage, current, workers) as line:
        maintenance.release(storage, app.utc_now())
        return await line.pipeline.run(ids, advance)


def _by_service(storage: Storage, ids: Sequence[str]) -> tuple[Outcome, ...]:
    """A service is polling this store: let it poll for us, and wait for what it reports."""
    asked = app.utc_now()
    storage.polls.poll_soon(ids, asked)
    wanted = set(ids)
    give_up = time.monotonic() + SERVICE_POLL_TIMEOUT
    while time.monotonic() < give_up:
        done = [health.last for health in storage.admin.health() if health.feed.id in wanted and health.last]
        fresh = tuple(outcome for outcome in done if outcome.started >= asked)
        if len(fresh) == len(ids):
            return fresh
        time.sleep(0.2)
    raise StoreBusy(
        f"the running service did not poll within {SERVICE_POLL_TIMEOUT:.0f} s; see its log or /status"
    )


@contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[Outcome], None]]:
    if not shown or not sys.stdout.isatty():
        yield lambda outcome: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(
        TextColumn("polling"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda outcome: bar.update(task, advance=1, description=outcome.source)


def _report(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    ordered = sorted(outcomes, key=lambda outcome: outcome.source)
    if as_json:
        say_json([_as_json(outcome) for outcome in ordered])
        return
    shown = [outcome for outcome in ordered if outcome.kind in (OutcomeKind.CHANGED, OutcomeKind.FAILED)]
    if len(ordered) <= 40:
        shown = ordered
    if shown:
        table(
            ("source", "outcome", "new", "edited", "seconds", "what happened"), [_row(each) for each in shown]
        )
    failed = sum(outcome.kind is OutcomeKind.FAILED for outcome in ordered)
    new, edited = sum(each.new for each in ordered), sum(each.edited for each in ordered)
    say(f"{len(ordered)} polled, {failed} failed: {new} new, {edited} edited")


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.source,
        KINDS[outcome.kind],
        str(outcome.new or "–"),
        str(outcome.edited or "–"),
        f"{outcome.seconds:.1f}",
        outcome.message,
    )


def _as_json(outcome: Outcome) -> dict[str, object]:
    told = asdict(outcome)
    told["started"] = outcome.started.isoformat()
    due = outcome.due
    told |= {
        "due": due.at.isoformat() if due else None,
        "why": reasons.words(due) if due else "",
        "due_reason": due.reason.value if due else None,
    }
    return told
