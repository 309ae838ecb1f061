"""Content distribution by the own hub (WebSub section 7): the full document to all subscribers of its topic.

Level-triggered: a subscriber is due while its channel has a later change than the one delivered to it, so
that a restart loses none, a burst is one delivery and a retry delivers the document of then. Never logs a
callback or a secret.
"""

import asyncio
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.errors import FetchError
from aggregator.fetch.push import Fields, Pusher, Response
from aggregator.log import log
from aggregator.model.format import Format
from aggregator.model.push import HubDelivery, HubSubscriber, PushKind, PushOutcome, PushResult, Topic
from aggregator.model.settings import Config
from aggregator.policy import hub, schedule
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher
from aggregator.storage import Storage
from aggregator.tasks import Writes
from aggregator.websub.in_flight import InFlight
from aggregator.websub.topics import address, document

LOOK_EVERY = timedelta(seconds=1)  # for retries; a change is looked for at each step


# The head of a document has the time of the last change, which may show in no entry.
FIRST_ENTRY = {Format.RSS: b"<item>", Format.ATOM: b"<entry", Format.JSON: b'"items":['}


class _Document(Struct, frozen=True):
    """A document, its Link header field, and a digest of its entries."""

    published: Published
    link: str
    digest: str


@dataclass(slots=True)
class Distributor:
    """Delivers documents. The outcomes of deliveries are written together, at the next step."""

    storage: Storage
    publisher: Publisher
    pusher: Callable[[], Pusher]
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    observe: Callable[[PushResult], None] = lambda result: None
    running: InFlight = field(default_factory=InFlight)
    _ended: list[tuple[HubSubscriber, HubSubscriber | None]] = field(default_factory=list)
    _seq: int = -1  # newest change at the last look
    _looked: datetime | None = None
    _subscribers: int = 0  # at the last look: without any, changes need not be looked for at each step

    async def step(self) -> None:
        """Record what has ended, and begin the deliveries that are due."""
        await self.record()
        now = self.clock()
        is_time = self._looked is None or abs(now - self._looked) >= LOOK_EVERY
        if not is_time and not self._subscribers:
            return
        seq = await asyncio.to_thread(self.storage.items.seq)
        if seq == self._seq and not is_time:
            return
        self._seq, self._looked = seq, now
        self._subscribers = await asyncio.to_thread(self.storage.push.subscribers)
        by_topic = defaultdict[Topic, list[HubDelivery]](list)
        for delivery in await asyncio.to_thread(self.storage.push.hub_deliveries, now):
            if delivery.subscriber.number not in self.running:
                by_topic[delivery.topic].append(delivery)
        for topic, deliveries in by_topic.items():
            subjects: set[Hashable] = {each.subscriber.number for each in deliveries}
            self.running.begin(subjects, self._distribute(topic, deliveries))

    async def record(self) -> None:
        """Write the outcomes of the deliveries that have ended."""
        if not (ended := tuple(self._ended)):
            return
        after = [each for _, each in ended if each is not None]
        dropped = [before.number for before, each in ended if each is None]
        await self.write(lambda: self.storage.push.delivered(after, dropped))
        # Only now: while the store takes nothing, no document is delivered twice.
        del self._ended[: len(ended)]
        self.running.free({before.number for before, _ in ended})

    async def _distribute(self, topic: Topic, deliveries: Sequence[HubDelivery]) -> None:
        """Deliver the present document of a topic, which is rendered once."""
        present = await asyncio.to_thread(self._document, topic)
        await asyncio.gather(*(self._deliver(each, present) for each in deliveries))

    def _document(self, topic: Topic) -> _Document | None:
        published = document(self.publisher, topic)
        if published is None:
            return None
        config = self.config()
        self_url = address(topic, config.publication.url)
        link = f'<{config.hub_url}>; rel="hub", <{self_url}>; rel="self"'
        start = published.body.find(FIRST_ENTRY[topic.kind])
        entries = memoryview(published.body)[start:] if start >= 0 else b""
        return _Document(published, link, hashlib.blake2b(entries, digest_size=16).hexdigest())

    async def _deliver(self, delivery: HubDelivery, document: _Document | None) -> None:
        before, now = delivery.subscriber, self.clock()
        digest = before.digest if document is None else document.digest
        if document is None or digest == before.digest:  # no document at the moment, or the one it has
            after: HubSubscriber | None = hub.delivered(before, seq=delivery.seq, digest=digest, now=now)
        else:
            after = await self._post(delivery, document)
        self._ended.append((before, after))

    async def _post(self, delivery: HubDelivery, document: _Document) -> HubSubscriber | None:
        before, config = delivery.subscriber, self.config()
        try:
            response = await self.pusher().post(
                before.callback,
                document.published.body,
                self._fields(before, document),
                networks=config.hub.allow_networks,
            )
        except FetchError as error:
            response, reason = Response(0, b"", ""), str(error)
        else:
            reason = f"answered {response.status}"
        now = self.clock()
        if response.is_success:
            self._observe(delivery, PushOutcome.DELIVERED, now)
            return hub.delivered(before, seq=delivery.seq, digest=document.digest, now=now)
        if response.status == 410:
            self._observe(delivery, PushOutcome.GONE, now)
            log.info("hub: callback gone", channel=delivery.topic.channel, host=before.host)
            return None
        after = hub.failed(before, now, wish=schedule.retry_after(response.retry_after, now))
        self._observe(delivery, PushOutcome.FAILED if after else PushOutcome.DROPPED, now)
        event = "hub: delivery failed" if after else "hub: dead callback dropped"
        log.info(event, host=before.host, failures=before.failures + 1, reason=reason)
        return after

    def _fields(self, to: HubSubscriber, document: _Document) -> Fields:
        fields = [("Content-Type", document.published.media_type), ("Link", document.link)]
        if to.secret:
            method = self.config().hub.signature.value
            digest = hmac.new(to.secret.encode(), document.published.body, method).hexdigest()
            fields.append(("X-Hub-Signature", f"{method}={digest}"))
        return fields

    def _observe(self, delivery: HubDelivery, outcome: PushOutcome, now: datetime) -> None:
        self.observe(PushResult(PushKind.HUB, outcome, (now - delivery.changed).total_seconds()))
