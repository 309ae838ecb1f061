"""Verification of intent of requests to the own hub, and denial (WebSub sections 5.2 and 5.3).

Never logs a callback or a secret.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from aggregator.errors import FetchError
from aggregator.fetch.push import Pusher
from aggregator.log import log
from aggregator.model.push import HubMode, HubRequest, Topic
from aggregator.model.settings import Config
from aggregator.publish.publisher import Publisher
from aggregator.storage.sql.push_store import PushStore
from aggregator.tasks import Writes
from aggregator.websub.in_flight import InFlight
from aggregator.websub.topics import document, topic_of

LOOK_EVERY = timedelta(minutes=1)
CHALLENGE_BYTES = 24  # of entropy; base64 makes them 32 characters
DENIED = "the topic is not a feed of this publication"


@dataclass(slots=True)
class Verifier:
    """Answers each stored request once, by a request to its callback."""

    storage: PushStore
    publisher: Publisher
    pusher: Callable[[], Pusher]
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    running: InFlight = field(default_factory=InFlight)
    look_every: timedelta = LOOK_EVERY
    _looked: datetime | None = None
    _is_woken: bool = True  # requests may wait from before the start

    def wake(self) -> None:
        """Have the next step look for requests."""
        self._is_woken = True

    async def step(self) -> None:
        """Begin to answer the requests that wait: those that came, and at times those that another process
        has made of subscriptions to a channel that it removed."""
        now = self.clock()
        is_time = self._looked is None or abs(now - self._looked) >= self.look_every
        if not (self._is_woken or is_time):
            return
        self._is_woken, self._looked = False, now  # before the look: a request may come meanwhile
        busy = self.running.busy()  # what is read may hold a request that is answered meanwhile
        waiting = await asyncio.to_thread(self.storage.hub_requests)
        if waiting:
            self.wake()
        for request in waiting:
            subject = (request.number, request.at)
            if subject not in busy and subject not in self.running:
                self.running.begin({subject}, self._answer(request))

    async def _answer(self, request: HubRequest) -> None:
        topic = await asyncio.to_thread(self._known, request)
        verified = None
        if topic is not None:
            verified = topic if await self._is_meant(request) else None
        elif request.mode is HubMode.SUBSCRIBE:
            await self._ask(request, [("hub.mode", "denied"), ("hub.topic", request.topic)], DENIED)
            log.info("hub: subscription denied", topic=request.topic, host=request.host)
        now = self.clock()
        await self.write(lambda: self.storage.answer(request, verified, now))
        self.running.free({(request.number, request.at)})

    def _known(self, request: HubRequest) -> Topic | None:
        """Return the topic if its document exists; to unsubscribe from, only if it is subscribed to."""
        topic = topic_of(request.topic, self.config().publication.url)
        if topic is None:
            return None
        if request.mode is HubMode.UNSUBSCRIBE:
            return topic if self.storage.is_subscribed(request.callback, topic) else None
        return topic if document(self.publisher, topic) is not None else None

    async def _is_meant(self, request: HubRequest) -> bool:
        """Return whether the callback echoes the challenge with a 2xx (section 5.3.1)."""
        challenge = secrets.token_urlsafe(CHALLENGE_BYTES)
        asked = [("hub.mode", request.mode.value), ("hub.topic", request.topic), ("hub.challenge", challenge)]
        if request.mode is HubMode.SUBSCRIBE:
            asked.append(("hub.lease_seconds", str(round(request.lease.total_seconds()))))
        is_meant = await self._ask(request, asked) == challenge.encode()
        event = "hub: subscription verified" if is_meant else "hub: subscription not verified"
        log.info(event, mode=request.mode.value, topic=request.topic, host=request.host)
        return is_meant

    async def _ask(self, request: HubRequest, asked: list[tuple[str, str]], reason: str = "") -> bytes:
        """Return what the callback answered with a 2xx, b"" for anything else."""
        if reason:
            asked = [*asked, ("hub.reason", reason)]
        # Appended to the callback's own query, which stays as it is (section 5.1).
        joined = f"{request.callback}{'&' if '?' in request.callback else '?'}{urlencode(asked)}"
        networks = self.config().hub.allow_networks
        try:
            response = await self.pusher().get(joined, networks=networks, bytes_max=1_000)
        except FetchError as error:
            log.info("hub: callback not reached", host=request.host, reason=str(error))
            return b""
        return response.body if response.is_success else b""
