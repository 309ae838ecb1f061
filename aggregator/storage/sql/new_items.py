"""New and edited items of one poll: rows, keys, positions, revisions. Called inside a write transaction."""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aggregator.dedupe.decided import held_reason
from aggregator.model.changes import Changes, Edit, NewItem, Transition
from aggregator.model.decision import State, Trigger
from aggregator.model.item import Item
from aggregator.model.poll import Claim
from aggregator.model.public_change import ChangeKind
from aggregator.storage.sql import (
    amendments,
    channels,
    lifecycle,
    origin_steps,
    pages,
    pairings,
    probes,
    provenance,
    public_changes,
    retention,
    rows,
    search,
    signatures,
    stamps,
    styles,
    translations,
    versions,
)
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, Cursor, Index, as_json, insert_many, ints, one, update
from aggregator.storage.sql.rows import ms
from aggregator.storage.sql.values import item_columns


def carry_out(db: Connection, index: Index, claim: Claim, changes: Changes, at: Stamp) -> dict[bytes, int]:
    """Store new and edited items; returns the numbers of the new ones by the digest of their raw item."""
    made = None if changes.document is None else provenance.record(db, claim.number, changes.document, at.now)
    asked = _ask(db, claim, changes.new)
    document = None if made is None else int(one(made)["number"])
    stored = _store(db, claim, changes, at, document, asked) if asked is not None else ()
    _add_keys(db, claim.number, ((number, new.item) for number, new in stored))
    _add_keys(db, claim.number, ((edit.number, edit.item) for edit in changes.edits))
    for edit in retention.without_content(db, changes.edits):
        if edit.waits:
            versions.queue(db, edit, document)
        is_changed = not edit.waits and (edit.moves or edit.substantive or edit.refreshes)
        before = channels.member(db, edit.number) if is_changed else None
        _edit(db, index, claim.number, edit, at, document)
        if before is not None:
            channels.resettle_item(db, before, at)
        if edit.parts and not edit.waits:
            channels.part(db, edit.number, at)
    corrected = [each.number for each in changes.edits if each.revises and not each.copy_of]
    public_changes.record(db, ChangeKind.CORRECTED, corrected, at)
    if copies := [_copy(edit, claim, at) for edit in changes.edits if edit.copy_of and edit.is_public]:
        lifecycle.carry_out(db, index, copies, at)
    if asked is not None:
        arrived = [(number, new.item) for number, new in stored]
        translations.arrive(db, asked.relatives, claim.number, arrived, at)
    translations.edited(db, claim.number, changes.edits, at)
    if changes.expiries or changes.steps:
        origin_steps.write(db, claim, changes, at.now)
    if changes.probes:
        probes.begin(db, claim.number, changes.probes, at.now)
    if changes.pages:
        from aggregator.storage.sql import page_store  # for sources that want the texts of pages

        page_store.begin(db, claim.number, changes.pages, at.now)
    changed = [number for number, new in stored if new.same_as is not None and _is_live(new)]
    changed += [edit.number for edit in changes.edits if edit.is_public]
    if changed:
        channels.touch(db, changed, at)
    if changes.styled:
        styles.of_poll(db, index, changes.styled, at)
    if changes.is_style_void:
        own = (*(number for number, _ in stored), *(edit.number for edit in changes.edits))
        styles.void(db, claim.number, {*own, *(number for number, _ in changes.styled)})
    return {new.item.digest: number for number, new in stored if new.item.digest}


class _Asked(NamedTuple):
    """Cursors of the queries that are sent before new items are stored, in one round trip on PostgreSQL."""

    first: Cursor  # number
    position: Cursor  # the last one given
    merged: Cursor
    relatives: Cursor


def _ask(db: Connection, claim: Claim, items: Sequence[NewItem]) -> _Asked | None:
    if not items:
        return None
    return _Asked(
        db.execute("SELECT coalesce(max(number), 0) + 1 AS first FROM item"),
        stamps.advance(db, "position", sum(map(_is_live, items))),
        pairings.merged(db, [new.id for new in items]),
        translations.relatives(db, claim.number),
    )


def _store(
    db: Connection, claim: Claim, changes: Changes, at: Stamp, document: int | None, asked: _Asked
) -> Sequence[tuple[int, NewItem]]:
    """Store items in the order given and publish the live ones; returns each with its number.

    Everything is settled before the rows are written, because a row is large and is written once.
    """
    numbered = list(enumerate(changes.new, int(one(asked.first)["first"])))
    live = [number for number, new in numbered if _is_live(new)]
    last = int(one(asked.position)["value"])
    positions = dict(zip(live, range(last - len(live) + 1, last + 1), strict=True))
    stored = [
        {
            "number": number,
            "position": positions.get(number),
            "document": document,
            "story": None if new.same_as is None else channels.story_of(db, new.same_as),
            **_columns(new, claim, at),
        }
        for number, new in numbered
    ]
    insert_many(db, "item", stored)
    if changes.basis.decisions.line:
        amendments.recall(db, claim, numbered)
    signatures.keep(db, claim.number, ((number, new.item) for number, new in numbered))
    db.executemany(
        "INSERT INTO unmatched (item) VALUES (?)", [(number,) for number, new in numbered if new.unmatched]
    )
    if held := [_held(number, new, claim, at) for number, new in numbered if not _is_live(new)]:
        lifecycle.audit(db, held)
    channels.file(db, live, at)
    public_changes.record(db, ChangeKind.PUBLISHED, live, at)
    origin_steps.of_new(db, claim.number, numbered, at.now)
    pairings.rejoin(db, asked.merged, [new.id for _, new in numbered], at)
    return numbered


def _held(number: int, new: NewItem, claim: Claim, at: Stamp) -> Transition:
    state, reason = new.placement.state, new.placement.reason
    return Transition(number, state, state, Trigger.FIRST_SEEN, reason, claim.id, at.now)


def _copy(edit: Edit, claim: Claim, at: Stamp) -> Transition:
    reason = held_reason(edit.copy_of)
    return Transition(edit.number, State.LIVE, State.HELD, Trigger.COPY, reason, claim.id, at.now, edit.id)


def _is_live(new: NewItem) -> bool:
    return new.placement.state is State.LIVE


def _columns(new: NewItem, claim: Claim, at: Stamp) -> dict[str, object]:
    return {
        **item_columns(new.item),
        **rows.columns(new, "id", "public_id", "updated", "backlog", "says"),
        **rows.columns(
            new.placement, "state", "shown", "release", "reason", "over_budget", "dated", "lapsed"
        ),
        "expires": rows.column(new.item.expires),
        "foretold": int(new.item.expires is not None),
        "source": claim.number,
        "first_seen": ms(at.now),
        "flags": json.dumps(sorted({*new.placement.flags, *new.item.flags})),
        "seq": at.seq,
    }


def _edit(db: Connection, index: Index, source: int, edit: Edit, at: Stamp, document: int | None) -> None:
    """Replace an item in place; of one whose new version waits, what it is known by."""
    columns = item_columns(edit.item)
    is_content = (edit.substantive or edit.refreshes) and not edit.waits
    if edit.waits:
        columns = {"keys": columns["keys"]}
    elif not is_content:
        names = ("keys", "link", "unmarked", "alternates", *(["url"] if edit.moves else []))
        columns = {name: columns[name] for name in names}
    if edit.redates:
        columns["claimed"] = rows.column(edit.item.claimed)
    columns["unsettled"] = edit.unsettled
    if edit.version and not edit.waits:
        columns |= {"version": edit.version, "versions": edit.version, "document": document}
    if edit.drops:
        versions.drop(db, as_json([edit.number]))
    if edit.revises:
        versions.revise(db, edit.number, at)
        columns |= {"corrected": ms(at.now), "updated": ms(edit.updated)}
    if edit.returns:
        columns["updated"] = ms(edit.updated)
    if edit.flags is not None:
        columns["flags"] = json.dumps(edit.flags)
    if edit.placement is not None:
        columns |= rows.columns(edit.placement, "release", "dated", "reason")
    if edit.copy_of:
        columns |= {"release": None, "dated": 0, "reinstated": 0, "reason": held_reason(edit.copy_of)}
    if edit.refreshes and is_content and not edit.substantive:
        pages.follow(db, edit.number, edit.item.fingerprint)
    if is_content:
        search.remove(db, index, as_json([edit.number]))
        signatures.drop(db, as_json([edit.number]))
        signatures.keep(db, source, [(edit.number, edit.item)])
    if is_content or (edit.moves and not edit.waits):
        columns["says"] = edit.says
        behind = as_json(edit.stands_for)
        db.execute(f"UPDATE item SET says = ? WHERE number {ints()}", (edit.item.fingerprint, behind))
    update(db, "item", edit.number, columns)


def _add_keys(db: Connection, source: int, items: Iterable[tuple[int, Item]]) -> None:
    db.executemany(
        "INSERT INTO item_key (source, digest, kind, item) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(source, key.digest, int(key.kind), number) for number, item in items for key in item.keys],
    )
