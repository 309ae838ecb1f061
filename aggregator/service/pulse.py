"""Busy or stuck: a tick that waits behind writes is busy while they end, and stuck when none does."""

from collections.abc import Callable

STALE_AFTER = 30.0  # seconds without a tick, or without the end of a write, until the service is not ready
LATE_AFTER = 5.0  # seconds that a tick waits until /status names it


class Pulse:
    """The tick under way, and when a write ended last. `monotonic` returns seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began: float | None = None
        self._moved = 0.0  # time at which the count of writes was last seen to grow
        self._finished = 0

    def begin(self, finished: int) -> None:
        """Note the start of a tick; `finished` counts the writes that have ended."""
        self._began = self._moved = self._monotonic()
        self._finished = finished

    def end(self) -> None:
        """Note the end of the tick."""
        self._began = None

    def has_moved(self, finished: int) -> bool:
        """Return whether a write has ended since the last look, while a tick waits."""
        if self._began is None or finished == self._finished:
            return False
        self._finished, self._moved = finished, self._monotonic()
        return True

    def waits(self) -> float:
        """Return for how many seconds the tick under way has run, 0 for none."""
        return 0.0 if self._began is None else self._monotonic() - self._began

    def is_busy(self) -> bool:
        """Return whether a tick is under way and a write has ended within STALE_AFTER."""
        return self._began is not None and self._monotonic() - self._moved < STALE_AFTER
