"""Migrations to the tables of copies of images."""

from collections.abc import Mapping, Sequence

IMAGES: Mapping[str, Sequence[str]] = {
    # Copies by the digest of their bytes, and the items that show them, by the addresses at their origins.
    "m053_images": (
        """CREATE TABLE image (
            digest TEXT PRIMARY KEY,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            size INTEGER NOT NULL,
            body BLOB NOT NULL
        ) STRICT""",
        """CREATE TABLE image_use (
            item INTEGER NOT NULL REFERENCES item (number),
            address TEXT NOT NULL,
            source INTEGER NOT NULL REFERENCES source (number),
            host TEXT NOT NULL,
            state TEXT NOT NULL,
            digest TEXT REFERENCES image (digest),
            started INTEGER NOT NULL,
            due INTEGER NOT NULL,
            asked INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            size INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (item, address)
        ) STRICT""",
        "CREATE INDEX image_use_digest ON image_use (digest) WHERE digest IS NOT NULL",
        "CREATE INDEX image_use_source ON image_use (source, asked)",
        "CREATE INDEX image_use_host ON image_use (host, asked)",
        "CREATE INDEX item_live ON item (seq, number) WHERE state = 'live' AND freed = 0",
    ),
}
