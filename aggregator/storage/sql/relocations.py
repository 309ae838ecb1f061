"""Where sources have moved to, in the store. Called inside a write transaction.

What becomes of a move is decided by `aggregator.policy.relocation`; here it is only written down.
"""

from datetime import datetime

from sqlite_utils import Database

from aggregator.errors import UsageError
from aggregator.model import Poll
from aggregator.policy import relocation
from aggregator.storage.sql import channels
from aggregator.storage.sql.hosts import host_of
from aggregator.storage.sql.rows import ms, pack_move, unpack_move
from aggregator.storage.sql.sources import unknown


def record(db: Database, poll: Poll) -> None:
    """What a poll found of it, unless the operator took the move back meanwhile.

    The address of a feed shows in every channel.
    """
    before, after = poll.claim.move, poll.move
    if after is None or after == before:
        return
    written = db.conn.execute(
        "UPDATE source SET move = ?, host = ? WHERE number = ? AND move = ?",
        (pack_move(after), host_of(poll.claim.feed, after), poll.claim.number, pack_move(before)),
    )
    if written.rowcount and after.at != before.at:
        channels.touch_all(db, channels.stamp(db, poll.outcome.started))


def undo(db: Database, source: str, now: datetime) -> str:
    """Go back to the configured address for good; returns the address that was left."""
    row = db.conn.execute(
        "SELECT number, feed, move FROM source WHERE id = ? AND configured = 1", (source,)
    ).fetchone()
    if row is None:
        raise unknown(source)
    move = unpack_move(row["move"])
    after = relocation.undone(move)
    if after is None:
        raise UsageError(f"{source} has not moved: it is polled at its configured address")
    db.conn.execute(
        """UPDATE source SET move = ?, host = ?, failures = 0, due = ?, why = 'its move was taken back'
        WHERE number = ?""",
        (pack_move(after), host_of(row["feed"], after), ms(now), row["number"]),
    )
    channels.touch_all(db, channels.stamp(db, now))
    return move.at or move.seen
