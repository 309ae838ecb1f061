"""Fingerprints of a former version, computed anew from the stored items."""

from collections.abc import Collection, Iterator, Sequence

from msgspec.structs import replace

from aggregator.model.item import FINGERPRINT_VERSION, Item
from aggregator.model.stored import Known
from aggregator.storage.sql import values
from aggregator.storage.sql.engine import Connection, Row, as_json, ints

READ_AT_ONCE = 200  # items with their content: a document may list 12,000
SHOWN = "SELECT i.*, i.number AS item FROM item i WHERE i.freed = 0 AND i.number"
WAITING = "SELECT p.*, i.keys FROM pending p JOIN item i ON i.number = p.item WHERE p.item"


def renewed(db: Connection, known: Sequence[Known], shown: Collection[int]) -> tuple[Known, ...]:
    """Return the items with fingerprints of the present version; b"" where the content was dropped. `shown`
    are the numbers of those whose shown version has one of a former version."""
    waiting = {each.number for each in known if each.is_outdated and each.pending is not None}
    if not waiting and not shown:
        return tuple(known)
    items = dict(_computed(db, SHOWN, shown))
    versions = items | dict(_computed(db, WAITING, waiting))
    nothing = Item(keys=(), title="")
    return tuple(
        replace(
            each,
            approved=items.get(each.number, nothing).fingerprint if each.number in shown else each.approved,
            approved_queries=items.get(each.number, nothing).queries
            if each.number in shown
            else each.approved_queries,
            fingerprint=versions.get(each.number, nothing).fingerprint
            if each.is_outdated
            else each.fingerprint,
            queries=versions.get(each.number, nothing).queries if each.is_outdated else each.queries,
        )
        for each in known
    )


def present(row: Row) -> bytes:
    """Return the fingerprint of a row of the `item` table as of the present version."""
    if row["fingerprint_version"] == FINGERPRINT_VERSION or row["freed"]:
        return bytes(row["fingerprint"])
    return of(values.item(row)).fingerprint


def of(item: Item) -> Item:
    """Return a stored item with its fingerprint and queries as of the present version, its text read again
    from its content: a former version read another text from the same."""
    from aggregator.normalise import identity, plain  # once after an upgrade; commands start without them

    said = plain.read(item.content).said
    keys = identity.keys(guid="", url="", title=item.title, claimed=None, text=said)
    return replace(identity.renewed(replace(item, keys=keys), said), keys=item.keys)


def _computed(db: Connection, query: str, numbers: Collection[int]) -> Iterator[tuple[int, Item]]:
    wanted = sorted(numbers)
    for start in range(0, len(wanted), READ_AT_ONCE):
        found = db.execute(f"{query} {ints()}", (as_json(wanted[start : start + READ_AT_ONCE]),))
        for row in found.fetchall():
            yield row["item"], of(values.item(row))
