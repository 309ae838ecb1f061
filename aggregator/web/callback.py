"""Where hubs call back: a challenge is answered only for what we asked, a delivery only makes us poll.

What is delivered is never kept: it goes through the signature check piece by piece. Polling afterwards
gives content, validators and identity one origin, whatever a hub leaves out or changes. It logs no token.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.errors import StorageError
from aggregator.fetch.address import printable
from aggregator.log import log
from aggregator.model import Subscription
from aggregator.model.settings import Config
from aggregator.policy import subscription
from aggregator.storage import TaskStore
from aggregator.web.replies import ALWAYS
from aggregator.websub.signature import Signature

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
CHALLENGE = re.compile(r"[!-~]{1,1000}")  # section 8.2: bounded, nothing binary
LEASE_SECONDS = re.compile(r"[0-9]{1,10}")
LONGEST_REASON = 300


class Callback:
    """The endpoint of all subscriptions."""

    def __init__(
        self, storage: TaskStore, *, config: Callable[[], Config], clock: Callable[[], datetime]
    ) -> None:
        self._storage = storage
        self._config = config
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """To stand before the pages' own."""
        path = "/websub/{token}"
        return [
            Route(path, self.verify, methods=["GET"]),
            Route(path, self.deliver, methods=["POST"]),
        ]

    def verify(self, request: Request) -> Response:
        """The hub asks whether we asked, or denies it to us (sections 5.2 and 5.3)."""
        try:
            found = self._found(request)
            return _said(404) if found is None else self._verified(request, found)
        except StorageError as error:
            return _out_of_order(error)

    def _found(self, request: Request) -> Subscription | None:
        token = request.path_params["token"]
        return self._storage.subscription(token) if TOKEN.fullmatch(token) else None

    def _verified(self, request: Request, found: Subscription) -> Response:
        said, now = request.query_params, self._clock()
        mode, topic = said.get("hub.mode", ""), said.get("hub.topic", "")
        if mode == "denied" and topic == found.topic:
            reason = printable(said.get("hub.reason", ""))[:LONGEST_REASON]
            self._storage.update_subscription(
                found.number, lambda present: subscription.denied(present, reason, now)
            )
            log.warning("hub denied", source=found.source, reason=reason)
            return _said(200)
        challenge = said.get("hub.challenge", "")
        if not CHALLENGE.fullmatch(challenge):
            return _said(404)
        if mode == "unsubscribe" and subscription.may_leave(found, topic):
            self._storage.update_subscription(found.number, lambda present: None)
        elif mode == "subscribe" and subscription.confirmed(found, topic, None, now):
            lease = _lease(said.get("hub.lease_seconds", ""))
            self._storage.update_subscription(
                found.number, lambda present: subscription.confirmed(present, topic, lease, now) or present
            )
        else:
            return _said(404)
        log.info("hub confirmed", source=found.source, mode=mode)
        return _said(200, challenge)

    async def deliver(self, request: Request) -> Response:
        """Something new, the hub says (section 7). Whether it was believed, the answer does not tell: the
        Recommendation allows 2xx for a wrong signature, and a guesser learns nothing."""
        try:
            found = await run_in_threadpool(self._found, request)
            if found is None:
                return _said(404)
            if not subscription.is_listening(found):
                return _said(410)
            return await self._heard(request, found)
        except StorageError as error:
            return _out_of_order(error)

    async def _heard(self, request: Request, found: Subscription) -> Response:
        signature = Signature.of(request.headers.get("x-hub-signature", ""), found.secret)
        poll = self._config().poll
        try:
            async with asyncio.timeout(poll.timeout.total_seconds()):
                is_whole = await _read(request, signature, poll.max_bytes)
        except TimeoutError:
            return _said(408)
        except ClientDisconnect:
            return _said(400)
        if not is_whole:
            return _said(413)
        if signature is None or not signature.is_right():
            log.warning("delivery refused", source=found.source, reason="its signature is missing or wrong")
        else:
            await run_in_threadpool(self._storage.announce, found.number, self._clock())
            log.info("delivery", source=found.source)
        return _said(202)


async def _read(request: Request, signature: Signature | None, cap: int) -> bool:
    """Feed the body to the signature; False when it is larger than the cap."""
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > cap:
            return False
        if signature is not None:
            signature.feed(piece)
    return True


def _lease(said: str) -> timedelta | None:
    return timedelta(seconds=int(said)) if LEASE_SECONDS.fullmatch(said) else None


def _out_of_order(error: StorageError) -> Response:
    """Not left to the pages' handlers, which log the path and with it the token."""
    log.error("storage-unreadable", path="/websub/…", error=str(error))
    return _said(503)


def _said(status: int, challenge: str = "") -> Response:
    """Section 5.3.1: a type that no browser renders, and no sniffing."""
    headers = {**ALWAYS, "Cache-Control": "no-store"}
    if status in (408, 413):
        headers["Connection"] = "close"  # the rest of the body is not wanted
    return Response(challenge, status, headers, media_type="application/octet-stream")
