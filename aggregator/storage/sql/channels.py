"""Channels, and the memberships that put items into them at positions; `policy.story_lead` decides which.

Called inside a write transaction. A withdrawn or held item keeps its memberships and is hidden by its state;
a change of story lead or topics deletes some. An item that must wait for a shared channel has a row of
`waiting` in place of its membership (`storage.sql.waiting`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from aggregator.policy.story_lead import ALL, Member, entering, is_shared, listing_names, settle
from aggregator.storage.sql import archives, places, rows
from aggregator.storage.sql.engine import Connection, Row, as_json, ints, one, texts
from aggregator.storage.sql.places import Place, visible
from aggregator.storage.sql.rows import ms
from aggregator.storage.sql.stamps import Stamp as Stamp
from aggregator.storage.sql.stamps import count as count
from aggregator.storage.sql.stamps import stamp as stamp

OF_MEMBER = """i.number, i.position, i.story, i.backlog, coalesce(i.own_language, i.language) AS language,
    i.url, s.id AS source, coalesce(i.own_topics, s.topics) AS topics,
    CASE WHEN i.own_topics IS NULL THEN i.ruled_topics ELSE '[]' END AS ruled, s.domains,
    s.priority, s.burst, i.source AS owner, i.fingerprint, i.says"""
MEMBER = f"SELECT {OF_MEMBER} FROM item i JOIN source s ON s.number = i.source"

COLUMNS = {
    "membership": "position, item, source, since, listed",
    "waiting": "item, source, since",
    "turn": "source, due",
}

OF_ITEM = {
    "membership": "item = :of",
    "waiting": "item = :of",
    "turn": "source = (SELECT source FROM item WHERE number = :of)",
}

# Items without a story that neither stand in the merged channel nor wait for it.
LACKING = f"""SELECT i.number FROM item i JOIN source s ON s.number = i.source JOIN channel c ON c.name = ?
    WHERE i.source = ? AND {visible()} AND i.story IS NULL AND i.backlog = 0
    AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.item = i.number AND m.channel = c.number)
    AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.item = i.number AND w.channel = c.number)
    ORDER BY i.number"""

# Items and the other members of their stories; OR in place of UNION reads the whole table.
STORIES = f"""SELECT number FROM item WHERE number {ints(":changed")} UNION
    SELECT o.number FROM item i JOIN item o ON o.story = i.story WHERE i.number {ints(":changed")}"""

# Those, the translations of the items, and theirs, one of which may be shown in place of an item.
RELATED = f"""{STORIES} UNION SELECT other FROM translation WHERE item {ints(":changed")} UNION
    SELECT n.other FROM translation t JOIN translation n ON n.item = t.other
    WHERE t.item {ints(":changed")}"""


def enter(db: Connection, numbers: Sequence[int], at: Stamp) -> None:
    """Publish items that were held: give them a position, in the order given, and file them."""
    first = count(db, "position", len(numbers)) - len(numbers) + 1
    db.executemany(
        """UPDATE item SET position = ?, state = 'live', reason = '', release = NULL, dated = 0,
        reinstated = 0, over_budget = 0, seq = ? WHERE number = ?""",
        [(first + offset, at.seq, number) for offset, number in enumerate(numbers)],
    )
    file(db, numbers, at)


def file(db: Connection, numbers: Sequence[int], at: Stamp) -> None:
    """Put live items that have their position into their channels, as their stories and `crowding` allow."""
    into: dict[str, int] = {}
    filled: set[int] = set()  # by old items, which have no place there
    found = db.execute(
        f"{MEMBER} WHERE i.number {ints()} ORDER BY i.position", (as_json(numbers),)
    ).fetchall()
    wanted: list[Place] = []  # no two are of one story, so that none depends on another's
    for row in found:
        item = rows.value(Member, row)
        names = _entering(db, item, row["story"])
        paged = listing_names(item) if item.backlog else ()
        into |= _channels(db, [name for name in (*names, *paged) if name not in into], at)
        filled |= {into[name] for name in paged}
        wanted += [_place(row, name, into[name], row["position"]) for name in names]
    entered = places.put(db, wanted, at.now)
    for story in dict.fromkeys(row["story"] for row in found if row["story"] is not None):
        resettle_story(db, story, at)  # one at home takes the lead
    advance(db, entered | filled, at)


def _entering(db: Connection, item: Member, number: int | None) -> tuple[str, ...]:
    story = [] if number is None else _visible(db, number)
    shown = _shown(db, [each.number for each in story]) if story else {}
    return entering(item, story, shown)


def _place(row: Row, name: str, channel: int, position: int) -> Place:
    return Place(channel, position, row["number"], row["owner"], row["burst"] if is_shared(name) else None)


def _visible(db: Connection, story: int) -> list[Member]:
    found = db.execute(f"{MEMBER} WHERE i.story = ? AND {visible()} ORDER BY i.number", (story,))
    return [rows.value(Member, row) for row in found]


def _channels(db: Connection, names: Sequence[str], at: Stamp) -> Mapping[str, int]:
    if not names:
        return {}
    found = db.execute(f"SELECT name, number FROM channel WHERE name {texts()}", (as_json(names),))
    known = {row["name"]: row["number"] for row in found}
    return known | {name: channel(db, name, at) for name in names if name not in known}


def channel(db: Connection, name: str, at: Stamp) -> int:
    """Return the number of a channel, made when it is new."""
    row = db.execute("SELECT number FROM channel WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return int(row["number"])
    made = db.execute(
        "INSERT INTO channel (name, seq, changed) VALUES (?, ?, ?) RETURNING number",
        (name, at.seq, ms(at.now)),
    )
    return int(one(made)["number"])


def touch(db: Connection, numbers: Iterable[int], at: Stamp) -> None:
    """Advance the sequence of these items, of the other members of their stories, of their translations, and
    of all their channels."""
    changed = as_json(numbers)
    db.execute(
        f"UPDATE item SET seq = :seq WHERE number IN ({RELATED}) AND seq <> :seq",
        {"seq": at.seq, "changed": changed},
    )
    shown = f"WHERE number IN (SELECT channel FROM membership WHERE item IN ({RELATED}))"
    _advance(db, at, shown, changed=changed)
    old = db.execute(f"{MEMBER} WHERE i.backlog = 1 AND i.number IN ({RELATED})", {"changed": changed})
    filled = {name for row in old.fetchall() for name in listing_names(rows.value(Member, row))}
    if filled:
        _advance(db, at, f"WHERE name {texts(':names')}", names=as_json(filled))


def touch_all(db: Connection, at: Stamp) -> None:
    """Advance the sequence of every channel: something that each shows, such as an organisation, has
    changed."""
    _advance(db, at, "")


def advance(db: Connection, channels: Iterable[int], at: Stamp) -> None:
    """Advance the sequence of channels."""
    _advance(db, at, f"WHERE number {ints(':channels')}", channels=as_json(channels))


def _advance(db: Connection, at: Stamp, where: str, **parameters: str) -> None:
    db.execute(
        f"""UPDATE channel SET seq = :seq, changed = CASE WHEN changed > :now THEN changed ELSE :now END
        {where}""",
        {"seq": at.seq, "now": ms(at.now), **parameters},
    )


def story_of(db: Connection, item: int) -> int:
    """Return the number of the story of an item, made when it has none."""
    row = one(db.execute("SELECT story FROM item WHERE number = ?", (item,)))
    if row["story"] is not None:
        return int(row["story"])
    story = count(db, "story", 1)
    db.execute("UPDATE item SET story = ? WHERE number = ?", (story, item))
    return story


def resettle_story(db: Connection, story: int, at: Stamp, *, newcomer: int | None = None) -> None:
    """Let each channel show exactly one visible member of a story, after members came or went."""
    _settle(db, _visible(db, story), at, newcomer=newcomer)


def member(db: Connection, number: int) -> Member:
    """Return an item as stories and channels see it."""
    return rows.value(Member, one(db.execute(f"{MEMBER} WHERE i.number = ?", (number,))))


def resettle_item(db: Connection, before: Member, at: Stamp) -> None:
    """Settle the places of an item and of its story after its link or what it says has changed.

    Visible or not, it takes the place it has in the merged channel into that of its new language: a language
    that alternates earns no new positions.
    """
    number = before.number
    was, becomes = {*listing_names(before)}, {*listing_names(member(db, number))}
    if left := was - becomes:
        _leave(db, number, left, at)
    for name in becomes - was:
        into = channel(db, name, at)
        copy_from_merged(db, into, OF_ITEM, number)
        advance(db, [into], at)
    resettle_member(db, number, at, newcomer=None if was == becomes else number)


def resettle_member(db: Connection, number: int, at: Stamp, *, newcomer: int | None = None) -> None:
    """Settle the places of an item, with its story or alone, after it changed or became visible."""
    if (story := _story(db, number)) is not None:
        resettle_story(db, story, at, newcomer=newcomer)
    else:
        _settle_alone(db, number, at)


def _leave(db: Connection, number: int, names: Iterable[str], at: Stamp) -> None:
    found = (db.execute("SELECT number FROM channel WHERE name = ?", (name,)).fetchone() for name in names)
    left = [row["number"] for row in found if row is not None]
    for table in ("membership", "waiting"):
        db.executemany(
            f"DELETE FROM {table} WHERE channel = ? AND item = ?", [(each, number) for each in left]
        )
    advance(db, left, at)


def part(db: Connection, number: int, at: Stamp) -> None:
    """Take an item out of its story: it keeps its places and enters those that others held for it, and the
    others enter those it held for them."""
    story = _story(db, number)
    touch(db, [number], at)
    db.execute("UPDATE item SET story = NULL, says = NULL WHERE number = ?", (number,))
    _settle_alone(db, number, at)
    left = db.execute("SELECT number FROM item WHERE story = ?", (story,)).fetchall()
    if story is not None:
        resettle_story(db, story, at)
    touch(db, [number, *(row["number"] for row in left)], at)


def _story(db: Connection, number: int) -> int | None:
    story = one(db.execute("SELECT story FROM item WHERE number = ?", (number,)))["story"]
    return None if story is None else int(story)


def _settle_alone(db: Connection, number: int, at: Stamp) -> None:
    alone = f"{MEMBER} WHERE i.number = ? AND {visible()}"
    _settle(db, [rows.value(Member, row) for row in db.execute(alone, (number,))], at)


def _settle(db: Connection, members: Sequence[Member], at: Stamp, *, newcomer: int | None = None) -> None:
    changes = settle(members, _shown(db, [member.number for member in members]), newcomer=newcomer)
    for item, names in changes.enter.items():
        row = one(db.execute(f"{MEMBER} WHERE i.number = ?", (item,)))
        position = count(db, "position", 1)
        wanted = [_place(row, name, channel(db, name, at), position) for name in names]
        archives.renew(db, item, at.now)
        given = {channel(db, name, at) for name, _ in changes.leave}  # the story has a place there already
        places.put(
            db, [replace(each, burst=None) if each.channel in given else each for each in wanted], at.now
        )
    for name, item in changes.leave:
        archives.depart(db, channel(db, name, at), item, at.now)


def _shown(db: Connection, numbers: Sequence[int]) -> Mapping[str, set[int]]:
    """Return the items, of those given, that stand in each channel."""
    shown: dict[str, set[int]] = defaultdict(set)
    for row in db.execute(
        f"""SELECT c.name, m.item FROM membership m JOIN channel c ON c.number = m.channel
        WHERE m.item {ints()}""",
        (as_json(numbers),),
    ):
        shown[row["name"]].add(row["item"])
    return shown


def copy_from_merged(db: Connection, into: int, of: Mapping[str, str], number: int) -> None:
    """Let items enter or wait for a channel as they do for the merged one; `of` are conditions by table."""
    for table, columns in COLUMNS.items():
        db.execute(
            f"""INSERT INTO {table} (channel, {columns}) SELECT :into, {columns} FROM {table}
            WHERE {of[table]} AND channel = (SELECT number FROM channel WHERE name = :merged)
            ON CONFLICT DO NOTHING""",
            {"into": into, "of": number, "merged": ALL},
        )


def resettle(db: Connection, source: int, at: Stamp) -> None:
    """Settle the items of a source whose rights or topics changed: its stories, whose members yield to those
    shown, and items that lost a place while they were not visible."""
    found = db.execute(
        "SELECT story, min(number) AS mine FROM item WHERE source = ? AND story IS NOT NULL GROUP BY story",
        (source,),
    ).fetchall()
    for row in found:
        resettle_story(db, row["story"], at, newcomer=row["mine"])
    for row in db.execute(LACKING, (ALL, source)).fetchall():
        _settle_alone(db, row["number"], at)
