"""Rate limit of log records that a stranger can cause at will: one of a kind a minute, and their sum."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass

PERIOD = 60.0  # seconds
# Records of a hub's requests to the callback, of requests that are no HTTP, of a store that does not answer.
SUMMED = frozenset(
    {
        "delivery accepted",
        "delivery rejected",
        "subscription confirmed",
        "subscription denied",
        "storage unreadable",
        "Invalid HTTP request received.",
    }
)


@dataclass(slots=True)
class _Kind:
    """Records of one event of one source since the first; `left_out` were not logged."""

    first: logging.LogRecord
    left_out: int = 0


class FloodFilter(logging.Filter):
    """Filter of a handler: passes the first record of a kind, counts the others of the next minute.

    Their number follows as `times` in one more record, before the next record of any kind. Times are those
    of the records.
    """

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__()
        self._handler = handler
        self._kinds: dict[tuple[str, object], _Kind] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged; sums that are due are logged first."""
        with self._lock:
            due = [*self._ended(record.created)]
            is_passed = self._counts(record)
        for each in due:
            self._handler.emit(each)
        return is_passed

    def _counts(self, record: logging.LogRecord) -> bool:
        if record.msg not in SUMMED:
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
