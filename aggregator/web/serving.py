"""The two HTTP servers of a running service: the public side and the admin side, in our event loop.

Signals are the service's business, so uvicorn's own handling of them is off.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aggregator.errors import UsageError
from aggregator.model.settings import Address

MOST_HEAD = 65_536  # bytes of a request's line and headers; httptools itself takes them without end
HEAD_TIMEOUT = 15  # seconds until a request's head has to be there, the first one's and the next
GRACE = 2  # seconds that open answers get at the end


class _Protocol(HttpToolsProtocol):
    """One connection of a reader: heads come in time; neither they nor what follows an answer is endless."""

    _head = _beyond = 0
    _is_in_head = True
    _hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        if not self._is_in_head and self.cycle is not None and self.cycle.response_complete:
            self._beyond += len(data)  # a body nobody wants; or trailers, which httptools keeps
        super().data_received(data)
        if self.transport.is_closing():
            return
        if (self._is_in_head and self._head > MOST_HEAD) or self._beyond > MOST_HEAD:
            self.send_400_response("The request is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head, self._beyond, self._is_in_head = 0, 0, True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._hurry is None:
            self._hurry = self.loop.call_later(self.timeout_keep_alive, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
        self._hurry = None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Servers:
    """Applications at their addresses, while the context lasts. UsageError when an address is taken."""

    def __init__(
        self, apps: Sequence[tuple[Address, Callable[[], Starlette]]], *, head_timeout: int = HEAD_TIMEOUT
    ) -> None:
        self._apps = apps
        self._patience = head_timeout
        self._running: list[tuple[_Server, asyncio.Task[None]]] = []

    async def __aenter__(self) -> Self:
        bound = [(_bind(address), app) for address, app in self._apps]
        for listening, app in bound:
            config = uvicorn.Config(
                app(),
                http=_Protocol,
                timeout_keep_alive=self._patience,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=True,
                timeout_graceful_shutdown=GRACE,
            )
            server = _Server(config)
            task = asyncio.create_task(server.serve(sockets=[listening]))
            self._running.append((server, task))
            await server.up.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server, _ in self._running:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._running), return_exceptions=True)


def _bind(address: Address) -> socket.socket:
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address.host, address.port))
    except OSError as error:
        raise UsageError(
            f"cannot listen on {address}: {error.strerror or error}; "
            "is Publicwire already running, or another program? Change `listen` or `admin`"
        ) from error
    return listening
