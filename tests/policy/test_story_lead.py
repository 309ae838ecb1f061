"""Story lead: channels of an item, and the one member of a story that each channel shows."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from aggregator.policy.story_lead import (
    ALL,
    Member,
    MembershipChanges,
    channel_names,
    entering,
    is_shared,
    lead,
    settle,
)


def member(number: int, **more: object) -> Member:
    """A member in the merged channel alone, whose link is in a foreign domain."""
    plain = Member(
        number=number,
        source=f"source-{number}",
        url="https://wire.example/bridge",
        language="",
        backlog=False,
        topics=(),
        domains=(f"source-{number}.example",),
        priority=0,
        fingerprint=b"same",
    )
    return replace(plain, **more)  # the caller names fields of Member


def at_home(number: int, **more: object) -> Member:
    return member(number, url=f"https://source-{number}.example/bridge", **more)


# ---- channels


@pytest.mark.parametrize(
    ("item", "names"),
    [
        (member(1), (ALL, "sources/source-1")),
        (member(1, language="en-GB"), (ALL, "sources/source-1", "languages/en")),
        (member(1, language="DE"), (ALL, "sources/source-1", "languages/de")),
        (
            member(1, topics=("law", "health"), language="fr"),
            (ALL, "sources/source-1", "topics/law", "topics/health", "languages/fr"),
        ),
        (member(1, topics=("law",), language="fr", backlog=True), ("sources/source-1",)),
    ],
)
def test_an_item_belongs_to_all_its_channels_and_backlog_to_its_sources_alone(
    item: Member, names: tuple[str, ...]
) -> None:
    assert channel_names(item) == names


def test_an_item_enters_no_shared_channel_that_shows_its_story() -> None:
    shown = {ALL: {2}, "topics/law": {1}, "sources/source-1": {2}}
    itself, others = member(1, topics=("law", "health")), [member(2), member(1)]
    entered = entering(itself, others, shown)
    assert entered == ("sources/source-1", "topics/law", "topics/health")


def test_every_channel_but_that_of_one_source_is_shared() -> None:
    shared = {name: is_shared(name) for name in (ALL, "topics/law", "languages/en", "sources/source-1")}
    assert shared == {ALL: True, "topics/law": True, "languages/en": True, "sources/source-1": False}


# ---- lead


def test_a_member_at_home_leads_then_priority_then_age() -> None:
    home, first, weighty = at_home(9), member(1), member(5, priority=7)
    for order in permutations([first, weighty, home]):
        assert lead(order) is home
    assert lead([first, weighty]) is weighty
    assert lead([member(2), first]) is first


@pytest.mark.parametrize(
    ("url", "is_home"),
    [
        ("https://example.int/a", True),
        ("https://Press.EXAMPLE.int:8443/a", True),
        ("https://badexample.int/a", False),
        ("https://example.int.evil.com/a", False),
        ("https:///a", False),
        ("", False),
    ],
)
def test_a_domain_is_home_to_its_own_hosts_only(url: str, is_home: bool) -> None:
    older, candidate = member(1), member(2, url=url, domains=("other.example", "example.int"))
    assert lead([older, candidate]) is (candidate if is_home else older)


# ---- settle


def test_a_story_without_a_member_shown_has_its_lead_enter_each_channel() -> None:
    one, two = member(1, topics=("law",)), at_home(2, topics=("law", "health"), language="en")
    assert settle([one, two], {}) == MembershipChanges(
        {2: (ALL, "topics/law", "topics/health", "languages/en")}
    )


def test_each_channel_is_led_by_a_member_that_belongs_to_it() -> None:
    one, two = member(1, topics=("law",)), at_home(2)
    assert settle([one, two], {}) == MembershipChanges({1: ("topics/law",), 2: (ALL,)})


def test_a_member_that_is_shown_stays_before_a_better_lead() -> None:
    assert settle([member(1), at_home(2)], {ALL: {1}}) == MembershipChanges({})


def test_a_shown_member_gives_way_to_the_one_at_whose_site_its_link_leads() -> None:
    home, copy = at_home(2), member(1, url="https://source-2.example/bridge")
    copy = replace(copy, fingerprint=b"nearly the same")
    taken = MembershipChanges({2: (ALL,)}, ((ALL, 1),))
    assert settle([copy, home], {ALL: {1}}) == taken
    assert settle([copy, home], {ALL: {1}}, newcomer=2) == taken
    copy = replace(copy, fingerprint=home.fingerprint)
    both = replace(copy, domains=("source-2.example",))
    assert settle([both, home], {ALL: {1}}) == MembershipChanges({})
    elsewhere = replace(home, url="https://wire.example/bridge")
    assert settle([copy, elsewhere], {ALL: {1}}) == MembershipChanges({})


def test_a_member_that_gives_way_stands_in_no_shared_channel() -> None:
    home = at_home(2, topics=("law",))
    copy = member(1, url="https://source-2.example/a", topics=("health",), language="en")
    shown = {ALL: {1}, "topics/health": {1}, "languages/en": {1}, "sources/source-1": {1}}
    gone = ((ALL, 1), ("topics/health", 1), ("languages/en", 1))
    assert settle([copy, home], shown) == MembershipChanges({2: (ALL, "topics/law")}, gone)
    assert entering(copy, [home], {}) == ("sources/source-1",)
    for fingerprint in (b"same", b"nearly the same"):
        entered = entering(home, [replace(copy, fingerprint=fingerprint)], shown)
        assert entered == ("sources/source-2", "topics/law")


def test_a_member_does_not_give_way_to_one_that_shared_channels_do_not_show() -> None:
    old, copy = at_home(2, backlog=True), member(1, url="https://source-2.example/a")
    assert settle([copy, old], {ALL: {1}}) == MembershipChanges({})
    assert entering(copy, [old], {}) == (ALL, "sources/source-1")


def test_members_that_say_different_things_are_not_shown_in_place_of_each_other() -> None:
    one, two, same = member(1), member(2, fingerprint=b"other"), member(3)
    assert settle([one, two, same], {}) == MembershipChanges({1: (ALL,), 2: (ALL,)})
    assert settle([one, two, same], {ALL: {3}}) == MembershipChanges({2: (ALL,)})
    assert entering(two, [one, same], {ALL: {1}}) == (ALL, "sources/source-2")
    assert entering(same, [one, two], {ALL: {1}}) == ("sources/source-3",)


def test_a_member_that_went_is_followed_by_the_next() -> None:
    assert settle([member(2), member(3)], {ALL: {1}}) == MembershipChanges({2: (ALL,)})


def test_a_story_without_visible_members_enters_nowhere() -> None:
    assert settle([], {ALL: {1}}) == MembershipChanges({})


def test_backlog_enters_no_shared_channel() -> None:
    assert settle([member(1, backlog=True)], {}) == MembershipChanges({})
    assert settle([member(1, backlog=True), member(2)], {}) == MembershipChanges({2: (ALL,)})


def test_a_newcomer_yields_to_the_member_shown_meanwhile() -> None:
    one, two = member(1, topics=("law",)), member(2)
    shown = {ALL: {1, 2}, "topics/law": {1}, "sources/source-1": {1}}
    assert settle([one, two], shown, newcomer=1) == MembershipChanges({}, ((ALL, 1),))


@pytest.mark.parametrize("newcomer", [None, 3])
def test_only_the_newcomer_leaves_a_channel(newcomer: int | None) -> None:
    assert settle([member(1), member(2)], {ALL: {1, 2}}, newcomer=newcomer) == MembershipChanges({})


def test_a_newcomer_shown_alone_stays() -> None:
    assert settle([member(1), member(2)], {ALL: {1}}, newcomer=1) == MembershipChanges({})


# ---- members that say more or less than the one shown


def test_a_member_is_not_shown_beside_the_one_that_stands_for_it() -> None:
    one, behind = member(1, fingerprint=b"one"), member(2, fingerprint=b"two", says=b"one")
    assert ALL not in entering(behind, [one, behind], {ALL: {1}})
    assert ALL in entering(behind, [behind], {})
    assert settle([one, behind], {ALL: {1, 2}}) == MembershipChanges({}, ((ALL, 2),))
    assert settle([one, behind], {ALL: {2}}) == MembershipChanges({1: (ALL,)}, ((ALL, 2),))
    assert settle([one, behind], {}) == MembershipChanges({1: (ALL,)})


def test_members_behind_one_that_is_gone_are_each_shown() -> None:
    behind = [member(number, fingerprint=bytes([number]), says=b"one") for number in (2, 3)]
    assert settle(behind, {}) == MembershipChanges({2: (ALL,), 3: (ALL,)})


def test_a_member_behind_one_that_is_itself_behind_another_is_shown() -> None:
    """The two were not compared."""
    first = member(1, fingerprint=b"one")
    second = member(2, fingerprint=b"two", says=b"one")
    third = member(3, fingerprint=b"three", says=b"two")
    assert settle([first, second, third], {}) == MembershipChanges({1: (ALL,), 3: (ALL,)})
