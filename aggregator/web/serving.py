"""The HTTP servers of the service, public and admin, under uvicorn in the service's event loop.

uvicorn's signal handling is off: the service handles signals.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aggregator.errors import PublicwireError
from aggregator.model.settings import Address

REQUEST_HEAD_BYTES_MAX = 65_536  # request line and headers; httptools has no limit of its own
HEAD_TIMEOUT = 15  # seconds until the head of the first or next request must have arrived (slowloris)
SHUTDOWN_TIMEOUT = 2  # seconds for open responses to finish


class _Protocol(HttpToolsProtocol):
    """A client connection with a head timeout, and bounds on the head and on data after the response."""

    _head_bytes = _excess_bytes = 0
    _is_in_head = True
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._start_head_timer()

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        if not self._is_in_head and self.cycle is not None and self.cycle.response_complete:
            self._excess_bytes += len(data)  # an unread body; or trailers, which httptools buffers
        super().data_received(data)
        if self.transport.is_closing():
            return
        if (
            self._is_in_head and self._head_bytes > REQUEST_HEAD_BYTES_MAX
        ) or self._excess_bytes > REQUEST_HEAD_BYTES_MAX:
            self.send_400_response("The request head, or data after the response, exceeds 64 KiB.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._start_head_timer()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._cancel_head_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head_bytes, self._excess_bytes, self._is_in_head = 0, 0, True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_head_timer()
        super().connection_lost(exc)

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.timeout_keep_alive, self.transport.close)

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        self._head_timer = None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    apps: Sequence[tuple[Address, Callable[[], ASGIApp]]],
    *,
    head_timeout: int = HEAD_TIMEOUT,
) -> AsyncIterator[None]:
    """Serve applications at their addresses. Raises PublicwireError when an address cannot be bound."""
    bound = [(_bind(address), app) for address, app in apps]
    running: list[tuple[_Server, asyncio.Task[None]]] = []
    for listening, app in bound:
        config = uvicorn.Config(
            app(),
            http=_Protocol,
            timeout_keep_alive=head_timeout,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # web.clients reads them, by `trusted_proxies`
            date_header=True,
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
        )
        server = _Server(config)
        running.append((server, asyncio.create_task(server.serve(sockets=[listening]))))
        await server.is_up.wait()
    try:
        yield
    finally:
        for server, _ in running:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)


def _bind(address: Address) -> socket.socket:
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address.host, address.port))
    except OSError as error:
        raise PublicwireError(
            f"cannot listen on {address}: {error.strerror or error}; "
            "stop the program that uses it (another Publicwire?) or change `listen` or `admin`"
        ) from error
    return listening
