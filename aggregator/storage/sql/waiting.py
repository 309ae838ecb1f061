"""Items that wait for a shared channel, and the turns at which they enter, as `policy.crowding` decides.

A transaction takes a few groups, the items of one source that wait for one channel, the longest due first;
a group with more items due goes behind the others.
"""

from collections.abc import Sequence
from datetime import datetime

from aggregator.policy import crowding
from aggregator.policy.crowding import PERIOD
from aggregator.policy.story_lead import ALL, Member, channel_names
from aggregator.storage.sql import channels, places, rows
from aggregator.storage.sql.channels import OF_MEMBER, Stamp
from aggregator.storage.sql.engine import Connection, Row, as_json, ints
from aggregator.storage.sql.places import LISTED, visible
from aggregator.storage.sql.rows import moment, ms

GROUPS_AT_ONCE = 20  # in one transaction: each takes seven statements, 1 to 2 ms on PostgreSQL

ENTER = f"""INSERT INTO membership (channel, position, item, source, since, listed)
    SELECT w.channel, :first + row_number() OVER (ORDER BY w.since, w.item) - 1, w.item, w.source, :now,
    {LISTED}
    FROM waiting w JOIN item i ON i.number = w.item WHERE w.channel = :channel AND w.item {ints(":items")}
    ON CONFLICT DO NOTHING"""


def is_turn(db: Connection, now: datetime) -> bool:
    """Return whether the turn of a group has come. Cheap."""
    return db.execute("SELECT 1 FROM turn WHERE due <= ? LIMIT 1", (ms(now),)).fetchone() is not None


def enter(db: Connection, now: datetime, limit: int) -> None:
    """Let up to `limit` items enter whose turn in a shared channel has come, and drop those that belong there
    no more. Called inside a write transaction.

    A turn is given when it is due and not before, so that a night without service does not end in a burst.
    """
    at = channels.stamp(db, now)
    groups = db.execute(
        """SELECT t.channel, t.source, c.name, s.burst FROM turn t JOIN channel c ON c.number = t.channel
        JOIN source s ON s.number = t.source WHERE t.due <= ?
        ORDER BY t.due, t.channel, t.source LIMIT ?""",
        (ms(now), GROUPS_AT_ONCE),
    ).fetchall()
    entered = set()
    for group in groups:
        if limit <= 0:
            break
        if left := _enter(db, group, at, limit):
            entered.add(group["channel"])
            limit -= left
    channels.advance(db, entered, at)


def _enter(db: Connection, group: Row, at: Stamp, limit: int) -> int:
    """Let the next items of a group enter and set its next turn; returns how many wait no longer."""
    channel, source, burst = group["channel"], group["source"], group["burst"]
    found = db.execute(
        f"""SELECT w.since, {OF_MEMBER} FROM waiting w JOIN item i ON i.number = w.item
        JOIN source s ON s.number = i.source WHERE w.channel = ? AND w.source = ? AND {visible()}
        ORDER BY w.since, w.item LIMIT ?""",
        (channel, source, limit + 1),
    ).fetchall()
    taken = places.recent(db, channel, source, burst, at.now)
    arrivals = [moment(row["since"]) for row in found]
    ready = found[: crowding.entering(arrivals[:limit], taken, burst=burst, now=at.now)]
    entering = _entering(db, ready, group)
    first = channels.count(db, "position", len(entering)) - len(entering) + 1
    values = {"first": first, "now": ms(at.now), "channel": channel, "items": as_json(entering)}
    db.execute(ENTER, values)
    places.close_archives(db, [channel])
    waited = as_json(row["number"] for row in ready)
    db.execute(f"DELETE FROM waiting WHERE channel = ? AND item {ints()}", (channel, waited))
    taken += [at.now] * len(entering)
    later = arrivals[len(ready) :]
    # Withdrawn items may wait, too: the turn comes again, or at once when one goes live.
    turn = crowding.next_turn(later[0], taken, burst=burst, now=at.now) if later else at.now + PERIOD
    db.execute(places.TURN, (channel, source, ms(turn)))
    if not later:
        _end(db, channel, source)
    return len(ready)


def _end(db: Connection, channel: int, source: int) -> None:
    """Drop the turn of a group in which nothing waits."""
    db.execute(
        """DELETE FROM turn WHERE channel = :channel AND source = :source
        AND NOT EXISTS (SELECT 1 FROM waiting WHERE channel = :channel AND source = :source)""",
        {"channel": channel, "source": source},
    )


def _entering(db: Connection, ready: Sequence[Row], group: Row) -> list[int]:
    """Return the items that still belong in the channel: one of a story, if none of it is shown there."""
    shown = {
        row["story"]
        for row in db.execute(
            f"""SELECT i.story FROM item i JOIN membership m ON m.item = i.number
            JOIN source s ON s.number = i.source
            WHERE i.story {ints()} AND m.channel = ? AND {visible()}""",
            (as_json({row["story"] for row in ready} - {None}), group["channel"]),
        )
    }
    found = []
    for row in ready:
        if group["name"] in channel_names(rows.value(Member, row)) and row["story"] not in shown:
            found.append(row["number"])
            shown |= {row["story"]} - {None}
    return found


def of_sources(db: Connection, numbers: str | None = None) -> dict[int, int]:
    """Return how many items of each source, or of those in a list of `numbers` as JSON, wait for the merged
    channel, by the source's number."""
    among = "" if numbers is None else f"AND w.source {ints(':numbers')}"
    found = db.execute(
        f"""SELECT w.source, count(*) AS items FROM waiting w JOIN channel c ON c.number = w.channel
        WHERE c.name = :name {among} GROUP BY w.source""",
        {"name": ALL} if numbers is None else {"name": ALL, "numbers": numbers},
    )
    return {row["source"]: row["items"] for row in found}


def wake(db: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Make the turns due of groups in which these items wait: they are live again."""
    db.execute(
        f"""UPDATE turn SET due = :now WHERE due > :now AND EXISTS (
            SELECT 1 FROM waiting w WHERE w.channel = turn.channel AND w.source = turn.source
            AND w.item {ints(":items")})""",
        {"now": ms(now), "items": as_json(numbers)},
    )


def expected(db: Connection, item: int) -> datetime | None:
    """Return when an item is expected to enter the merged channel, None for one that does not wait for it."""
    row = db.execute(
        """SELECT t.due, w.since, s.burst, (SELECT count(*) FROM waiting o WHERE o.channel = w.channel
            AND o.source = w.source AND (o.since < w.since OR o.since = w.since AND o.item < w.item)) AS ahead
        FROM waiting w JOIN channel c ON c.number = w.channel JOIN source s ON s.number = w.source
        JOIN turn t ON t.channel = w.channel AND t.source = w.source WHERE w.item = ? AND c.name = ?""",
        (item, ALL),
    ).fetchone()
    if row is None:
        return None
    return crowding.expected(moment(row["due"]), moment(row["since"]), ahead=row["ahead"], burst=row["burst"])
