"""The WebSub callback: verification of intent and content distribution (WebSub sections 5.3 and 7).

A delivery only makes its source due; its body is streamed through the signature check and discarded. The
poll that follows gives content, validators and identity one origin, whatever a hub omits or changes. The
token in the path is a secret and never logged.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.errors import StorageError
from aggregator.fetch.address import printable
from aggregator.log import log
from aggregator.model.settings import Config
from aggregator.model.websub import Subscription
from aggregator.policy import subscription
from aggregator.storage.sql.task_store import TaskStore
from aggregator.web.answers import SECURITY_HEADERS
from aggregator.web.replies import NO_STORE
from aggregator.websub.signature import Signature

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
CHALLENGE = re.compile(r"[!-~]{1,1000}")  # echoed, so bounded and printable ASCII (section 8.2)
LEASE_SECONDS = re.compile(r"[0-9]{1,10}")
REASON_CHARS_MAX = 300


@dataclass(frozen=True, slots=True)
class Callback:
    """Endpoint of all subscriptions, each under its own token."""

    storage: TaskStore
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        """Return the routes, which take precedence over those of pages."""
        path = "/websub/{token}"
        return [Route(path, self.verify, methods=["GET"]), Route(path, self.deliver, methods=["POST"])]

    def verify(self, request: Request) -> Response:
        """Confirm or reject a hub's verification of intent, or record its denial (sections 5.2 and 5.3)."""
        try:
            found = self._subscription(request)
            return _response(404) if found is None else self._verify(request, found)
        except StorageError as error:
            return _storage_error(error)

    def _subscription(self, request: Request) -> Subscription | None:
        token = request.path_params["token"]
        return self.storage.subscription(token) if TOKEN.fullmatch(token) else None

    def _verify(self, request: Request, found: Subscription) -> Response:
        query, now = request.query_params, self.clock()
        mode, topic = query.get("hub.mode", ""), query.get("hub.topic", "")
        if mode == "denied" and topic == found.topic:
            reason = printable(query.get("hub.reason", ""))[:REASON_CHARS_MAX]
            self.storage.update_subscription(
                found.number, lambda present: subscription.denied(present, reason, now)
            )
            log.warning("subscription denied", source=found.source, reason=reason)
            return _response(200)
        challenge = query.get("hub.challenge", "")
        if not CHALLENGE.fullmatch(challenge):
            return _response(404)
        if mode == "unsubscribe" and subscription.may_leave(found, topic):
            self.storage.update_subscription(found.number, lambda present: None)
        elif mode == "subscribe" and subscription.confirmed(found, topic, None, now):
            seconds = query.get("hub.lease_seconds", "")
            lease = timedelta(seconds=int(seconds)) if LEASE_SECONDS.fullmatch(seconds) else None
            self.storage.update_subscription(
                found.number, lambda present: subscription.confirmed(present, topic, lease, now) or present
            )
        else:
            return _response(404)
        log.info("subscription confirmed", source=found.source, mode=mode)
        return _response(200, challenge)

    async def deliver(self, request: Request) -> Response:
        """Take a content distribution request (section 7) and make its source due.

        A wrong signature is answered with 202 too, as section 7.1 allows, so that an attacker learns nothing.
        """
        try:
            found = await run_in_threadpool(self._subscription, request)
            if found is None:
                return _response(404)
            if not subscription.is_listening(found):
                return _response(410)
            return await self._receive(request, found)
        except StorageError as error:
            return _storage_error(error)

    async def _receive(self, request: Request, found: Subscription) -> Response:
        signature = Signature.of(request.headers.get("x-hub-signature", ""), found.secret)
        poll = self.config().poll
        try:
            async with asyncio.timeout(poll.timeout.total_seconds()):
                is_complete = await _read(request, signature, poll.max_bytes)
        except TimeoutError:
            return _response(408)
        except ClientDisconnect:
            return _response(400)
        if not is_complete:
            return _response(413)
        if signature is None or not signature.is_valid():
            log.warning("delivery rejected", source=found.source, reason="its signature is missing or wrong")
        else:
            await run_in_threadpool(self.storage.announce, found.number, self.clock())
            log.info("delivery accepted", source=found.source)
        return _response(202)


async def _read(request: Request, signature: Signature | None, bytes_max: int) -> bool:
    """Feed the body to the signature in chunks; return False when it is larger than `bytes_max`."""
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > bytes_max:
            return False
        if signature is not None:
            signature.feed(chunk)
    return True


def _storage_error(error: StorageError) -> Response:
    """Return 503. The error handlers of pages would log the path, and with it the token."""
    log.error("storage unreadable", path="/websub/…", error=str(error))
    return _response(503)


def _response(status: int, challenge: str = "") -> Response:
    """Return a response that no browser renders or sniffs: it may echo a challenge (section 5.3.1)."""
    headers = {**SECURITY_HEADERS, "Cache-Control": NO_STORE}
    if status in (408, 413):
        headers["Connection"] = "close"  # the rest of the body is not read
    return Response(challenge, status, headers, media_type="application/octet-stream")
