"""Tombstones and expiries in a document: which count, and what follows of them."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from aggregator.model.changes import Changes, Edit, NewItem, Placement
from aggregator.model.decision import Lapse, State, Trigger
from aggregator.model.deleted import OriginTombstone
from aggregator.model.document import Document, ReadResult
from aggregator.model.item import Item, Key, KeyKind, Mode
from aggregator.model.stored import Knowledge, Known
from aggregator.model.withdrawal import Expiry, OriginStep, Referent
from aggregator.policy.withdrawals import EXPIRED, PROLONGED, RESTATED, completed, heeded, words
from tests.given import DAY, HOUR, MINUTE, NOON

KEY, OTHER = b"a" * 16, b"b" * 16
TOMBSTONE = OriginTombstone("urn:a", KEY, NOON - HOUR)
STORED = Referent(7, KEY, State.LIVE, updated=NOON - DAY)


def item(
    key: bytes = KEY,
    *,
    updated: datetime | None = None,
    claimed: datetime | None = None,
    expires: datetime | None = None,
) -> Item:
    return Item((Key(KeyKind.GUID, key),), "Bridge opens", claimed=claimed, updated=updated, expires=expires)


def read(*items: Item, tombstones: tuple[OriginTombstone, ...] = (TOMBSTONE,)) -> ReadResult:
    return ReadResult(Document("atom10"), items, tombstones=tombstones)


def step(**fields: object) -> OriginStep:
    plain = OriginStep(7, Trigger.TOMBSTONE, NOON, "deleted by its origin", tombstone=NOON - HOUR)
    return replace(plain, **fields)  # the caller names fields of OriginStep


def test_a_document_without_tombstones_stays_as_it_is() -> None:
    found = read(item(), tombstones=())
    assert heeded(found, (), NOON) == (found, ())


def test_a_tombstone_withdraws_the_item_that_it_names_and_no_other_one() -> None:
    kept, steps = heeded(read(item(OTHER)), (STORED, replace(STORED, number=8, key=OTHER)), NOON)
    assert (kept.items, steps) == ((item(OTHER),), (step(),))


@pytest.mark.parametrize("state", [State.HELD, State.LIVE])
def test_held_items_are_withdrawn_too(state: State) -> None:
    assert heeded(read(), (replace(STORED, state=state),), NOON)[1] == (step(),)


@pytest.mark.parametrize(
    ("said", "is_deleted"),
    [
        (NOON - 2 * HOUR, True),
        (NOON - HOUR, True),  # not before it
        (NOON - HOUR + MINUTE, False),
        (NOON + DAY, True),  # a date ahead, as of an embargo, does not say when it was written
        (None, True),
    ],
)
@pytest.mark.parametrize("name", ["updated", "claimed"])
def test_a_newer_entry_cancels_a_tombstone(name: str, said: datetime | None, is_deleted: bool) -> None:
    stored = replace(replace(STORED, updated=None), **{name: said})
    assert heeded(read(), (stored,), NOON)[1] == ((step(),) if is_deleted else ())
    listed = item(**{name: said})  # type: ignore[arg-type]
    kept, steps = heeded(read(listed), (STORED,), NOON)
    assert (kept.items, steps) == (((), (step(),)) if is_deleted else ((listed,), ()))


def test_an_entry_that_a_stored_edit_made_newer_is_read() -> None:
    listed = item(updated=NOON - DAY)
    assert heeded(read(listed), (replace(STORED, updated=NOON),), NOON) == (read(listed), ())


def test_the_newest_of_several_entries_and_tombstones_counts() -> None:
    entries = item(updated=NOON), item(updated=NOON - DAY), item(b"c" * 16), Item((), "no guid")
    assert heeded(read(*entries), (STORED,), NOON) == (read(*entries), ())
    tombstones = TOMBSTONE, replace(TOMBSTONE, when=NOON - MINUTE), replace(TOMBSTONE, when=NOON - DAY)
    assert heeded(read(tombstones=tombstones), (STORED,), NOON)[1] == (step(tombstone=NOON - MINUTE),)


def test_an_entry_that_is_deleted_before_it_was_stored_is_never_imported() -> None:
    assert heeded(read(item(updated=NOON - DAY)), (), NOON) == (replace(read(), items=()), ())


def test_a_time_ahead_counts_as_now() -> None:
    ahead = replace(TOMBSTONE, when=NOON + 365 * DAY)
    stored = replace(STORED, updated=NOON)
    assert heeded(read(tombstones=(ahead,)), (stored,), NOON)[1] == (step(tombstone=ahead.when),)


@pytest.mark.parametrize(("counted", "is_counted"), [(None, True), (NOON - DAY, True), (NOON - HOUR, False)])
def test_a_tombstone_counts_once(counted: datetime | None, is_counted: bool) -> None:
    kept, steps = heeded(read(item()), (replace(STORED, tombstone=counted),), NOON)
    assert (kept.items, bool(steps)) == ((), is_counted)


@pytest.mark.parametrize(("lapsed", "is_final"), [(Lapse.NONE, False), (Lapse.PROBE, True)])
def test_of_a_withdrawn_item_it_ends_the_way_back(lapsed: Lapse, is_final: bool) -> None:
    withdrawn = replace(STORED, state=State.WITHDRAWN, lapsed=lapsed)
    assert bool(heeded(read(), (withdrawn,), NOON)[1]) == is_final


def test_of_several_items_with_one_guid_the_operator_decides() -> None:
    _, steps = heeded(read(), (STORED, replace(STORED, number=8)), NOON)
    assert steps == (step(suspended=True), step(number=8, suspended=True))


def test_the_reason_names_who_deleted_it_and_why() -> None:
    assert words(TOMBSTONE) == "deleted by its origin"
    assert (
        words(replace(TOMBSTONE, by="Desk", comment="too early")) == "deleted by its origin (Desk): too early"
    )


def known(expires: datetime | None = None, **fields: object) -> Known:
    plain = Known(7, State.LIVE, "Bridge opens", b"", (), (), NOON, expires=expires, foretold=False)
    return replace(plain, **fields)  # the caller names fields of Known


def restated(old: Known, expires: datetime | None) -> Changes:
    found = Changes(Knowledge(""), Mode.NORMAL, restated=((old, item(expires=expires)),))
    return completed(found, (), NOON)


@pytest.mark.parametrize(
    ("before", "foretold", "after", "is_foretold"),
    [
        (None, None, NOON + DAY, True),  # stored by a version that read no expiries
        (None, None, None, False),
        (None, False, NOON + DAY, False),
        (NOON + DAY, True, NOON + 2 * DAY, True),
        (NOON + 2 * DAY, True, NOON + DAY, False),
        (NOON + DAY, False, NOON + 2 * DAY, False),
        (NOON + DAY, True, None, False),
    ],
)
def test_an_expiry_is_foretold_that_is_no_earlier_than_announced_at_first(
    before: datetime | None, foretold: bool | None, after: datetime | None, is_foretold: bool
) -> None:
    changes = restated(known(before, foretold=foretold, lapsed=Lapse.EXPIRY), after)
    assert changes.expiries == (() if before == after else (Expiry(7, after, is_foretold),))
    assert [each for each in changes.steps if each.trigger is Trigger.EXPIRY] == (
        [] if after is None else [OriginStep(7, Trigger.EXPIRY, after, EXPIRED, foretold=is_foretold)]
    )


def test_an_expiry_that_is_past_when_it_is_stated_is_a_takedown() -> None:
    takedown = OriginStep(7, Trigger.TOMBSTONE, NOON, RESTATED)
    assert restated(known(), NOON).steps == (takedown,)
    assert restated(known(state=State.WITHDRAWN), NOON).steps == ()
    assert restated(known(state=State.WITHDRAWN, lapsed=Lapse.PROBE), NOON).steps == (takedown,)
    assert restated(known(NOON, lapsed=Lapse.PROBE), NOON).steps == ()  # stated before


@pytest.mark.parametrize(
    ("lapsed", "after", "is_back"),
    [
        (Lapse.EXPIRY, NOON + DAY, True),
        (Lapse.EXPIRY, NOON - HOUR, False),
        (Lapse.EXPIRY, None, False),
        (Lapse.PROBE, NOON + DAY, False),
    ],
)
def test_a_later_expiry_brings_back_what_the_clock_withdrew(
    lapsed: Lapse, after: datetime | None, is_back: bool
) -> None:
    changes = restated(known(NOON - DAY, state=State.WITHDRAWN, lapsed=lapsed), after)
    relisted = OriginStep(7, Trigger.RELISTED, NOON, PROLONGED)
    assert (relisted in changes.steps) == is_back


def new(state: State, expires: datetime | None) -> NewItem:
    placement = Placement(state, None, NOON, dated=state is State.HELD)
    return NewItem(item(expires=expires), "abc", "urn:a", placement, NOON)


@pytest.mark.parametrize(
    ("state", "expires", "after", "lapsed"),
    [
        (State.LIVE, None, State.LIVE, Lapse.NONE),
        (State.LIVE, NOON + MINUTE, State.LIVE, Lapse.NONE),
        (State.LIVE, NOON, State.WITHDRAWN, Lapse.EXPIRY),
        (State.HELD, NOON, State.WITHDRAWN, Lapse.NONE),
        (State.WITHDRAWN, NOON, State.WITHDRAWN, Lapse.NONE),
    ],
)
def test_what_had_expired_before_it_was_first_seen_is_never_published(
    state: State, expires: datetime | None, after: State, lapsed: Lapse
) -> None:
    changes = completed(Changes(Knowledge(""), Mode.NORMAL, new=(new(state, expires),)), (), NOON)
    (found,) = changes.new
    assert (found.placement.state, found.placement.lapsed) == (after, lapsed)


def test_the_text_of_an_expired_entry_is_no_edit() -> None:
    notice = Edit(
        7, item(expires=NOON), substantive=True, updated=NOON, revises=True, is_public=True, id="abc"
    )
    edit = replace(notice, item=item(expires=NOON + DAY))
    changes = completed(Changes(Knowledge(""), Mode.NORMAL, edits=(notice, edit)), (), NOON)
    assert changes.edits == (Edit(7, item(expires=NOON), substantive=False, updated=NOON, id="abc"), edit)


def test_the_steps_of_tombstones_come_first() -> None:
    changes = Changes(Knowledge(""), Mode.NORMAL, restated=((known(), item(expires=NOON)),))
    assert [each.reason for each in completed(changes, (step(),), NOON).steps] == [
        "deleted by its origin",
        RESTATED,
    ]


@pytest.mark.parametrize(
    ("expired", "after", "returns"),
    [
        (NOON - DAY, NOON + MINUTE, NOON),
        (NOON - HOUR, NOON + DAY, NOON + DAY - HOUR),
        (NOON - HOUR, NOON + DAY - HOUR, None),  # expired again by then
    ],
)
def test_an_expired_item_returns_a_day_later_at_the_earliest(
    expired: datetime, after: datetime, returns: datetime | None
) -> None:
    old = known(expired, state=State.WITHDRAWN, lapsed=Lapse.EXPIRY, expired=expired)
    steps = [each.due for each in restated(old, after).steps if each.trigger is Trigger.RELISTED]
    assert steps == ([] if returns is None else [returns])
