"""The contract's ClusterStore: nodes, passes over hosts and configurations that nodes have in common."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.errors import Outdated
from aggregator.model.cluster import ALIVE_FOR, Beat, ConfigVersion, Delivery, Node
from aggregator.model.poll import Batch
from aggregator.model.settings import Config
from aggregator.storage.sql import claims, nodes, rows, sources
from aggregator.storage.sql.engine import Connection, Engine, Row, one, read
from aggregator.storage.sql.rows import ms

DUE_HOSTS = """SELECT host, min(due) AS since FROM source WHERE configured = 1 AND due <= :now
    AND (leased IS NULL OR leased < :now) AND host <> '' GROUP BY host ORDER BY min(due), host
    LIMIT :limit OFFSET :skip"""
# Returns a row unless the job was begun before: it is delivered again.
BEGIN = """INSERT INTO host_run (host, job, node) VALUES (?, ?, ?)
    ON CONFLICT (host) DO UPDATE SET job = excluded.job, node = excluded.node
    WHERE host_run.job <> excluded.job RETURNING host"""


class ClusterStore:
    """Nodes of a cluster, their shares of work, passes over hosts, and versions of the configuration."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def report(
        self, beat: Beat, shares: Sequence[str] = (), lease: timedelta = timedelta()
    ) -> tuple[datetime, frozenset[str]]:
        """Write the state of a node; returns the database's time and the `shares` it holds for `lease` from
        then on."""
        with self._engine.writing(shared=True) as db:
            at = nodes.now(db, self._engine.clock)
            nodes.report(db, beat, at)
            return at, nodes.hold(db, beat.name, shares, at + lease, at) if shares else frozenset()

    def leave(self, node: str) -> None:
        """Forget a node that ends, and give back its shares."""
        with self._engine.writing(shared=True) as db:
            nodes.leave(db, node)

    def give_back(self, node: str) -> None:
        """Give back the shares of a node, which goes on."""
        with self._engine.writing(shared=True) as db:
            nodes.give_back(db, node)

    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes that have reported lately."""
        with self._engine.reading() as db:
            return nodes.known(db, nodes.now(db, self._engine.clock))

    def due_hosts(self, now: datetime, limit: int, skip: int = 0) -> tuple[str, ...]:
        """Return up to `limit` hosts with due sources that no node has leased, longest due first, without
        the first ones."""
        found = read(self._engine, DUE_HOSTS, {"now": ms(now), "limit": limit, "skip": skip})
        return tuple(row["host"] for row in found)

    def begin_pass(
        self, delivery: Delivery, node: str, now: datetime, *, limit: int, lease: timedelta
    ) -> Batch | None:
        """Begin a pass of a node over a host: claim due sources as `claims.claim_at`.

        A pass of the same job that another node has not ended is taken over once that node is silent; until
        then nothing is claimed and None returned.
        """
        with self._engine.writing(shared=True) as db:
            begun = db.execute(BEGIN, (delivery.host, delivery.job, node))
            waiting = claims.waiting_at(db, delivery.host, now, limit)
            if begun.fetchone() is None:
                if not self._take_over(db, delivery, node):
                    return None
                waiting = claims.waiting_at(db, delivery.host, now, limit)
            return claims.claim_at(db, delivery.host, waiting.fetchall(), now, limit=limit, lease=lease)

    def go_on(self, host: str, now: datetime, *, limit: int, lease: timedelta) -> Batch:
        """Claim more sources in a pass that has begun."""
        with self._engine.writing(shared=True) as db:
            waiting = claims.waiting_at(db, host, now, limit).fetchall()
            return claims.claim_at(db, host, waiting, now, limit=limit, lease=lease)

    def _take_over(self, db: Connection, delivery: Delivery, node: str) -> bool:
        """Take over the pass of a job that was begun before; False while another live node has it."""
        former = one(db.execute("SELECT node FROM host_run WHERE host = ?", (delivery.host,)))["node"]
        if former != node and self._is_alive(db, former):
            return False
        claims.take_over(db, delivery.host, died=former != node)
        db.execute("UPDATE host_run SET node = ? WHERE host = ?", (node, delivery.host))
        return True

    def _is_alive(self, db: Connection, node: str) -> bool:
        silent = nodes.silence(db, node, nodes.now(db, self._engine.clock))
        return silent is not None and silent < ALIVE_FOR

    def newest_version(self) -> int:
        """Return the number of the configuration in force, 0 before the first."""
        with self._engine.reading() as db:
            return nodes.version(db)

    def version(self, number: int) -> ConfigVersion | None:
        """Return one configuration as it was applied."""
        found = read(self._engine, "SELECT * FROM config_version WHERE number = ?", (number,))
        return next((_version(row) for row in found), None)

    def apply(
        self, config: Config, text: str, now: datetime, *, on: int | None = None
    ) -> tuple[int, tuple[str, ...]]:
        """Put a configuration into force on all nodes: stored sources follow it, as `AdminStore.sync`.

        Returns its number, that of the present one if its text is the same, and what was done in words.
        Outdated if it was made on another one than that in force, `on` (None: whatever that is).
        """
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._engine.writing() as db:
            newest = db.execute("SELECT * FROM config_version ORDER BY number DESC LIMIT 1").fetchone()
            number = 0 if newest is None else newest["number"]
            if on is not None and on != number:
                raise Outdated(
                    f"version {number} of the configuration is in force, not {on}: nothing was applied"
                )
            done = sources.sync(db, config, sources.prepare(db, config, now), now)
            if newest is not None and newest["digest"] == digest:
                return number, done
            made = db.execute(
                """INSERT INTO config_version (number, digest, content, applied) VALUES (?, ?, ?, ?)
                RETURNING number""",
                (number + 1, digest, text, ms(now)),
            )
            return int(one(made)["number"]), done


def _version(row: Row) -> ConfigVersion:
    return ConfigVersion(row["number"], row["digest"], row["content"], rows.moment(row["applied"]))
