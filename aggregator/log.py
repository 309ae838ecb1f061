"""The door to structlog, which is loaded at the first event: loading is a fourth of the start of a command,
and one whose table says everything logs nothing.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_silent = threading.Event()


class Log:
    """One key=value event an outcome; see cli.logs for where events go."""

    def info(self, event: str, **values: object) -> None:
        """Something went as it should."""
        _tell("info", event, values)

    def warning(self, event: str, **values: object) -> None:
        """Something the operator may have to look at."""
        _tell("warning", event, values)

    def error(self, event: str, **values: object) -> None:
        """Something the operator has to look at."""
        _tell("error", event, values)


log = Log()


@contextmanager
def silence() -> Iterator[None]:
    """No events from this process meanwhile."""
    _silent.set()
    try:
        yield
    finally:
        _silent.clear()


def _tell(level: str, event: str, values: dict[str, object]) -> None:
    if not _silent.is_set():
        import structlog

        getattr(structlog.get_logger(), level)(event, **values)
