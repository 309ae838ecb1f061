"""Alerts about the service itself. Pure: `now` is given, and what was measured."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.model.alert import AlertKind

FREE_BYTES_MIN, FREE_SHARE_MIN = 1_000_000_000, 0.1  # of a disk: nearly full below both
DEATHS_MIN = 10  # of workers in an hour
HELD_AGAIN_AFTER = timedelta(days=1)  # between two alerts of items that wait for the operator


class ServiceState(Struct, frozen=True):
    """Measurements of a service."""

    mistakes: str  # of an edited sources.yaml, a line each
    backup: str | None  # error of the last one; "": it was made; None: unknown
    disk_free: int  # bytes
    disk_total: int
    deaths: int  # of workers in the last hour
    held: int  # items that only an operator releases
    untold: int = 0  # messages that webhooks have not accepted for days
    clock: str = ""  # why the clock releases no held items
    look: str = ""  # why logo or templates are not shown, a line each
    desk: str = ""  # address of the desk, once there are users


def judged(state: ServiceState) -> Mapping[AlertKind, str]:
    """Return the sentence of each kind of alert while it holds, "" when it is over.

    A kind that is missing stays as it is.
    """
    mistakes, look = _first(state.mistakes), _first(state.look)
    is_full = state.disk_free < min(FREE_BYTES_MIN, FREE_SHARE_MIN * state.disk_total)
    found = {
        AlertKind.CONFIGURATION: mistakes
        and f"sources.yaml was edited and not reloaded, the last valid one stays in force: {mistakes}",
        AlertKind.LOOK: look and f"a part of the own look is not shown on pages: {look}",
        AlertKind.DISK: f"the disk of the store has {state.disk_free // 10**6:,} MB left" if is_full else "",
        AlertKind.WORKERS: f"{state.deaths} workers died in an hour: see the log for their sources"
        if state.deaths >= DEATHS_MIN
        else "",
        AlertKind.HELD: "items wait for an operator, "
        f"{state.held} now: see {state.desk or '`publicwire items --state held`'}"
        if state.held
        else "",
        AlertKind.WEBHOOK: f"webhooks have not accepted {state.untold} messages for 3 days: see the log"
        if state.untold
        else "",
    }
    cure = "`publicwire clock confirm` releases them if this machine's time is right"
    found[AlertKind.CLOCK] = state.clock and f"held items do not go live by the clock: {state.clock}; {cure}"
    if state.backup is not None:
        found[AlertKind.BACKUP] = state.backup and f"the nightly backup failed: {state.backup}"
    return found


def _first(lines: str) -> str:
    """Return the first line, and how many more there are."""
    first, _, more = lines.partition("\n")
    return f"{first} (and {more.count(chr(10)) + 1} more)" if more else first


def is_held_again(told: int, newest: int, last: datetime | None, now: datetime) -> bool:
    """Return whether items that came to wait after number `told` raise another alert after the last."""
    return newest > told and (last is None or now - last >= HELD_AGAIN_AFTER)
