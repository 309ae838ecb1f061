"""Rate limit of log records that a stranger can cause at will: one of a kind a minute, and their sum."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PERIOD = 60.0  # seconds
SERVER = "uvicorn.error"  # logger of the HTTP server: whatever it says of a request, its client causes
# Events of ours: a hub's requests to the callback, requests to our own hub and what comes of them, a store
# that does not answer.
SUMMED = frozenset(
    {
        "hub: callback gone",
        "hub: callback not reached",
        "hub: dead callback dropped",
        "hub: delivery failed",
        "hub: no room for another subscription",
        "hub: subscription denied",
        "hub: subscription not verified",
        "hub: subscription verified",
        "delivery accepted",
        "delivery rejected",
        "subscription confirmed",
        "subscription denied",
        "storage unreadable",
    }
)


@dataclass(slots=True)
class _Kind:
    """Records of one event of one source since the first; `left_out` were not logged."""

    first: logging.LogRecord
    left_out: int = 0


def _later(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


class FloodFilter(logging.Filter):
    """Filter of a handler: passes the first record of a kind, counts the others of the next minute.

    Their number follows as `times` in one more record: before the next record of any kind, or when `later`
    calls back, at most two minutes after the first. Times of records are by `clock`, seconds since 1970.
    """

    def __init__(
        self,
        handler: logging.Handler,
        later: Callable[[float, Callable[[], None]], None] = _later,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._handler, self._later, self._clock = handler, later, clock
        self._kinds: dict[tuple[str, object], _Kind] = {}
        self._is_waiting = False
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged; sums that are due are logged first."""
        with self._lock:
            due = [*self._ended(record.created)]
            is_passed = self._counts(record)
            self._wait()
        self._emit(due)
        return is_passed

    def close(self) -> None:
        """Log all sums, due or not."""
        with self._lock:
            due = [*self._ended(float("inf"))]
        self._emit(due)

    def _called_back(self) -> None:
        with self._lock:
            due = [*self._ended(self._clock())]
            self._is_waiting = False
            self._wait()
        self._emit(due)

    def _wait(self) -> None:
        """Have a call back ordered while there is something to sum up."""
        if not self._is_waiting and any(kind.left_out for kind in self._kinds.values()):
            self._is_waiting = True
            self._later(PERIOD, self._called_back)

    def _emit(self, records: list[logging.LogRecord]) -> None:
        with self._handler.lock or contextlib.nullcontext():
            for each in records:
                self._handler.emit(each)

    def _counts(self, record: logging.LogRecord) -> bool:
        if record.msg not in SUMMED and record.name != SERVER:
            return True
        key = (str(record.msg), _fields(record).get("source"))
        if (kind := self._kinds.get(key)) is None:
            self._kinds[key] = _Kind(record)
            return True
        kind.left_out += 1
        return False

    def _ended(self, now: float) -> Iterator[logging.LogRecord]:
        for key, kind in [*self._kinds.items()]:
            if not 0 <= now - kind.first.created < PERIOD:  # or the clock was set back
                del self._kinds[key]
                if kind.left_out:
                    yield _sum(kind)


def _sum(kind: _Kind) -> logging.LogRecord:
    summed = logging.makeLogRecord(kind.first.__dict__)
    summed.fields = {**_fields(kind.first), "times": kind.left_out}
    return summed


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields = getattr(record, "fields", None)
    return fields if isinstance(fields, dict) else {}
