"""Translations of items: digests by which they are found, and pairs of items that are linked, as
`dedupe.translations` decides. Functions that write are called inside a write transaction.

An item without digests costs nothing here, unless one of its organisation names addresses of translations.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from aggregator.dedupe.translations import TRANSLATIONS_MAX, digests, keys, linked
from aggregator.model.changes import Edit
from aggregator.model.item import Item, KeyKind
from aggregator.model.translation import Edition, TranslationKey, TranslationKind
from aggregator.storage.sql import channels, rows
from aggregator.storage.sql.engine import Connection, Cursor, Row, as_json, ints
from aggregator.storage.sql.stamps import Stamp

FAMILY_MAX = 40  # sources of an organisation whose items are looked up, the first ones
NAMED_MAX = 1_000  # items of other organisations that name those of a poll
LOOKED_UP_AT_ONCE = 1_000  # digests in one statement

EDITION = f"""SELECT i.number, i.source, s.organisation, s.domains, i.language, i.shown, i.url, i.link,
    i.unmarked, i.alternates, (CASE WHEN s.from_entry = 1 THEN i.details ELSE '{{}}' END) AS details
    FROM item i JOIN source s ON s.number = i.source
    WHERE i.number {ints()} AND i.state <> 'withdrawn' AND i.freed = 0 ORDER BY i.number"""
# The least number to read is found in the index: a home page has any number of items.
KEYED = """WITH wanted (source, kind, digest) AS (VALUES {wanted}),
    bounded AS (SELECT source, kind, digest, coalesce((SELECT o.item FROM {table} o
        WHERE o.source = wanted.source AND o.kind = wanted.kind AND o.digest = wanted.digest
        ORDER BY o.item DESC LIMIT 1 OFFSET {last}), 0) AS least FROM wanted LIMIT {count})
    SELECT k.source, k.kind, k.digest, k.item FROM bounded b JOIN {table} k
    ON k.source = b.source AND k.kind = b.kind AND k.digest = b.digest AND k.item >= b.least"""


class _Wanted(NamedTuple):
    """A digest of items of a source; `table` is the one that has it."""

    table: str
    source: int
    kind: int
    digest: bytes


def arrive(db: Connection, found: Cursor, source: int, new: Sequence[tuple[int, Item]], at: Stamp) -> None:
    """Link the new items of a source with their translations; `found` is its `relatives`."""
    if not new:
        return
    family, is_named = _family(found, source)
    told = [
        number for number, item in new if is_named or item.unmarked is not None or item.alternates is not None
    ]
    _link(db, told, family, at)


def edited(db: Connection, source: int, edits: Sequence[Edit], at: Stamp) -> None:
    """Link edited items of a source anew whose digests or addresses have changed."""
    present = [edit for edit in edits if not edit.waits]
    if not present:
        return
    before = _keys(db, [edit.number for edit in present])
    told = [
        edit
        for edit in present
        if edit.moves
        or edit.number in before
        or edit.item.unmarked is not None
        or edit.item.alternates is not None
    ]
    if not told:
        return
    _, is_naming = _family(relatives(db, source), source)
    moved = {edit.number for edit in told if edit.moves} if is_naming else set[int]()
    found = {edition.number: edition for edition in _editions(db, [edit.number for edit in told])}
    changed = {
        number for number, edition in found.items() if keys(edition) != before.get(number, frozenset())
    }
    renew(db, source, sorted(changed | (moved & found.keys())), at)


def renew(db: Connection, source: int, numbers: Sequence[int], at: Stamp) -> None:
    """Link items of a source anew, whatever they were linked with."""
    if numbers:
        part(db, numbers, at)
        db.execute(f"DELETE FROM translation_key WHERE item {ints()}", (as_json(numbers),))
        _link(db, numbers, _family(relatives(db, source), source)[0], at)


def part(db: Connection, numbers: Collection[int], at: Stamp) -> None:
    """Drop all links of items."""
    found = db.execute(f"SELECT other FROM translation WHERE item {ints()}", (as_json(numbers),))
    if others := {row["other"] for row in found}:
        channels.touch(db, {*numbers, *others}, at)
        _unlink(db, as_json(numbers))


def drop(db: Connection, numbers: str) -> None:
    """Remove what is stored of the translations of items (a JSON list of numbers) whose content goes; the
    outputs of the others are touched by whatever removes it."""
    _unlink(db, numbers)
    db.execute(f"DELETE FROM translation_key WHERE item {ints()}", (numbers,))


def _unlink(db: Connection, numbers: str) -> None:
    db.execute(
        f"""DELETE FROM translation WHERE other {ints(":items")}
        AND item IN (SELECT t.other FROM translation t WHERE t.item {ints(":items")})""",
        {"items": numbers},
    )
    db.execute(f"DELETE FROM translation WHERE item {ints()}", (numbers,))


def _link(db: Connection, numbers: Sequence[int], family: Sequence[int], at: Stamp) -> None:
    """Store the digests of items, and link them with the items that these tell."""
    editions = _editions(db, numbers)
    if not editions:
        return
    db.executemany(
        "INSERT INTO translation_key (item, kind, digest, source, own) VALUES (?, ?, ?, ?, ?)",
        [
            (edition.number, int(key.kind), key.digest, edition.source, key.own)
            for edition in editions
            for key in keys(edition)
        ],
    )
    found = _found(db, {each for edition in editions for each in _wanted(edition, family)})
    near = {edition.number: _near(edition, family, found) for edition in editions}
    for number, other in _naming(db, editions):
        near[number].add(other)
    others = {number for each in near.values() for number in each}
    by_number = {edition.number: edition for edition in _editions(db, sorted(others))}
    for edition in editions:
        _pair(db, edition, [by_number[each] for each in near[edition.number] if each in by_number], at)


def _pair(db: Connection, edition: Edition, others: Sequence[Edition], at: Stamp) -> None:
    if not others:
        return
    counts = _counts(db, [each.number for each in (edition, *others)])
    found = db.execute("SELECT other FROM translation WHERE item = ?", (edition.number,))
    decided = linked(edition, others, counts, {row["other"] for row in found})
    if decided.parted:
        part(db, (edition.number, *decided.parted), at)
    if decided.others:
        pairs = [(edition.number, other, int(basis)) for other, basis in decided.others]
        db.executemany(
            """INSERT INTO translation (item, other, basis) VALUES (?, ?, ?)
            ON CONFLICT (item, other) DO UPDATE SET basis = excluded.basis""",
            [*pairs, *((other, item, basis) for item, other, basis in pairs)],
        )
        channels.touch(db, [edition.number], at)


def _counts(db: Connection, numbers: Iterable[int]) -> Mapping[int, int]:
    found = db.execute(
        f"SELECT item, count(*) AS others FROM translation WHERE item {ints()} GROUP BY item",
        (as_json(numbers),),
    )
    return {row["item"]: row["others"] for row in found}


def relatives(db: Connection, source: int) -> Cursor:
    """Read a source and those that the operator gave the same organisation, each with whether any item of it
    names addresses of translations, for `arrive`."""
    # In the order of the index: else PostgreSQL reads the table, since many rows are of this kind.
    return db.execute(
        """SELECT f.number, (SELECT k.digest FROM translation_key k WHERE k.source = f.number
            AND k.kind = :kind ORDER BY k.digest LIMIT 1) IS NOT NULL AS is_naming
        FROM (SELECT number FROM source WHERE number = :source UNION SELECT number FROM (
            SELECT number FROM source
            WHERE organisation = (SELECT organisation FROM source WHERE number = :source)
            AND organisation <> '' ORDER BY number LIMIT :most) AS alike) AS f
        ORDER BY f.number""",
        {"source": source, "kind": int(TranslationKind.STATED), "most": FAMILY_MAX},
    )


def _family(found: Cursor, source: int) -> tuple[tuple[int, ...], bool]:
    """Return the sources of one organisation, the given one first, and whether any of their items names
    addresses of translations."""
    family = found.fetchall()
    is_naming = any(row["is_naming"] for row in family)
    return tuple(dict.fromkeys((source, *(row["number"] for row in family)))), is_naming


def _keys(db: Connection, numbers: Iterable[int]) -> Mapping[int, frozenset[TranslationKey]]:
    found = db.execute(
        f"SELECT item, kind, digest, own FROM translation_key WHERE item {ints()}", (as_json(numbers),)
    )
    stored = defaultdict[int, set[TranslationKey]](set)
    for row in found:
        stored[row["item"]].add(TranslationKey(TranslationKind(row["kind"]), row["digest"], row["own"]))
    return {number: frozenset(each) for number, each in stored.items()}


def _editions(db: Connection, numbers: Sequence[int]) -> Sequence[Edition]:
    """Return the items with these numbers whose content is kept and not withdrawn."""
    if not numbers:
        return ()
    return [_edition(row) for row in db.execute(EDITION, (as_json(numbers),))]


def _edition(row: Row) -> Edition:
    alternates = frozenset(digests(row["alternates"]))
    publisher = json.loads(row["details"]).get("organisation", "")
    return rows.value(Edition, row, publisher=publisher, alternates=alternates)


def _wanted(edition: Edition, family: Sequence[int]) -> Iterator[_Wanted]:
    """Yield the digests by which translations and twins of an item are found in the sources of its
    organisation."""
    for source in family:
        if edition.unmarked is not None:
            yield _Wanted("translation_key", source, TranslationKind.UNMARKED, edition.unmarked)
        if edition.link is not None:
            yield _Wanted("translation_key", source, TranslationKind.STATED, edition.link)
        for digest in edition.alternates:
            yield _Wanted("item_key", source, KeyKind.LINK, digest)
    for digest in edition.alternates:
        yield _Wanted("translation_key", edition.source, TranslationKind.STATED, digest)
    if edition.link is not None:
        yield _Wanted("item_key", edition.source, KeyKind.LINK, edition.link)


def _near(edition: Edition, family: Sequence[int], found: Mapping[_Wanted, set[int]]) -> set[int]:
    near = {number for each in _wanted(edition, family) for number in found.get(each, ())}
    return near - {edition.number}


def _found(db: Connection, wanted: Collection[_Wanted]) -> Mapping[_Wanted, set[int]]:
    """Return the items that have each of these digests, the newest."""
    found = defaultdict[_Wanted, set[int]](set)
    for table in ("item_key", "translation_key"):
        of_table = sorted(each for each in wanted if each.table == table)
        for start in range(0, len(of_table), LOOKED_UP_AT_ONCE):
            some = of_table[start : start + LOOKED_UP_AT_ONCE]
            values = ", ".join(f"({each.source}, {int(each.kind)}, ?)" for each in some)
            statement = KEYED.format(wanted=values, table=table, last=TRANSLATIONS_MAX - 1, count=len(some))
            for row in db.execute(statement, tuple(each.digest for each in some)):
                found[_Wanted(table, row["source"], row["kind"], row["digest"])].add(row["item"])
    return found


def _naming(db: Connection, editions: Sequence[Edition]) -> Iterator[tuple[int, int]]:
    """Yield items with those of any source that name them and that they name; each of these lies in the
    domains of its source, so that no other source can crowd it out."""
    for edition in editions:
        if edition.link is None or not edition.alternates:
            continue
        found = db.execute(
            f"""SELECT item FROM translation_key WHERE digest = ?
            AND own IN ({", ".join("?" * len(edition.alternates))}) ORDER BY item LIMIT ?""",
            (edition.link, *edition.alternates, NAMED_MAX),
        )
        for row in found:
            yield edition.number, row["item"]
