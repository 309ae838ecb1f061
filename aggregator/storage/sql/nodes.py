"""Nodes, and the work that one node does at a time. Called inside a transaction; times are the database's."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.model.cluster import Beat, Node
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, one
from aggregator.storage.sql.rows import MILLISECOND, moment

FORGOTTEN_AFTER = timedelta(hours=1)  # without a report: the node has ended
STATE = ("name", "role", "version", "config", "running", "leases_lost", "away", "started", "problem")


def now(db: Connection, clock: str) -> datetime:
    """Return the database's time."""
    return moment(one(db.execute(f"SELECT {clock} AS now"))["now"])


def report(db: Connection, beat: Beat, at: datetime) -> None:
    """Write the state of a node, and forget those that ended long ago."""
    names = (*STATE, "ahead", "beat")
    given = ", ".join(f"{name} = excluded.{name}" for name in names if name != "name")
    db.execute(
        f"""INSERT INTO node ({", ".join(names)}) VALUES ({", ".join(f":{name}" for name in names)})
        ON CONFLICT (name) DO UPDATE SET {given}""",
        {**rows.columns(beat, *STATE), "ahead": beat.offset // MILLISECOND, "beat": rows.ms(at)},
    )
    db.execute("DELETE FROM node WHERE beat < ?", (rows.ms(at - FORGOTTEN_AFTER),))


def leave(db: Connection, name: str) -> None:
    """Forget a node that ends, and give back its shares."""
    give_back(db, name)
    db.execute("DELETE FROM node WHERE name = ?", (name,))


def give_back(db: Connection, name: str) -> None:
    """Give back the shares of a node."""
    db.execute("DELETE FROM share WHERE node = ?", (name,))


def known(db: Connection, at: datetime) -> tuple[Node, ...]:
    """Return the nodes that have reported lately, by name."""
    return tuple(
        Node(
            rows.value(Beat, row, offset=row["ahead"] * MILLISECOND),
            max(at - moment(row["beat"]), timedelta()),
        )
        for row in db.execute("SELECT * FROM node ORDER BY role, name")
    )


def version(db: Connection) -> int:
    """Return the number of the configuration in force, 0 before the first."""
    return int(one(db.execute("SELECT coalesce(max(number), 0) AS newest FROM config_version"))["newest"])


def silence(db: Connection, name: str, at: datetime) -> timedelta | None:
    """Return for how long a node has not reported, None for one that is not known."""
    row = db.execute("SELECT beat FROM node WHERE name = ?", (name,)).fetchone()
    return None if row is None else at - moment(row["beat"])


def hold(db: Connection, node: str, names: Sequence[str], until: datetime, at: datetime) -> frozenset[str]:
    """Prolong the shares of a node, and take one that is free: nodes that start together share them out.
    Returns those it holds."""
    held = {
        row["name"]
        for row in db.execute(
            "UPDATE share SET until = ? WHERE node = ? RETURNING name", (rows.ms(until), node)
        )
    }
    for name in names:
        if name in held:
            continue
        taken = db.execute(
            """INSERT INTO share (name, node, until) VALUES (:name, :node, :until)
            ON CONFLICT (name) DO UPDATE SET node = excluded.node, until = excluded.until
            WHERE share.until < :now RETURNING name""",
            {"name": name, "node": node, "until": rows.ms(until), "now": rows.ms(at)},
        ).fetchone()
        if taken is not None:
            return frozenset({*held, name})
    return frozenset(held)
