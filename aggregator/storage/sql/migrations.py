"""Migrations that both engines carry out, in the order of their names; those before are SQLite's alone.

A released one is never edited. Tables are written in SQLite's types, which PostgreSQL's dialect translates.
"""

from collections.abc import Mapping, Sequence

from aggregator.storage.sql import provenance
from aggregator.storage.sql.cluster_tables import CLUSTER
from aggregator.storage.sql.desk_tables import DESK
from aggregator.storage.sql.image_tables import IMAGES
from aggregator.storage.sql.origin_tables import ORIGIN_STEPS
from aggregator.storage.sql.page_tables import PAGES
from aggregator.storage.sql.public_change_tables import LAST_CHANGES, PUBLIC_CHANGES
from aggregator.storage.sql.push_migrations import PUSH
from aggregator.storage.sql.report_tables import REPORTS
from aggregator.storage.sql.story_tables import STORIES
from aggregator.storage.sql.style_tables import RULED_TOPICS, STYLES
from aggregator.storage.sql.tallies import TALLIES
from aggregator.storage.sql.translation_tables import TRANSLATIONS
from aggregator.storage.sql.user_tables import DESK_USERS

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
    # Which items their own dates hold, with a release time or without one; whose titles are derived from
    # their texts, which may be shown under full rights only (of before: titles cut from the text).
    "m019_held": (
        "ALTER TABLE item ADD COLUMN dated INTEGER NOT NULL DEFAULT 0",
        "UPDATE item SET dated = 1 WHERE state = 'held' AND release IS NOT NULL",
        "ALTER TABLE item ADD COLUMN untitled INTEGER NOT NULL DEFAULT 0",
        """UPDATE item SET untitled = 1
        WHERE length(title) BETWEEN 2 AND 80 AND substr(title, length(title), 1) = '…'
        AND substr(replace(replace(text, '\n\n', ' '), '\n', ' '), 1, length(title) - 1)
            = substr(title, 1, length(title) - 1)""",
        "UPDATE revision SET title = '' WHERE item IN (SELECT number FROM item WHERE untitled = 1)",
    ),
    # The last decision of the operator about each item of a feed, derived from the journal, with what tells
    # the item again after it was removed, and the sentences of withdrawn releases, by which copies are found.
    "m020_decisions": (
        """CREATE TABLE decision (
            line INTEGER PRIMARY KEY,
            item TEXT NOT NULL,
            trigger TEXT NOT NULL,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            at INTEGER NOT NULL,
            release INTEGER,
            version INTEGER,
            approves INTEGER NOT NULL,
            source TEXT NOT NULL,
            feed TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            link TEXT NOT NULL,
            title TEXT NOT NULL,
            day TEXT NOT NULL,
            words TEXT NOT NULL,
            signature BLOB NOT NULL
        ) STRICT""",
        "CREATE UNIQUE INDEX decision_item ON decision (item, feed)",
        "CREATE INDEX decision_key ON decision (key)",
        "CREATE INDEX decision_link ON decision (link)",
        "CREATE INDEX decision_title ON decision (title)",
        """CREATE TABLE withdrawn_piece (
            piece INTEGER NOT NULL,
            line INTEGER NOT NULL,
            PRIMARY KEY (piece, line)
        ) STRICT""",
        "CREATE INDEX withdrawn_piece_line ON withdrawn_piece (line)",
    ),
    # Numbers of versions; the version of an item that waits for approval; digests of struck ones, by the id
    # of the item, which a restore or a new import does not change.
    "m021_versions": (
        "ALTER TABLE item ADD COLUMN version INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE item ADD COLUMN versions INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE item ADD COLUMN pending INTEGER",
        "CREATE INDEX item_pending ON item (number) WHERE pending IS NOT NULL",
        "ALTER TABLE revision ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE revision ADD COLUMN struck INTEGER NOT NULL DEFAULT 0",
        """UPDATE revision SET version = (SELECT count(*) FROM revision o
            WHERE o.item = revision.item AND o.number <= revision.number)""",
        """UPDATE item SET version = 1 + (SELECT max(r.version) FROM revision r WHERE r.item = item.number)
        WHERE number IN (SELECT item FROM revision)""",
        "UPDATE item SET versions = version WHERE version > 1",
        "ALTER TABLE audit ADD COLUMN version INTEGER",
        "ALTER TABLE source ADD COLUMN history INTEGER NOT NULL DEFAULT 1",
        """CREATE TABLE pending (
            item INTEGER PRIMARY KEY REFERENCES item (number),
            updated INTEGER NOT NULL,
            parts INTEGER NOT NULL,
            story INTEGER,
            claimed INTEGER,
            fingerprint BLOB NOT NULL,
            link BLOB,
            language TEXT NOT NULL,
            title TEXT NOT NULL,
            url TEXT NOT NULL,
            details TEXT NOT NULL,
            text TEXT NOT NULL,
            content TEXT NOT NULL,
            untitled INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE struck (
            item TEXT NOT NULL,
            fingerprint BLOB NOT NULL,
            PRIMARY KEY (item, fingerprint)
        ) STRICT""",
    ),
    # Whether a source is one that the store has, until that is known. Digests of the queries of an item's
    # addresses, and query parameters that vary from poll to poll.
    "m022_identity": (
        "ALTER TABLE source ADD COLUMN doubt TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE source ADD COLUMN volatile TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE item ADD COLUMN fingerprint_version INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE item ADD COLUMN queries TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE item ADD COLUMN unsettled BLOB",
        "ALTER TABLE pending ADD COLUMN fingerprint_version INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE pending ADD COLUMN queries TEXT NOT NULL DEFAULT '[]'",
    ),
    # Alerts about the service itself.
    "m023_service_alerts": (
        """CREATE TABLE service_alert (
            kind TEXT PRIMARY KEY,
            message TEXT NOT NULL,
            raised INTEGER NOT NULL,
            cleared INTEGER,
            told INTEGER NOT NULL DEFAULT 0,
            sent INTEGER NOT NULL DEFAULT 0
        ) STRICT""",
    ),
    # How long a source has answered 304, and whether its validators are known to change.
    "m024_validators": (
        "ALTER TABLE source RENAME COLUMN last_full TO last_body",
        "ALTER TABLE source ADD COLUMN has_new_validators INTEGER NOT NULL DEFAULT 0",
    ),
    # Lists of pages go by shown date; undated items of a first import come last, as 0. Ids that sources had
    # before they were renamed.
    "m025_listed": (
        "ALTER TABLE membership ADD COLUMN listed INTEGER NOT NULL DEFAULT 0",
        """UPDATE membership SET listed = (
            SELECT CASE WHEN backlog = 1 AND shown >= first_seen THEN 0 ELSE shown END
            FROM item WHERE number = membership.item)""",
        "CREATE INDEX membership_listed ON membership (channel, listed, item, source)",
        "DROP INDEX item_earlier",
        """CREATE INDEX item_backlog ON item ((CASE WHEN shown >= first_seen THEN 0 ELSE shown END), number)
        WHERE backlog = 1 AND state = 'live' AND freed = 0""",
        """CREATE TABLE former_id (
            id TEXT PRIMARY KEY,
            source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE
        ) STRICT""",
        "CREATE INDEX former_id_source ON former_id (source)",
    ),
    # Channels of languages that only old items of a first import have, by primary subtag: 2 or 3 letters.
    "m026_backlog_languages": (
        """CREATE INDEX item_backlog_language ON item ((rtrim(substr(lower(language), 1, 3), '-')), source)
        WHERE backlog = 1 AND state = 'live' AND freed = 0""",
        """INSERT INTO channel (name, seq, changed)
        SELECT DISTINCT 'languages/' || rtrim(substr(lower(language), 1, 3), '-'),
            (SELECT value FROM counter WHERE name = 'seq'), (SELECT max(changed) FROM channel)
        FROM item WHERE backlog = 1 AND state = 'live' AND freed = 0 AND length(language) > 1
        ON CONFLICT DO NOTHING""",
    ),
    # A digest of all that is published of the version decided on.
    "m027_read": ("ALTER TABLE decision ADD COLUMN read TEXT NOT NULL DEFAULT ''",),
    **ORIGIN_STEPS,
    **PUBLIC_CHANGES,
    **STORIES,
    **PUSH,
    **DESK,
    # Terms of use: by the operator (words, use by AI), and by the origin.
    "m039_terms": (
        "ALTER TABLE source ADD COLUMN attribution TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE source ADD COLUMN ai TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE source ADD COLUMN terms TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE source ADD COLUMN site_terms TEXT NOT NULL DEFAULT '{}'",
    ),
    **STYLES,
    **PAGES,
    **LAST_CHANGES,
    **provenance.TABLES,
    **TRANSLATIONS,
    **DESK_USERS,
    **REPORTS,
    **TALLIES,
    **RULED_TOPICS,
    **IMAGES,
    **CLUSTER,
}
