"""Sets structlog up for this process: one line an event, on stderr, as key=value or JSON."""

import logging
import sys
from collections.abc import Callable

import structlog

from aggregator.errors import UsageError

FORMATS: dict[str, Callable[[], structlog.typing.Processor]] = {
    "console": lambda: structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    "logfmt": lambda: structlog.processors.LogfmtRenderer(
        key_order=["at", "level", "event"], bool_as_flag=False
    ),
    "json": structlog.processors.JSONRenderer,
}


def set_up(log_format: str = "") -> None:
    """Events go to stderr in one of FORMATS; "" is for people on a terminal, else key=value."""
    chosen = log_format or ("console" if sys.stderr.isatty() else "logfmt")
    if chosen not in FORMATS:
        raise UsageError(f"--log-format is {', '.join(FORMATS)}, not {log_format!r}")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
            _printable,
            FORMATS[chosen](),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Ours()])


class _Ours(logging.Handler):
    """What libraries log comes in our form, so that every line can be read by the same program."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info
        )


def _printable(logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """No value breaks a line or moves the cursor, whoever wrote it; empty ones are left out.

    A trace keeps its lines, set in, so that none of them passes for an event: its last may quote a document.
    """
    from aggregator.fetch.address import printable

    made = {
        key: printable(value) if isinstance(value, str) else value
        for key, value in event.items()
        if value not in ("", None) and key != "exception"
    }
    if trace := event.get("exception"):
        made["exception"] = "\n".join(f"  {printable(line)}" for line in str(trace).splitlines())
    return made
