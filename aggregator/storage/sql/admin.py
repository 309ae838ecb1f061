"""The contract's AdminStore: the store as a whole, its configuration, upkeep and health."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from aggregator.errors import Outdated
from aggregator.model.changes import Transition
from aggregator.model.decision import Act, Forgotten, Noted, Pairing
from aggregator.model.poll import Totals
from aggregator.model.settings import Config, Retention
from aggregator.model.stored import Stored
from aggregator.policy.health import state_of
from aggregator.storage.backups import Replayed
from aggregator.storage.sql import (
    claims,
    clock,
    decisions,
    doubts,
    erased,
    erasure,
    hosts,
    journal,
    journal_lines,
    matching,
    nodes,
    pages,
    probes,
    reentered,
    replaying,
    retention,
    sources,
    story_verbs,
    values,
)
from aggregator.storage.sql.act_store import ActStore
from aggregator.storage.sql.engine import JOURNAL, Connection, Engine, one
from aggregator.storage.sql.in_store import InStore
from aggregator.storage.sql.queries import ItemStore
from aggregator.storage.sql.rows import ms


class AdminStore:
    """The administration of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def poller(self, now: datetime) -> Iterator[Replayed]:
        """Hold the lock of this store's one poller; StoreBusy names the holder. Clears all leases, and
        replays what only the journal's file has; yields what that was."""
        with self._engine.polling():
            with self._engine.writing() as db:
                claims.clear_leases(db, now)
            yield self.replay([self._engine.directory / JOURNAL], now)

    @contextmanager
    def node(self, direct: str = "") -> Iterator[None]:
        """Share the poller's lock with the other nodes of a cluster; StoreBusy names a process that has it
        alone. Leases stay: other nodes hold them."""
        with self._engine.polling(shared=True, direct=direct):
            yield

    def is_polled(self) -> bool:
        """Return whether a process polls this store."""
        return self._engine.is_polled()

    def sync(self, config: Config, now: datetime) -> tuple[str, ...]:
        """Bring stored sources in line with the configuration, as `policy.sources` plans; returns the
        words. Outdated in a cluster, unless it is the version in force."""
        return self.planned(config, now)()

    def planned(self, config: Config, now: datetime) -> Callable[[], tuple[str, ...]]:
        """Plan a `sync`, which reads all sources the first time, then those that differ; returns the short
        transaction that carries it out."""
        with self._engine.reading() as db:
            prepared = sources.prepare(db, config, now, self._engine.in_store)

        def carry_out() -> tuple[str, ...]:
            with self._syncing(config) as db:
                return sources.sync(db, config, prepared, now, self._engine.in_store)

        return carry_out

    @contextmanager
    def _syncing(self, config: Config) -> Iterator[Connection]:
        """Open a write transaction that brings the store in line with a configuration."""
        with self._engine.writing() as db:
            self._check_in_force(db, config)
            yield db
            synced = sources.synced(db)
        self._engine.in_store = InStore(config, synced)

    def _check_in_force(self, db: Connection, config: Config) -> None:
        if self._engine.has_nodes and (number := nodes.version(db)) != config.version:
            raise Outdated(f"version {number} of the configuration is in force in the store")

    def identify(self, config: Config, source: str, same: str | None, now: datetime) -> tuple[str, ...]:
        """Carry out the operator's answer which source this is, None for a new one; returns what was done in
        words. UsageError when that is not in doubt, or `same` cannot be it; Outdated as `sync`."""
        with self._syncing(config) as db:
            doubts.answer(db, source, same)
            return sources.sync(db, config, sources.prepare(db, config, now, self._engine.in_store), now)

    def maintain(self, kept: Retention, now: datetime) -> None:
        """(poller) Drop content past its time and unused hosts, keep keys; bring the search index and
        the stories up to date."""
        ItemStore(self._engine).index()
        matching.match(self._engine, now)
        with self._engine.writing() as db:
            hosts.forget(db, now)
            probes.forget(db, now)
            pages.forget(db)
            reentered.take_turns(db, now)
        left = True
        while left:  # many short transactions: polls and operators go on between them
            with self._engine.writing(checked=False) as db:
                left = retention.free(db, self._engine.index, kept, now)
        self._engine.optimise()

    def forget(self, source: str, now: datetime, actor: str = "operator") -> int:
        """Remove all of a source that is no longer configured; returns how many items went.

        UsageError while it is configured. The journal keeps what was decided on its items, and that it was
        removed. Several short transactions: one that was cut off can be called again.
        """
        gone = erasure.all_items(self._engine, source, now)
        with self._engine.writing() as db:
            erasure.source_itself(db, source, now)
            line = journal_lines.forget_line(source, actor, now)
            journal.record(db, [line])
            journal.append(self._engine.directory / JOURNAL, [line])
        return gone

    def note(self, noted: Noted) -> None:
        """Keep a decision that changes no item, for the audit."""
        with self._engine.writing() as db:
            journal.note(db, noted, self._engine.directory / JOURNAL)

    def last_decision(self) -> int:
        """Return the number of the last line of the journal."""
        with self._engine.reading() as db:
            return decisions.last_line(db)

    def forgotten(self, after: int) -> tuple[int, tuple[Forgotten, ...]]:
        """Return the removals of sources after a line of the journal, and the number of its last line."""
        with self._engine.reading() as db:
            return journal.forgotten(db, after)

    def matching(self, parts: Sequence[str]) -> tuple[Stored, ...]:
        """Return the items that hold all of these texts, in their present, waiting or former versions."""
        with self._engine.reading() as db:
            found = [{row["number"]: row for row in erased.matching(db, part)} for part in parts]
        common = set.intersection(*(set(each) for each in found)) if found else set()
        return tuple(values.stored(found[0][number]) for number in sorted(common))

    def erase(self, steps: Sequence[Transition]) -> bool:
        """Erase items for good, and what the files of the store hold of them; False while a reader keeps a
        former state of the file: to be called again without steps."""
        ActStore(self._engine).apply_transitions(steps)
        return self._engine.purge()

    def pair(self, pairing: Pairing) -> None:
        """Split an item from its story, or merge it with others. StorageError if the story has changed."""
        with self._engine.writing() as db:
            story_verbs.apply(db, pairing, self._engine.directory / JOURNAL)

    def replay(self, files: Sequence[Path], now: datetime) -> Replayed:
        """(poller) Carry out the decisions that only these journals have, unless the item has changed since;
        then the table and the first file hold the same lines. Decisions on unknown items are carried out when
        they are imported."""
        self._engine.in_store = None  # what was forgotten is taken out of the configuration
        return replaying.replay(self._engine, files, now)

    def acts(self, since: datetime | None = None) -> tuple[Act, ...]:
        """Return the operator's decisions, or those from a time on, oldest first."""
        with self._engine.reading() as db:
            return journal.acts(db, since)

    def last_commit(self) -> datetime | None:
        """Return the latest time that a commit has, unless the operator has confirmed a clock behind it."""
        with self._engine.reading() as db:
            return clock.last_commit(db)

    def clock_trusted(self) -> datetime | None:
        """Return the last time at which the clock of the machine was trusted."""
        with self._engine.reading() as db:
            return clock.trusted(db)

    def trust_clock(self, now: datetime, *, is_confirmed: bool = False) -> None:
        """Keep that the clock is trusted now, `is_confirmed` by the operator."""
        with self._engine.writing() as db:
            clock.trust(db, now, is_confirmed=is_confirmed)

    def authority(self) -> str:
        """Return the tag: authority ("example.org,2026-11-24") of minted ids, fixed at the first `sync`."""
        with self._engine.reading() as db:
            return journal.authority(db)

    def totals(self, now: datetime) -> Totals:
        """Return how many items and sources there are in each state. Cheap enough for every few seconds."""
        with self._engine.reading() as db:
            counted = Counter(
                {
                    row["state"]: row["items"]
                    for row in db.execute("SELECT state, count(*) AS items FROM item GROUP BY state")
                }
            )
            for row in db.execute(
                """SELECT failures > 0 AS fails, last_success IS NOT NULL AS has_succeeded,
                count(*) AS sources FROM source WHERE configured = 1 GROUP BY 1, 2"""
            ):
                state = state_of(row["fails"], has_succeeded=row["has_succeeded"])
                counted[state] += row["sources"]
            due = db.execute(
                """SELECT (SELECT count(*) FROM source WHERE configured = 1 AND due <= :now
                    AND (leased IS NULL OR leased < :now)) AS due,
                    (SELECT count(*) FROM task WHERE due <= :now) AS tasks""",
                {"now": ms(now)},
            )
            row = one(due)
        return Totals(**counted, due=row["due"], tasks=row["tasks"])

    def backup(self, to: Path) -> int:
        """Write a whole, checked copy of this moment to a file, beside any writer; returns its items."""
        return self._engine.backup(to)

    def check(self) -> tuple[str, ...]:
        """Return the faults of the store as sentences; empty when it is sound."""
        return self._engine.damage()
