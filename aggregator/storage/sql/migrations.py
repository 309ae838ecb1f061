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
    # Whether the address of a source's feed is published also with its query.
    "m014_feed_public": ("ALTER TABLE source ADD COLUMN feed_public INTEGER NOT NULL DEFAULT 0",),
}
