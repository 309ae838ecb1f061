"""WebSub subscriptions (W3C Recommendation of 2018-01-23) and durable tasks."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Advert:
    """The hub and the topic a feed names, both absolute; "" when it names no hub."""

    hub: str = ""
    topic: str = ""


class SubscriptionState(StrEnum):
    """Where a subscription stands; only `aggregator.subscription` changes it."""

    WANTED = "wanted"  # never asked for yet
    ASKED = "asked"
    ACTIVE = "active"
    DENIED = "denied"
    BROKEN = "broken"  # the hub kept silent about a release
    LEAVING = "leaving"  # the hub is asked to forget it


@dataclass(frozen=True, slots=True)
class Subscription:
    """One topic of a source at one hub. `token` and `secret` are never shown, logged or printed.

    `asks` counts requests since the hub last confirmed, `breaks` how often in a row it was found broken.
    """

    number: int
    source: str
    hub: str
    topic: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    state: SubscriptionState
    since: datetime
    due: datetime  # when it is to be looked at again
    configured: bool = True  # whether its source still is
    asked: datetime | None = None
    confirmed: datetime | None = None
    lease_until: datetime | None = None
    announced: datetime | None = None  # last delivery that was believed
    missed: datetime | None = None  # when a poll found what the hub had not announced
    asks: int = 0
    breaks: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Work to be done once it is due, outliving restarts. While it is being done, `due` is when its claim
    runs out; `attempts` counts claims, this one included."""

    kind: str
    subject: str
    due: datetime
    attempts: int = 0
