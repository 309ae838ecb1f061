"""Migrations of what is pushed, among those of `migrations`."""

from collections.abc import Mapping, Sequence

PUSH: Mapping[str, Sequence[str]] = {
    # Subscriptions at the own WebSub hub, and requests to it that wait for verification. Callbacks and topics
    # are at most 1,000 bytes: an entry of an index in PostgreSQL has 2,704. Channel 0 is that of withdrawals.
    "m034_hub": (
        """CREATE TABLE hub_request (
            number INTEGER PRIMARY KEY,
            mode TEXT NOT NULL CHECK (mode IN ('subscribe', 'unsubscribe')),
            topic TEXT NOT NULL,
            callback TEXT NOT NULL,
            secret TEXT NOT NULL,
            lease INTEGER NOT NULL,
            host TEXT NOT NULL,
            client TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT""",
        "CREATE UNIQUE INDEX hub_request_topic ON hub_request (callback, topic)",
        """CREATE TABLE hub_subscriber (
            number INTEGER PRIMARY KEY,
            channel INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('rss', 'atom', 'json')),
            callback TEXT NOT NULL,
            secret TEXT NOT NULL,
            host TEXT NOT NULL,
            client TEXT NOT NULL,
            lease_until INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            digest TEXT NOT NULL DEFAULT '',
            due INTEGER NOT NULL,
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER
        ) STRICT""",
        "CREATE UNIQUE INDEX hub_subscriber_topic ON hub_subscriber (callback, channel, kind)",
        "CREATE INDEX hub_subscriber_seq ON hub_subscriber (channel, seq)",
        """CREATE TABLE hub_ping (
            url TEXT PRIMARY KEY,
            seq INTEGER NOT NULL
        ) STRICT""",
    ),
    # Webhooks, known by a digest of their address, which may be a secret; what each knows of an item, known
    # by a digest of its public id, and what it is to be told next ('': nothing).
    "m035_webhooks": (
        """CREATE TABLE webhook (
            number INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            position INTEGER NOT NULL,
            change INTEGER NOT NULL,
            due INTEGER NOT NULL,
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER
        ) STRICT""",
        """CREATE TABLE webhook_item (
            webhook INTEGER NOT NULL REFERENCES webhook (number) ON DELETE CASCADE,
            digest BLOB NOT NULL,
            public_id TEXT NOT NULL,
            id TEXT NOT NULL,
            has INTEGER NOT NULL,
            event TEXT NOT NULL,
            ref INTEGER NOT NULL,
            at INTEGER,
            due INTEGER,
            failures INTEGER NOT NULL,
            failing_since INTEGER,
            told TEXT NOT NULL,
            PRIMARY KEY (webhook, digest)
        ) STRICT""",
        "CREATE INDEX webhook_item_due ON webhook_item (webhook, failures, at) WHERE event <> ''",
    ),
}
