"""The journal of the operator's decisions: a table, and a file beside the database that outlives it."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from aggregator.errors import StorageError
from aggregator.model.decision import Act, Amended, Decision, Forgotten, Noted, Pairing, Trigger
from aggregator.storage import private
from aggregator.storage.backups import sync
from aggregator.storage.sql import amendments, decisions, erased, journal_lines, pairings, versions
from aggregator.storage.sql.engine import Connection, one

AUTHORITY = "authority"


def fix_authority(db: Connection, publication_url: str, now: datetime) -> None:
    """Fix the authority of minted ids for good: the publication's address may change, ids never do."""
    host = urlsplit(publication_url).hostname or "localhost"
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (AUTHORITY, f"{host},{now:%Y-%m-%d}"),
    )


def authority(db: Connection) -> str:
    """Return the tag: authority under which this store mints ids (RFC 4151)."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (AUTHORITY,)).fetchone()
    if row is None:
        raise StorageError("the store has no configuration yet: ids cannot be minted")
    return str(row["value"])


def acts(db: Connection, since: datetime | None) -> tuple[Act, ...]:
    """Return the decisions in the table, or those from a time on, oldest first."""
    found = (journal_lines.act(json.loads(row["line"])) for row in db.execute("SELECT line FROM journal"))
    return tuple(
        sorted((each for each in found if since is None or each.at >= since), key=lambda each: each.at)
    )


def forgotten(db: Connection, after: int) -> tuple[int, tuple[Forgotten, ...]]:
    """Return the removals of sources in the table after a number, oldest first, and the last number read."""
    found = db.execute("SELECT number, line FROM journal WHERE number > ? ORDER BY number", (after,))
    lines = {row["number"]: journal_lines.decided(json.loads(row["line"])) for row in found}
    return max(lines, default=after), tuple(each for each in lines.values() if isinstance(each, Forgotten))


def lacking(db: Connection, entries: journal_lines.Journal) -> Sequence[str]:
    """Return the lines that only the file has: those after a backup, of another database, or of a verb
    whose transaction was never committed; none that holds words of an erased item."""
    known = {row["line"] for row in db.execute("SELECT line FROM journal")}
    lines = [line for line in entries.lines if line not in known]
    gone = {each.item for each in entries.erased(entries.lines)} | erased.of_items(db)
    return [line for line in lines if not erased.holds_text(entries.lines[line], gone)]


def record(db: Connection, lines: Iterable[str]) -> None:
    """Write lines into the table with their decisions; one that is there already, as after a restore, stays.

    What a version before wrote, which kept no decisions, is carried over first.
    """
    derived = one(db.execute("SELECT coalesce(max(line), 0) AS line FROM decision"))["line"]
    found = db.execute("SELECT number, line FROM journal WHERE number > ? ORDER BY number", (derived,))
    for row in found.fetchall():
        _decide(db, row["number"], row["line"])
    for each in lines:
        digest = hashlib.sha256(each.encode()).digest()[:16]
        made = db.execute(
            "INSERT INTO journal (digest, line) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING number",
            (digest, each),
        ).fetchone()
        if made is not None:
            _decide(db, made["number"], each)


def note(db: Connection, noted: Noted, path: Path) -> None:
    """Write a decision that changes no item, into the table and the file."""
    line = journal_lines.noted_line(noted)
    record(db, [line])
    append(path, [line])


def _decide(db: Connection, number: int, line: str) -> None:
    """Write the decision of a line on an item."""
    members = json.loads(line)
    decision = journal_lines.decided(members)
    if isinstance(decision, (Forgotten, Noted)):
        return
    if isinstance(decision, Amended):
        amendments.put(db, decision)
    elif isinstance(decision, Pairing):
        pairings.put(db, decision)
    elif decision.trigger is Trigger.STRIKE:
        versions.remove_text(db, decision.item, bytes.fromhex(decision.fingerprint))
    else:
        decisions.put(db, number, _recognisable(db, decision))
        erased.keep_keys(db, decision, members.get("blocks", {}))


def _recognisable(db: Connection, decision: Decision) -> Decision:
    """Return a decision of an older version with what the item, if it is stored, is recognised by."""
    if decision.key:
        return decision
    row = db.execute("SELECT number FROM item WHERE id = ?", (decision.item,)).fetchone()
    if row is None:
        return decision
    return replace(decision, **decisions.described(db, {row["number"]: decision.trigger})[row["number"]])


def export(db: Connection, path: Path) -> None:
    """Append the lines that only the table has: those of another machine, or of a crash."""
    known = journal_lines.read(path).lines
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


def forget_texts(db: Connection, path: Path, items: Set[str]) -> None:
    """Remove the lines that hold words of erased items, from the table and, by an atomic rename, from the
    file. No verb appends to it meanwhile: each does so in its own write transaction."""
    erased.unwrite(db, items)
    kept = erased.rewritten(path, items)
    if kept is None:
        return
    new = path.with_name(f".{path.name}.new")
    private.file(new)
    with new.open("wb") as file:
        file.write(kept)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"
