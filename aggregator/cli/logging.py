"""Form of the log: one line an event on stderr, key=value or JSON, for our events and those of libraries."""

import atexit
import logging
import sys
from collections.abc import Callable

import structlog
from structlog.typing import EventDict, Processor

from aggregator.cli.log_floods import FloodFilter
from aggregator.errors import UsageError
from aggregator.fetch.address import printable
from aggregator.log import log

FORMATS: dict[str, Callable[[], Processor]] = {
    "console": lambda: structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False),
    "logfmt": lambda: structlog.processors.LogfmtRenderer(
        key_order=["at", "level", "event"], bool_as_flag=False
    ),
    "json": structlog.processors.JSONRenderer,
}


def set_up(log_format: str = "") -> None:
    """Send all log records of this process to stderr; libraries log from warnings on, we from info on.

    `log_format` is a key of FORMATS; "" is console on a terminal and logfmt elsewhere. Raises UsageError.
    """
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
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                structlog.processors.format_exc_info,
                _printable,
                FORMATS[chosen](),
            ]
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    log.logger.setLevel(logging.INFO)


def _fields(logger: object, method: str, event: EventDict) -> EventDict:
    """Return the event with the fields of our record; a library's record has `logger`, its name, instead."""
    record = event["_record"]
    fields = getattr(record, "fields", None)
    made = {"logger": record.name} if fields is None else dict(fields)
    return made | {key: event[key] for key in ("event", "exc_info") if key in event}


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
