"""The WebSub hub's endpoint: requests to subscribe and to unsubscribe (WebSub section 5.1).

A request is checked, rate-limited and stored, and its intent verified later. It names an address that is then
requested: the limits keep the hub from being an amplifier of requests to a third party.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from math import ceil
from urllib.parse import parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.errors import StorageError
from aggregator.log import log
from aggregator.model.push import HubMode, HubRequest
from aggregator.model.settings import HUB_PATH, Config
from aggregator.policy import hub
from aggregator.policy.client_address import network_of
from aggregator.storage.sql.push_store import HubLimits, PushStore
from aggregator.web.answers import SECURITY_HEADERS
from aggregator.web.replies import NO_STORE
from aggregator.websub.rate_limit import Rate, RateLimit
from aggregator.websub.topics import address, topic_of

REQUEST_BYTES_MAX = 16_000
FIELDS_MAX = 50
URL_CHARS_MAX = 1_000  # of a callback and of a topic
SECRET_BYTES_MAX = 199  # section 5.1: less than 200
FORM = "application/x-www-form-urlencoded"
LEASE_SECONDS = re.compile(r"[1-9][0-9]{0,18}")
URL = re.compile(r"https?://[!-~]+")

PER_CLIENT = Rate(burst=200, every=timedelta(seconds=2))
PER_HOST = Rate(burst=60, every=timedelta(seconds=3))  # of callbacks, for new subscriptions
IN_ALL = Rate(burst=300, every=timedelta(seconds=0.2))  # of these
LIMITS = HubLimits(in_all=5_000, per_host=200, per_client=1_000)


class BadRequest(Exception):
    """A request that the hub does not take; the message is for the developer of the subscriber."""


@dataclass(frozen=True, slots=True)
class HubEndpoint:
    """POST /hub. `wake` is called when a request was stored."""

    storage: PushStore
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    limits: HubLimits = LIMITS
    _per_client: RateLimit = field(default_factory=lambda: RateLimit(PER_CLIENT))
    _per_host: RateLimit = field(default_factory=lambda: RateLimit(PER_HOST))
    _in_all: RateLimit = field(default_factory=lambda: RateLimit(IN_ALL))

    def routes(self) -> list[BaseRoute]:
        """Return the route, which takes precedence over those of pages."""
        return [Route(f"/{HUB_PATH}", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        """Accept a request with 202, or answer 400, 413, 415, 429 or 503 with a sentence."""
        if not self.config().hub.is_own:
            return _response(404, "This publication has no hub of its own.")
        client = network_of(request.client.host) if request.client else ""
        if wait := self._per_client.take(client, self.clock()):
            return _busy(wait)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return _response(415, f"The body must be {FORM}.")
        try:
            async with asyncio.timeout(self.config().poll.timeout.total_seconds()):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return _response(408, "The request did not end.")
        if body is None:
            return _response(413, f"The body is larger than {REQUEST_BYTES_MAX} bytes.")
        try:
            asked = parsed(body, client, self.clock())
        except BadRequest as error:
            return _response(400, str(error))
        return await run_in_threadpool(self._store, asked)

    def _store(self, asked: HubRequest) -> Response:
        try:
            is_renewal = self._is_renewal(asked)
            if not is_renewal and (wait := self._wait(asked)):
                return _busy(wait)
            if not self.storage.ask(asked, None if is_renewal else self.limits):
                log.warning("hub: no room for another subscription", host=asked.host)
                return _response(503, "There are too many subscriptions.", {"Retry-After": "3600"})
        except StorageError as error:  # the error handlers of pages know nothing of this endpoint
            log.error("storage unreadable", path=f"/{HUB_PATH}", error=str(error))
            return _response(503, "Please try again in a minute.", {"Retry-After": "60"})
        self.wake()
        return _response(202, "")

    def _is_renewal(self, asked: HubRequest) -> bool:
        """Return whether a request renews or ends a subscription, which a flood of requests must not prevent;
        any other topic of its callback is a new subscription."""
        url = self.config().publication.url
        topic = topic_of(asked.topic, url)
        if topic is None or address(topic, url) != asked.topic:  # each spelling would be another request
            return False
        return self.storage.is_subscribed(asked.callback, topic)

    def _wait(self, asked: HubRequest) -> timedelta:
        """Return how long requests for a new subscription like this must wait, 0 if it is this one's turn."""
        return self._per_host.take(asked.host, asked.at) or self._in_all.take("", asked.at)


def parsed(body: bytes, client: str, now: datetime) -> HubRequest:
    """Return the request in a form. Unknown parameters are ignored (section 5.1)."""
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except ValueError as error:
        raise BadRequest("The body is not a form in UTF-8.") from error
    fields = dict(pairs)
    known = [name for name, _ in pairs if name in ("hub.mode", "hub.topic", "hub.callback", "hub.secret")]
    if len(known) != len(set(known)):
        raise BadRequest("A parameter is given twice.")
    mode = fields.get("hub.mode", "")
    if mode not in tuple(HubMode):
        raise BadRequest("hub.mode must be subscribe or unsubscribe: this hub takes no other publications.")
    callback = _callback(fields.get("hub.callback", ""))
    topic, secret = fields.get("hub.topic", ""), fields.get("hub.secret", "")
    if not URL.fullmatch(topic) or len(topic) > URL_CHARS_MAX:
        raise BadRequest("hub.topic must be the address of a feed.")
    if len(secret.encode()) > SECRET_BYTES_MAX or "\0" in secret:
        raise BadRequest("hub.secret must have less than 200 bytes.")
    return HubRequest(
        mode=HubMode(mode),
        topic=topic,
        callback=callback,
        secret=secret,
        lease=hub.lease(_seconds(fields) if mode == HubMode.SUBSCRIBE else None),
        host=urlsplit(callback).hostname or "",
        client=client,
        at=now,
    )


def _callback(url: str) -> str:
    """Return a callback. Ports of other protocols are refused: a form that is posted there may be read as one
    of their commands."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadRequest("hub.callback is not a URL.") from error
    if not URL.fullmatch(url) or len(url) > URL_CHARS_MAX or not parts.hostname:
        raise BadRequest(
            f"hub.callback must be an http or https URL in ASCII, of at most {URL_CHARS_MAX} characters."
        )
    if "@" in parts.netloc or "#" in url or "\\" in url:
        raise BadRequest("hub.callback must not have a user name or a fragment.")
    if port is not None and port < 1024 and port not in (80, 443):
        raise BadRequest("hub.callback must be at port 80, 443 or above 1023.")
    return url


def _seconds(fields: Mapping[str, str]) -> int | None:
    given = fields.get("hub.lease_seconds", "")
    if given and not LEASE_SECONDS.fullmatch(given):
        raise BadRequest("hub.lease_seconds must be a positive number.")
    return int(given) if given else None


async def _body(request: Request) -> bytes | None:
    """Return the body, None when it is too large."""
    received = b""
    async for chunk in request.stream():
        received += chunk
        if len(received) > REQUEST_BYTES_MAX:
            return None
    return received


def _busy(wait: timedelta) -> Response:
    retry = {"Retry-After": str(ceil(wait.total_seconds()))}
    return _response(429, "There are too many requests.", retry)


def _response(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a line of text for the developer of a subscriber (section 5.1.2)."""
    sent = {**SECURITY_HEADERS, "Cache-Control": NO_STORE, **(headers or {})}
    if status in (408, 413, 415):
        sent["Connection"] = "close"  # the rest of the body is not read
    return Response(f"{sentence}\n" if sentence else "", status, sent, media_type="text/plain")
