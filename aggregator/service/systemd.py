"""Service notification for systemd (sd_notify(3)); silent without NOTIFY_SOCKET.

A datagram by hand: the protocol is one line, and no library would shorten this.
"""

import os
import socket
import time

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
