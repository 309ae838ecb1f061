"""Fingerprints of a former version, computed anew from the stored items."""

from collections.abc import Sequence
from dataclasses import replace

from aggregator.model import Known
from aggregator.storage.sql import values
from aggregator.storage.sql.engine import Connection, as_json, ints

READ_AT_ONCE = 200  # items with their content: a document may list 12,000


def renewed(db: Connection, known: Sequence[Known]) -> tuple[Known, ...]:
    """Return the items with fingerprints of the present version; b"" where the content was dropped."""
    outdated = [each.number for each in known if each.is_outdated]
    if not outdated:
        return tuple(known)
    from aggregator.normalise import identity  # once after an upgrade; commands start without it

    found = dict[int, tuple[bytes, tuple[tuple[str, str], ...]]]()
    for start in range(0, len(outdated), READ_AT_ONCE):
        numbers = as_json(outdated[start : start + READ_AT_ONCE])
        for row in db.execute(f"SELECT * FROM item WHERE freed = 0 AND number {ints()}", (numbers,)):
            item = identity.renewed(values.item(row))
            found[row["number"]] = item.fingerprint, item.queries
    return tuple(
        _with(each, *found.get(each.number, (b"", ()))) if each.is_outdated else each for each in known
    )


def _with(known: Known, fingerprint: bytes, queries: tuple[tuple[str, str], ...]) -> Known:
    return replace(known, fingerprint=fingerprint, queries=queries)
