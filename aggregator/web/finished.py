"""ASGI middleware in front of the public application: an in-memory response cache. A hit takes no thread, no
template and no query.

Concurrent misses for the same path are coalesced: one request renders, the others wait for the start of its
response.
"""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.web.answers import Answer
from aggregator.web.remembered import Mark, Remembered

MARK = "publicwire.mark"  # key of a request's scope


class Finished:
    """Answers from `remembered`. `mark` returns the present state at once, None when it is unknown."""

    def __init__(self, app: ASGIApp, remembered: Remembered, mark: Callable[[], Mark | None]) -> None:
        self._app, self._remembered, self._mark = app, remembered, mark
        self._rendering: dict[str, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or scope["query_string"]:
            await self._app(scope, receive, send)
            return
        answer = self._current(scope)
        if answer is None and (rendering := self._rendering.get(scope["path"])) is not None:
            await rendering.wait()
            answer = self._current(scope)
        if answer is None:
            await self._render(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _current(self, scope: Scope) -> Answer | None:
        """Return the response to a request if it shows the present state, and keep that in the scope."""
        scope[MARK] = mark = self._mark()
        answers = self._remembered.current(scope["path"], mark) if mark else None
        if answers is None:
            return None
        asked = {name: value for name, value in scope["headers"] if name in _ASKED}
        encodings = asked.get(b"accept-encoding", b"").decode("latin-1")
        if not answers.has(encodings):
            return None  # compression belongs into a thread
        return answers.to(encodings, _text(asked, b"if-none-match"), _text(asked, b"if-modified-since"))

    async def _render(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, started = scope["path"], asyncio.Event()
        self._rendering.setdefault(path, started)

        def end() -> None:
            if self._rendering.get(path) is started:
                del self._rendering[path]
            started.set()

        async def sending(message: Message) -> None:
            end()  # a slow client holds up none of the others
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            end()


def _text(headers: dict[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


_ASKED = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since"})
