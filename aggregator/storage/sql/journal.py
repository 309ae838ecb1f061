"""The journal of the operator's decisions: a table, and a file beside the database that outlives it."""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.dedupe.similar import is_sound
from aggregator.errors import StorageError
from aggregator.model import Decision, Forgotten, Pairing, State, Transition, Trigger
from aggregator.storage import private
from aggregator.storage.sql import decisions, pairings, versions
from aggregator.storage.sql.engine import Connection, one

AUTHORITY = "authority"
FORGET = "forget"  # in place of a trigger: the removal of a source
PAIRINGS = (Trigger.SPLIT, Trigger.MERGE)
RECOGNISED = (
    "source",
    "feed",
    "key",
    "fingerprint",
    "link",
    "title",
    "day",
    "words",
    "read",
)  # as `Decision` has them


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


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal file: its readable lines, each with what was decided, and numbers of unreadable ones."""

    lines: Mapping[str, Decision | Forgotten | Pairing]
    unreadable: tuple[int, ...]

    def decisions(self, lines: Iterable[str]) -> Mapping[str, Sequence[Decision]]:
        """Return the decisions about states in these lines by the id of the item, oldest first."""
        found: dict[str, list[Decision]] = defaultdict(list)
        for each in self._of_items(lines):
            if each.trigger is not Trigger.STRIKE:
                found[each.item].append(each)
        return found

    def strikes(self, lines: Iterable[str]) -> Sequence[Decision]:
        """Return the struck versions in these lines, oldest first."""
        return [each for each in self._of_items(lines) if each.trigger is Trigger.STRIKE]

    def pairings(self, lines: Iterable[str]) -> Sequence[Pairing]:
        """Return the stories split and merged in these lines, oldest first."""
        read = [each for line in lines if isinstance(each := self.lines[line], Pairing)]
        return sorted(read, key=lambda each: each.at)

    def _of_items(self, lines: Iterable[str]) -> Sequence[Decision]:
        read = [each for line in lines if isinstance(each := self.lines[line], Decision)]
        return sorted(read, key=lambda each: each.at)

    def forgotten(self, lines: Iterable[str]) -> Mapping[str, datetime]:
        """Return the sources in these lines that were removed, with when they last were."""
        read = [each for line in lines if isinstance(each := self.lines[line], Forgotten)]
        return {each.source: each.at for each in sorted(read, key=lambda each: each.at)}


def read(*paths: Path) -> Journal:
    """Read journals; one that does not exist is empty."""
    readable: dict[str, Decision | Forgotten | Pairing] = {}
    unreadable = []
    for path in paths:
        for number, line in enumerate(path.read_bytes().splitlines() if path.exists() else [], 1):
            try:
                readable[line.decode()] = _decided(json.loads(line))
            except (ValueError, KeyError, TypeError):
                unreadable.append(number)
    return Journal(readable, tuple(unreadable))


def _decided(fields: Mapping[str, Any]) -> Decision | Forgotten | Pairing:
    """Return the decision in the members of a line; a new kind of decision is read here."""
    at = _moment(fields["at"])
    if fields["trigger"] == FORGET:
        return Forgotten(fields["source"], fields["actor"], at)
    if fields["trigger"] in PAIRINGS:
        others = tuple(map(str, fields["others"]))
        return Pairing(
            fields["item"], others, Trigger(fields["trigger"]), fields["reason"], fields["actor"], at
        )
    signature = b64decode(fields.get("signature", ""))
    if not is_sound(signature):
        raise ValueError("the signature is none")
    return Decision(
        fields["item"],
        Trigger(fields["trigger"]),
        fields["reason"],
        fields["actor"],
        at,
        _moment(fields["release"]) if "release" in fields else None,
        fields.get("version"),
        fields["trigger"] == Trigger.RELEASE and fields.get("before") == State.LIVE,
        **{name: fields[name] for name in RECOGNISED if name in fields},
        signature=signature,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no zone")
    return moment


def line(item: str, public_id: str, step: Transition, marks: Mapping[str, Any]) -> str:
    """Return the journal's line for a decision on an item, which `marks` tell again."""
    words = {name: getattr(step, name) for name in ("before", "after", "trigger", "reason", "actor")}
    members = {"at": step.at.isoformat(), "item": item, "public_id": public_id, **words, **marks}
    if step.release is not None:
        members["release"] = step.release.isoformat()
    if step.version is not None:
        members["version"] = step.version
    if "signature" in marks:
        members["signature"] = b64encode(marks["signature"]).decode()
    return json.dumps(members, ensure_ascii=False)


def forget_line(source: str, actor: str, at: datetime) -> str:
    """Return the journal's line for the removal of a source."""
    members = {"at": at.isoformat(), "source": source, "trigger": FORGET, "actor": actor}
    return json.dumps(members, ensure_ascii=False)


def pairing_line(pairing: Pairing) -> str:
    """Return the journal's line for a story that was split or merged."""
    members = {"at": pairing.at.isoformat(), "item": pairing.item, "others": pairing.others}
    members |= {name: getattr(pairing, name) for name in ("trigger", "reason", "actor")}
    return json.dumps(members, ensure_ascii=False)


def forgotten(db: Connection, after: int) -> tuple[int, tuple[Forgotten, ...]]:
    """Return the removals of sources in the table after a number, oldest first, and the last number read."""
    found = db.execute("SELECT number, line FROM journal WHERE number > ? ORDER BY number", (after,))
    lines = {row["number"]: _decided(json.loads(row["line"])) for row in found}
    return max(lines, default=after), tuple(each for each in lines.values() if isinstance(each, Forgotten))


def lacking(db: Connection, entries: Journal) -> Sequence[str]:
    """Return the lines that only the file has: those after a backup, of another database, or of a verb
    whose transaction was never committed."""
    known = {row["line"] for row in db.execute("SELECT line FROM journal")}
    return [line for line in entries.lines if line not in known]


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


def _decide(db: Connection, number: int, line: str) -> None:
    """Write the decision of a line on an item."""
    decision = _decided(json.loads(line))
    if isinstance(decision, Forgotten):
        return
    if isinstance(decision, Pairing):
        pairings.put(db, decision)
    elif decision.trigger is Trigger.STRIKE:
        versions.remove_text(db, decision.item, bytes.fromhex(decision.fingerprint))
    else:
        decisions.put(db, number, _recognisable(db, decision))


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
