"""Push: subscribers of the own WebSub hub (W3C Recommendation of 2018-01-23), and their deliveries."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.format import Format


@dataclass(frozen=True, slots=True)
class Topic:
    """A document that the hub distributes: a channel by name, in one format."""

    channel: str
    kind: Format


class HubMode(StrEnum):
    """What a request to the hub asks for. The values are stored."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class HubRequest:
    """An accepted request to the hub, which waits for verification of intent.

    `topic` is the address as it was requested. `callback` and `secret` are never shown, logged or printed.
    """

    mode: HubMode
    topic: str
    callback: str = field(repr=False)
    secret: str = field(repr=False)
    lease: timedelta
    host: str  # of the callback
    client: str  # network that the request came from
    at: datetime
    number: int = 0


@dataclass(frozen=True, slots=True)
class HubSubscriber:
    """A verified subscription. The document as of the change `seq` of its channel was delivered, its entries
    with `digest` ("" before the first delivery). `callback` and `secret` are never shown, logged or printed.
    """

    number: int
    callback: str = field(repr=False)
    secret: str = field(repr=False)
    host: str
    seq: int
    digest: str
    due: datetime  # no delivery before
    failures: int = 0  # in a row
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class HubDelivery:
    """A delivery that is due: the channel has changed, the last time at `changed` by the change `seq`."""

    topic: Topic
    subscriber: HubSubscriber
    seq: int
    changed: datetime


class PushOutcome(StrEnum):
    """What came of one delivery."""

    DELIVERED = "delivered"
    FAILED = "failed"  # to be tried again
    GONE = "gone"  # 410: the subscriber has ended it
    DROPPED = "dropped"  # after too many failures


class PushKind(StrEnum):
    """Kinds of deliveries, by which metrics count them."""

    HUB = "hub"
    PING = "ping"  # of another hub
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class PushResult:
    """One delivery that ended, `seconds` after the change it tells of was committed."""

    kind: PushKind
    outcome: PushOutcome
    seconds: float
