"""Ids and feeds of the stored sources, of a store of any version."""

from aggregator.model.poll import Relocation
from aggregator.policy.source_ids import StoredFeed
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import unpack


def read(db: Connection, *, relocation: str = "relocation") -> tuple[StoredFeed, ...]:
    """Return id and addresses of each source; `relocation` is the column's name, `move` before m008."""
    return tuple(
        StoredFeed(row["id"], row["feed"], bool(row["configured"]), unpack(Relocation, row[relocation]).at)
        for row in db.execute(f"SELECT id, feed, configured, {relocation} FROM source")
    )
