"""The own hub with real storage, publisher, endpoint and HTTP client, beside scripted callbacks of subscribers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl

import httpx
from msgspec.structs import replace

from aggregator.fetch.push import Pusher
from aggregator.fetch.transport import Transport
from aggregator.model.push import PushResult
from aggregator.model.push_settings import Hub
from aggregator.web.app import public_app
from aggregator.web.hub import LIMITS, HubEndpoint
from aggregator.websub.distribution import Distributor
from aggregator.websub.ping import Pinger
from aggregator.websub.verification import Verifier
from tests.fetch.given import LOOPBACK, every_name_is_here
from tests.given import at_once
from tests.server import NOT_FOUND, HttpServer, Request, Script, answer, http_server
from tests.web.newsroom import Newsroom, newsroom

T = TypeVar("T")
OK = answer(status="204 No Content")
FEED = "https://releases.example/feed.atom"
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One content distribution request."""

    path: str
    request: Request

    @property
    def body(self) -> bytes:
        return self.request.body


class Callbacks(dict[str, bytes | Script]):
    """Callbacks of subscribers by path, each of which echoes challenges unless it is in `unwilling`.

    `responses` answer deliveries, 204 unless given.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.delivered: list[Delivered] = []
        self.unwilling: set[str] = set()
        self.responses: dict[str, bytes | Script] = {}

    def get(self, target: str, default: object = None) -> Script:
        return self._answer

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        target, _, query = request.path.partition("?")
        if request.head.startswith("GET"):
            asked = dict(parse_qsl(query, strict_parsing=True))
            self.asked.append((request.path, asked))
            is_willing = target not in self.unwilling
            writer.write(answer(body=asked.get("hub.challenge", "").encode()) if is_willing else NOT_FOUND)
            return
        self.delivered.append(Delivered(request.path, request))
        response = self.responses.get(target, OK)
        if isinstance(response, bytes):
            writer.write(response)
        else:
            await response(request, writer)

    def paths(self) -> list[str]:
        """Return the paths that documents were delivered to, sorted, and forget them."""
        found = sorted(each.path for each in self.delivered)
        self.delivered.clear()
        return found


@dataclass
class HubHarness:
    """The hub of one publication; its clock is that of the newsroom, which only the test advances."""

    room: Newsroom
    server: HttpServer
    callbacks: Callbacks
    pusher: Pusher
    results: list[PushResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        storage, clock = self.room.storage, self._clock
        self.verifier = Verifier(
            storage.push, self.room.publisher, self._pusher, at_once, config=self._config, clock=clock
        )
        self.restart()
        self.pinger = Pinger(storage, self._pusher, at_once, config=self._config, clock=clock)
        self.endpoint = HubEndpoint(
            storage.push, config=self._config, clock=clock, wake=self.verifier.wake, limits=LIMITS
        )
        self.app = public_app(self.room.publisher, storage, self.endpoint.routes())

    def restart(self) -> None:
        """Begin with a new distributor, as after a kill of the service."""
        self.distributor = Distributor(
            self.room.storage,
            self.room.publisher,
            self._pusher,
            at_once,
            config=self._config,
            clock=self._clock,
            observe=self.results.append,
        )

    def _config(self):  # type: ignore[no-untyped-def]
        return self.room.config

    def _pusher(self) -> Pusher:
        return self.pusher

    def _clock(self) -> datetime:
        return self.room.now

    def url(self, path: str) -> str:
        """Return the address of a callback."""
        return self.server.url(path)

    async def post(self, body: bytes, headers: dict[str, str], client: str = "203.0.113.5") -> httpx.Response:
        """Post any body to the hub."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as sender:
            return await sender.post("/hub", content=body, headers=headers)

    async def asks(
        self, callback: str = "/cb", *, client: str = "203.0.113.5", **fields: str
    ) -> httpx.Response:
        """Send a request to the hub; `fields` are parameters without `hub.`, "" omits one."""
        form = {
            "hub.mode": "subscribe",
            "hub.topic": FEED,
            "hub.callback": callback if "://" in callback else self.url(callback),
        } | {f"hub.{name}": value for name, value in fields.items()}
        given = {name: value for name, value in form.items() if value}
        body = str(httpx.QueryParams(given)).encode()
        return await self.post(body, {"Content-Type": "application/x-www-form-urlencoded"}, client)

    async def subscribes(self, callback: str = "/cb", **fields: str) -> None:
        """Subscribe a callback, verified."""
        assert (await self.asks(callback, **fields)).status_code == 202
        await self.verify()

    async def verify(self) -> None:
        """Answer the requests that wait."""
        await self.verifier.step()
        await self.verifier.running.idle()

    async def distributes(self, after: timedelta = SECOND) -> list[str]:
        """Deliver all that is due, record it, and return the paths it was delivered to."""
        self.room.now += after
        await self.distributor.step()
        await self.distributor.running.idle()
        await self.distributor.record()
        return self.callbacks.paths()


def run_hub(
    directory: Path,
    scenario: Callable[[HubHarness], Awaitable[T]],
    *,
    hub: Hub = Hub(allow_networks=LOOPBACK),  # noqa: B008  a frozen value
    timeout: float = 5,
) -> T:
    """Run one scenario and return its result."""

    async def run() -> T:
        room = newsroom(directory)
        room.config = replace(room.config, hub=hub)
        pusher = Pusher(
            contact="desk@releases.example",
            publication_url="https://releases.example/",
            transport=Transport(resolve=every_name_is_here),
            timeout=timeout,
        )
        async with http_server() as server, aclosing(pusher):
            callbacks = Callbacks()
            server.answers = callbacks
            try:
                return await scenario(HubHarness(room, server, callbacks, pusher))
            finally:
                room.storage.close()

    return asyncio.run(run())
