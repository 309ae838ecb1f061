"""Translations of items as outputs show them: those that may be shown, one a language.

Whether both are of one organisation is read here, because the operator may have renamed one since.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from aggregator.dedupe.translations import shown
from aggregator.model.amendment import Amendment
from aggregator.model.house_style import Styled
from aggregator.model.indexed import Indexed
from aggregator.model.stored import Stored, Translation
from aggregator.model.translation import Basis, Pair
from aggregator.storage.sql import rows, values
from aggregator.storage.sql.engine import Connection, Row, as_json, ints
from aggregator.storage.sql.places import visible

# The pairs of items and of those that these are linked with: a translation shows the item back, or another.
PAIRS = f"""SELECT t.item, t.other, coalesce(i.own_language, i.language) AS language,
    coalesce(o.own_language, o.language) AS other_language, o.id, o.public_id, o.source,
    o.title, o.untitled, o.styled, o.amended
    FROM translation t JOIN item i ON i.number = t.item JOIN source h ON h.number = i.source
    JOIN item o ON o.number = t.other JOIN source s ON s.number = o.source
    WHERE t.item IN (SELECT item FROM translation WHERE item {ints(":items")}
        UNION SELECT other FROM translation WHERE item {ints(":items")})
    AND {visible("o", "s")} AND (t.basis = {int(Basis.MUTUAL)} OR i.source = o.source
        OR (h.organisation = s.organisation AND h.organisation <> ''))"""


def named(db: Connection, items: Sequence[Stored]) -> tuple[Stored, ...]:
    """Return items with their translations."""
    found, chosen = _read(db, [item.number for item in items])
    if not chosen:
        return tuple(items)
    sources = as_json({row["source"] for row in found.values()})
    feeds = {
        row["number"]: values.feed_info(row)
        for row in db.execute(f"SELECT * FROM source WHERE number {ints()}", (sources,))
    }

    def translation(row: Row) -> Translation:
        own = "" if row["untitled"] else rows.unpack(Styled, row["styled"]).title or row["title"]
        headline = rows.unpack(Amendment, row["amended"]).headline or own
        return Translation(row["id"], row["public_id"], headline, row["other_language"], feeds[row["source"]])

    return tuple(
        replace(item, translations=tuple(translation(found[each]) for each in chosen.get(item.number, ())))
        for item in items
    )


def indexed(db: Connection, items: Sequence[Indexed]) -> tuple[Indexed, ...]:
    """Return items with their translations among them and their own languages."""
    found, chosen = _read(db, [item.number for item in items])
    listed = {item.number for item in items}

    def translations(item: Indexed) -> tuple[tuple[str, str], ...]:
        others = [found[each] for each in chosen.get(item.number, ()) if each in listed]
        if not others:
            return ()
        own = found[item.number]["other_language"]  # of one that is shown back
        return tuple(sorted([(own, item.id), *((row["other_language"], row["id"]) for row in others)]))

    return tuple(replace(item, translations=translations(item)) for item in items) if chosen else tuple(items)


def _read(db: Connection, numbers: Iterable[int]) -> tuple[Mapping[int, Row], Mapping[int, tuple[int, ...]]]:
    """Return a row of each translation of items, by its number, and the translations shown of each item."""
    found = db.execute(PAIRS, {"items": as_json(numbers)}).fetchall()
    if not found:
        return {}, {}
    return {row["other"]: row for row in found}, shown([rows.value(Pair, row) for row in found])
