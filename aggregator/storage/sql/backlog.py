"""Old items of a first import in shared channels: they have no place there. Pages list them, and documents
are filled with them while too few items have entered the channel.
"""

from collections.abc import Sequence

from aggregator.policy.paging import Cursor
from aggregator.storage.sql.engine import Connection, Row, as_json, ints, texts
from aggregator.storage.sql.places import visible
from aggregator.storage.sql.values import STORED, WITH_PAGE

SELECTIONS = {
    "": "1 = 1",
    "topics": f"""({{item}}.own_topics IS NULL AND (:value {texts("{source}.topics")}
        OR :value {texts("{item}.ruled_topics")}) OR :value {texts("{item}.own_topics")})""",
    "languages": """substr(lower(coalesce({item}.own_language, {item}.language)) || '-', 1,
        length(:value) + 1) = :value || '-'""",
}
BEHIND = "AND ({at}, i.number) < (:at, :number)"
AT = "CASE WHEN i.shown >= i.first_seen THEN 0 ELSE i.shown END"  # of the index item_backlog


def newest(
    db: Connection, name: str, *, channel: int, most: int, behind: Cursor | None = None
) -> Sequence[Row]:
    """Return number, source and shown date of the newest in the selection of a shared channel, behind a
    place, undated ones last; of those of a story that say the same, one, and none if another stands in the
    channel."""
    kind, _, value = name.partition("/")
    selection = SELECTIONS[kind]
    theirs = selection.format(item="o", source="os")
    return db.execute(
        f"""SELECT i.number, i.source, {AT} AS listed FROM item i JOIN source s ON s.number = i.source
        WHERE {AT} >= 0 AND i.backlog = 1 AND {visible()} AND {selection.format(item="i", source="s")}
        {BEHIND.format(at=AT) if behind else ""}
        AND NOT EXISTS (
            SELECT 1 FROM item o JOIN source os ON os.number = o.source
            WHERE o.story = i.story AND o.fingerprint = i.fingerprint AND {visible("o", "os")}
            AND (o.backlog = 1 AND o.number < i.number AND {theirs} OR EXISTS (
                SELECT 1 FROM membership m WHERE m.item = o.number AND m.channel = :channel)))
        ORDER BY {AT} DESC, i.number DESC LIMIT :most""",
        {"channel": channel, "most": most, "value": value, **(behind._asdict() if behind else {})},
    ).fetchall()


def selected(name: str) -> str:
    """Return the condition that an item `i` of a source `s` is in the selection of a channel, by `value`."""
    return SELECTIONS[name.partition("/")[0]].format(item="i", source="s")


def filling(db: Connection, name: str, channel: int, most: int) -> Sequence[Row]:
    """Return the rows of up to `most` items that fill a document, newest shown date first."""
    numbers = [row["number"] for row in newest(db, name, channel=channel, most=most)]
    rows = db.execute(
        f"""SELECT {STORED} FROM item i JOIN source s ON s.number = i.source {WITH_PAGE}
        WHERE i.number {ints()}""",
        (as_json(numbers),),
    )
    by_number = {row["number"]: row for row in rows}
    return [by_number[number] for number in numbers]
