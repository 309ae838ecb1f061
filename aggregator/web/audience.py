"""ASGI middleware of the public side: counts answers, and hears how many subscribers readers report.

Feed readers that fetch for many people say so in their User-Agent, as "Feedly/1.0 (…; 37 subscribers)". The
number is unchecked: any client can send any number.
"""

import re
import threading
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.model.overview import Subscribers

READERS_MAX = 500  # pairs of document and reader that are kept, the latest
CHANNEL_CHARS_MAX = 100
SHOWN = 20  # with most subscribers
COUNT_MAX = 10**9
_NUMBER = re.compile(rb"(?<![0-9])([0-9]{1,10}) (?:subscribers?|readers?)\b", re.IGNORECASE)
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9 ._-]{0,39}")
_FEED = re.compile(r"/(?:(.*)/)?feed\.(?:rss|atom|json)")


class Audience:
    """Subscribers by document and reader, as last reported. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def hear(self, path: str, agent: bytes) -> None:
        """Keep the number that a request for a feed reports; the least recent report gives way."""
        found, feed = _NUMBER.search(agent), _FEED.fullmatch(path)
        name = _NAME.match(agent)
        if found is None or feed is None or name is None or len(path) > CHANNEL_CHARS_MAX:
            return
        of = (feed[1] or "", name[0].decode().strip())
        with self._lock:
            self._known.pop(of, None)
            self._known[of] = min(int(found[1]), COUNT_MAX)
            if len(self._known) > READERS_MAX:
                del self._known[next(iter(self._known))]

    def subscribers(self) -> tuple[Subscribers, ...]:
        """Return the reports with most subscribers, those first."""
        with self._lock:
            known = [Subscribers(channel, reader, count) for (channel, reader), count in self._known.items()]
        return tuple(sorted(known, key=lambda each: (-each.count, each.channel, each.of))[:SHOWN])


class Counted:
    """Calls `count` with the status of each answer of an application."""

    def __init__(self, app: ASGIApp, count: Callable[[int], None], audience: Audience) -> None:
        self._app, self._count, self._audience = app, count, audience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count(message["status"])
                if message["status"] in (200, 304):
                    self._listen(scope)
            await send(message)

        await self._app(scope, receive, counting)

    def _listen(self, scope: Scope) -> None:
        if "/feed." in scope["path"]:
            agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
            self._audience.hear(scope["path"], agent)
