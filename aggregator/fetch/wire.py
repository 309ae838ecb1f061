"""What was received on one connection and not yet read. Knows nothing of HTTP or TLS."""

import asyncio
from collections.abc import Callable
from typing import cast

_HIGH_WATER = 262_144  # bytes received and not yet read, beyond which the origin has to wait


class Wire(asyncio.Protocol):
    """Bytes received on one connection. Requests are small: writing needs no flow control."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self.is_at_end = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _HIGH_WATER:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.is_at_end = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_at_end = True
        self._error = exc
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def has_received(self) -> bool:
        return bool(self._received)

    async def read(self, most: int, ends: Callable[[bytes], int] = len) -> bytes:
        """What has come, up to where it `ends`; b"" at the end. OSError when the connection broke."""
        while not self._received:
            if self._error is not None:
                raise self._error
            if self.is_at_end:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        data = bytes(self._received[:most])
        data = data[: ends(data)]
        del self._received[: len(data)]
        self.transport.resume_reading()
        return data
