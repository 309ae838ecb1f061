"""Subscriptions at the own WebSub hub that end with their channel. Called inside a write transaction, also by
commands, which load no other part of push."""

from datetime import datetime
from urllib.parse import quote

from aggregator.storage.sql import applied
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import ms

# As requests that wait: the hub finds no such topic, and denies them.
DENY = """INSERT INTO hub_request (mode, topic, callback, secret, lease, host, client, at)
    SELECT 'subscribe', :start || s.kind, s.callback, '', 0, s.host, s.client, :now
    FROM hub_subscriber s WHERE s.channel = :channel ON CONFLICT (callback, topic) DO NOTHING"""


def deny(db: Connection, channel: int, name: str, now: datetime) -> None:
    """End the subscriptions of a channel that is removed; the hub tells its subscribers (WebSub section
    5.2)."""
    published = applied.read(db)
    if published is not None:
        start = f"{published.publication.url}{quote(name)}/feed."
        db.execute(DENY, {"start": start, "channel": channel, "now": ms(now)})
    db.execute("DELETE FROM hub_subscriber WHERE channel = ?", (channel,))
