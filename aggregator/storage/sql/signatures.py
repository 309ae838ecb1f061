"""Signatures of texts, in a table apart: the rows of items are long."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from aggregator.dedupe.similar import signature
from aggregator.model import Candidate, Item, Known
from aggregator.normalise import plain
from aggregator.storage.sql import values
from aggregator.storage.sql.engine import Connection, as_json, ints


def keep(db: Connection, items: Iterable[tuple[int, Item]]) -> None:
    """Keep the signatures of items, in place of those of before."""
    db.executemany(
        """INSERT INTO signature (item, pieces) VALUES (?, ?)
        ON CONFLICT (item) DO UPDATE SET pieces = excluded.pieces""",
        [(number, item.signature) for number, item in items],
    )


def keep_missing(db: Connection, signatures: Mapping[int, bytes]) -> None:
    """Keep signatures that were made in a snapshot; those kept since are newer."""
    db.executemany(
        "INSERT INTO signature (item, pieces) VALUES (?, ?) ON CONFLICT DO NOTHING", [*signatures.items()]
    )


def made(db: Connection, items: Sequence[Candidate]) -> Mapping[int, bytes]:
    """Return the signatures of those items that have none, of a version that made none or others."""
    unsigned = [each.number for each in items if each.signature is None]
    if not unsigned:
        return {}
    found = db.execute(f"SELECT * FROM item WHERE number {ints()}", (as_json(unsigned),))
    stored = ((row["number"], values.item(row)) for row in found)
    return {number: of(item) for number, item in stored}


def of(item: Item) -> bytes:
    """Return the signature of a stored item."""
    return signature(plain.read(item.content).said, plain.read(item.summary).said)


def kept(db: Connection, items: Iterable[int]) -> Mapping[int, bytes]:
    """Return the signatures of items by number, as far as the store has them."""
    found = db.execute(f"SELECT item, pieces FROM signature WHERE item {ints()}", (as_json(items),))
    return {row["item"]: row["pieces"] for row in found}


def of_known(db: Connection, items: Sequence[Known]) -> tuple[Known, ...]:
    """Return items with their signatures, as far as the store has them."""
    pieces = kept(db, [each.number for each in items])
    return tuple(replace(each, signature=pieces.get(each.number, b"")) for each in items)


def signed(items: Iterable[Candidate], signatures: Mapping[int, bytes]) -> tuple[Candidate, ...]:
    """Return the items with these signatures."""
    return tuple(
        replace(each, signature=signatures[each.number]) if each.number in signatures else each
        for each in items
    )
