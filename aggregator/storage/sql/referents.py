"""Items that tombstones name, by every guid that they have had. Called inside a transaction."""

import json

from aggregator.model.document import ReadResult
from aggregator.model.item import KeyKind
from aggregator.model.poll import Claim
from aggregator.model.withdrawal import Referent
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import moment_or_none

REFERENTS_MAX = 4_000  # of one document: a source may have given one guid to all of its items


def read(db: Connection, claim: Claim, found: ReadResult) -> tuple[Referent, ...]:
    """Return the items of a source that the tombstones of its document name. Cheap without tombstones."""
    keys = sorted({each.key for each in found.tombstones})
    if not keys:
        return ()
    sharing = db.execute(
        f"""SELECT k.digest AS key, i.number, i.state, i.lapsed, i.tombstone,
        coalesce(p.claimed, i.claimed) AS claimed, coalesce(p.details, i.details) AS details
        FROM item_key k JOIN item i ON i.number = k.item LEFT JOIN pending p ON p.item = i.number
        WHERE k.source = ? AND k.kind = {int(KeyKind.GUID)} AND k.digest IN ({", ".join("?" * len(keys))})
        ORDER BY i.number DESC LIMIT {REFERENTS_MAX}""",
        (claim.number, *keys),
    )
    return tuple(
        rows.value(Referent, row, updated=moment_or_none(json.loads(row["details"]).get("updated")))
        for row in sharing
    )
