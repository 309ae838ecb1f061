"""Bytes of stored items whose addresses, markup or pictures a document may replace: what such a change adds
to the store is what it takes more than before. Called inside transactions."""

from collections.abc import Sequence

from msgspec.structs import replace

from aggregator.model.item import SHAPE, Item
from aggregator.model.size import unsigned_bytes
from aggregator.model.stored import Known
from aggregator.storage.sql import fingerprints, values
from aggregator.storage.sql.engine import Connection, as_json, ints


def known(db: Connection, found: Sequence[Known], items: Sequence[Item]) -> tuple[Known, ...]:
    """Return the items with their sizes, but for those that a document says unchanged or says anew."""
    same = {(item.fingerprint, item.queries) for item in items}
    texts = {item.fingerprint for item in items} | {_shape(item.queries) for item in items} - {None}
    changed = [
        each
        for each in found
        if (each.fingerprint in texts or _shape(each.queries) in texts)
        and ((each.fingerprint, each.queries) not in same or each.is_outdated or each.unsettled)
    ]
    sizes = dict[int, int]()
    for query, numbers in (
        (fingerprints.SHOWN, [each.number for each in changed if each.pending is None]),
        (fingerprints.WAITING, [each.number for each in changed if each.pending is not None]),
    ):
        rows = db.execute(f"{query} {ints()}", (as_json(numbers),)) if numbers else ()
        sizes |= {row["item"]: unsigned_bytes(values.item(row)) for row in rows}
    return tuple(replace(each, size=sizes.get(each.number, 0)) for each in found) if sizes else tuple(found)


def _shape(queries: tuple[tuple[str, str], ...]) -> str | None:
    return dict(queries).get(SHAPE)
