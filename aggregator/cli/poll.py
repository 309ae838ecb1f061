"""`serve` runs the service; `poll` polls once, itself or through the running service."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import uvloop
from msgspec.structs import asdict

from aggregator import config as configuration
from aggregator.cli import init, network, news
from aggregator.cli.opening import at_hand, in_force, loaded, origin_of
from aggregator.cli.output import ID_CHARS, REST, complain, say, say_json, say_wrapped, table
from aggregator.config import apart
from aggregator.config.together import check_together
from aggregator.errors import StoreBusy, UsageError
from aggregator.model.poll import Outcome, OutcomeKind
from aggregator.model.settings import Config
from aggregator.policy import reasons
from aggregator.service import app
from aggregator.service.clock_check import ClockCheck
from aggregator.service.live_config import LiveConfig
from aggregator.service.origin_steps import OriginSteps
from aggregator.service.releases import Releases
from aggregator.service.restyling import Restyling
from aggregator.storage import Storage
from aggregator.workers.process import start_forkserver

OF_A_CLUSTER = "several publications in one process are no nodes of a cluster: start a process for each"
TOO_FEW = "too few hosts have answered to check the clock by"
PREPARE_FROM = 20  # sources in one pass: some of them will have documents for the workers
ROWS_MAX = 40  # with more sources only those that changed or failed are listed
SERVICE_POLL_TIMEOUT = 300.0  # seconds for the running service to finish the polls


def serve(paths: Sequence[Path], *, log_format: str, log_level: str) -> int:
    """Run the service for each configuration until it is stopped and return the exit code."""
    from aggregator.cli.logging import set_up

    for path in paths:
        if not path.exists():
            init.offered(path)
    configs = [apart.load(path, os.environ) for path in paths]
    if len(configs) == 1:
        configs = [at_hand(configs[0])]
    check_together(configs)
    for warning in chain.from_iterable(map(configuration.warnings, configs)):
        complain(f"warning: {warning}")
    if any(each.database for each in configs):
        from aggregator.cli import nodes

        if any(map(nodes.is_cluster, configs)):
            if len(configs) > 1:
                raise UsageError(OF_A_CLUSTER)
            return nodes.serve(configs[0], log_format=log_format, log_level=log_level)
    set_up(log_format, log_level)
    try:
        return uvloop.run(app.serve(configs, started=_addresses(configs)))
    except StoreBusy as error:
        raise StoreBusy(f"{error}: stop it first, or give this service a `store` of its own") from error


def _addresses(configs: Sequence[Config]) -> Callable[[], None]:
    """Return what prints the addresses of a service, and keeps no configuration."""
    lines = [
        line
        for config in configs
        for line in (
            f"Publicwire serves {config.publication.name}",
            f"  pages and feeds  http://{config.listen}/",
        )
    ]
    lines.append(f"  status           http://{configs[0].admin}/{'status' if len(configs) == 1 else ''}")

    def printed() -> None:
        for line in (*lines, "  stop with Ctrl-C"):
            say(line)
        sys.stdout.flush()

    return printed


def poll(path: Path, ids: Sequence[str], *, as_json: bool) -> int:
    """Poll the sources named, or all except those under Retry-After, at a rate-limited host, or gone (410).

    Return 1 when any poll failed.
    """
    config = loaded(path, os.environ)
    named = list(dict.fromkeys(ids))
    with app.opened(config) as storage:
        config = in_force(storage, config, os.environ)
        for source_id in named:
            if config.source(source_id) is None:
                raise UsageError(f"there is no source called {source_id!r} in {origin_of(config)}")
            if _is_paused(config, source_id):
                raise UsageError(f"{source_id} is paused: remove `paused` in {origin_of(config)} to poll it")
        try:
            with storage.admin.poller(app.utc_now()):
                storage.admin.sync(config, app.utc_now())
                chosen, skipped = _selected(storage, config, named)
                with _progress(len(chosen), shown=not as_json) as advance:
                    outcomes = uvloop.run(_poll_all(storage, LiveConfig(config), chosen, advance))
        except StoreBusy:
            chosen, skipped = _selected(storage, config, named)
            outcomes = _poll_by_service(storage, chosen)
        found = news.NONE if as_json else news.news_of(storage, outcomes)
    _report(outcomes, found, as_json=as_json)
    paused = [each for each in skipped if _is_paused(config, each)]
    waiting = [each for each in skipped if each not in paused]
    if waiting and not as_json:
        why = "Retry-After, rate limit of the host, or 410"
        say(f"skipped ({why}): {', '.join(waiting)}; name one to poll it anyway")
    if paused and not as_json:
        say(f"paused: {', '.join(paused)}")
    addresses = {source.id: source.feed for source in config.sources}
    if warning := network.advice((addresses[each.source], each.cause) for each in outcomes):
        complain(f"warning: {warning}")
    return 1 if any(outcome.kind is OutcomeKind.FAILED for outcome in outcomes) else 0


def _is_paused(config: Config, name: str) -> bool:
    source = config.source(name)
    return source is not None and source.paused is not None and source.paused > app.utc_now()


def _selected(storage: Storage, config: Config, named: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the ids to poll, and the ids skipped for Retry-After, a rate limit or 410 unless named."""
    limited = () if named else storage.polls.rate_limited(app.utc_now())
    ids = named or [source.id for source in config.sources]
    return [each for each in ids if each not in limited], [each for each in ids if each in limited]


async def _poll_all(
    storage: Storage, current: LiveConfig, ids: Sequence[str], advance: Callable[[Outcome], None]
) -> tuple[Outcome, ...]:
    if len(ids) >= PREPARE_FROM:
        start_forkserver()
    check = ClockCheck(storage, lambda: current.config)
    async with app.polling(storage, current, heard=check.hear) as pipeline:
        _publish(storage, check)
        outcomes = await pipeline.run(ids, advance)
        await Restyling(storage, pipeline.reader, pipeline.write, clock=app.utc_now).run()
        _publish(storage, check)  # reinstated items that their origins said again
    if not check(app.utc_now()) and storage.items.release_due(app.utc_now(), 1):
        cure = "`publicwire clock confirm` releases them if this machine's time is right"
        complain(f"warning: held items do not go live: {check.doubt or TOO_FEW}; {cure}")
    return outcomes


def _publish(storage: Storage, check: ClockCheck) -> None:
    now = app.utc_now()
    OriginSteps(storage.origins).all(now)
    Releases(storage).all(now, releases_held=check(now))


def _poll_by_service(storage: Storage, ids: Sequence[str]) -> tuple[Outcome, ...]:
    """Make the sources due in the running service and wait until it has recorded their polls.

    A source that was just added is in the store once the service has reloaded its configuration. StoreBusy
    when the service ends before, or takes too long.
    """
    requested, announced, missing = app.utc_now(), set[str](), set(ids)
    give_up = time.monotonic() + SERVICE_POLL_TIMEOUT
    while time.monotonic() < give_up:
        is_polled = storage.admin.is_polled()  # before the outcomes: it may end right after the last
        stored = {health.feed.id: health.last for health in storage.overview.health()}
        if fresh := missing & stored.keys() - announced:
            storage.polls.poll_soon(sorted(fresh), requested)
            announced |= fresh
        outcomes = [stored.get(each) for each in ids]
        done = tuple(each for each in outcomes if each is not None and each.started >= requested)
        missing.difference_update(outcome.source for outcome in done)
        if not missing:
            return done
        if not is_polled:
            raise StoreBusy(
                f"the process that polls this store ended before it had polled {', '.join(sorted(missing))}: "
                "see its log, then poll again"
            )
        time.sleep(0.2)
    raise StoreBusy(
        f"the running service did not poll {', '.join(sorted(missing))} within {SERVICE_POLL_TIMEOUT:.0f} s; "
        "see its log or /status"
    )


@contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[Outcome], None]]:
    if not shown or not sys.stdout.isatty():
        yield lambda outcome: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    figures = (MofNCompleteColumn(), "{task.fields[rate]}", TimeRemainingColumn())
    columns = ("polling", BarColumn(), *figures, "{task.description}")
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("", total=total, rate="")

        def advance(outcome: Outcome) -> None:
            done, elapsed = bar.tasks[0].completed + 1, bar.tasks[0].elapsed or 0.0
            speed = f"{done / elapsed:.1f}/s" if elapsed >= 1 else ""
            bar.update(task, advance=1, description=outcome.source, rate=speed)

        yield advance


def _report(outcomes: Sequence[Outcome], found: news.News, *, as_json: bool) -> None:
    ordered = sorted(outcomes, key=lambda outcome: outcome.source)
    if as_json:
        say_json([_as_json(outcome) for outcome in ordered])
        return
    shown = ordered
    if len(ordered) > ROWS_MAX:
        shown = [each for each in ordered if each.kind in (OutcomeKind.CHANGED, OutcomeKind.FAILED)]
    if shown:
        rows = [
            (
                each.source,
                each.kind,
                str(each.new or "–"),
                str(each.edited or "–"),
                f"{each.seconds:.1f}",
                each.message,
            )
            for each in shown
        ]
        columns = ("source", "outcome", "new", "edited", "seconds", "message")
        table(columns, rows, cut={"source": ID_CHARS, "message": REST})
        if sys.stdout.isatty():  # whole, as it names the cure
            for each in shown:
                if each.kind is OutcomeKind.FAILED:
                    say_wrapped(f"{each.source}: {each.message}")
    news.tell(found)
    failed = sum(outcome.kind is OutcomeKind.FAILED for outcome in ordered)
    new, edited = sum(each.new for each in ordered), sum(each.edited for each in ordered)
    say(f"{len(ordered)} polled, {failed} failed: {new} new, {edited} edited")


def _as_json(outcome: Outcome) -> dict[str, object]:
    due = outcome.due
    return asdict(outcome) | {
        "due": due and due.at,
        "why": reasons.words(due) if due else "",
        "due_reason": due and due.reason,
    }
