"""Tells systemd how the service stands (sd_notify(3)); silent when nobody listens.

A datagram by hand: the protocol is one line, and no library would shorten this.
"""

import os
import socket
import time

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"


def reloading() -> str:
    """What a reload begins with; READY ends it."""
    return f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"


def notify(state: str) -> None:
    """Send to the socket that systemd named in the environment."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.sendto(state.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)
        except OSError:
            return  # its listener is gone, or full: what it misses now, the next tick says again
