"""Documents that versions of items were read from. Called inside transactions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from aggregator import __version__
from aggregator.model.provenance import Provenance, ReadDocument
from aggregator.storage.sql.engine import Connection, Cursor
from aggregator.storage.sql.rows import moment, ms

TABLES: Mapping[str, Sequence[str]] = {
    # The document that each version of an item was read from; NULL: before that was recorded.
    "m045_documents": (
        """CREATE TABLE document (
            number INTEGER PRIMARY KEY,
            source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
            at INTEGER NOT NULL,
            url TEXT NOT NULL,
            digest BLOB NOT NULL,
            parser TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX document_source ON document (source)",
        "ALTER TABLE item ADD COLUMN document INTEGER",
        "ALTER TABLE pending ADD COLUMN document INTEGER",
        "ALTER TABLE revision ADD COLUMN document INTEGER",
    ),
}


@cache
def _parser() -> str:
    """Return the versions of the programs that read documents."""
    from importlib.metadata import version  # 10 ms of CPU with email, for what polls alone record

    return f"publicwire {__version__}, feedparser {version('feedparser')}"


def record(db: Connection, source: int, document: ReadDocument, at: datetime) -> Cursor:
    """Store a document of a source, fetched at this time; the row read has its `number`."""
    return db.execute(
        """INSERT INTO document (number, source, at, url, digest, parser)
        VALUES ((SELECT coalesce(max(number), 0) + 1 FROM document), ?, ?, ?, ?, ?) RETURNING number""",
        (source, ms(at), document.url, document.digest, _parser()),
    )


def of_item(db: Connection, number: int) -> tuple[Provenance, ...]:
    """Return the provenance of all versions of an item, newest first."""
    found = db.execute(
        """SELECT v.version, d.at, d.url, d.digest, d.parser FROM (
            SELECT version, document FROM item WHERE number = :item
            UNION ALL SELECT i.pending, p.document FROM pending p JOIN item i ON i.number = p.item
                WHERE p.item = :item
            UNION ALL SELECT version, document FROM revision WHERE item = :item) v
        LEFT JOIN document d ON d.number = v.document ORDER BY v.version DESC""",
        {"item": number},
    )
    return tuple(
        Provenance(row["version"])
        if row["at"] is None
        else Provenance(
            row["version"],
            moment(row["at"]),
            ReadDocument(row["url"], bytes(row["digest"])),
            row["parser"],
        )
        for row in found
    )
