"""Signatures of texts, in a table apart: the rows of items are long. Called inside transactions.

The least sentences of each (`similar.bands`) are rows of `sketch`, by which a text is found among all. Of one
sentence a source has one row, of its last item with it: what it repeats under all its items finds one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from aggregator.dedupe.similar import bands, pieces, signature
from aggregator.model.item import Item
from aggregator.model.stored import Candidate, Known
from aggregator.normalise import plain
from aggregator.storage.sql import values
from aggregator.storage.sql.engine import Connection, Cursor, as_json, ints

FOUND_MAX = 2_000  # rows of the sentences of one poll
RECENT_ITEMS = 8
SOURCES_MAX = 20


def keep(db: Connection, source: int, items: Iterable[tuple[int, Item]]) -> None:
    """Keep the signatures of items of a source, in place of those of before."""
    signed = [(number, item.signature) for number, item in items]
    db.executemany(
        """INSERT INTO signature (item, pieces) VALUES (?, ?)
        ON CONFLICT (item) DO UPDATE SET pieces = excluded.pieces""",
        signed,
    )
    _sketch(db, [(band, source, number) for number, made in signed for band in bands(made)])


def _sketch(db: Connection, rows: Sequence[tuple[int, int, int]]) -> None:
    db.executemany(
        """INSERT INTO sketch (hash, source, item) VALUES (?, ?, ?)
        ON CONFLICT (hash, source) DO UPDATE SET item = excluded.item""",
        rows,
    )


def keep_missing(db: Connection, signatures: Mapping[int, bytes]) -> None:
    """Keep signatures that were made in a snapshot; those kept since are newer."""
    db.executemany(
        "INSERT INTO signature (item, pieces) VALUES (?, ?) ON CONFLICT DO NOTHING", [*signatures.items()]
    )


def sketch(db: Connection, item: int, source: int, made: bytes) -> None:
    """Make an item found by its sentences; a newer item of its source with one of them stays found."""
    db.executemany(
        "INSERT INTO sketch (hash, source, item) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(band, source, item) for band in bands(made)],
    )


def drop(db: Connection, numbers: str) -> None:
    """Remove the signatures of items (a JSON list of numbers), and their rows of `sketch`."""
    found = db.execute(
        f"""SELECT g.item, g.pieces, i.source FROM signature g JOIN item i ON i.number = g.item
        WHERE g.item {ints()}""",
        (numbers,),
    ).fetchall()
    db.executemany(
        "DELETE FROM sketch WHERE hash = ? AND source = ? AND item = ?",
        [(band, row["source"], row["item"]) for row in found for band in bands(row["pieces"])],
    )
    db.execute(f"DELETE FROM signature WHERE item {ints()}", (numbers,))


def sharing(db: Connection, source: int, hashes: Iterable[int]) -> Mapping[int, Sequence[int]]:
    """Return the items of other sources that are found by these sentences, each with those of it.

    FOUND_MAX rows at most: of one sentence there is a row a source.
    """
    found = db.execute(
        f"SELECT hash, item FROM sketch WHERE hash {ints()} AND source <> ? LIMIT ?",
        (as_json(hashes), source, FOUND_MAX),
    )
    items: dict[int, list[int]] = defaultdict(list)
    for row in found:
        items[row["item"]].append(row["hash"])
    return items


def repeated(db: Connection, sources: Iterable[int]) -> Mapping[int, frozenset[int]]:
    """Return, by source, the sentences that stand in several of its last RECENT_ITEMS items that were
    published: boilerplate. Of SOURCES_MAX sources."""
    found = {}
    for source in sorted(set(sources))[:SOURCES_MAX]:
        last = db.execute(
            """SELECT g.pieces FROM source s JOIN channel c ON c.name = 'sources/' || s.id
            JOIN membership m ON m.channel = c.number JOIN signature g ON g.item = m.item
            WHERE s.number = ? ORDER BY m.position DESC LIMIT ?""",
            (source, RECENT_ITEMS),
        )
        counted = Counter(piece for row in last for piece in pieces(row["pieces"]))
        found[source] = frozenset(piece for piece, items in counted.items() if items > 1)
    return found


def newer(db: Connection, source: int, hashes: Iterable[int], seq: int) -> Cursor:
    """Read a row if other sources have items with these sentences that changed after `seq`."""
    return db.execute(
        f"""SELECT 1 FROM sketch k JOIN item i ON i.number = k.item
        WHERE k.hash {ints()} AND k.source <> ? AND i.seq > ? LIMIT 1""",
        (as_json(hashes), source, seq),
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
    found = kept(db, [each.number for each in items])
    return tuple(replace(each, signature=found.get(each.number, b"")) for each in items)


def signed(items: Iterable[Candidate], signatures: Mapping[int, bytes]) -> tuple[Candidate, ...]:
    """Return the items with these signatures."""
    return tuple(
        replace(each, signature=signatures[each.number]) if each.number in signatures else each
        for each in items
    )
