"""The operator's split and merge of stories, in the journal before the commit. Called inside a write
transaction."""

from collections.abc import Sequence
from pathlib import Path

from aggregator.errors import Outdated
from aggregator.model.decision import Pairing
from aggregator.storage.sql import channels, journal, journal_lines, lifecycle, pairings
from aggregator.storage.sql.engine import Connection


def apply(db: Connection, pairing: Pairing, journal_file: Path) -> None:
    """Carry out a decision; Outdated when nothing is left to split or merge."""
    at = channels.stamp(db, pairing.at)
    moved = pairings.carry_out(db, pairing, at)
    if not moved:
        raise Outdated(f"the story of {pairing.item} has changed: nothing was changed")
    lifecycle.audit(db, moved)
    lines = [journal_lines.pairing_line(pairing)]
    journal.record(db, lines)
    journal.append(journal_file, lines)


def again(db: Connection, decided: Sequence[Pairing]) -> None:
    """Carry out decisions of a journal once more, as far as their items are stored."""
    for pairing in decided:
        moved = pairings.carry_out(db, pairing, channels.stamp(db, pairing.at))
        if moved:
            lifecycle.audit(db, moved)
