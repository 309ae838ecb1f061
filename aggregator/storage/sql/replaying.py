"""Replay of the journal: decisions that a restored store, or one that a crash has cut off, does not have."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from aggregator.model.decision import Amended, Decision, State, Trigger
from aggregator.policy.lifecycle import amend, replayed, step
from aggregator.storage.backups import Replayed
from aggregator.storage.sql import (
    amendments,
    erasure,
    fingerprints,
    journal,
    journal_lines,
    lifecycle,
    story_verbs,
)
from aggregator.storage.sql.act_store import ActStore
from aggregator.storage.sql.engine import Engine
from aggregator.storage.sql.queries import ItemStore


def replay(engine: Engine, files: Sequence[Path], now: datetime) -> Replayed:
    """Carry out the decisions that only these journals have, unless the item has changed since;
    then the table and the first file hold the same lines. Decisions on unknown items are carried out when
    they are imported."""
    entries, items = journal_lines.read(*files), ItemStore(engine)
    with engine.writing() as db:  # after the verbs that have written their lines
        lines = journal.lacking(db, entries)
    forgotten = [
        name for name, at in entries.forgotten(lines).items() if _forget_again(engine, name, at, now)
    ]
    moved, unknown = [], []
    for name, decided in entries.decisions(lines).items():
        item = items.find(name)
        if item is None:
            unknown += [name] if decided[-1].trigger is Trigger.WITHDRAW else []
            continue
        item = replace(item, item=fingerprints.of(item.item))
        known, waits = items.audit(item.number), ActStore(engine).waiting_version(item)
        waits = None if waits is None else fingerprints.of(waits)
        steps = replayed(item, known, decided, now, waiting=waits)
        for each in steps:
            ActStore(engine).apply_transitions([each])
        moved += [name] if steps else []
    moved += [strike.item for strike in entries.strikes(lines) if _strike_again(engine, strike, now)]
    moved += _erase_again(engine, entries.erased(lines), now)
    moved += [each.item for each in entries.amended(lines) if _amend_again(engine, each, now)]
    with engine.writing() as db:
        story_verbs.again(db, entries.pairings(lines))
        journal.record(db, lines)
        journal.export(db, files[0])
    return Replayed(tuple(moved), tuple(unknown), entries.unreadable, tuple(forgotten))


def _forget_again(engine: Engine, source: str, at: datetime, now: datetime) -> bool:
    """Remove a source that was forgotten at a time, unless it was added again since; returns whether."""
    with engine.writing() as db:
        if not erasure.unconfigure(db, source, at):
            return False
    erasure.all_items(engine, source, now)
    with engine.writing() as db:
        erasure.source_itself(db, source, now)
    return True


def _strike_again(engine: Engine, strike: Decision, now: datetime) -> bool:
    """Remove the text of a struck version; return whether its item is held now, because that text was its
    present one."""
    items = ItemStore(engine)
    with engine.writing() as db:
        is_shown = lifecycle.strike_again(db, strike, now)
    if is_shown and (item := items.find(strike.item)) is not None:
        hold = step(item, Trigger.HOLD, reason=strike.reason, actor=strike.actor, at=now)
        ActStore(engine).apply_transitions([hold])
    return is_shown


def _erase_again(engine: Engine, erasures: Sequence[Decision], now: datetime) -> Sequence[str]:
    """Erase items again that are erased in the journal; returns the ids of those that the store has."""
    items = ItemStore(engine)
    found = [(each, item) for each in erasures if (item := items.find(each.item)) and not item.erased]
    for each, item in found:
        made = step(item, Trigger.ERASE, reason=each.reason, actor=each.actor, at=now)
        ActStore(engine).apply_transitions([made])
    if found:
        engine.purge()
    return [item.id for _, item in found]


def _amend_again(engine: Engine, amended: Amended, now: datetime) -> bool:
    """Amend an item again, unless a later amendment is known; return whether it was amended."""
    items = ItemStore(engine)
    item = items.find(amended.item)
    with engine.reading() as db:
        is_known = amendments.is_known(db, amended)
    if item is None or is_known or item.state is State.WITHDRAWN:
        return False
    reason, actor = amended.reason, amended.actor
    ActStore(engine).apply_transitions([amend(item, amended.amendment, reason=reason, actor=actor, at=now)])
    return True
