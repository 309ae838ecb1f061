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
    # Bounds of what one source may take: bytes of a history, places in shared channels.
    "m013_bounds": (
        "ALTER TABLE revision ADD COLUMN size INTEGER NOT NULL DEFAULT 0",
        "UPDATE revision SET size = length(title) + length(content) + length(url)",
        "CREATE INDEX revision_size ON revision (item, number, size)",  # covering: texts need not be read
    ),
}
