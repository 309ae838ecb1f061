"""WebSub subscriptions (W3C Recommendation of 2018-01-23) and durable tasks."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from aggregator.model.hidden import hiding


class Advert(Struct, frozen=True):
    """The hub and the topic a feed names, both absolute; "" when it names no hub."""

    hub: str = ""
    topic: str = ""


class SubscriptionState(StrEnum):
    """The state of a subscription; only `policy.subscription` changes it."""

    WANTED = "wanted"  # never asked for yet
    ASKED = "asked"
    ACTIVE = "active"
    DENIED = "denied"
    BROKEN = "broken"  # the hub did not announce a release
    LEAVING = "leaving"  # the hub is asked to forget it


class Subscription(Struct, frozen=True):
    """One topic of a source at one hub. `token` and `secret` are never shown, logged or printed.

    `asks` counts requests since the hub last confirmed, `breaks` how often in a row it was found broken.
    """

    number: int
    source: str
    hub: str
    topic: str
    token: str
    secret: str
    state: SubscriptionState
    since: datetime
    due: datetime  # when its next step is due
    configured: bool = True  # whether its source is
    asked: datetime | None = None
    confirmed: datetime | None = None
    lease_until: datetime | None = None
    announced: datetime | None = None  # last delivery with a valid signature
    missed: datetime | None = None  # when a poll found a release that the hub had not announced
    asks: int = 0
    breaks: int = 0
    reason: str = ""

    __repr__ = hiding("token", "secret")


class TaskKind(StrEnum):
    """Kinds of durable work other than polls. The values are stored: never rename one."""

    WEBSUB = "websub"  # the next step of a subscription, its number the subject
    ALERTS = "alerts"  # posting unsent alerts
    TERMS = "terms"  # reading the terms of a site, its host the subject
    PROBE = "probe"  # the page of an item, its id the subject
    PAGE = "page"  # the text of the page of an item, its id the subject
    LETTER = "letter"  # an e-mail to the sender of a report, its reference the subject
    IMAGES = "images"  # noting the images of items that have changed
    IMAGE = "image"  # the copies of the images of an item, its id the subject


class Task(Struct, frozen=True):
    """Durable work. While it is claimed, `due` is the end of the claim; `attempts` counts claims, this one
    included."""

    kind: TaskKind
    subject: str
    due: datetime
    attempts: int = 0
