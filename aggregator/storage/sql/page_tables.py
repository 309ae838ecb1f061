"""Migrations to the table of pages and their texts."""

from collections.abc import Mapping, Sequence

PAGES: Mapping[str, Sequence[str]] = {
    # Pages of items whose feed carries a summary only: one of each version, which its fingerprint names, with
    # the text that was found in it.
    "m042_pages": (
        """CREATE TABLE page (
            item INTEGER NOT NULL REFERENCES item (number),
            fingerprint BLOB NOT NULL,
            source INTEGER NOT NULL REFERENCES source (number),
            host TEXT NOT NULL,
            url TEXT NOT NULL,
            state TEXT NOT NULL,
            started INTEGER NOT NULL,
            asked INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            content TEXT NOT NULL DEFAULT '',
            text TEXT NOT NULL DEFAULT '',
            styled TEXT NOT NULL DEFAULT '{}',
            PRIMARY KEY (item, fingerprint)
        ) STRICT""",
        "CREATE INDEX page_source ON page (source, started)",
        "CREATE INDEX page_host ON page (host, asked)",
        "ALTER TABLE source ADD COLUMN full_text INTEGER NOT NULL DEFAULT 0",
    ),
}
