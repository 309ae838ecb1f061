"""Migrations to the tables of stories across sources."""

from collections.abc import Mapping, Sequence

STORIES: Mapping[str, Sequence[str]] = {
    # Texts are found by their least sentences; the member of a story that is shown in place of another. What
    # is still new enough to be matched is signed and looked up in maintenance.
    "m032_sketch": (
        """CREATE TABLE sketch (
            hash INTEGER NOT NULL,
            source INTEGER NOT NULL,
            item INTEGER NOT NULL,
            PRIMARY KEY (hash, source)
        ) STRICT, WITHOUT ROWID""",
        "ALTER TABLE item ADD COLUMN says BLOB",
        """INSERT INTO unmatched (item) SELECT number FROM item
        WHERE freed = 0 AND shown > (SELECT max(shown) FROM item WHERE state = 'live') - 1209600000
        ON CONFLICT DO NOTHING""",
    ),
    # Items that the operator has split or merged, by their ids, the lesser first.
    "m033_pairing": (
        """CREATE TABLE pairing (
            one TEXT NOT NULL,
            other TEXT NOT NULL,
            apart INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (one, other)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX pairing_other ON pairing (other)",
    ),
}
