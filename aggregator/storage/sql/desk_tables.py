"""Migrations to the tables of the desk's amendments and erasures."""

from collections.abc import Mapping, Sequence

DESK: Mapping[str, Sequence[str]] = {
    # The desk's own fields of an item; its topics and language, by which channels go, in columns of their
    # own. Those of items, by id and feed, that a new import brings back.
    "m036_amended": (
        "ALTER TABLE item ADD COLUMN amended TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE item ADD COLUMN own_topics TEXT",
        "ALTER TABLE item ADD COLUMN own_language TEXT",
        "DROP INDEX item_backlog_language",
        """CREATE INDEX item_backlog_language
        ON item ((rtrim(substr(lower(coalesce(own_language, language)), 1, 3), '-')), source)
        WHERE backlog = 1 AND state = 'live' AND freed = 0""",
        """CREATE TABLE amendment (
            item TEXT NOT NULL,
            feed TEXT NOT NULL,
            at INTEGER NOT NULL,
            amended TEXT NOT NULL,
            PRIMARY KEY (item, feed)
        ) STRICT""",
    ),
    # Erased items, and the keys by which they are recognised wherever they are listed again.
    "m037_erased": (
        "ALTER TABLE item ADD COLUMN erased INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE erased_key (
            key TEXT NOT NULL,
            item TEXT NOT NULL,
            feed TEXT NOT NULL,
            source TEXT NOT NULL,
            everywhere INTEGER NOT NULL,
            PRIMARY KEY (key, item, feed)
        ) STRICT""",
    ),
}
