"""Form of the log: one line an event on stderr, key=value or JSON, for our events and those of libraries."""

import atexit
import logging
import os
import sys
from collections.abc import Callable

import structlog
from structlog.typing import EventDict, Processor

from aggregator.cli.log_floods import FloodFilter
from aggregator.errors import UsageError
from aggregator.fetch.address import printable
from aggregator.log import log

FORMATS: dict[str, Callable[[], Processor]] = {
    "console": lambda: structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty() and not os.environ.get("NO_COLOR"),  # https://no-color.org
        sort_keys=False,
        timestamp_key="at",
        pad_event_to=0,
    ),
    "logfmt": lambda: structlog.processors.LogfmtRenderer(
        key_order=["at", "level", "event"], bool_as_flag=False
    ),
    "json": structlog.processors.JSONRenderer,
}


TIMES = {"console": "%H:%M:%S"}  # a line at a terminal is short; its day is known
LEVELS = ("debug", "info", "warning", "error")


def set_up(log_format: str = "", log_level: str = "info") -> None:
    """Send all log records of this process to stderr; libraries log from warnings on, we from `log_level` on.

    `log_format` is a key of FORMATS; "" is console on a terminal and logfmt elsewhere. Raises UsageError.
    """
    if log_level not in LEVELS:
        raise UsageError(f"--log-level is {', '.join(LEVELS)}, not {log_level!r}")
    chosen = log_format or ("console" if sys.stderr.isatty() else "logfmt")
    if chosen not in FORMATS:
        raise UsageError(f"--log-format is {', '.join(FORMATS)}, not {log_format!r}")
    handler = logging.StreamHandler()
    floods = FloodFilter(handler)
    handler.addFilter(floods)
    atexit.register(floods.close)  # called before logging's own, which closes the stream
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                _fields,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(TIMES.get(chosen, "iso"), utc=True, key="at"),
                *([_without_zeros] if chosen == "console" else []),
                structlog.processors.format_exc_info,
                _printable,
                FORMATS[chosen](),
            ]
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    log.logger.setLevel(log_level.upper())


def _fields(logger: object, method: str, event: EventDict) -> EventDict:
    """Return the event with the fields of our record; a library's record has `logger`, its name, instead."""
    record = event["_record"]
    fields = getattr(record, "fields", None)
    made = {"logger": record.name} if fields is None else dict(fields)
    return made | {key: event[key] for key in ("event", "exc_info") if key in event}


def _without_zeros(logger: object, method: str, event: EventDict) -> EventDict:
    """Remove counts of nothing, so that an event is one line of a terminal."""
    return {key: value for key, value in event.items() if value != 0}


def _printable(logger: object, method: str, event: EventDict) -> EventDict:
    """Remove line breaks and control characters from every value, and empty values altogether.

    A traceback keeps its lines, indented, so that none of them passes for an event: the last may quote a
    document.
    """
    made = {
        key: printable(value) if isinstance(value, str) else value
        for key, value in event.items()
        if value not in ("", None) and key != "exception"
    }
    if trace := event.get("exception"):
        made["exception"] = "\n".join(f"  {printable(line)}" for line in str(trace).splitlines())
    return made
