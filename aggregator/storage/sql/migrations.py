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
    # The next turn of each source that waits for a channel, so that an hour writes no later item; documents
    # are filled from their sources in turn, by indexes that hold the source.
    "m015_turns": (
        """CREATE TABLE turn (
            channel INTEGER NOT NULL REFERENCES channel (number),
            source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
            due INTEGER NOT NULL,
            PRIMARY KEY (channel, source)
        ) STRICT""",
        "CREATE INDEX turn_due ON turn (due)",
        "INSERT INTO turn (channel, source, due) SELECT channel, source, min(due) FROM waiting GROUP BY 1, 2",
        "DROP INDEX waiting_due",
        "DROP INDEX waiting_source",
        "ALTER TABLE waiting DROP COLUMN due",
        "CREATE INDEX waiting_source ON waiting (channel, source, since, item)",
        "CREATE INDEX membership_since ON membership (channel, since, source)",
        "DROP INDEX item_release",
        """CREATE INDEX item_release ON item (release, number, source)
        WHERE state = 'held' AND release IS NOT NULL""",
        "DROP INDEX item_corrected",
        "CREATE INDEX item_corrected ON item (source, corrected) WHERE corrected IS NOT NULL",
        "DROP INDEX item_earlier",
        """CREATE INDEX item_earlier ON item (source, shown)
        WHERE backlog = 1 AND state = 'live' AND freed = 0""",
    ),
    # Which items the budget of their source holds; when a source last answered 429.
    "m016_over_budget": (
        "ALTER TABLE item ADD COLUMN over_budget INTEGER NOT NULL DEFAULT 0",
        """UPDATE item SET over_budget = 1
        WHERE state = 'held' AND reason = 'beyond the budget of items a day'
        AND (claimed IS NULL OR claimed <= first_seen)""",
        "CREATE INDEX item_over_budget ON item (source, number) WHERE over_budget = 1",
        "ALTER TABLE source ADD COLUMN last_limited INTEGER",
    ),
    # Signatures of another form: those of before are made anew when they are needed.
    "m017_pieces": (
        "DROP TABLE signature",
        """CREATE TABLE signature (
            item INTEGER PRIMARY KEY REFERENCES item (number),
            pieces BLOB NOT NULL
        ) STRICT""",
    ),
    # What a source's dates have shown: the order of day and month (NULL: nothing), how often they were ahead.
    "m018_dates": (
        "ALTER TABLE source ADD COLUMN month_first INTEGER",
        "ALTER TABLE source ADD COLUMN ahead TEXT NOT NULL DEFAULT '{}'",
    ),
    # How long a source has answered 304, and whether its validators are known to change.
    "m024_validators": (
        "ALTER TABLE source RENAME COLUMN last_full TO last_body",
        "ALTER TABLE source ADD COLUMN has_new_validators INTEGER NOT NULL DEFAULT 0",
    ),
}
