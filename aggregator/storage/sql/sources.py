"""Sources in the store: brought in line with the configuration as `policy.sources` planned it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.errors import UsageError
from aggregator.model.poll import Relocation
from aggregator.model.schedule import Due, DueReason
from aggregator.model.settings import Config, Republish, Source
from aggregator.policy import embargo, relocation
from aggregator.policy.source_match import StoredSource
from aggregator.policy.sources import STORED, Addition, Plan, Update, differing, plan
from aggregator.storage.sql import (
    alerts,
    applied,
    channels,
    erasure,
    hosts,
    images,
    journal,
    public_changes,
    refiling,
    removals,
    rows,
    site_terms,
    source_state,
    styles,
)
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, as_json, insert, ints, one, texts
from aggregator.storage.sql.in_store import InStore
from aggregator.storage.sql.rows import SET_DUE, due_columns, pack, unpack

SYNCED = "synced"  # counter of the configurations that were applied
RESET = {
    "validated_url": "",
    "etag": "",
    "last_modified": "",
    "body_digest": b"",
    "seen": b"",
    "failures": 0,
    "failing_since": None,
    "hints": "{}",
}


class Prepared(Struct, frozen=True):
    """All that a configuration changes, planned in a snapshot of the store; `state` is what that depends on.

    `channels` are names of those that it opens, `hosts` those whose terms are to be read, `reviewed` ids of
    the sources under review; `applied` is what is kept of the configuration.
    """

    planned: Plan
    state: tuple[object, ...]
    channels: tuple[str, ...]
    hosts: frozenset[str]
    reviewed: tuple[str, ...]
    applied: str


def prepare(db: Connection, config: Config, now: datetime, in_store: InStore | None = None) -> Prepared:
    """Plan what a configuration changes. Of a store that is still in line with another one, `in_store`, only
    what differs is read; else all sources, seconds where there are 100,000: no transaction that writes waits
    for it."""
    if in_store is None or in_store.synced != synced(db):
        configured, stored = config.sources, _stored(db)
    else:
        names = differing(in_store.config, config)
        stored = _stored(db, f"id {texts()} OR configured = 0 OR doubt <> '{{}}'", as_json(names))
        names |= {each.known.id for each in stored}
        configured = tuple(each for each in config.sources if each.id in names)
    others = config.ids - {each.id for each in configured}
    planned = plan(configured, stored, hosts.limits(db, now), now, others=others)
    changed = {each.host for each in planned.additions} | {each.host for each in planned.updates}
    return Prepared(
        planned,
        _state(db, planned, now),
        channels=_missing_channels(db, configured, planned),
        hosts=frozenset(changed.union(site_terms.unscheduled(db))),
        reviewed=tuple(each.id for each in config.sources if each.review),  # polls under way may add to it
        applied=applied.packed(config),
    )


def synced(db: Connection) -> int:
    """Return the number of configurations that were applied."""
    row = db.execute("SELECT value FROM counter WHERE name = ?", (SYNCED,)).fetchone()
    return int(row["value"]) if row else 0


def sync(
    db: Connection, config: Config, prepared: Prepared, now: datetime, in_store: InStore | None = None
) -> tuple[str, ...]:
    """Carry out what a configuration changes, planned again if the store has changed in what that depends on;
    returns it in words."""
    if _state(db, prepared.planned, now) != prepared.state:
        prepared = prepare(db, config, now, in_store)
    planned = prepared.planned
    journal.fix_authority(db, config.publication.url, now)
    at = channels.stamp(db, now)
    db.execute(
        """INSERT INTO counter (name, value) VALUES (?, 1)
        ON CONFLICT (name) DO UPDATE SET value = counter.value + 1""",
        (SYNCED,),
    )
    for provisional in planned.drops:
        db.execute("UPDATE source SET configured = 0 WHERE id = ?", (provisional,))
        erasure.source_itself(db, provisional, now)
    _rename(db, planned.renames)
    for number in planned.removals:
        alerts.end(db, number, now)
        db.execute("UPDATE source SET configured = 0, leased = NULL WHERE number = ?", (number,))
    for number, feed in planned.returned:
        source_state.change(db, number, {"feed": feed, "doubt": "{}"})
    # First out of the way: two sources may have exchanged their feeds, which are unique.
    moved = as_json(each.number for each in planned.updates if each.is_moved)
    db.execute(f"UPDATE source SET configured = 0 WHERE number {ints()}", (moved,))
    for addition in planned.additions:
        _add(db, addition)
    for change in planned.updates:
        _update(db, change, at)
    if planned.renames:  # every channel shows ids, and two channels may have exchanged their names
        channels.touch_all(db, at)
    _await_approval(db, prepared.reviewed)
    for name in prepared.channels:
        channels.channel(db, name, at)
    site_terms.schedule(db, prepared.hosts, now)
    applied.record(db, prepared.applied, config.stamp)
    images.begin(db, config.publication.images, now)
    return planned.done


def _rename(db: Connection, renames: Sequence[tuple[str, str]]) -> None:
    """Rename sources and their channels; first to ids that no source has, as two may exchange theirs. Former
    ids redirect, but for those that a source has again."""
    aside = [(old, f"~{old}") for old, _ in renames]
    for steps in (aside, [(f"~{old}", new) for old, new in renames]):
        db.executemany("UPDATE source SET id = ? WHERE id = ?", [(new, old) for old, new in steps])
        db.executemany(
            "UPDATE channel SET name = ? WHERE name = ?",
            [(f"sources/{new}", f"sources/{old}") for old, new in steps],
        )
    db.executemany(
        """INSERT INTO former_id (id, source) SELECT ?, number FROM source WHERE id = ?
        ON CONFLICT (id) DO UPDATE SET source = excluded.source""",
        renames,
    )


def _state(db: Connection, planned: Plan, now: datetime) -> tuple[object, ...]:
    """Return the state that a plan depends on: which sources there are, the rows of those that it changes and
    the limits of hosts. Polls change no other row in what a plan is made of."""
    numbers = (*(each.number for each in planned.updates), *planned.removals)
    return synced(db), hosts.limits(db, now), _stored(db, f"number {ints()}", as_json(numbers))


def _stored(db: Connection, which: str = "1 = 1", *given: str) -> tuple[StoredSource, ...]:
    """Return the sources of which a condition with these parameters holds, by default all."""
    found = db.execute(
        f"""SELECT number, id, feed, configured, {", ".join(STORED)}, due, due_reason, due_figures, failures,
        host, relocation, title, doubt FROM source WHERE {which}""",
        given,
    )
    return tuple(
        rows.value(
            StoredSource,
            row,
            known=Source(row["id"], row["feed"], **rows.read(Source, row, STORED)),
            due=rows.due(row),
        )
        for row in found
    )


def _add(db: Connection, addition: Addition) -> None:
    source = addition.source
    columns = rows.columns(source, "id", "feed", *STORED) | due_columns(addition.due)
    insert(db, "source", {**columns, **rows.columns(addition, "host", "doubt")})


def _update(db: Connection, change: Update, at: Stamp) -> None:
    source = change.source
    columns = rows.columns(source, "feed", *STORED) | rows.columns(change, "host", "relocation", "doubt")
    columns["configured"] = 1
    if change.due is not None:
        columns |= due_columns(change.due)
    if change.is_moved:
        columns["leased"] = None
    if change.is_reset:
        columns |= RESET
        alerts.end(db, change.number, at.now)
    if change.renames:
        columns["title"] = ""
    former = one(db.execute("SELECT republish FROM source WHERE number = ?", (change.number,)))["republish"]
    source_state.change(db, change.number, columns)
    if change.restyles:
        styles.anew(db, change.number)
    if change.refiles:
        refiling.refile(db, change.number, source.topics, at)
    if change.resettles:
        channels.resettle(db, change.number, at)
    if (was_shown := former != Republish.NO) is (source.republish is Republish.NO):
        public_changes.rights_changed(db, change.number, at, is_shown=not was_shown)
    elif was_shown and change.narrows:
        public_changes.narrowed(db, change.number, at)
    if former != source.republish:
        removals.note(db, at)
    if change.touches:
        channels.touch_all(db, at)


def _await_approval(db: Connection, reviewed: Sequence[str]) -> None:
    """Have items that their dates hold wait for approval, too, where their source has come under review."""
    db.executemany(
        """UPDATE item SET reason = ?, release = coalesce(release, claimed)
        WHERE source = (SELECT number FROM source WHERE id = ?) AND state = 'held' AND dated = 1
        AND reason IN (?, ?)""",
        [(embargo.REVIEW, source, *embargo.DATED) for source in reviewed],
    )


def _missing_channels(db: Connection, configured: Sequence[Source], planned: Plan) -> tuple[str, ...]:
    """Return the channels that these sources imply and the store has not, or has for another source until a
    plan is carried out: all, one of each source and one of each topic."""
    names = {"", *(f"sources/{source.id}" for source in configured)}
    names |= {f"topics/{topic}" for source in configured for topic in source.all_topics}
    found = db.execute(f"SELECT name FROM channel WHERE name {texts()}", (as_json(names),))
    leaving = {f"sources/{each}" for each in (*planned.drops, *(old for old, _ in planned.renames))}
    return tuple(sorted(names - ({row["name"] for row in found} - leaving)))


def unmove(db: Connection, source: str, now: datetime) -> str:
    """Return to the configured address for good; returns the address that was left."""
    row = db.execute(
        "SELECT number, feed, relocation FROM source WHERE id = ? AND configured = 1", (source,)
    ).fetchone()
    if row is None:
        raise unknown(source)
    known = unpack(Relocation, row["relocation"])
    after = relocation.undone(known)
    if after is None:
        raise UsageError(f"{source} has not moved: it is polled at its configured address")
    columns = {
        **due_columns(Due(now, DueReason.UNMOVED)),
        "relocation": pack(after),
        "host": relocation.host_of(row["feed"], after),
        "failures": 0,
        "failing_since": None,
    }
    source_state.change(db, row["number"], columns)
    channels.touch_all(db, channels.stamp(db, now))
    return known.target[0]


def poll_soon(db: Connection, ids: Sequence[str], now: datetime) -> None:
    """Make sources due now."""
    due = due_columns(Due(now, DueReason.OPERATOR))
    for source in ids:
        updated = db.execute(
            f"UPDATE source SET {SET_DUE} WHERE id = :id AND configured = 1 RETURNING id",
            {**due, "id": source},
        )
        if updated.fetchone() is None:
            raise unknown(source)


def unknown(source: str) -> UsageError:
    """Return the error for a source that is not configured."""
    return UsageError(f"there is no source called {source!r}: `publicwire sources` lists them")
