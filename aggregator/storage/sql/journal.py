"""The journal of the operator's decisions: a table, and a file beside the database that outlives it."""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.dedupe.similar import is_sound
from aggregator.errors import StorageError
from aggregator.model import (
    Act,
    Amended,
    Amendment,
    Decision,
    Forgotten,
    Lapse,
    Notice,
    State,
    Transition,
    Trigger,
)
from aggregator.storage import private
from aggregator.storage.backups import sync
from aggregator.storage.sql import amendments, decisions, erased, rows, versions
from aggregator.storage.sql.engine import Connection, one

Entry = Decision | Forgotten | Amended
AUTHORITY = "authority"
FORGET = "forget"  # in place of a trigger: the removal of a source
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

    lines: Mapping[str, Entry]
    unreadable: tuple[int, ...]

    def decisions(self, lines: Iterable[str]) -> Mapping[str, Sequence[Decision]]:
        """Return the decisions about states in these lines by the id of the item, oldest first."""
        found: dict[str, list[Decision]] = defaultdict(list)
        for each in self._of_items(lines):
            if each.trigger not in (Trigger.STRIKE, Trigger.ERASE):
                found[each.item].append(each)
        return found

    def strikes(self, lines: Iterable[str]) -> Sequence[Decision]:
        """Return the struck versions in these lines, oldest first."""
        return [each for each in self._of_items(lines) if each.trigger is Trigger.STRIKE]

    def _of_items(self, lines: Iterable[str]) -> Sequence[Decision]:
        read = [each for line in lines if isinstance(each := self.lines[line], Decision)]
        return sorted(read, key=lambda each: each.at)

    def erased(self, lines: Iterable[str]) -> Sequence[Decision]:
        """Return the erasures in these lines, oldest first."""
        return [each for each in self._of_items(lines) if each.trigger is Trigger.ERASE]

    def amended(self, lines: Iterable[str]) -> Sequence[Amended]:
        """Return the last amendment in these lines of each item."""
        read = [each for line in lines if isinstance(each := self.lines[line], Amended)]
        return [*{each.item: each for each in sorted(read, key=lambda each: each.at)}.values()]

    def forgotten(self, lines: Iterable[str]) -> Mapping[str, datetime]:
        """Return the sources in these lines that were removed, with when they last were."""
        read = [each for line in lines if isinstance(each := self.lines[line], Forgotten)]
        return {each.source: each.at for each in sorted(read, key=lambda each: each.at)}


def read(*paths: Path) -> Journal:
    """Read journals; one that does not exist is empty."""
    readable: dict[str, Entry] = {}
    unreadable = []
    for path in paths:
        for number, line in enumerate(path.read_bytes().splitlines() if path.exists() else [], 1):
            try:
                readable[line.decode()] = _decided(json.loads(line))
            except (ValueError, KeyError, TypeError):
                unreadable.append(number)
    return Journal(readable, tuple(unreadable))


def _decided(fields: Mapping[str, Any]) -> Entry:
    """Return the decision in the members of a line; a new kind of decision is read here."""
    at = _moment(fields["at"])
    if fields["trigger"] == FORGET:
        return Forgotten(fields["source"], fields["actor"], at)
    if fields["trigger"] == Trigger.AMEND:
        amendment = rows.unpack(Amendment, fields["amended"])
        return Amended(fields["item"], fields["feed"], amendment, fields["reason"], fields["actor"], at)
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
        lapse=Lapse(fields.get("lapse", "")),
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
    if step.lapse:
        members["lapse"] = step.lapse
    if step.notice is not None:
        notice = step.notice
        members["notice"] = {
            "name": notice.name,
            "address": notice.address,
            "received": notice.received.isoformat(),
            "statement": notice.statement,
        }
    if "signature" in marks:
        members["signature"] = b64encode(marks["signature"]).decode()
    return json.dumps(members, ensure_ascii=False)


def forget_line(source: str, actor: str, at: datetime) -> str:
    """Return the journal's line for the removal of a source."""
    members = {"at": at.isoformat(), "source": source, "trigger": FORGET, "actor": actor}
    return json.dumps(members, ensure_ascii=False)


def acts(db: Connection, since: datetime | None) -> tuple[Act, ...]:
    """Return the decisions in the table, or those from a time on, oldest first."""
    found = (_act(json.loads(row["line"])) for row in db.execute("SELECT line FROM journal"))
    return tuple(
        sorted((each for each in found if since is None or each.at >= since), key=lambda each: each.at)
    )


def _act(fields: Mapping[str, Any]) -> Act:
    told = fields.get("notice")
    return Act(
        at=_moment(fields["at"]),
        trigger=None if fields["trigger"] == FORGET else Trigger(fields["trigger"]),
        actor=fields["actor"],
        reason=fields.get("reason", ""),
        item=fields.get("item", ""),
        source=fields.get("source", ""),
        version=fields.get("version"),
        release=_moment(fields["release"]) if "release" in fields else None,
        notice=told and Notice(**{**told, "received": _moment(told["received"])}),
    )


def forgotten(db: Connection, after: int) -> tuple[int, tuple[Forgotten, ...]]:
    """Return the removals of sources in the table after a number, oldest first, and the last number read."""
    found = db.execute("SELECT number, line FROM journal WHERE number > ? ORDER BY number", (after,))
    lines = {row["number"]: _decided(json.loads(row["line"])) for row in found}
    return max(lines, default=after), tuple(each for each in lines.values() if isinstance(each, Forgotten))


def lacking(db: Connection, entries: Journal) -> Sequence[str]:
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


def _decide(db: Connection, number: int, line: str) -> None:
    """Write the decision of a line on an item."""
    members = json.loads(line)
    decision = _decided(members)
    if isinstance(decision, Forgotten):
        return
    if isinstance(decision, Amended):
        amendments.put(db, decision)
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
