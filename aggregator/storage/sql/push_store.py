"""The contract's PushStore: the own WebSub hub, pings of another, webhooks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.model.push import Hook, HookItem, HookNews, HubDelivery, HubRequest, HubSubscriber, Topic
from aggregator.storage.sql import hub, webhooks
from aggregator.storage.sql.engine import Engine, one, read
from aggregator.storage.sql.rows import MILLISECOND

TIMES = (
    ("hub_subscriber", "due"),
    ("hub_subscriber", "lease_until"),
    ("webhook", "due"),
    ("webhook_item", "due"),
)
PINGED = "SELECT seq FROM hub_ping WHERE url = ?"


class HubLimits(Struct, frozen=True):
    """Most subscriptions and unverified requests of the hub: in all, of one callback host, of one client."""

    in_all: int
    per_host: int
    per_client: int


class PushStore:
    """Subscribers of the hub, webhooks and their deliveries in one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ask(self, request: HubRequest, limits: HubLimits | None) -> bool:
        """Store a request to the hub; False when there is no room for another subscription. One without
        limits renews or ends a subscription, and always has room."""
        with self._engine.writing() as db:
            if limits is not None and (
                hub.in_all(db) >= limits.in_all
                or hub.counted(db, "host", request.host) >= limits.per_host
                or hub.counted(db, "client", request.client) >= limits.per_client
            ):
                return False
            hub.ask(db, request)
            return True

    def hub_requests(self) -> tuple[HubRequest, ...]:
        """(poller) Return the requests that wait for verification, oldest first."""
        with self._engine.reading() as db:
            return hub.requests(db)

    def is_subscribed(self, callback: str, topic: Topic) -> bool:
        """Return whether a callback is subscribed to a topic."""
        with self._engine.reading() as db:
            return hub.has(db, callback, topic)

    def answer(self, request: HubRequest, verified: Topic | None, now: datetime) -> None:
        """(poller) Remove a request; with its topic, begin, renew or end the subscription."""
        with self._engine.writing() as db:
            if verified is not None:
                hub.confirm(db, request, verified, now)
            hub.answered(db, request)

    def hub_deliveries(self, now: datetime) -> tuple[HubDelivery, ...]:
        """(poller) Return the deliveries that are due, those to failing callbacks last."""
        with self._engine.reading() as db:
            return hub.pending(db, now)

    def delivered(self, after: Sequence[HubSubscriber], ended: Sequence[int]) -> None:
        """(poller) Record the states of subscribers after deliveries, and remove those with these numbers."""
        with self._engine.writing() as db:
            hub.record(db, after, ended)

    def expire(self, now: datetime) -> None:
        """(poller) Remove subscriptions whose lease is over."""
        with self._engine.writing() as db:
            hub.expire(db, now)

    def set_back(self, by: timedelta) -> None:
        """(poller) Move the times of deliveries, leases and retries back with the clock."""
        with self._engine.writing() as db:
            for table, column in TIMES:
                db.execute(f"UPDATE {table} SET {column} = {column} - ?", (by // MILLISECOND,))

    def subscribers(self) -> int:
        """Return how many subscriptions the hub has."""
        return int(read(self._engine, "SELECT count(*) AS counted FROM hub_subscriber")[0]["counted"])

    def unpinged(self, url: str) -> tuple[tuple[str, int], ...]:
        """(poller) Return channels with a change that another hub was not pinged about, with its number,
        oldest first. A hub that is new gets changes from now on."""
        with self._engine.writing() as db:
            db.execute(
                """INSERT INTO hub_ping (url, seq) SELECT ?, value FROM counter WHERE name = 'seq'
                ON CONFLICT (url) DO NOTHING""",
                (url,),
            )
            return hub.changed_since(db, one(db.execute(PINGED, (url,)))["seq"])

    def pinged(self, url: str, seq: int) -> None:
        """(poller) Record that a hub was pinged about all changes up to this one."""
        with self._engine.writing() as db:
            db.execute("UPDATE hub_ping SET seq = ? WHERE url = ?", (seq, url))

    def webhook(self, url: str, now: datetime) -> Hook:
        """(poller) Return the webhook at an address. A new one is told of what comes from now on."""
        with self._engine.reading() as db:
            found = webhooks.find(db, url)
        if found is not None:
            return found
        with self._engine.writing() as db:
            return webhooks.begin(db, url, now)

    def news(self, hook: Hook, channel: str, limit: int) -> tuple[Hook, tuple[HookNews, ...]]:
        """(poller) Return what a webhook has not read, about `limit` changes and as many new items of its
        channel; and the webhook as it is once that is written."""
        with self._engine.reading() as db:
            return webhooks.news(db, hook, channel, limit)

    def write_webhook(self, hook: Hook, items: Sequence[HookItem], forgotten: Sequence[str] = ()) -> None:
        """(poller) Record the state of a webhook and of items; it knows nothing more of the forgotten ones,
        by public id."""
        with self._engine.writing() as db:
            webhooks.write(db, hook, items)
            webhooks.forget(db, hook, forgotten)

    def untold(self, hook: Hook, now: datetime, limit: int) -> tuple[HookItem, ...]:
        """(poller) Return items that a webhook is to be told of, withdrawals first, then those that failed
        least, the oldest first."""
        with self._engine.reading() as db:
            return webhooks.waiting(db, hook, now, limit)

    def overdue(self, urls: Sequence[str], before: datetime) -> int:
        """Return how many messages the webhooks at these addresses have not accepted since before a time."""
        if not urls:
            return 0
        with self._engine.reading() as db:
            return sum(webhooks.overdue(db, url, before) for url in urls)
