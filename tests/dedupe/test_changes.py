"""Deduplication of one document against the store: new items and edits."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations

import pytest
from msgspec.structs import replace

from aggregator.dedupe.changes import decide
from aggregator.dedupe.copies import link_text
from aggregator.dedupe.damping import EDITS_MAX, MOVES_MAX
from aggregator.dedupe.erased import key_text
from aggregator.dedupe.ids import item_id, minted
from aggregator.dedupe.similar import STEPS_EACH, STEPS_MAX
from aggregator.model.amendment import AmendedField, Amendment
from aggregator.model.amendment import said as amendment_of
from aggregator.model.changes import Changes, Edit, NewItem, Placement
from aggregator.model.decision import Decision, Decisions, State, Trigger
from aggregator.model.document import Document, ReadResult
from aggregator.model.entry import Attachment, Entry, Markup
from aggregator.model.item import Key, KeyKind, Mode
from aggregator.model.poll import Claim
from aggregator.model.settings import Source
from aggregator.model.stored import Candidate, Knowledge, Known
from aggregator.policy import embargo
from tests.dedupe.memory import AUTHORITY, MINISTRY, claim, knowledge, known, said
from tests.given import DAY, HOUR, NOON, entry, iso

HOME = "https://ministry.example/"
WIRE = "https://wire.example/"  # at home in no source's domains
A = entry("Bridge opens", "https://ministry.example/?p=1", HOME + "bridge")
B = entry("School closes", "https://ministry.example/?p=2", HOME + "school")
LONG = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"

NOTHING = knowledge()
LIVE = partial(embargo.place, embargo=MINISTRY.embargo, now=NOON, review=False)


def decided(
    entries: list[Entry],
    remembered: Knowledge = NOTHING,
    of: Source = MINISTRY,
    *,
    claimed: Claim | None = None,
) -> Changes:
    document = Document("rss20", listed=tuple(each.digest for each in entries))
    place = partial(embargo.place, embargo=of.embargo, now=NOON, review=of.review)
    read = ReadResult(document, said(*entries))
    return decide(read, remembered, claimed or claim(), of, now=NOON, place=place)


def only(changes: Changes) -> NewItem:
    """The one new item."""
    (new,) = changes.new
    return new


def other(number: int, said_by: Entry, story: int | None = None) -> Candidate:
    """An item of another source."""
    (item,) = said(said_by)
    return Candidate(
        number=number,
        story=story,
        link=item.key(KeyKind.LINK) or b"",
        url=item.url,
        domains=(),
        language="",
        shown=NOON,
        title=item.title,
        fingerprint=item.fingerprint,
        signature=item.signature,
    )


# ---- nothing


def test_the_same_document_again_does_nothing() -> None:
    stored = knowledge(known(7, A))
    assert decided([A], stored) == Changes(stored, Mode.NORMAL, seen=((A.digest, 7),))


def test_a_document_without_entries_does_nothing() -> None:
    assert decided([]) == Changes(NOTHING, Mode.NORMAL)


def test_an_item_that_resurfaces_after_years_is_not_new() -> None:
    long_gone = known(7, A, updated=NOON - 2000 * DAY)
    assert decided([A], knowledge(long_gone)).new == ()


# ---- new


def test_a_new_item_gets_its_id_from_source_and_key_and_its_public_id_from_the_origin() -> None:
    new = only(decided([A]))
    assert new.id == item_id("ministry", new.item.keys[0])
    assert (new.public_id, new.placement, new.updated) == (A.guid, Placement(State.LIVE, None, NOON), NOON)


def test_a_guid_that_is_no_iri_is_not_published() -> None:
    new = only(decided([entry("One", "1")]))
    assert new.public_id == f"tag:{AUTHORITY}:{new.id}" == minted(AUTHORITY, new.id)


def test_a_guid_given_to_several_is_the_public_id_of_none_in_any_order() -> None:
    entries = [entry(f"Release {n}", A.guid, f"{HOME}{n}") for n in range(3)]
    for order in permutations(entries):
        new = decided(list(order)).new
        assert {each.public_id for each in new} == {minted(AUTHORITY, each.id) for each in new}
        assert len({each.id for each in new}) == 3


def test_a_guid_that_another_item_has_is_not_published_again() -> None:
    new = only(decided([A], knowledge(taken=[A.guid])))
    assert (new.id, new.public_id) == (item_id("ministry", new.item.keys[0]), minted(AUTHORITY, new.id))


def test_an_item_whose_id_is_taken_gets_another_that_stays_the_same() -> None:
    plain = only(decided([A]))
    stored = knowledge(taken=[plain.id])
    new = only(decided([A], stored))
    assert new.id == item_id(plain.id, plain.item.keys[0], 1) != plain.id
    assert new == replace(plain, id=new.id) == only(decided([A], stored))
    third = only(decided([A], knowledge(taken=[plain.id, new.id])))
    assert third.id == item_id(plain.id, plain.item.keys[0], 2)


@pytest.mark.parametrize("guid", ["1", A.guid])
def test_an_item_whose_minted_id_is_taken_gets_another_id(guid: str) -> None:
    plain = only(decided([entry("One", guid)]))
    tag = minted(AUTHORITY, plain.id)
    new = only(decided([entry("One", guid)], knowledge(taken=[tag, guid])))
    assert new.id == item_id(plain.id, plain.item.keys[0], 1)
    assert new.public_id == minted(AUTHORITY, new.id)


def test_a_taken_tag_does_no_harm_to_an_item_with_a_guid_of_its_own() -> None:
    plain = only(decided([A]))
    assert only(decided([A], knowledge(taken=[minted(AUTHORITY, plain.id)]))) == plain


def test_a_guid_under_the_authority_of_minted_ids_is_not_published() -> None:
    foretold = minted(AUTHORITY, only(decided([B])).id)
    new = only(decided([replace(A, guid=foretold)]))
    assert new.public_id == minted(AUTHORITY, new.id) != foretold


def test_an_item_under_a_key_of_a_former_one_gets_its_id_from_its_next_key() -> None:
    """A reused guid: the former item is listed under another title and address."""
    former = known(7, replace(B, guid="g9"), replace(A, link=""), listed=True)
    new = only(decided([A], knowledge(former)))
    assert new.id == item_id("ministry", Key(KeyKind.GUID_LINK, new.item.key(KeyKind.GUID_LINK) or b""))


def test_ids_of_one_document_differ() -> None:
    """A listed item has had the titles of both entries; the next key of both is their common guid."""
    one, two = entry("One", "same", HOME), entry("Two", "same", HOME)
    bare = [replace(each, guid="") for each in (entry("Now", "", HOME), one, two)]
    stored = knowledge(known(7, *bare, listed=True))
    new = decided([one, two], stored, claimed=claim(Mode.TITLE_DAY)).new
    guid = new[0].item.keys[0]
    first = item_id("ministry", guid)
    assert [each.id for each in new] == [first, item_id(first, guid, 1)]
    assert [each.public_id for each in new] == [minted(AUTHORITY, each.id) for each in new]


def decision(on: Entry, trigger: Trigger, **more: object) -> Decision:
    """A decision of the operator on an item of the ministry."""
    (item,) = said(on)
    plain = Decision("decided", trigger, "asked to", "tester", NOON, source="ministry")
    plain = replace(plain, key=key_text(item.keys[0]), fingerprint=item.fingerprint.hex())
    return replace(plain, **more)  # the caller names fields of Decision


def test_an_item_that_was_withdrawn_before_arrives_withdrawn() -> None:
    withdrawn = Decisions(1, (decision(A, Trigger.WITHDRAW),))
    plain, new = only(decided([A])), only(decided([A], knowledge(decisions=withdrawn)))
    placement = replace(plain.placement, state=State.WITHDRAWN, reason="asked to")
    assert new == replace(plain, placement=placement)


def test_an_edit_into_a_copy_of_a_withdrawn_release_says_so() -> None:
    copy = replace(B, guid=A.guid)
    (item,) = said(B)
    gone = decision(B, Trigger.WITHDRAW, source="agency", link=link_text(item.key(KeyKind.LINK)))
    withdrawn = Decisions(1, (), (gone,))
    assert [each.copy_of for each in decided([copy], knowledge(known(7, A))).edits] == [""]
    remembered = knowledge(known(7, A), decisions=withdrawn)
    assert [each.copy_of for each in decided([copy], remembered).edits] == ["decided"]


@pytest.mark.parametrize(("released", "release"), [(True, NOON), (False, None)])
def test_a_held_item_goes_live_when_its_origin_says_the_text_that_was_released(
    released: bool, release: datetime | None
) -> None:
    """As after a restore: the backup has the text of before, held for review."""
    edited = replace(A, title=Markup("Bridge opened"), digest=b"2" * 16)
    decisions = Decisions(1, (decision(edited if released else A, Trigger.RELEASE),))
    held = knowledge(known(7, A, state=State.HELD), decisions=decisions)
    (edit,) = decided([edited], held).edits
    assert (edit.placement and edit.placement.release) == release


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
        assert (new.placement.shown, new.updated) == (NOON - DAY, expected)


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
    assert new.placement == Placement(State.HELD, NOON + DAY, NOON, "embargo", dated=True)


def test_a_date_far_ahead_is_a_bad_one_and_holds_for_the_operator() -> None:
    (new,) = decided([entry("Later", "g1", published="2099-01-01T00:00:00Z")]).new
    assert (new.placement.state, new.placement.release, new.placement.shown) == (State.HELD, None, NOON)
    assert "bad-date" in {*new.placement.flags, *new.item.flags}


# ---- edits


def edit_of(before: Entry, after: Entry, **stored: object) -> Edit | None:
    changes = decided([after], knowledge(known(7, before, **stored)))  # type: ignore[arg-type]
    assert changes.new == ()
    return next(iter(changes.edits), None)


def made(after: Entry, *, substantive: bool, **more: object) -> Edit:
    """An edit of item 7 that the public does not see, at noon."""
    plain = Edit(7, said(after)[0], substantive, NOON)
    return replace(plain, **more)  # the caller names fields of Edit


OTHER_TEXT = replace(A, content=replace(A.content, value="<p>Other.</p>"))
OTHER_ADDRESS = entry("Bridge opens", A.guid, HOME + "new")


def test_another_text_is_a_substantive_edit_with_a_revision() -> None:
    assert edit_of(A, OTHER_TEXT) == made(
        OTHER_TEXT, substantive=True, revises=True, is_public=True, version=2
    )


def test_another_address_alone_is_a_public_edit_without_a_revision() -> None:
    assert edit_of(A, OTHER_ADDRESS) == made(
        OTHER_ADDRESS, substantive=False, moves=True, is_public=True, version=2
    )


def test_another_date_alone_only_changes_keys() -> None:
    dated = entry("Bridge opens", A.guid, A.link, published=iso(NOON - DAY))
    assert edit_of(A, dated) == made(dated, substantive=False)


def test_white_space_and_markup_are_replaced_silently_and_trackers_are_no_edit() -> None:
    noise = entry(
        "Bridge opens", A.guid, A.link, body="<div><p>The  full account\n of <b>Bridge opens</b>.</p></div>"
    )
    assert edit_of(A, noise) == made(noise, substantive=False, refreshes=True, is_public=True)
    assert edit_of(A, replace(A, link=A.link + "?utm_source=x")) is None


@pytest.mark.parametrize(
    "change",
    [
        {"summary": Markup("<p>Corrected summary.</p>", is_html=True)},
        {"categories": ("Bridges",)},
        {"authors": ("Ada Example",)},
        {"images": (Attachment("https://ministry.example/right.jpg", "image/jpeg"),)},
        {"rights": "CC-BY-4.0"},
        {"language": "fr"},
        {"content": Markup('<p>The full account of Bridge opens.<img src="/right.jpg"></p>', is_html=True)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_else_is_published_is_replaced_silently(change: dict[str, object]) -> None:
    after = replace(A, **change)
    assert edit_of(A, after) == made(after, substantive=False, refreshes=True, is_public=True)
    assert edit_of(A, after, state=State.HELD) == made(after, substantive=False, refreshes=True)
    assert reviewed(A, after) == made(after, substantive=True, version=2, waits=True)


def test_an_edit_of_a_held_item_makes_no_revision_and_is_not_public() -> None:
    assert edit_of(A, OTHER_TEXT, state=State.HELD) == made(OTHER_TEXT, substantive=True, version=2)
    assert edit_of(A, OTHER_ADDRESS, state=State.HELD) == made(
        OTHER_ADDRESS, substantive=False, moves=True, version=2
    )


def reviewed(before: Entry, after: Entry, **stored: object) -> Edit | None:
    """The edit of item 7 of a source under review."""
    changes = decided([after], knowledge(known(7, before, **stored)), replace(MINISTRY, review=True))  # type: ignore[arg-type]
    return next(iter(changes.edits), None)


def waiting(of: Entry, shown: Entry, version: int = 2) -> dict[str, object]:
    """What is stored of item 7, shown as one entry, of which another waits for approval."""
    (item,) = said(shown)
    return {
        "pending": version,
        "versions": version,
        "approved": item.fingerprint,
        "approved_url": item.url,
        "approved_queries": item.queries,
        "current": said(of)[0].keys,
    }


@pytest.mark.parametrize("after", [OTHER_TEXT, OTHER_ADDRESS])
def test_an_edit_under_review_waits_for_approval(after: Entry) -> None:
    substantive, moves = after is OTHER_TEXT, after is OTHER_ADDRESS
    assert reviewed(A, after) == made(after, substantive=substantive, moves=moves, version=2, waits=True)
    assert reviewed(A, replace(A, published=iso(NOON - DAY))) is not None
    assert reviewed(A, A) is None


def test_a_version_that_waits_is_replaced_by_a_newer_one_only() -> None:
    stored = waiting(OTHER_TEXT, shown=A)
    assert reviewed(OTHER_TEXT, OTHER_TEXT, **stored) is None
    newer = replace(A, content=replace(A.content, value="<p>Newer.</p>"))
    assert reviewed(OTHER_TEXT, newer, **stored) == made(newer, substantive=True, version=3, waits=True)


@pytest.mark.parametrize("edit", [reviewed, edit_of])
def test_nothing_waits_when_the_origin_takes_its_change_back(edit: Callable[..., Edit | None]) -> None:
    assert edit(OTHER_TEXT, A, **waiting(OTHER_TEXT, shown=A)) == made(A, substantive=False, drops=True)
    moved = waiting(OTHER_ADDRESS, shown=A)
    assert edit(OTHER_ADDRESS, A, **moved) == made(A, substantive=False, drops=True)


@pytest.mark.parametrize(
    ("approved", "link", "waits"),
    [(OTHER_TEXT, A.link, False), (OTHER_TEXT, HOME + "new", True), (A, A.link, True)],
)
def test_a_text_that_was_approved_at_the_link_shown_does_not_wait(
    approved: Entry, link: str, waits: bool
) -> None:
    """As after a restore: the backup has the version of before."""
    decisions = Decisions(1, (decision(approved, Trigger.RELEASE),))
    stored = {"approved": said(A)[0].fingerprint, "approved_url": A.link}
    known_then = knowledge(known(7, A, **stored), decisions=decisions)  # type: ignore[arg-type]
    (edit,) = decided([replace(OTHER_TEXT, link=link)], known_then, replace(MINISTRY, review=True)).edits
    assert (edit.waits, edit.is_public, edit.revises) == (waits, not waits, not waits)


def test_another_date_alone_leaves_the_version_that_waits() -> None:
    dated = replace(OTHER_TEXT, published=iso(NOON - DAY))
    for edit in (reviewed, edit_of):
        assert edit(OTHER_TEXT, dated, **waiting(OTHER_TEXT, shown=A)) == made(dated, substantive=False)


def signed(value: str) -> Entry:
    """An entry whose link and file are signed."""
    query = f"?X-Amz-Date={value}&X-Amz-Signature={value}"
    body = f'<p>Anew.</p><a href="{HOME}file.pdf{query}">File</a>'
    return replace(A, link=A.link + query, content=Markup(body, is_html=True))


@pytest.mark.parametrize("edit", [reviewed, edit_of])
def test_addresses_signed_anew_are_replaced_without_approval_and_are_no_version(
    edit: Callable[..., Edit | None],
) -> None:
    before, after = signed("1"), signed("2")
    assert edit(before, after) == made(after, substantive=False, moves=True, refreshes=True, is_public=True)


@pytest.mark.parametrize("edit", [reviewed, edit_of])
def test_addresses_signed_anew_are_replaced_in_the_version_that_waits(
    edit: Callable[..., Edit | None],
) -> None:
    before, after = signed("1"), signed("2")
    assert edit(before, after, **waiting(before, shown=A)) == made(
        after, substantive=False, moves=True, waits=True, version=2
    )


def test_a_version_that_waits_holds_nothing_as_a_copy() -> None:
    """Its approval names it, and it is in no output before."""
    copy = replace(B, guid=A.guid)
    gone = decision(B, Trigger.WITHDRAW, source="agency", link=link_text(said(B)[0].key(KeyKind.LINK)))
    then = knowledge(known(7, A), decisions=Decisions(1, (), (gone,)))
    (edit,) = decided([copy], then, replace(MINISTRY, review=True)).edits
    assert (edit.waits, edit.copy_of) == (True, "")


def test_a_version_that_waited_is_dropped_by_an_edit_after_the_review_has_ended() -> None:
    newer = replace(A, content=replace(A.content, value="<p>Newer.</p>"))
    assert edit_of(OTHER_TEXT, newer, **waiting(OTHER_TEXT, shown=A)) == made(
        newer, substantive=True, revises=True, is_public=True, version=3, drops=True
    )


@pytest.mark.parametrize(("edits", "is_damped"), [(EDITS_MAX - 1, False), (EDITS_MAX, True)])
def test_the_25th_edit_in_a_week_is_damped(edits: int, is_damped: bool) -> None:
    retitled = replace(A, title=replace(A.title, value="New"))
    assert edit_of(A, retitled, edits=edits, flags=("bad-date",)) == made(
        retitled,
        substantive=True,
        is_public=True,
        revises=not is_damped,
        flags=("bad-date", "damped") if is_damped else None,
        version=2,
    )


def test_a_damped_item_is_flagged_once() -> None:
    edit = edit_of(A, OTHER_TEXT, edits=EDITS_MAX, flags=("damped",))
    assert edit is not None
    assert edit.flags == ("damped",)


def test_the_date_of_an_edit_is_the_origins_when_it_can_be_one() -> None:
    for said_date, expected in [
        (NOON - HOUR, NOON - HOUR),
        (NOON - 2 * DAY, NOON),
        (NOON + DAY, NOON),
        (None, NOON),
    ]:
        after = entry("After", A.guid, A.link, updated=iso(said_date) if said_date else "")
        edit = edit_of(A, after, updated=NOON - DAY)
        assert edit is not None
        assert edit.updated == expected


@pytest.mark.parametrize(
    ("published", "release"),
    [
        (iso(NOON + 2 * DAY), NOON + 2 * DAY),
        (iso(NOON - HOUR), NOON),
    ],
)
def test_an_item_held_until_its_date_gets_its_new_date(published: str, release: datetime) -> None:
    after = entry("Bridge opens", A.guid, A.link, published=published)
    edit = edit_of(A, after, state=State.HELD, release=NOON + DAY, dated=True)
    assert edit is not None
    assert edit == made(after, substantive=False, placement=edit.placement, redates=True)
    assert edit.placement is not None
    assert (edit.placement.state, edit.placement.release) == (State.HELD, release)


@pytest.mark.parametrize("release", [None, NOON + DAY])
@pytest.mark.parametrize(
    ("published", "updated"), [("tba", ""), ("", ""), ("2026-13-32", ""), ("tba", iso(NOON - HOUR))]
)
def test_an_embargo_does_not_end_when_its_date_becomes_unreadable_or_missing(
    published: str, updated: str, release: datetime | None
) -> None:
    after = entry("Bridge opens", A.guid, A.link, published=published, updated=updated)
    assert edit_of(after, after, state=State.HELD, release=release, dated=True) is None


@pytest.mark.parametrize("published", ["2300-01-01", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_an_embargo_with_a_date_in_no_plausible_year_is_for_the_operator(published: str) -> None:
    after = entry("Bridge opens", A.guid, A.link, published=published)
    edit = edit_of(after, after, state=State.HELD, release=NOON + DAY, dated=True)
    assert edit is not None
    assert edit.placement is not None
    assert (edit.placement.state, edit.placement.release, edit.flags) == (State.HELD, None, ("bad-date",))


@pytest.mark.parametrize(
    ("updated", "release", "until"),
    [
        (iso(NOON + 2 * DAY), NOON + DAY, NOON + 2 * DAY),
        (iso(NOON + HOUR), NOON + DAY, NOON + DAY),
        (iso(NOON - HOUR), NOON + DAY, NOON + DAY),
        (iso(NOON - HOUR), None, None),
        (iso(NOON + HOUR), None, None),
        (iso(NOON + 40 * DAY), NOON + DAY, None),
        ("Sat, 28 Feb 2026 10:00:00 XYZT", NOON + DAY, NOON + DAY),
    ],
)
def test_the_date_of_an_update_makes_an_embargo_longer_and_never_shorter(
    updated: str, release: datetime | None, until: datetime | None
) -> None:
    after = entry("Bridge opens", A.guid, A.link, updated=updated)
    edit = edit_of(after, after, state=State.HELD, release=release, dated=True)
    placement = edit.placement if edit is not None else None
    assert (placement.release if placement is not None else release) == until


@pytest.mark.parametrize(
    "change",
    [{"summary": Markup("<p>The agency lied.</p>", is_html=True)}, {"language": "fr"}],
    ids=["summary", "language"],
)
def test_a_member_leaves_its_story_when_its_summary_or_language_alone_is_another(
    change: dict[str, object],
) -> None:
    item = replace(A, content=Markup(LONG, is_html=True), language="en", link="https://wire.example/1")
    member = replace(other(9, replace(item, guid="other"), story=4), language="en")
    stored = replace(knowledge(known(7, item, story=4)), members=(member,))
    assert decided([item], stored).edits == ()
    assert [each.parts for each in decided([replace(item, **change)], stored).edits] == [True]


def test_an_approved_item_stays_held_when_its_embargo_moves_and_until_a_time_of_the_operator() -> None:
    time = NOON + 2 * DAY
    expected = {3: NOON + 3 * DAY, 1: time, -1: time}
    for days, until in (*expected.items(), (31, None)):
        dated = entry("Bridge opens", A.guid, A.link, published=iso(NOON + days * DAY))
        for edit in (edit_of, reviewed) if until else (edit_of,):
            new = edit(dated, dated, state=State.HELD, release=time, claimed=time)
            assert (new.placement.release if new and new.placement else time) == until
            own = edit(dated, dated, state=State.HELD, release=time, claimed=NOON + 9 * DAY)
            assert own is None or own.placement is None


def test_a_reinstated_item_without_a_date_is_live_again() -> None:
    edit = edit_of(A, A, state=State.HELD, release=NOON + DAY, dated=True, reinstated=True)
    assert edit is not None
    assert edit.placement is not None
    assert edit.placement.release == NOON


def test_an_item_held_for_its_date_stays_while_that_is_the_same() -> None:
    held = entry("Bridge opens", A.guid, A.link, published=iso(NOON + DAY))
    assert edit_of(held, held, state=State.HELD, dated=True, release=NOON + DAY) is None
    far = entry("Bridge opens", A.guid, A.link, published=iso(NOON + 31 * DAY))
    assert edit_of(far, far, state=State.HELD, dated=True) is None


def test_an_item_dated_later_beyond_the_horizon_is_for_the_operator_and_back_by_a_new_date() -> None:
    far, soon = (entry("Bridge opens", A.guid, A.link, published=iso(NOON + days * DAY)) for days in (31, 2))
    edit = edit_of(soon, far, state=State.HELD, dated=True, release=NOON + 2 * DAY)
    assert edit is not None
    assert edit.placement == LIVE(said(far)[0])
    assert (edit.placement.state, edit.placement.release, edit.flags) == (State.HELD, None, ("bad-date",))
    back = edit_of(far, soon, state=State.HELD, dated=True)
    assert back is not None
    assert back.placement is not None
    assert back.placement.release == NOON + 2 * DAY


def test_a_date_does_not_release_an_item_that_the_operator_holds() -> None:
    assert edit_of(A, A, state=State.HELD) is None
    later = entry("Bridge opens", A.guid, A.link, published=iso(NOON + 2 * DAY))
    assert edit_of(A, later, state=State.HELD) == made(later, substantive=False, redates=True)


@pytest.mark.parametrize("release", [None, NOON + DAY])
@pytest.mark.parametrize("published", ["", iso(NOON - HOUR)])
def test_an_item_of_a_source_under_review_gets_no_date(published: str, release: datetime | None) -> None:
    review = replace(MINISTRY, review=True)
    found = entry("Bridge opens", A.guid, A.link, published=published)
    stored = knowledge(known(7, found, state=State.HELD, release=release, dated=release is not None))
    assert decided([found], stored, review).edits == ()


@pytest.mark.parametrize(
    ("dates", "until"),
    [
        ({}, NOON + 5 * DAY),
        ({"updated": iso(NOON - HOUR)}, NOON + 5 * DAY),
        ({"updated": iso(NOON + 9 * DAY)}, NOON + 9 * DAY),
        ({"published": iso(NOON - HOUR)}, None),
        ({"published": iso(NOON + 2 * DAY)}, NOON + 2 * DAY),
    ],
)
def test_an_embargo_under_review_outlives_an_edit_without_a_date_of_publication(
    dates: dict[str, str], until: datetime | None
) -> None:
    after = replace(OTHER_TEXT, **dates)
    edit = reviewed(A, after, state=State.HELD, release=NOON + 5 * DAY, dated=True)
    assert edit is not None
    assert edit.placement is not None
    assert (edit.placement.reason, edit.placement.release) == ("review", until)


def test_a_withdrawn_item_stays_as_it_was_and_gets_its_new_keys() -> None:
    assert edit_of(A, A, state=State.WITHDRAWN) is None
    renamed = entry("Bridge opens", "another", A.link, body="<p>Edited.</p>")
    assert edit_of(A, renamed, state=State.WITHDRAWN) == made(renamed, substantive=False)
    assert edit_of(A, OTHER_ADDRESS, state=State.WITHDRAWN) == made(OTHER_ADDRESS, substantive=False)


# ---- entries that need not be read again


def test_rotated_guids_are_matched() -> None:
    rotated = entry("Bridge opens", "another", A.link)
    changes = decided([rotated], knowledge(known(7, A)))
    assert (changes.seen, changes.new) == (((rotated.digest, 7),), ())


def test_a_superseded_duplicate_is_read_anew_each_time() -> None:
    old = entry("Draft", A.guid, A.link, updated=iso(NOON - DAY))
    new = entry("Final", A.guid, A.link, updated=iso(NOON))
    changes = decided([old, new])
    assert changes.seen == ((new.digest, 0),)  # storage fills in its number
    assert only(changes).item.title == "Final"


def test_an_item_of_a_document_that_was_not_split_has_no_digest_to_remember() -> None:
    whole = replace(A, digest=b"")
    document = ReadResult(Document("rss20"), said(whole))
    changes = decide(document, knowledge(known(7, A)), claim(), MINISTRY, now=NOON, place=LIVE)
    assert changes.seen == ()


def read_again(unread: list[Entry], listed: list[Entry], *seen: tuple[Entry, int]) -> list[tuple[bytes, int]]:
    """Seen entries after a document that lists `listed`, of which `unread` had to be parsed."""
    document = Document("rss20", listed=tuple(each.digest for each in listed))
    before = replace(claim(), seen=tuple((each.digest, number) for each, number in seen))
    stored = knowledge(*(known(number, each, listed=True) for each, number in seen if number))
    read = ReadResult(document, said(*unread))
    return list(decide(read, stored, before, MINISTRY, now=NOON, place=LIVE).seen)


def test_seen_entries_that_are_still_listed_are_kept_with_their_items() -> None:
    assert read_again([], [A, B], (A, 7), (B, 8)) == [(A.digest, 7), (B.digest, 8)]
    assert read_again([], [B], (A, 7), (B, 8)) == [(B.digest, 8)]


def test_a_listed_entry_without_an_item_was_left_out_by_a_rule() -> None:
    assert read_again([], [A, B], (A, 7)) == [(A.digest, 7), (B.digest, 0)]
    assert read_again([], [A, B], (A, 7), (B, 0)) == [(A.digest, 7), (B.digest, 0)]


def test_the_entry_that_an_edit_replaced_is_read_anew_should_it_come_back() -> None:
    final = entry("Final", A.guid, A.link, updated=iso(NOON))
    draft = entry("Draft", A.guid, A.link, updated=iso(NOON - DAY))
    assert read_again([final], [final, draft], (draft, 7)) == [(final.digest, 7)]


# ---- stories


def test_a_release_of_another_source_at_the_same_address_makes_a_story() -> None:
    mine = entry("Bridge opens", "g1", HOME + "bridge", body=LONG)
    changes = decided([mine], knowledge(candidates=[other(3, mine)]))
    assert [new.same_as for new in changes.new] == [3]


def test_two_of_one_document_never_join_the_same_story() -> None:
    mine = [entry("Bridge opens", guid, HOME + "bridge", body=LONG) for guid in ("g1", "g2")]
    for others in [(other(3, mine[0]),), (other(3, mine[0], story=5), other(4, mine[0], story=5))]:
        changes = decided(mine, knowledge(candidates=others))
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
            frozenset(changes.seen),
        )
        for order in permutations(entries)
        for changes in [decided(list(order), knowledge(*remembered))]
    }
    assert len(outcomes) == 1


# ---- links


@pytest.mark.parametrize(
    ("before", "after", "is_flagged", "leaves"),
    [
        ("https://ministry.example/a", "https://phish.example/a", True, True),
        ("https://ministry.example/a", "https://press.ministry.example/a", True, False),
        ("https://wire.example/a", "https://phish.example/a", True, False),
        ("https://ministry.example/a", "https://ministry.example/b", False, False),
        ("https://ministry.example/a", "", False, False),
        ("https://ministry.example/a", "https://ministry.example:8443/a", False, False),
        ("", "https://phish.example/a", True, True),
    ],
)
def test_a_link_that_moves_to_another_host_is_a_substantive_change(
    before: str, after: str, is_flagged: bool, leaves: bool
) -> None:
    was = known(1, entry("Bridge opens", "g1", before, body=LONG), flags=("bad-date",), id="abc")
    (edit,) = decided([entry("Bridge opens", "g1", after, body=LONG)], knowledge(was)).edits
    assert (edit.substantive, edit.revises, edit.leaves_home, edit.id) == (
        is_flagged,
        is_flagged,
        leaves,
        "abc",
    )
    assert edit.flags == (("bad-date", "link-moved") if is_flagged else None)


def test_another_scheme_of_the_same_link_is_no_edit() -> None:
    was = known(1, entry("Bridge opens", "g1", "http://ministry.example/a", body=LONG))
    assert decided([entry("Bridge opens", "g1", HOME + "a", body=LONG)], knowledge(was)).edits == ()


def test_a_link_that_moves_to_another_host_is_never_damped() -> None:
    was = known(1, entry("Bridge opens", "g1", HOME + "a", body=LONG), edits=EDITS_MAX)
    moved, same = (
        entry("Bridge opens", "g1", link, body="<p>X</p>") for link in ("https://p.example/", HOME)
    )
    assert [
        (edit.revises, edit.flags)
        for after in (moved, same)
        for edit in decided([after], knowledge(was)).edits
    ] == [(True, ("link-moved",)), (False, ("damped",))]


def test_a_link_that_moves_all_the_time_stays_and_is_read_again() -> None:
    was = known(1, entry("Bridge opens", "g1", HOME + "a", body=LONG), edits=MOVES_MAX)
    moved = entry("Bridge opens", "g1", "https://p.example/", body=LONG)
    changes = decided([moved], knowledge(was))
    (edit,) = changes.edits
    assert (edit.substantive, edit.moves, edit.revises, edit.is_public) == (False,) * 4
    assert (edit.flags, edit.updated, edit.unsettled) == (("damped",), was.updated, edit.item.fingerprint)
    assert [key for key in edit.item.keys if key.kind is KeyKind.LINK] == [
        key for key in was.current if key.kind is KeyKind.LINK
    ]
    assert changes.seen == ()


def test_an_edit_that_disagrees_with_its_story_parts_from_it() -> None:
    mine = entry("Bridge opens", "g1", WIRE + "bridge", body=LONG)
    was = known(1, mine, story=5)
    others = replace(knowledge(was), members=(other(3, mine, story=5), other(4, A, story=6)))
    edited = entry("Bridge opens", "g1", mine.link, body=LONG + "<p>Corrected.</p>")
    agreeing = replace(others, members=(other(3, edited, story=5),))
    assert [decided([edited], each).edits[0].parts for each in (agreeing, others)] == [False, True]


def test_an_edit_parts_from_a_story_of_more_members_than_were_read() -> None:
    mine = entry("Bridge opens", "g1", WIRE + "bridge", body=LONG)
    edited = entry("Bridge opens", "g1", mine.link, body=LONG + "<p>Corrected.</p>")
    for story, parts in ((5, True), (6, False)):
        unread = replace(knowledge(known(1, mine, story=story)), unread_stories=frozenset([5]))
        assert decided([edited], unread).edits[0].parts is parts


def test_a_link_that_changes_on_the_same_host_is_tested_again() -> None:
    mine = entry("Bridge opens", "g1", WIRE + "bridge", body=LONG)
    others = replace(knowledge(known(1, mine, story=5)), members=(other(3, mine, story=5),))
    (edit,) = decided([entry("Bridge opens", "g1", WIRE + "other", body=LONG)], others).edits
    assert (edit.substantive, edit.parts) == (False, True)


def test_edits_and_matches_of_a_poll_share_one_budget() -> None:
    """Edits first: of what they leave, less than a match costs."""
    links = [WIRE + str(number) for number in range(2)]
    edited, new = (entry(f"Bridge {link}", link, link, body=LONG) for link in links)
    before = replace(edited, content=Markup("<p>Draft.</p>", is_html=True))
    each = STEPS_MAX // STEPS_EACH
    story = tuple(other(10 + number, edited, story=5) for number in range(each))
    full = replace(knowledge(known(1, before, story=5)), members=story, candidates=(other(9, new),))
    changes = decided([edited, new], full)
    assert (changes.edits[0].parts, only(changes).unmatched) == (False, True)
    less = replace(full, members=story[:-1])
    assert only(decided([edited, new], less)).same_as == 9


def test_a_guid_in_the_domains_of_another_source_is_not_the_public_id() -> None:
    guid = "https://authority.example/news/1"
    read = ReadResult(Document("rss20"), said(entry("Copied", guid, "https://ministry.example/1")))
    foreign = decide(read, NOTHING, claim(), MINISTRY, now=NOON, place=LIVE, is_foreign=guid.__eq__)
    new = only(foreign)
    assert new.public_id == minted(AUTHORITY, new.id)
    assert only(decide(read, NOTHING, claim(), MINISTRY, now=NOON, place=LIVE)).public_id == guid


def test_under_review_what_is_unread_is_a_version() -> None:
    before, signed, alt = (
        entry(
            "Photo", "g1", A.link, body=f'<p>A photo.</p><img src="https://a.example/i.jpg?{q}" alt="{alt}">'
        )
        for q, alt in (("sig=1", "One"), ("sig=2", "One"), ("sig=2", "Two"))
    )
    edits = [reviewed(before, after) for after in (signed, alt)]
    assert [(each.version, each.waits) for each in edits if each] == [(0, False), (2, True)]


def test_under_review_another_version_waits_and_a_time_of_the_operator_is_its_earliest() -> None:
    edit = reviewed(A, OTHER_TEXT, state=State.HELD, release=NOON + DAY)
    assert edit is not None
    assert edit.placement is not None
    assert (edit.placement.reason, edit.placement.release) == ("review", NOON + DAY)


# ---- amendments of the desk


def test_an_edit_names_the_fields_of_the_desk_that_it_contradicts() -> None:
    desk = Amendment(headline="Ours", topics=("roads",), of=amendment_of("Bridge opens", "", ""))
    edited = replace(A, title=Markup("Bridge closes"), digest=b"2" * 16)
    (edit,) = decided([edited], knowledge(known(7, A, amended=desk))).edits
    assert edit.conflicts == (AmendedField.HEADLINE,)
    other_text = replace(A, content=Markup("<p>Other words.</p>", is_html=True), digest=b"3" * 16)
    for amended in (desk, Amendment()):
        (edit,) = decided([other_text], knowledge(known(7, A, amended=amended))).edits
        assert edit.conflicts == ()
