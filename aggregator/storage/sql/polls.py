"""Committing one poll: items, keys, revisions, stories, source state and poll record, or nothing.

Called inside a write transaction. What to do was decided before; here it is only carried out.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlite_utils import Database

from aggregator.errors import LeaseLost
from aggregator.model import (
    Candidate,
    Changes,
    Claim,
    Document,
    Edit,
    Item,
    Key,
    KeyKind,
    Known,
    Outcome,
    Poll,
    State,
)
from aggregator.policy import schedule
from aggregator.storage import Reading
from aggregator.storage.sql import alerts, channels, lifecycle, new_items, relocations, sources, subscriptions
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.hosts import rest
from aggregator.storage.sql.rows import item_columns, moment, ms, pack_hints, pack_seen, unpack_keys

WEEK, MILLISECOND = timedelta(days=7), timedelta(milliseconds=1)
SHARED = 10  # items at one address beyond which it is a home page, not a release
SHARING = 100  # items of one key that are looked at, the newest: feeds that link all to one page share one


class PollReading:
    """What may be asked while a poll is being decided (the contract's Reading)."""

    def __init__(self, db: Database, poll: Poll) -> None:
        self._db = db
        self._claim = poll.claim
        self._now = poll.outcome.started

    def known(self, items: Sequence[Item], listed: Sequence[bytes]) -> tuple[Known, ...]:
        """Items of the source that share a key with any of `items`."""
        if self._claim.first_import:
            return ()  # there are none yet
        digests = {key.digest for item in items for key in item.keys}
        rows = self._db.conn.execute(
            f"""SELECT item, kind, digest FROM (
                SELECT *, row_number() OVER (PARTITION BY digest, kind ORDER BY item DESC) AS place
                FROM item_key WHERE source = ? AND digest IN ({",".join("?" * len(digests))}))
            WHERE place <= ?""",
            (self._claim.number, *digests, SHARING),
        )
        keys: dict[int, list[Key]] = {}
        for number, kind, digest in rows:
            keys.setdefault(number, []).append(Key(KeyKind(kind), digest))
        seen = dict(self._claim.seen)
        present = {seen[digest] for digest in listed if digest in seen}
        return tuple(self._known(number, tuple(found), present) for number, found in keys.items())

    def _known(self, number: int, keys: tuple[Key, ...], present: set[int]) -> Known:
        row = self._db.conn.execute(
            """SELECT state, title, fingerprint, keys, updated, language,
            (SELECT count(*) FROM revision WHERE item = i.number AND at > ?) AS edits
            FROM item i WHERE number = ?""",
            (ms(self._now - WEEK), number),
        ).fetchone()
        return Known(
            number=number,
            state=State(row["state"]),
            title=row["title"],
            fingerprint=row["fingerprint"],
            keys=keys,
            current=unpack_keys(row["keys"]),
            updated=moment(row["updated"]),
            language=row["language"],
            listed=number in present,
            edits=row["edits"],
        )

    def candidates(self, links: Sequence[bytes]) -> tuple[Candidate, ...]:
        """Items of other sources with one of these addresses, in no story this source has part in."""
        rows = self._db.conn.execute(
            f"""SELECT i.number, i.link FROM item i
            WHERE i.link IN ({",".join("?" * len(links))}) AND i.source <> ? AND i.state <> 'withdrawn'
            AND i.freed = 0 AND NOT EXISTS (
                SELECT 1 FROM item o WHERE o.story = i.story AND o.source = ?) LIMIT ?""",
            (*links, self._claim.number, self._claim.number, SHARED * len(links)),
        ).fetchall()
        sharing = Counter(row["link"] for row in rows)
        numbers = channels.as_json(row["number"] for row in rows if sharing[row["link"]] < SHARED)
        return tuple(
            Candidate(
                number=row["number"],
                story=row["story"],
                link=row["link"],
                language=row["language"],
                shown=moment(row["shown"]),
                title=row["title"],
                text=row["text"],
            )
            for row in self._db.conn.execute(
                """SELECT number, story, link, language, shown, title, text FROM item
                WHERE number IN (SELECT value FROM json_each(?))""",
                (numbers,),
            )
        )


def record(db: Database, poll: Poll, decide: Callable[[Reading], Changes] | None) -> Outcome:
    """Commit one poll; the outcome comes back with counts filled in."""
    claim, now = poll.claim, poll.outcome.started
    held = db.conn.execute(
        """UPDATE source SET leased = NULL
        WHERE number = ? AND token = ? AND leased IS NOT NULL AND configured = 1 AND feed = ?""",
        (claim.number, claim.token, claim.feed),
    )
    if held.rowcount != 1:
        raise LeaseLost(f"the poll of {claim.id} came too late or its source is gone; nothing was written")
    changes = decide(PollReading(db, poll)) if decide else None
    outcome, listed = poll.outcome, {}
    if changes is not None:
        listed = _carry_out(db, claim, changes, channels.stamp(db, now))
        edited = sum(edit.substantive for edit in changes.edits)
        changed = "changed" if changes.new or edited else "unchanged"
        outcome = replace(outcome, kind=changed, new=len(changes.new), edited=edited)
    if outcome.new and poll.if_new is not None:
        due = poll.if_new
        poll, outcome = replace(poll, due=due.at), replace(outcome, due=due.at, why=due.why)
    _remember(db, poll, outcome, changes, listed)
    _log(db, claim, outcome)
    if poll.rest is not None:
        rest(db, poll.rest)
    subscriptions.polled(db, poll, outcome)
    alerts.polled(db, poll, outcome)
    return outcome


def _carry_out(db: Database, claim: Claim, changes: Changes, at: Stamp) -> dict[bytes, int]:
    """Store new and edited items; returns which item each raw item of the document stands for."""
    stored = list(zip(new_items.store(db, claim, changes.new, at), changes.new, strict=True))
    _add_keys(db, claim.number, ((number, new.item) for number, new in stored))
    _add_keys(db, claim.number, ((edit.number, edit.item) for edit in changes.edits))
    joined = [number for number, new in stored if new.same_as is not None and new.state is State.LIVE]
    edited = [edit.number for edit in changes.edits if _edit(db, edit, at)]
    if joined or edited:
        channels.touch(db, [*joined, *edited], at)
    return dict(changes.matched) | {new.item.digest: number for number, new in stored if new.item.digest}


def _edit(db: Database, edit: Edit, at: Stamp) -> bool:
    """Replace an item in place; True when what the public sees of it changed."""
    old = db.conn.execute("SELECT * FROM item WHERE number = ?", (edit.number,)).fetchone()
    public: bool = old["state"] == State.LIVE
    columns = item_columns(edit.item)
    moved: bool = edit.item.url != old["url"] and old["state"] != State.WITHDRAWN
    if not edit.substantive:
        columns = {name: columns[name] for name in ("keys", "link", *(["url"] if moved else []))}
    if edit.substantive and public and not edit.damped:
        db.table("revision").insert(
            {
                "item": edit.number,
                "at": ms(at.now),
                **{name: old[name] for name in ("title", "content", "url", "fingerprint")},
            }
        )
        columns |= {"corrected": ms(at.now), "updated": ms(edit.updated)}
    if edit.damped:
        columns["flags"] = json.dumps(sorted({*json.loads(old["flags"]), "damped"}))
    if edit.release is not None and old["release"] is not None:  # held by its date
        columns["release"] = ms(edit.release)
    if edit.substantive:
        lifecycle.unindex(db, edit.number)
    db.table("item").update(edit.number, columns)
    return public and (edit.substantive or moved)


def _add_keys(db: Database, source: int, items: Iterable[tuple[int, Item]]) -> None:
    db.conn.executemany(
        "INSERT OR IGNORE INTO item_key (source, digest, kind, item) VALUES (?, ?, ?, ?)",
        [(source, key.digest, key.kind, number) for number, item in items for key in item.keys],
    )


def _remember(
    db: Database, poll: Poll, outcome: Outcome, changes: Changes | None, listed: dict[bytes, int]
) -> None:
    """Bring the source's row up to date with what the poll found."""
    now = outcome.started
    relocations.record(db, poll)
    # A poll that asked nobody because its host rests says nothing of the source.
    columns: dict[str, object] = {"failures": poll.claim.failures + (outcome.cause != "rests")}
    if outcome.kind != "failed":
        columns |= {"failures": 0, "last_success": ms(now), "recipe": poll.pipeline_version}
    if poll.full:
        columns["last_full"] = ms(now)
    if poll.validators is not None:
        columns |= {
            "validated_url": poll.validators.url,
            "etag": poll.validators.etag,
            "last_modified": poll.validators.last_modified,
        }
    if poll.body_digest is not None:
        columns["body_digest"] = poll.body_digest
    if poll.document is not None:
        columns |= _feed_columns(db, poll)
        columns["seen"] = pack_seen(_seen(poll.document, poll.claim, changes, listed))
    if changes is not None:
        columns |= {"mode": changes.mode.value, "imported": 1}
    if outcome.new:
        columns |= _rhythm(db, poll.claim.number, ms(now))
    # Plain SQL: a poll that found nothing new is the usual one, and this is most of its cost.
    assignments = ", ".join(f"{name} = :{name}" for name in columns)
    db.conn.execute(
        f"""UPDATE source SET {assignments},
        due = CASE why WHEN :polled THEN :due ELSE due END, why = CASE why WHEN :polled THEN :why ELSE why END
        WHERE number = :number""",
        {
            **columns,
            "number": poll.claim.number,
            "due": ms(poll.due),
            "why": outcome.why,
            "polled": sources.POLLED,  # else somebody asked for the next poll while this one ran
        },
    )


def _seen(
    document: Document, claim: Claim, changes: Changes | None, listed: dict[bytes, int]
) -> list[tuple[bytes, int]]:
    """Raw items that need not be read again, and the item each stands for; 0: none, a rule left it out.

    Of several that stand for one item only the one that counts: when it goes, the next one is read.
    """
    renewed = set(listed.values())
    known = {digest: number for digest, number in claim.seen if number not in renewed} | listed
    unread = set(changes.superseded) if changes else set()
    unread |= {digest for digest, number in claim.seen if number in renewed and digest not in listed}
    return [(digest, known.get(digest, 0)) for digest in document.listed if digest not in unread]


def _feed_columns(db: Database, poll: Poll) -> dict[str, object]:
    """What the feed says of itself; a change of it shows in every channel."""
    document = poll.document or Document("")
    said = {name: getattr(document, name) for name in ("title", "link", "rights", "language")}
    was = db.conn.execute(
        "SELECT title, link, rights, language FROM source WHERE number = ?", (poll.claim.number,)
    ).fetchone()
    if dict(was) != said and not poll.claim.first_import:
        channels.touch_all(db, channels.stamp(db, poll.outcome.started))
    return {**said, "hints": pack_hints(document.hints)}


def _rhythm(db: Database, source: int, now: int) -> dict[str, object]:
    """What the source's rhythm is after a poll that found something new."""
    row = db.conn.execute("SELECT last_new, gap, every FROM source WHERE number = ?", (source,)).fetchone()
    if row["last_new"] is None:
        return {"last_new": now}
    gap = None if row["gap"] is None else row["gap"] * MILLISECOND
    found = (now - row["last_new"]) * MILLISECOND
    usual = schedule.usual_gap(row["every"] * MILLISECOND, gap, found)
    return {"last_new": now, "gap": usual // MILLISECOND}


def _log(db: Database, claim: Claim, outcome: Outcome) -> None:
    db.conn.execute(
        """INSERT INTO poll (source, started, seconds, kind, cause, message, status, received, new, edited)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            claim.number,
            ms(outcome.started),
            outcome.seconds,
            outcome.kind,
            outcome.cause,
            outcome.message,
            outcome.status,
            outcome.received,
            outcome.new,
            outcome.edited,
        ),
    )
