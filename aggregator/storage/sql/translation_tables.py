"""Migrations to the tables of translations."""

from collections.abc import Mapping, Sequence

TRANSLATIONS: Mapping[str, Sequence[str]] = {
    # Digests by which translations of an item are found, and the items that are linked, each pair both ways.
    # Stored items get theirs when their documents are next read.
    "m046_translations": (
        "ALTER TABLE item ADD COLUMN unmarked BLOB",
        "ALTER TABLE item ADD COLUMN alternates BLOB",
        "ALTER TABLE pending ADD COLUMN unmarked BLOB",
        "ALTER TABLE pending ADD COLUMN alternates BLOB",
        """CREATE TABLE translation_key (
            item INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            digest BLOB NOT NULL,
            source INTEGER NOT NULL,
            own BLOB,
            PRIMARY KEY (item, kind, digest)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX translation_key_source ON translation_key (source, kind, digest, item)",
        "CREATE INDEX translation_key_own ON translation_key (digest, own) WHERE own IS NOT NULL",
        """CREATE TABLE translation (
            item INTEGER NOT NULL,
            other INTEGER NOT NULL,
            basis INTEGER NOT NULL,
            PRIMARY KEY (item, other)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX source_organisation ON source (organisation) WHERE organisation <> ''",
    ),
}
