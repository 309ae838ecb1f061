"""Deduplication within a source: new items, known items, and the key that each is matched by."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from aggregator.dedupe.within import primary
from aggregator.model.decision import State
from aggregator.model.entry import Entry
from aggregator.model.item import Item, KeyKind, Mode
from aggregator.model.stored import Known
from tests.dedupe.memory import day, known, matches, resolved, said
from tests.given import DAY, NOON, entry, iso

HOME = "https://ministry.example/"
A = entry("Bridge opens", "g1", HOME + "bridge")
B = entry("School closes", "g2", HOME + "school")
C = entry("Harbour grows", "g3", HOME + "harbour")


def report(number: int, guid: str = "", link: str = HOME + "latest") -> Entry:
    """One of a series that has one title and one address for all its issues."""
    return entry("Situation report", guid, link, body=f"<p>Cases: {number}.</p>", published=day(number))


# ---- names


def test_an_entry_is_recognised_by_its_guid_wherever_it_moves() -> None:
    moved = entry("Bridge is open", "g1", HOME + "elsewhere")
    assert matches(resolved([moved], [known(1, A)])) == {"Bridge is open": 1}


def test_an_entry_without_guid_is_recognised_by_its_address() -> None:
    before, after = entry("Before", "", HOME + "x"), entry("After", "", HOME + "x")
    assert matches(resolved([after], [known(1, before)])) == {"After": 1}


def test_an_entry_without_guid_and_address_is_recognised_by_its_text() -> None:
    bare = entry("Only words")
    assert matches(resolved([bare], [known(1, bare)])) == {"Only words": 1}
    assert matches(resolved([entry("Other words")], [known(1, bare)])) == {"Other words": 0}


def test_an_item_without_any_key_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no key"):
        primary(Item(keys=(), title="Nothing"), Mode.NORMAL)


def test_a_new_address_of_an_entry_without_guid_is_known_by_title_day_and_text() -> None:
    before = entry("Moved", "", HOME + "old", published=day(1))
    after = entry("Moved", "", HOME + "new", published=day(1), body="<p>The full account of Moved.</p>")
    assert matches(resolved([after], [known(1, before)])) == {"Moved": 1}
    other_day = entry("Moved", "", HOME + "new", published=day(2))
    assert matches(resolved([other_day], [known(1, before)])) == {"Moved": 0}


def test_a_guid_that_comes_late_does_not_make_a_known_item_new() -> None:
    assert matches(resolved([A], [known(1, entry("Bridge opens", "", HOME + "bridge"))])) == {
        "Bridge opens": 1
    }


def test_a_present_holder_of_a_key_comes_before_a_former_one() -> None:
    once, now = known(1, B, A), known(2, A)
    assert matches(resolved([A], [once, now])) == {"Bridge opens": 2}


def test_of_several_equal_holders_of_a_key_the_oldest_is_matched() -> None:
    assert matches(resolved([A], [known(2, A), known(1, A)])) == {"Bridge opens": 1}


# ---- said twice in one document


def test_one_guid_and_address_twice_is_one_entry_the_latest_in_any_order() -> None:
    old = entry("Draft", "g1", HOME + "bridge", updated=day(1))
    new = entry("Final", "g1", HOME + "bridge", updated=day(2))
    for order in ([old, new], [new, old]):
        found = resolved(order)
        assert matches(found) == {"Final": 0}
        assert found.superseded == (old.digest,)


def test_entries_that_say_the_same_without_dates_come_to_the_same_in_any_order() -> None:
    one, two = entry("One", "g1", HOME + "x"), entry("Two", "g1", HOME + "x")
    assert matches(resolved([one, two])) == matches(resolved([two, one]))


@pytest.mark.parametrize(("updated", "expected"), [(day(1), {}), (day(3), {"Other": 1})])
def test_an_older_double_of_an_entry_that_still_stands_changes_nothing(
    updated: str, expected: dict[str, int]
) -> None:
    standing = known(1, entry("Bridge opens", "g1", HOME + "bridge", updated=day(2)), listed=True)
    double = entry("Other", "g1", HOME + "bridge", updated=updated)
    assert matches(resolved([double], [standing], listed=2)) == expected


def test_an_older_double_without_address_changes_nothing_either() -> None:
    standing = known(1, entry("Bridge opens", "g1", HOME + "bridge", updated=day(2)), listed=True)
    found = resolved([entry("Other", "g1", updated=day(1))], [standing], listed=2)
    assert (matches(found), len(found.superseded)) == ({}, 1)


def test_an_undated_double_of_an_entry_that_still_stands_changes_nothing() -> None:
    one, two = entry("One", "g1", HOME + "x"), entry("Two", "g1", HOME + "x")
    for before, after in ((one, two), (two, one)):
        assert matches(resolved([after], [known(1, before, listed=True)], listed=2)) == {}


def test_a_double_dated_in_the_future_does_not_take_turns_with_the_entry_that_stands() -> None:
    later = entry("Later", "g1", HOME + "bridge", updated="2026-08-01T00:00:00Z")
    assert matches(resolved([later], [known(1, A, listed=True)], listed=2)) == {}


def test_an_entry_without_guid_is_not_an_item_with_a_guid_at_its_address() -> None:
    guided, bare = entry("With", "g1", HOME + "x"), entry("Without", "", HOME + "x")
    assert matches(resolved([guided, bare], [known(1, guided), known(2, bare)])) == {"With": 1, "Without": 2}
    assert matches(resolved([guided, bare], [known(1, guided)])) == {"With": 1, "Without": 0}


@pytest.mark.parametrize("edited", ["g1", "g2"])
def test_another_holder_of_a_key_is_matched_when_the_first_is_taken(edited: str) -> None:
    both = known(1, entry("Bridge opens", "g1")), known(2, entry("Bridge opens", "g2"))
    found = resolved([entry("Bridge opens"), entry("Bridge opens", edited, body="<p>Edited.</p>")], both)
    other, itself = {"g1": (2, 1), "g2": (1, 2)}[edited]
    assert {item.guid: old.number for item, old in found.known} == {"": other, edited: itself}


def test_an_entry_in_the_place_of_a_known_item_does_not_hide_its_former_title() -> None:
    before = entry("School closes", "", HOME)
    entries = [entry("Bridge opens", "", HOME), entry("School closes")]
    assert matches(resolved(entries, [known(1, before)])) == {"Bridge opens": 1, "School closes": 0}


def test_an_item_under_its_present_and_its_former_name_is_one() -> None:
    former = entry("Bridge opens", "g0", HOME + "bridge")
    for order in permutations([A, former]):
        found = resolved(order, [known(1, A, former)])
        assert [(item.guid, old.number) for item, old in found.known] == [("g1", 1)]
        assert (found.new, found.superseded) == ((), (former.digest,))
    assert matches(resolved([former], [known(1, A, former, listed=True)], listed=2)) == {}


# ---- guids given to several


def test_a_guid_with_different_addresses_names_nothing_in_any_order() -> None:
    entries = [entry(f"Release {n}", "same", f"{HOME}{n}") for n in range(3)]
    for order in permutations(entries):
        found = resolved(order)
        assert (found.mode, matches(found)) == (
            Mode.GUID_LINK,
            {"Release 0": 0, "Release 1": 0, "Release 2": 0},
        )


def test_a_guid_given_to_a_second_entry_beside_one_that_was_read_before_names_nothing() -> None:
    first, second = entry("First", "same", HOME + "1"), entry("Second", "same", HOME + "2")
    found = resolved([second], [known(1, first, listed=True)], listed=2)
    assert (found.mode, matches(found)) == (Mode.GUID_LINK, {"Second": 0})


def test_a_mode_is_never_left_again() -> None:
    for mode in (Mode.GUID_LINK, Mode.TITLE_DAY):
        assert resolved([A], [known(1, A)], mode).mode is mode


def test_where_guids_name_nothing_a_new_address_under_a_guid_of_its_own_is_known() -> None:
    moved = entry("Bridge opens", "g1", HOME + "new")
    assert matches(resolved([moved], [known(1, A)], Mode.GUID_LINK)) == {"Bridge opens": 1}


def test_where_guids_name_nothing_a_series_of_one_title_stays_apart() -> None:
    first, second = known(1, report(1, "same", HOME + "1")), known(2, report(2, "same", HOME + "2"))
    third = report(3, "same", HOME + "3")
    assert matches(resolved([third], [first, second], Mode.GUID_LINK)) == {"Situation report": 0}


# ---- addresses given to several


def test_entries_without_guid_that_all_link_to_one_page_are_told_by_title_and_day() -> None:
    entries = [entry(f"Essay {n}", "", HOME) for n in range(4)]
    found = resolved(entries)
    assert (found.mode, len(found.new)) == (Mode.TITLE_DAY, 4)


def test_two_entries_without_guid_at_one_address_are_two_releases_when_their_titles_differ() -> None:
    found = resolved([entry("One", "", HOME), entry("Two", "", HOME), B])
    assert (found.mode, len(found.new)) == (Mode.TITLE_DAY, 3)


def test_one_guid_and_one_address_for_a_whole_document_name_nothing() -> None:
    entries = [entry(f"Essay {n}", "same", HOME) for n in range(3)]
    assert (resolved(entries).mode, len(resolved(entries).new)) == (Mode.TITLE_DAY, 3)
    assert (resolved(entries[:2]).mode, len(resolved(entries[:2]).new)) == (Mode.NORMAL, 1)


def test_a_series_with_one_title_and_address_is_told_by_day() -> None:
    found = resolved([report(n) for n in (3, 2, 1)])
    assert (found.mode, len(found.new)) == (Mode.TITLE_DAY, 3)


def test_all_links_equal_do_no_harm_where_guids_differ() -> None:
    entries = [entry(f"Essay {n}", f"g{n}", HOME) for n in range(4)]
    found = resolved(entries, [known(9, entries[3])])
    assert (found.mode, len(found.new), matches(found)["Essay 3"]) == (Mode.NORMAL, 3, 9)


def test_the_next_of_a_series_is_new_where_all_share_title_and_address() -> None:
    first, second = known(1, report(1, "g1")), known(2, report(2, "g2"))
    assert matches(resolved([report(3, "g3")], [first, second])) == {"Situation report": 0}
    assert matches(resolved([report(8)], [known(1, report(1)), known(2, report(2))], Mode.TITLE_DAY)) == {
        "Situation report": 0
    }


def test_a_guid_with_another_title_and_no_link_is_an_edit() -> None:
    assert matches(resolved([entry("Bridge closed", "g1")], [known(1, entry("Bridge open", "g1"))])) == {
        "Bridge closed": 1
    }


# ---- rotated guids


def given_rotated(entries: list[Entry]) -> list[Entry]:
    return [entry(each.title.value, f"new-{each.guid}", each.link) for each in entries]


def test_a_rotated_guid_is_the_same_item() -> None:
    found = resolved(given_rotated([A]), [known(1, A)])
    assert matches(found) == {"Bridge opens": 1}


def test_all_guids_of_a_feed_may_rotate_at_once() -> None:
    found = resolved(given_rotated([A, B, C]), [known(1, A), known(2, B), known(3, C)])
    assert matches(found) == {"Bridge opens": 1, "School closes": 2, "Harbour grows": 3}


def test_all_guids_may_rotate_where_all_link_to_one_page_with_the_same_texts() -> None:
    old = [entry(f"Essay {n}", f"g{n}", HOME, published=day(n)) for n in (1, 2, 3)]
    new = [entry(f"Essay {n}", f"h{n}", HOME, published=day(n)) for n in (1, 2, 3)]
    remembered = [known(n, each) for n, each in zip((1, 2, 3), old, strict=True)]
    assert matches(resolved(new, remembered)) == {"Essay 1": 1, "Essay 2": 2, "Essay 3": 3}


def test_a_guid_whose_old_one_still_stands_is_another_item() -> None:
    (rotated,) = given_rotated([A])
    assert matches(resolved([rotated], [known(1, A, listed=True)], listed=2)) == {"Bridge opens": 0}
    both = resolved([A, rotated], [known(1, A)])
    assert ([old.number for _, old in both.known], [item.guid for item in both.new]) == ([1], ["new-g1"])


def test_two_that_could_be_one_are_none() -> None:
    rotated = [entry("Bridge opens", guid, HOME + "bridge") for guid in ("h1", "h2")]
    assert len(resolved(rotated, [known(1, A)]).new) == 2
    assert len(resolved(rotated[:1], [known(1, A), known(2, entry("Bridge opens", "g9", A.link))]).new) == 1


def test_two_that_say_the_same_as_one_that_is_gone_are_both_new() -> None:
    old = entry("Notice", "g1", HOME, published=day(1))
    two = [entry("Notice", guid, HOME, published=day(1)) for guid in ("h1", "h2")]
    assert len(resolved(two, [known(1, old)]).new) == 2


def test_another_title_at_the_same_address_under_a_new_guid_is_another_release() -> None:
    assert matches(resolved([entry("Bridge closes", "g9", HOME + "bridge")], [known(1, A)])) == {
        "Bridge closes": 0
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://ministry.example/?p=7", "https://ministry.example/?p=7"),
        ("https://old.example/news/7", "https://www.ministry.example/news/7"),
    ],
)
def test_a_guid_in_another_scheme_or_at_another_host_is_the_same_item(before: str, after: str) -> None:
    old, new = entry("Bridge opens", before, before), entry("Bridge opens", after, after)
    assert matches(resolved([new], [known(1, old)])) == {"Bridge opens": 1}


# ---- names that are used again


def test_swapped_guids_leave_each_release_matched() -> None:
    one = entry(A.title.value, B.guid, A.link)
    two = entry(B.title.value, A.guid, B.link)
    for order in ([one, two], [two, one]):
        assert matches(resolved(order, [known(1, A), known(2, B)])) == {"Bridge opens": 1, "School closes": 2}


def test_guids_that_count_places_in_the_document_lose_no_release() -> None:
    entries = [entry("Newest", "g1", HOME + "newest"), entry("Bridge opens", "g2", A.link)]
    remembered = [known(1, A), known(2, B)]
    for order in permutations(entries):
        assert matches(resolved(order, remembered)) == {"Newest": 0, "Bridge opens": 1}


def test_a_guid_used_again_for_another_release_loses_neither() -> None:
    renamed = entry("Bridge opens", "g9", A.link)
    stranger = entry("Harbour grows", "g1", HOME + "harbour")
    assert matches(resolved([renamed, stranger], [known(1, renamed, A)])) == {
        "Bridge opens": 1,
        "Harbour grows": 0,
    }
    listed = known(1, renamed, A, listed=True)
    assert matches(resolved([stranger], [listed], listed=2)) == {"Harbour grows": 0}
    at_its_place = entry("Bridge closes", "g1", A.link)
    assert matches(resolved([at_its_place], [listed], listed=2)) == {"Bridge closes": 0}


def test_a_retitled_and_moved_entry_equal_to_a_listed_one_stays_itself() -> None:
    copy = entry(A.title.value, B.guid, A.link)
    assert matches(resolved([copy], [known(1, A, listed=True), known(2, B)], listed=2)) == {"Bridge opens": 2}
    whole = resolved([A, copy], [known(1, A), known(2, B)])
    assert sorted(old.number for _, old in whole.known) == [1, 2]


def test_every_entry_comes_out_once_as_known_new_or_double() -> None:
    items = said(A, B, C)
    found = resolved([A, B, C], [known(1, A)])
    assert {item.guid for item in items} == {
        *(item.guid for item in found.new),
        *(item.guid for item, _ in found.known),
    }
    assert items[0].key(KeyKind.GUID) is not None


# ---- one address for all


TOOLS = "https://tools.example/"


def release(number: int, guid: str, link: str = TOOLS) -> Entry:
    return entry(f"Release 1.{number}", guid, link, published=day(number + 1))


SHARED_GUIDS = [release(0, "aa"), release(1, "bb"), release(2, "bb"), release(3, "cc")]


@pytest.mark.parametrize(
    "entries",
    [
        SHARED_GUIDS,
        [release(number, "same") for number in range(4)],
        [release(0, "aa"), release(1, "aa"), release(2, "bb"), release(3, "bb")],
        [release(number, "same", link="") for number in range(4)],  # no address at all
        [release(0, "aa", ""), release(1, "bb", ""), release(2, "bb", ""), release(3, "cc", "")],
        [release(0, ""), release(1, "bb"), release(2, "bb"), release(3, "cc")],
        [release(0, ""), release(1, ""), release(2, "bb"), release(3, "cc")],
        [report(1, "aa"), report(2, "bb"), report(3, "bb")],  # one title on several days
        [entry("One", "bb", TOOLS), entry("Two", "bb", TOOLS), entry("Three", "cc", TOOLS)],  # undated
        # a guid with several addresses beside an address of several releases without one
        [release(0, "aa"), release(1, "aa", HOME), release(2, "", HOME + "x"), release(3, "", HOME + "x")],
    ],
)
@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.GUID_LINK])
def test_every_entry_is_kept_though_some_share_a_guid_and_all_share_one_link(
    entries: list[Entry], mode: Mode
) -> None:
    for order in (entries, entries[::-1]):
        found = resolved(order, mode=mode)
        assert (len(found.new), found.superseded) == (len(entries), ())


def test_without_guids_one_title_on_two_days_with_two_texts_is_two_releases() -> None:
    page = "https://ministry.example/news"
    first, second = (
        entry("Weekly", "", page, published=iso(NOON - n * DAY), body=f"<p>{n}</p>") for n in (7, 0)
    )
    assert len(resolved([second, first]).new) == 2
    assert len(resolved([second, replace(first, content=second.content)]).new) == 1
    assert len(resolved([second, replace(first, published=second.published)]).new) == 1


def test_an_entry_that_shares_its_guid_with_a_known_one_is_new_as_the_document_grows() -> None:
    stored: list[Known] = []
    mode = Mode.NORMAL
    for number, newest in enumerate(SHARED_GUIDS, 1):
        found = resolved([newest], stored, mode, listed=number)
        assert [item.title for item in found.new] == [newest.title.value]
        stored, mode = [*stored, known(number, newest, listed=True)], found.mode


def test_two_states_of_one_entry_are_one_where_other_entries_have_addresses_of_their_own() -> None:
    found = resolved([release(0, "aa"), release(1, "aa"), release(2, "bb", HOME)])
    assert (found.mode, sorted(item.title for item in found.new)) == (
        Mode.NORMAL,
        ["Release 1.1", "Release 1.2"],
    )


@pytest.mark.parametrize(
    ("more", "is_prolonged"),
    [
        ({}, True),
        ({"is_outdated": True}, False),  # its own entry is read anew
        ({"unsettled": b"1"}, False),
        ({"reinstated": True}, False),
        ({"listed": False, "updated": NOON + 30 * DAY}, False),
    ],
)
def test_a_second_entry_for_a_held_item_prolongs_its_embargo(
    more: dict[str, object], is_prolonged: bool
) -> None:
    held, other = (
        entry(title, "g1", A.link, published=iso(NOON + days * DAY))
        for title, days in (("One", 22), ("Two", 25))
    )
    stored = {"state": State.HELD, "dated": True, "listed": True, "release": NOON + 22 * DAY, **more}
    found = resolved([other], [known(7, held, **stored)], listed=2)  # type: ignore[arg-type]
    prolonged = [(item.title, item.claimed) for item, _ in found.known]
    assert (prolonged == [("One", NOON + 25 * DAY)]) is is_prolonged
