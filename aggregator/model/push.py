"""Push: subscribers of the own WebSub hub (W3C Recommendation of 2018-01-23), webhooks, their deliveries."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from aggregator.model.format import Format
from aggregator.model.hidden import hiding
from aggregator.model.public_change import ChangeKind

WITHDRAWALS = "withdrawals"  # name of the channel of all withdrawals and corrections


class Topic(Struct, frozen=True):
    """A document that the hub distributes: a channel by name, in one format."""

    channel: str
    kind: Format


class HubMode(StrEnum):
    """Modes of a request to the hub (`hub.mode`, WebSub section 5.1). The values are stored."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


class HubRequest(Struct, frozen=True):
    """An accepted request to the hub, which waits for verification of intent.

    `topic` is the address as it was requested. `callback` and `secret` are never shown, logged or printed.
    """

    mode: HubMode
    topic: str
    callback: str
    secret: str
    lease: timedelta
    host: str  # of the callback
    client: str  # network that the request came from
    at: datetime
    number: int = 0

    __repr__ = hiding("callback", "secret")


class HubSubscriber(Struct, frozen=True):
    """A verified subscription. The document as of the change `seq` of its channel was delivered, its entries
    with `digest` ("" before the first delivery). `callback` and `secret` are never shown, logged or printed.
    """

    number: int
    callback: str
    secret: str
    host: str
    seq: int
    digest: str
    due: datetime  # no delivery before
    failures: int = 0  # in a row
    failing_since: datetime | None = None

    __repr__ = hiding("callback", "secret")


class HubDelivery(Struct, frozen=True):
    """A delivery that is due: the channel has changed, the last time at `changed` by the change `seq`."""

    topic: Topic
    subscriber: HubSubscriber
    seq: int
    changed: datetime


class PushOutcome(StrEnum):
    """Outcomes of a delivery."""

    DELIVERED = "delivered"
    FAILED = "failed"  # to be tried again
    GONE = "gone"  # 410: the subscriber has ended it
    DROPPED = "dropped"  # after too many failures


class PushKind(StrEnum):
    """Kinds of deliveries, by which metrics count them."""

    HUB = "hub"
    PING = "ping"  # of another hub
    WEBHOOK = "webhook"


class PushResult(Struct, frozen=True):
    """One delivery that ended, `seconds` after the change it tells of was committed."""

    kind: PushKind
    outcome: PushOutcome
    seconds: float


class HookEvent(StrEnum):
    """Events of an item that webhooks receive. The values are stored and posted."""

    CREATED = "created"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


class HookItem(Struct, frozen=True):
    """State of an item at one webhook: the last event delivered, and the next.

    `has`: the webhook was told of the item, and not yet that it is withdrawn. `event` is None when nothing
    waits; `ref`, of the position or change behind the event, makes its id unique; `at` is when that
    happened.
    """

    public_id: str
    id: str
    has: bool = False
    event: HookEvent | None = None
    ref: int = 0
    at: datetime | None = None
    due: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    told: str = ""  # the id that it was told of the item


class Hook(Struct, frozen=True):
    """One webhook as stored, known by its address: how far it has read, and its failures in a row."""

    number: int
    position: int  # of the last item of its channel that it has read
    change: int  # number of the last public change that it has read
    due: datetime
    failures: int = 0
    failing_since: datetime | None = None


class HookNews(Struct, frozen=True):
    """One item that has entered the channel of a webhook (`kind` PUBLISHED), or a public change; with what
    the webhook knows of the item, and whether the channel holds it now."""

    kind: ChangeKind
    public_id: str
    id: str
    ref: int
    at: datetime
    is_in_channel: bool
    known: HookItem | None
