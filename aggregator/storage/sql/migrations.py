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
    # Whether the address of a source's feed is published also with its query.
    "m014_feed_public": ("ALTER TABLE source ADD COLUMN feed_public INTEGER NOT NULL DEFAULT 0",),
}
