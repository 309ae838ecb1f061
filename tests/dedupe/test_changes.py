"""From a read document to the changes to be stored."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from aggregator.dedupe import decide
from aggregator.dedupe.changes import EDITS
from aggregator.dedupe.ids import item_id
from aggregator.model import (
    Candidate,
    Changes,
    Claim,
    Document,
    Entry,
    KeyKind,
    Known,
    Mode,
    ReadResult,
    State,
)
from aggregator.model.settings import Source
from tests.dedupe.memory import MINISTRY, Remembered, claim, items_of, known
from tests.given import DAY, HOUR, NOON, entry, iso

HOME = "https://ministry.example/"
A = entry("Bridge opens", "https://ministry.example/?p=1", HOME + "bridge")
LONG = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"

NOTHING = Remembered()


def decided(
    entries: list[Entry],
    remembered: Remembered = NOTHING,
    of: Source = MINISTRY,
    *,
    claimed: Claim | None = None,
) -> Changes:
    document = Document("rss20", listed=tuple(each.digest for each in entries))
    return decide(ReadResult(document, items_of(*entries)), remembered, claimed or claim(), of, NOON)


def other(number: int, said_by: Entry, story: int | None = None) -> Candidate:
    """Return an item of another source."""
    (item,) = items_of(said_by)
    return Candidate(
        number=number,
        story=story,
        link=item.key(KeyKind.LINK) or b"",
        language="",
        shown=NOON,
        title=item.title,
        text=item.text,
    )


# ---- nothing


def test_the_same_document_again_does_nothing() -> None:
    changes = decided([A], Remembered((known(7, A),)))
    assert changes == Changes(mode=Mode.NORMAL, matched=((A.digest, 7),))


def test_a_document_without_new_entries_asks_and_does_nothing() -> None:
    assert decided([]) == Changes(mode=Mode.NORMAL)


def test_an_item_that_resurfaces_after_years_is_not_new() -> None:
    long_gone = known(7, A, updated=NOON - 2000 * DAY)
    assert decided([A], Remembered((long_gone,))).new == ()


# ---- new


def test_a_new_item_gets_its_id_from_source_and_key_and_its_public_id_from_the_origin() -> None:
    (new,) = decided([A]).new
    assert new.id == item_id("ministry", new.item.keys[0])
    assert (new.public_id, new.state, new.shown, new.updated) == (A.guid, State.LIVE, NOON, NOON)


def test_a_guid_that_is_no_iri_is_not_published() -> None:
    assert decided([entry("One", "1")]).new[0].public_id == ""


def test_a_guid_given_to_several_is_the_public_id_of_none_in_any_order() -> None:
    entries = [entry(f"Release {n}", A.guid, f"{HOME}{n}") for n in range(3)]
    for order in permutations(entries):
        assert {new.public_id for new in decided(list(order)).new} == {""}


def test_new_items_come_oldest_first_and_those_of_one_date_from_the_end_of_the_document() -> None:
    entries = [
        entry("Newer", "g3", published=iso(NOON - HOUR)),
        entry("Upper", "g2", published=iso(NOON - DAY)),
        entry("Lower", "g1", published=iso(NOON - DAY)),
        entry("Undated", "g4"),
    ]
    assert [new.item.title for new in decided(entries).new] == ["Lower", "Upper", "Newer", "Undated"]


def test_the_updated_date_is_the_origins_when_it_can_be_one() -> None:
    dates = [
        (NOON - HOUR, NOON - HOUR),
        (NOON + HOUR, NOON - DAY),
        (NOON - 2 * DAY, NOON - DAY),
    ]
    for updated, expected in dates:
        (new,) = decided([entry("One", "g1", published=iso(NOON - DAY), updated=iso(updated))]).new
        assert (new.shown, new.updated) == (NOON - DAY, expected)


@pytest.mark.parametrize(
    ("first", "published", "backlog"),
    [
        (True, iso(NOON - 6 * DAY), False),
        (True, iso(NOON - 8 * DAY), True),
        (True, "", True),
        (False, iso(NOON - 8 * DAY), False),
        (False, "", False),
    ],
)
def test_only_a_first_import_has_a_backlog(first: bool, published: str, backlog: bool) -> None:
    (new,) = decided([entry("One", "g1", published=published)], claimed=claim(first=first)).new
    assert new.backlog is backlog


def test_the_reach_of_a_first_import_is_configured() -> None:
    ten_days_old = [entry("One", "g1", published=iso(NOON - 10 * DAY))]
    for reach, backlog in ((9 * DAY, True), (11 * DAY, False), (timedelta(0), True)):
        of = replace(MINISTRY, first_import=reach)
        (new,) = decided(ten_days_old, of=of, claimed=claim(first=True)).new
        assert new.backlog is backlog


def test_a_date_ahead_holds_an_item() -> None:
    (new,) = decided([entry("Later", "g1", published=iso(NOON + DAY))]).new
    assert (new.state, new.release, new.shown, new.reason) == (State.HELD, NOON + DAY, NOON, "embargo")


def test_a_date_far_ahead_is_a_bad_one_and_holds_nothing() -> None:
    (new,) = decided([entry("Later", "g1", published="2099-01-01T00:00:00Z")]).new
    assert (new.state, new.shown) == (State.LIVE, NOON)
    assert "bad-date" in {*new.flags, *new.item.flags}


# ---- edits


def edit_of(before: Entry, after: Entry, **remembered: object) -> tuple[bool, bool] | None:
    changes = decided([after], Remembered((known(7, before, **remembered),)))  # type: ignore[arg-type]
    assert changes.new == ()
    return next(((edit.substantive, edit.damped) for edit in changes.edits), None)


def test_another_text_is_a_substantive_edit() -> None:
    assert edit_of(A, replace(A, content=replace(A.content, value="<p>Other.</p>"))) == (True, False)


def test_another_address_or_date_alone_is_an_edit_without_substance() -> None:
    assert edit_of(A, entry("Bridge opens", A.guid, HOME + "new")) == (False, False)
    assert edit_of(A, entry("Bridge opens", A.guid, A.link, published=iso(NOON - DAY))) == (False, False)


def test_white_space_markup_and_trackers_are_no_edit() -> None:
    noise = "<div><p>The  full account\n of <b>Bridge opens</b>.</p></div>"
    assert edit_of(A, entry("Bridge opens", A.guid, A.link + "?utm_source=x", body=noise)) is None


@pytest.mark.parametrize(("edits", "damped"), [(EDITS - 1, False), (EDITS, True)])
def test_the_25th_edit_in_a_week_is_damped(edits: int, damped: bool) -> None:
    assert edit_of(A, replace(A, title=replace(A.title, value="New")), edits=edits) == (True, damped)


def test_the_date_of_an_edit_is_the_origins_when_it_can_be_one() -> None:
    for said_date, expected in [
        (NOON - HOUR, NOON - HOUR),
        (NOON - 2 * DAY, NOON),
        (NOON + DAY, NOON),
        (None, NOON),
    ]:
        after = entry("After", A.guid, A.link, updated=iso(said_date) if said_date else "")
        (edit,) = decided([after], Remembered((known(7, A, updated=NOON - DAY),))).edits
        assert edit.updated == expected


def test_a_held_item_gets_its_new_date() -> None:
    held = known(7, A, state=State.HELD)
    later = entry("Bridge opens", A.guid, A.link, published=iso(NOON + 2 * DAY))
    now = entry("Bridge opens", A.guid, A.link, published=iso(NOON - HOUR))
    assert [edit.release for edit in decided([later], Remembered((held,))).edits] == [NOON + 2 * DAY]
    assert [edit.release for edit in decided([now], Remembered((held,))).edits] == [NOON]


def test_an_item_held_for_review_has_no_date() -> None:
    review = replace(MINISTRY, review=True)
    assert decided([A], Remembered((known(7, A, state=State.HELD),)), review).edits == ()


def test_a_withdrawn_item_stays_as_it_was_and_learns_its_new_names() -> None:
    gone = Remembered((known(7, A, state=State.WITHDRAWN),))
    assert decided([A], gone).edits == ()
    (edit,) = decided([entry("Bridge opens", "another", A.link, body="<p>Edited.</p>")], gone).edits
    assert (edit.number, edit.substantive) == (7, False)


def test_guids_that_rotated_are_counted_and_matched() -> None:
    rotated = entry("Bridge opens", "another", A.link)
    changes = decided([rotated], Remembered((known(7, A),)))
    assert (changes.rotated, changes.matched, changes.new) == (1, ((rotated.digest, 7),), ())


def test_a_double_is_read_anew_each_time() -> None:
    old = entry("Draft", A.guid, A.link, updated=iso(NOON - DAY))
    new = entry("Final", A.guid, A.link, updated=iso(NOON))
    changes = decided([old, new])
    assert (changes.matched, changes.superseded) == ((), (old.digest,))


def test_an_item_read_whole_has_no_digest_to_remember() -> None:
    whole = replace(A, digest=b"")
    assert decided([whole], Remembered((known(7, A),))).matched == ()


# ---- stories


def test_a_release_of_another_source_at_the_same_address_makes_a_story() -> None:
    mine = entry("Bridge opens", "g1", HOME + "bridge", body=LONG)
    changes = decided([mine], Remembered(others=(other(3, mine),)))
    assert [new.same_as for new in changes.new] == [3]


def test_two_of_one_document_never_join_the_same_story() -> None:
    mine = [entry("Bridge opens", guid, HOME + "bridge", body=LONG) for guid in ("g1", "g2")]
    for others in [(other(3, mine[0]),), (other(3, mine[0], story=5), other(4, mine[0], story=5))]:
        changes = decided(mine, Remembered(others=others))
        assert sorted(new.same_as or 0 for new in changes.new) == [0, 3]


def test_the_order_of_entries_decides_nothing() -> None:
    remembered: tuple[Known, ...] = (known(1, A), known(2, entry("B", "g2", HOME + "b")))
    entries = [
        replace(A, title=replace(A.title, value="Bridge is open")),
        entry("B", "h2", HOME + "b"),
        entry("C", "g3", HOME + "c", published=iso(NOON - HOUR)),
        entry("D", "g4", HOME + "d", published=iso(NOON - timedelta(hours=2))),
    ]
    outcomes = {
        (
            tuple((new.id, new.item.title, new.backlog) for new in changes.new),
            frozenset((edit.number, edit.item.title) for edit in changes.edits),
            frozenset(changes.matched),
        )
        for order in permutations(entries)
        for changes in [decided(list(order), Remembered(remembered))]
    }
    assert len(outcomes) == 1
