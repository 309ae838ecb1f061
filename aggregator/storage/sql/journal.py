"""The journal of withdrawals, kept outside the database, and its replay after a restore."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
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
    """A journal file: the last decision about each item by its id, its readable lines, and numbers of
    unreadable ones."""

    decisions: Mapping[str, Decision]
    lines: tuple[str, ...]
    unreadable: tuple[int, ...]


def read(path: Path) -> Journal:
    """Read a journal; one that does not exist is empty."""
    last: dict[str, Decision] = {}
    unreadable, readable = [], []
    lines = path.read_bytes().splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            fields = json.loads(line)
            last[fields["item"]] = Decision(State(fields["after"]), fields["reason"], fields["actor"])
            readable.append(line.decode())
        except (ValueError, KeyError, TypeError):
            unreadable.append(number)
    return Journal(last, tuple(readable), tuple(unreadable))


def line(item: str, public_id: str, step: Transition) -> str:
    """Return the journal's line for a withdrawal or its end."""
    words = {name: getattr(step, name) for name in ("before", "after", "trigger", "reason", "actor")}
    fields = {"at": step.at.isoformat(), "item": item, "public_id": public_id, **words}
    return json.dumps(fields, ensure_ascii=False)


def record(db: Connection, lines: Sequence[str]) -> None:
    """Write lines into the table; one that is there already, as after a restore, stays."""
    db.executemany(
        "INSERT INTO journal (digest, line) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(hashlib.sha256(each.encode()).digest()[:16], each) for each in lines],
    )


def export(db: Connection, path: Path) -> None:
    """Append the lines that only the table has: those of another machine, or of a crash."""
    known = set(read(path).lines)
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
