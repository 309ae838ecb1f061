"""Migrations that both engines carry out, in the order of their names; those before are SQLite's alone.

A released one is never edited. Tables are written in SQLite's types, which PostgreSQL's dialect translates.
"""

from collections.abc import Mapping, Sequence

MIGRATIONS: Mapping[str, Sequence[str]] = {
    # The journal of withdrawals, in the transaction of each; the file beside the store is its copy.
    "m010_journal": (
        """CREATE TABLE journal (
            number INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            line TEXT NOT NULL
        ) STRICT""",
    ),
    # Its condition is that of the query, or the planner cannot use it.
    "m011_alert_untold": (
        "DROP INDEX alert_untold",
        """CREATE INDEX alert_untold ON alert (number)
        WHERE told < (CASE WHEN cleared IS NULL THEN 1 ELSE 2 END)""",
    ),
    # Items that are held until their origin says them again; signatures of texts, apart because the rows of
    # items are long; items beyond the budget of their poll, which maintenance matches; what a source has
    # spent of its daily budget.
    "m012_bounds": (
        "ALTER TABLE item ADD COLUMN reinstated INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE signature (
            item INTEGER PRIMARY KEY REFERENCES item (number),
            shingles BLOB NOT NULL
        ) STRICT""",
        "ALTER TABLE source ADD COLUMN spent TEXT NOT NULL DEFAULT '{}'",
        "CREATE TABLE unmatched (item INTEGER PRIMARY KEY REFERENCES item (number)) STRICT",
    ),
    # Bounds of what one source may take: bytes of a history, places in shared channels.
    "m013_bounds": (
        "ALTER TABLE revision ADD COLUMN size INTEGER NOT NULL DEFAULT 0",
        "UPDATE revision SET size = length(title) + length(content) + length(url)",
        "CREATE INDEX revision_size ON revision (item, number, size)",  # covering: texts need not be read
        "ALTER TABLE source ADD COLUMN from_entry INTEGER NOT NULL DEFAULT 0",
        """UPDATE source SET from_entry = 1 WHERE number IN
            (SELECT source FROM item WHERE replace(details, '"organisation": "', '') <> details)""",
        "ALTER TABLE source ADD COLUMN burst INTEGER NOT NULL DEFAULT 20",
        "ALTER TABLE membership ADD COLUMN source INTEGER NOT NULL DEFAULT 0",
        "UPDATE membership SET source = (SELECT source FROM item WHERE number = membership.item)",
        "CREATE INDEX membership_source ON membership (channel, source, since)",
        """CREATE TABLE waiting (
            channel INTEGER NOT NULL REFERENCES channel (number),
            item INTEGER NOT NULL REFERENCES item (number),
            source INTEGER NOT NULL REFERENCES source (number),
            due INTEGER NOT NULL,
            since INTEGER NOT NULL,
            PRIMARY KEY (channel, item)
        ) STRICT""",
        "CREATE INDEX waiting_source ON waiting (channel, source, due)",
        "CREATE INDEX waiting_item ON waiting (item)",
        "CREATE INDEX waiting_due ON waiting (due)",
    ),
    # Whether the address of a source's feed is published also with its query.
    "m014_feed_public": ("ALTER TABLE source ADD COLUMN feed_public INTEGER NOT NULL DEFAULT 0",),
    # The order of day and month that a source's dates have shown; NULL when none has.
    "m018_month_first": ("ALTER TABLE source ADD COLUMN month_first INTEGER",),
}
