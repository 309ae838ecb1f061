"""Service notification for systemd (sd_notify(3)); silent without NOTIFY_SOCKET.

A datagram by hand: the protocol is one line, and no library would shorten this.
"""

import os
import socket
import time
from collections.abc import Callable

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"


def reloading() -> str:
    """Return the message that begins a reload; READY ends it."""
    return f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"


def notify(state: str) -> None:
    """Send a message to the socket that systemd named in the environment."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.sendto(state.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)
        except OSError:
            return  # the listener is gone, or full: the next tick sends it again


class Together:
    """Notification of several publications of one process: a message goes out when each has sent it, so that
    one that hangs or is not ready withholds READY and the watchdog's ALIVE."""

    def __init__(self, count: int, notify: Callable[[str], None]) -> None:
        self._count, self._notify = count, notify
        self._sent: dict[str, set[int]] = {}
        self._numbers = 0

    def of(self) -> Callable[[str], None]:
        """Return the notification of the next publication."""
        number, self._numbers = self._numbers, self._numbers + 1

        def notify(state: str) -> None:
            kind = state.partition("\n")[0]
            senders = self._sent.setdefault(kind, set())
            senders.add(number)
            if len(senders) == self._count:
                senders.clear()
                self._notify(state)

        return notify
