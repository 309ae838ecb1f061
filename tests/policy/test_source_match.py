"""Which stored source a configured one is: every combination of id, feed, organisation and domains."""

from itertools import permutations, product

import pytest
from msgspec.structs import replace

from aggregator.model.poll import Doubt, Relocation
from aggregator.model.schedule import Due
from aggregator.model.settings import Source
from aggregator.policy.source_match import CONTRADICTED, Match, StoredSource, agreement, match, question
from tests.given import NOON, source

MINISTRY = source("ministry")
OTHER_FEED = "https://other.example/feed.xml"
SAME, ASKED, NEW = "same", "asked", "new"


def stored(of: Source, number: int = 1, *, configured: bool = True, **more: object) -> StoredSource:
    """A source as the store has it."""
    plain = StoredSource(number, of, configured, Due(NOON), 0, "", Relocation())
    return replace(plain, **more)  # the caller names fields of StoredSource


def outcome(found: Match) -> str:
    """The kind of a match."""
    return ASKED if found.doubt.former else SAME if found.present else NEW


def of_items(same: int, former: int = 1, number: int = 2, **more: object) -> StoredSource:
    """The provisional source `office`, whose document lists items of the source `same`."""
    doubt = Doubt(former, "ministry", MINISTRY.feed, OTHER_FEED, same=same, is_read=True)
    return stored(source("office", feed=OTHER_FEED), number, doubt=replace(doubt, **more))


# ---- the same feed


@pytest.mark.parametrize(
    ("name", "organisation", "domains", "configured"),
    [*product(("ministry", "office"), ("Ministry", "Office", ""), ("ministry", "office"), (True, False))],
)
def test_the_same_feed_is_the_same_source_whatever_else_changes(
    name: str, organisation: str, domains: str, *, configured: bool
) -> None:
    edited = replace(MINISTRY, id=name, organisation=organisation, domains=(f"{domains}.example",))
    known = stored(MINISTRY, configured=configured)
    assert match([edited], [known]) == (Match(edited, known),)


@pytest.mark.parametrize(
    "feed", ["http://ministry.example/feed.xml", "https://www.ministry.example/feed.xml", OTHER_FEED]
)
def test_another_scheme_www_and_the_adopted_target_are_the_same_feed(feed: str) -> None:
    edited = source("office", feed=feed)
    known = stored(MINISTRY, relocation=Relocation(at=OTHER_FEED))
    assert match([edited], [known]) == (Match(edited, known),)


@pytest.mark.parametrize("order", [*permutations("abc")])
def test_exchanged_chained_and_rotated_ids_follow_their_feeds(order: tuple[str, ...]) -> None:
    known = [stored(source(name), number) for number, name in enumerate("abc", 1)]
    edited = [
        replace(each.known, id=name, organisation=name) for each, name in zip(known, order, strict=True)
    ]
    for configured in permutations(edited):
        found = {each.source.feed: each.present for each in match(configured, known)}
        assert found == {each.known.feed: each for each in known}


def test_the_former_id_of_a_renamed_source_belongs_to_a_new_one() -> None:
    renamed, taking = replace(MINISTRY, id="office"), source("ministry", feed=OTHER_FEED)
    for configured in permutations([renamed, taking]):
        assert {each.source.id: outcome(each) for each in match(configured, [stored(MINISTRY)])} == {
            "office": SAME,
            "ministry": NEW,
        }


def test_of_several_stored_sources_with_one_feed_the_configured_one_is_meant_then_that_with_the_id() -> None:
    one, two = stored(MINISTRY, 1, configured=False), stored(replace(MINISTRY, id="two"), 2)
    for known in permutations([one, two]):
        assert match([MINISTRY], known)[0].present == two
    two = replace(two, configured=False)
    for known in permutations([one, two]):
        assert match([MINISTRY], known)[0].present == one


# ---- the same id with another feed


@pytest.mark.parametrize(
    ("organisation", "domains", "expected"),
    [
        ("Ministry", "ministry", SAME),
        ("MINISTRY", "other", SAME),
        ("", "ministry", SAME),
        ("", "other", ASKED),
        ("Office", "ministry", ASKED),
        ("Office", "other", ASKED),
    ],
)
@pytest.mark.parametrize("configured", [True, False])
def test_a_known_id_with_another_feed_is_a_move_only_if_something_else_agrees(
    organisation: str, domains: str, expected: str, *, configured: bool
) -> None:
    edited = replace(MINISTRY, feed=OTHER_FEED, organisation=organisation, domains=(f"{domains}.example",))
    known = stored(MINISTRY, configured=configured)
    (found,) = match([edited], [known])
    assert (outcome(found), found.present) == (expected, known)
    if expected == ASKED:
        assert found.doubt == Doubt(1, "ministry", MINISTRY.feed, OTHER_FEED)


def test_the_target_of_a_relocation_under_the_same_id_is_a_move() -> None:
    edited = source("ministry", feed=OTHER_FEED, organisation="Office", domains=("other.example",))
    known = stored(MINISTRY, relocation=Relocation(seen=OTHER_FEED))
    assert match([edited], [known]) == (Match(edited, known),)


@pytest.mark.parametrize(
    ("doubt", "expected"),
    [
        ({}, ASKED),
        ({"is_read": True}, ASKED),
        ({"is_read": True, "same": 1}, SAME),
        ({"is_read": True, "is_answered": True}, NEW),
        ({"is_answered": True, "same": 1}, SAME),
        ({"is_answered": True, "same": 9}, ASKED),
    ],
)
def test_a_doubt_about_an_id_ends_with_the_items_of_its_document_or_the_answer(
    doubt: dict[str, object], expected: str
) -> None:
    edited = source("ministry", feed=OTHER_FEED, organisation="Office", domains=("other.example",))
    asked = replace(Doubt(1, "ministry", MINISTRY.feed, OTHER_FEED), **doubt)
    known = stored(replace(MINISTRY, feed=OTHER_FEED), doubt=asked)
    (found,) = match([edited], [known])
    assert (outcome(found), found.doubt) == (expected, asked if expected == ASKED else Doubt())
    elsewhere = replace(edited, feed="https://third.example/feed")
    (found,) = match([elsewhere], [known])
    assert found.doubt == Doubt(1, "ministry", MINISTRY.feed, elsewhere.feed)
    assert outcome(match([MINISTRY], [known])[0]) == SAME


# ---- another id with another feed


@pytest.mark.parametrize(
    ("organisation", "domains", "dropped", "removed"),
    [
        ("Ministry", "ministry", ASKED, ASKED),
        ("Ministry", "other", ASKED, NEW),
        ("", "ministry", ASKED, NEW),
        ("", "other", ASKED, NEW),
        ("Office", "ministry", NEW, NEW),
        ("Office", "other", NEW, NEW),
    ],
)
def test_id_and_feed_in_one_edit_are_asked_about_where_something_else_agrees(
    organisation: str, domains: str, dropped: str, removed: str
) -> None:
    edited = source("new", feed=OTHER_FEED, organisation=organisation, domains=(f"{domains}.example",))
    for configured, expected in ((True, dropped), (False, removed)):
        (found,) = match([edited], [stored(MINISTRY, configured=configured)])
        assert (outcome(found), found.present) == (expected, None)
        if expected == ASKED:
            assert found.doubt == Doubt(1, "ministry", MINISTRY.feed, OTHER_FEED)
    assert outcome(match([MINISTRY, edited], [stored(MINISTRY)])[1]) == NEW


@pytest.mark.parametrize(
    ("organisation", "domains", "same", "expected"),
    [
        ("Ministry", "ministry", 1, SAME),
        ("", "ministry", 1, SAME),
        ("", "other", 1, ASKED),
        ("Office", "other", 1, ASKED),
        ("Ministry", "ministry", 0, ASKED),
        ("", "ministry", 0, ASKED),
        ("", "other", 0, NEW),
        ("Ministry", "other", 9, ASKED),
    ],
)
def test_the_items_of_a_document_decide_only_with_organisation_or_domains(
    organisation: str, domains: str, same: int, expected: str
) -> None:
    edited = source("office", feed=OTHER_FEED, organisation=organisation, domains=(f"{domains}.example",))
    provisional, former = of_items(same), stored(MINISTRY, configured=False)
    (found,) = match([edited], [former, provisional])
    assert outcome(found) == (SAME if expected == NEW else expected)
    assert found.present == (former if expected == SAME else provisional)


def test_the_items_tell_which_of_several_removed_sources_it_is() -> None:
    archive = stored(source("archive", organisation="Ministry"), 3, configured=False)
    edited = source("office", feed=OTHER_FEED, organisation="Ministry")
    known = [stored(MINISTRY, configured=False), of_items(3), archive]
    assert match([edited], known) == (Match(edited, archive),)


def test_an_answer_decides_for_good() -> None:
    edited = source("office", feed=OTHER_FEED, organisation="Ministry")
    former = stored(MINISTRY, configured=False)
    new = of_items(0, is_answered=True)
    assert match([edited], [former, new]) == (Match(edited, new),)
    assert match([edited], [former, of_items(1, is_answered=True)]) == (Match(edited, former),)


def test_two_new_sources_are_never_the_same_stored_one() -> None:
    one, two = (source(name, feed=f"https://{name}.example/", organisation="Ministry") for name in "ab")
    assert [outcome(each) for each in match([one, two], [stored(MINISTRY)])] == [ASKED, NEW]


# ---- agreement


@pytest.mark.parametrize(
    ("edited", "known", "expected"),
    [
        (source("a"), stored(source("a")), 2),
        (source("a", domains=("sub.a.example",)), stored(source("a")), 2),
        (source("a"), stored(source("a", domains=("sub.a.example",))), 2),
        (source("a"), stored(source("b", organisation=""), title="A"), 1),
        (source("a"), stored(source("b", organisation=""), title="Bulletin"), 0),
        (source("a"), stored(source("b", domains=("a.example",))), CONTRADICTED),
    ],
)
def test_agreement_counts_organisation_and_domains(
    edited: Source, known: StoredSource, expected: int
) -> None:
    assert agreement(edited, known) == expected


def test_the_question_names_both_choices_with_their_commands() -> None:
    asked = question("office", Doubt(1, "ministry", "https://user:secret@ministry.example/feed?key=1"))
    assert "publicwire identify office --same ministry" in asked
    assert "publicwire identify office --new" in asked
    assert "secret" not in asked and "key=1" not in asked
    assert "polled at file:///srv/feed.xml. `" in question(
        "office", Doubt(1, "ministry", "file:///srv/feed.xml")
    )
