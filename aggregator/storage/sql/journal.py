"""The journal of withdrawals, kept outside the database, and its replay after a restore."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.errors import StorageError
from aggregator.model import State, Transition
from aggregator.policy.lifecycle import Decision
from aggregator.storage import private
from aggregator.storage.sql.engine import Connection

AUTHORITY, WITHDRAWN = "authority", "withdrawn"


def fix_authority(db: Connection, publication_url: str, now: datetime) -> None:
    """Fix the authority of minted ids for good: the publication's address may change, ids never do."""
    host = urlsplit(publication_url).hostname or "localhost"
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (AUTHORITY, f"{host},{now:%Y-%m-%d}"),
    )


def authority(db: Connection) -> str:
    """Return the tag: authority under which this store mints ids (RFC 4151)."""
    value = _meta(db, AUTHORITY)
    if value is None:
        raise StorageError("the store has no configuration yet: ids cannot be minted")
    return value


def _meta(db: Connection, key: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row["value"])


def withdrawn_before(db: Connection) -> frozenset[str]:
    """Return ids of items that the store has never seen and the journal has withdrawn."""
    return frozenset(json.loads(_meta(db, WITHDRAWN) or "[]"))


def expect_withdrawn(db: Connection, ids: Iterable[str]) -> None:
    """Withdraw items of these ids when they are imported."""
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (WITHDRAWN, json.dumps(sorted(withdrawn_before(db) | set(ids)))),
    )


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal file: its readable lines, each with the decision and the id of its item, and numbers of
    unreadable ones."""

    lines: Mapping[str, tuple[str, Decision]]
    unreadable: tuple[int, ...]

    def last(self, lines: Iterable[str]) -> Mapping[str, Decision]:
        """Return the last of the decisions in these lines about the state of each item, by its id."""
        ordered = sorted((self.lines[line] for line in lines), key=lambda each: each[1].at)
        return {item: decision for item, decision in ordered if decision.struck is None}

    def strikes(self, lines: Iterable[str]) -> Sequence[tuple[str, Decision]]:
        """Return the struck versions in these lines, each with the id of its item."""
        return [self.lines[line] for line in lines if self.lines[line][1].struck is not None]


def read(*paths: Path) -> Journal:
    """Read journals; one that does not exist is empty."""
    readable: dict[str, tuple[str, Decision]] = {}
    unreadable = []
    for path in paths:
        for number, line in enumerate(path.read_bytes().splitlines() if path.exists() else [], 1):
            try:
                readable[line.decode()] = _decision(json.loads(line))
            except (ValueError, KeyError, TypeError):
                unreadable.append(number)
    return Journal(readable, tuple(unreadable))


def _decision(fields: Mapping[str, Any]) -> tuple[str, Decision]:
    at = datetime.fromisoformat(fields["at"])
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    decision = Decision(
        State(fields["after"]),
        fields["reason"],
        fields["actor"],
        at,
        fields.get("version"),
        bytes.fromhex(fields["struck"]) if "struck" in fields else None,
    )
    return fields["item"], decision


def line(item: str, public_id: str, step: Transition, *, struck: bytes | None = None) -> str:
    """Return the journal's line for a withdrawal, its end, or a struck version with its fingerprint."""
    words = {name: getattr(step, name) for name in ("before", "after", "trigger", "reason", "actor")}
    fields = {"at": step.at.isoformat(), "item": item, "public_id": public_id, **words}
    if step.version is not None:
        fields["version"] = step.version
    if struck is not None:
        fields["struck"] = struck.hex()
    return json.dumps(fields, ensure_ascii=False)


def lacking(db: Connection, entries: Journal) -> Sequence[str]:
    """Return the lines that only the file has: those after a backup, of another database, or of a verb
    whose transaction was never committed."""
    known = {row["line"] for row in db.execute("SELECT line FROM journal")}
    return [line for line in entries.lines if line not in known]


def record(db: Connection, lines: Iterable[str]) -> None:
    """Write lines into the table; one that is there already, as after a restore, stays."""
    db.executemany(
        "INSERT INTO journal (digest, line) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(hashlib.sha256(each.encode()).digest()[:16], each) for each in lines],
    )


def export(db: Connection, path: Path) -> None:
    """Append the lines that only the table has: those of another machine, or of a crash."""
    known = read(path).lines
    found = [row["line"] for row in db.execute("SELECT line FROM journal ORDER BY number")]
    if missing := [line for line in found if line not in known]:
        append(path, missing)


def append(path: Path, lines: Sequence[str]) -> None:
    """Write and sync lines before the transaction commits: a restore may repeat one, never miss one."""
    private.file(path)
    with path.open("a", encoding="utf-8") as file:
        if file.tell() and not _ends_whole(path):
            file.write("\n")  # the last line was torn by a crash: it must not swallow this one
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"
