"""Events logged within a block, as the values they were logged with."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aggregator.log import log


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = getattr(record, "fields", {})
        self.events.append({**fields, "event": record.msg, "log_level": record.levelname.lower()})


@contextmanager
def capture_logs() -> Iterator[list[dict[str, object]]]:
    """Collect the events of `aggregator.log`, informational ones included."""
    collector, level = _Collector(), log.logger.level
    log.logger.addHandler(collector)
    log.logger.setLevel(logging.INFO)
    try:
        yield collector.events
    finally:
        log.logger.removeHandler(collector)
        log.logger.setLevel(level)
