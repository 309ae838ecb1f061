"""Contract of every storage engine: what waits at the desk, sessions, links that veto an item."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import UsageError
from aggregator.model.amendment import Amendment
from aggregator.model.decision import Pairing, Trigger
from aggregator.model.desk import VetoLink, Waiting, WaitingPage
from aggregator.model.settings import Quarantine
from aggregator.model.user import Role, Session, User
from aggregator.policy.amendments import amended
from aggregator.policy.lifecycle import amend, step
from aggregator.policy.sessions import AGE_MAX, IDLE_MAX, opened
from aggregator.policy.story_decisions import apart
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, all_items, entry, iso, titles
from tests.storage.given import again, given_origin, given_story, move

FOREIGN = '<p><a href="https://elsewhere.example/">elsewhere</a></p>'
ANA = User("Ana", Role.EDITOR, "$argon2id$one")


def waiting(storage: Storage) -> dict[Waiting, list[str]]:
    found = {of: titles(storage.desk.waiting(of, 10).items) for of in Waiting}
    return {of: names for of, names in found.items() if names}


def test_each_held_item_is_in_one_list_by_why_it_is_held(storage: Storage) -> None:
    given_origin(storage, "reviewed", review=True).says(entry("To review", "a"))
    given_origin(storage, "linked", quarantine=Quarantine.FOREIGN_LINKS).says(
        entry("Linked", "b", "https://linked.example/b", body=FOREIGN)
    )
    given_origin(storage, "vetoed", veto=2 * HOUR).says(entry("In its window", "c"))
    given_origin(storage, "dated").says(
        entry("Tomorrow", "d", published=iso(NOON + DAY)), entry("Live", "e"), entry("Stopped", "f")
    )
    stopped = next(each for each in all_items(storage) if each.item.title == "Stopped")
    move(storage, stopped, Trigger.HOLD)
    assert waiting(storage) == {
        Waiting.REVIEW: ["To review"],
        Waiting.QUARANTINE: ["Linked"],
        Waiting.VETO: ["In its window"],
        Waiting.EMBARGO: ["Tomorrow"],
        Waiting.HELD: ["Stopped"],
    }
    assert storage.desk.counts() == {
        **dict.fromkeys((Waiting.REVIEW, Waiting.QUARANTINE, Waiting.VETO, Waiting.EMBARGO, Waiting.HELD), 1),
        Waiting.VERSIONS: 0,
    }


def test_a_list_is_read_page_by_page_newest_first(storage: Storage) -> None:
    given_origin(storage, review=True).says(*(entry(f"No. {n}", str(n)) for n in range(5)))
    everything = titles(storage.desk.waiting(Waiting.REVIEW, 10).items)
    assert len(everything) == 5
    first = storage.desk.waiting(Waiting.REVIEW, 2)
    second = storage.desk.waiting(Waiting.REVIEW, 2, first.older)
    third = storage.desk.waiting(Waiting.REVIEW, 2, second.older)
    assert titles((*first.items, *second.items, *third.items)) == everything
    assert (len(first.items), len(third.items), third.older) == (2, 1, None)


def test_a_version_that_waits_and_an_amendment_in_conflict_are_listed(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(entry("Storm", "a"), entry("Calm", "b"))
    for each in all_items(storage):
        move(storage, each, Trigger.RELEASE)
    origin.says(entry("Storm over", "a"), entry("Calm", "b"))
    assert waiting(storage) == {Waiting.VERSIONS: ["Storm"]}
    for each in all_items(storage):
        made = amended(each, Amendment(headline=f"{each.item.title}, we say"))
        storage.acts.apply_transitions([amend(each, made, reason="", actor="Ana", at=NOON + HOUR)])
    assert Waiting.CONFLICTS not in waiting(storage)
    storm = next(each for each in all_items(storage) if each.item.title == "Storm")
    move(storage, storm, Trigger.RELEASE)
    assert waiting(storage) == {Waiting.CONFLICTS: ["Storm over"]}
    assert storage.desk.waiting(Waiting.CONFLICTS, 10, storm.number) == WaitingPage(looked=1)


def test_near_matches_of_an_item_are_of_other_sources_and_in_no_story_with_it(storage: Storage) -> None:
    lead, member = given_story(storage)
    storage.admin.pair(Pairing(lead.id, (member.id,), Trigger.SPLIT, "other bridges", "Ana", NOON + HOUR))
    assert [each.id for each in storage.desk.near(again(storage, lead))] == [member.id]
    assert storage.desk.near(replace(lead, number=10_000)) == ()


def test_items_that_may_be_one_story_are_suggested_until_it_is_decided(storage: Storage) -> None:
    words = (
        "the bridge over the estuary is open again to lorries and buses after nine months of careful work "
    )
    given_origin(storage, "ministry").says(
        entry(
            "Bridge open",
            "m1",
            body=f"<p>{words}by forty engineers.</p><p>{'Tolls stay as they are. ' * 9}</p>",
        )
    )
    agency = given_origin(storage, "agency")
    agency.says(entry("Calm seas", "a0"))
    agency.says(
        entry(
            "Bridge opened",
            "a1",
            body=f"<p>{words}by forty engineers.</p><p>{'Tolls rise tenfold. ' * 9}</p>",
        )
    )
    lead, _, other = all_items(storage)
    assert waiting(storage) == {Waiting.STORIES: ["Bridge opened"]}
    page = storage.desk.waiting(Waiting.STORIES, 10)
    assert ({number: titles(near) for number, near in page.near.items()}, page.looked) == (
        {other.number: ["Bridge open"]},
        3,
    )
    assert storage.desk.waiting(Waiting.STORIES, 10, other.number).items == ()
    decided = apart(other, lead, reason="other tolls", actor="Ana", at=NOON + HOUR)
    storage.admin.pair(decided)
    assert waiting(storage) == {}
    assert [[line.trigger for line in storage.items.audit(each.number)] for each in (lead, other)] == [
        [Trigger.SPLIT]
    ] * 2
    with pytest.raises(UsageError, match="of one source"):
        apart(lead, lead, reason="", actor="Ana", at=NOON)


def test_two_items_of_one_story_are_split_instead_of_kept_apart(storage: Storage) -> None:
    lead, member = given_story(storage)
    with pytest.raises(UsageError, match="are one story: split it"):
        apart(lead, member, reason="", actor="Ana", at=NOON)


def test_members_of_a_story_are_no_near_matches(storage: Storage) -> None:
    lead, member = given_story(storage)
    assert storage.desk.near(lead) == storage.desk.near(member) == ()


def test_a_session_is_found_by_the_digest_of_its_token_until_it_ends(storage: Storage) -> None:
    sessions, session = storage.sessions, opened(ANA, NOON)
    sessions.open(b"one", session)
    sessions.open(b"two", session)
    sessions.touch(b"one", NOON + HOUR)
    assert sessions.find(b"one") == replace(session, seen=NOON + HOUR)
    assert sessions.find(b"other") is None
    sessions.end(b"one")
    assert (sessions.find(b"one"), sessions.find(b"two")) == (None, session)
    sessions.end_all("Ana")
    assert sessions.find(b"two") is None


@pytest.mark.parametrize("later", [IDLE_MAX, AGE_MAX])
def test_expired_sessions_are_dropped_when_another_begins(storage: Storage, later: timedelta) -> None:
    old = opened(ANA, NOON)
    storage.sessions.open(b"old", old)
    if later is AGE_MAX:
        storage.sessions.touch(b"old", NOON + AGE_MAX)
    storage.sessions.open(b"new", Session("Jo", b"", NOON + later + MINUTE, NOON + later + MINUTE))
    assert storage.sessions.find(b"old") is None


def test_a_link_vetoes_an_item_in_its_window_once(storage: Storage) -> None:
    origin = given_origin(storage, veto=2 * HOUR)
    origin.says(entry("One", "a"), entry("Two", "b"))
    one, two = storage.desk.in_window("ministry", NOON, 5)
    links = [
        VetoLink(token, item.id, NOON + 2 * HOUR) for token, item in ((b"1", one), (b"2", one), (b"3", two))
    ]
    storage.desk.add_links(links, NOON)
    linked = storage.desk.linked(b"2", NOON)
    assert linked is not None
    assert linked.id == one.id
    storage.acts.apply_transitions([step(linked, Trigger.HOLD, reason="no", actor="link", at=NOON + MINUTE)])
    assert storage.desk.linked(b"1", NOON) is None  # no longer in its window
    storage.desk.drop_links(one.id)
    assert storage.desk.linked(b"2", NOON) is None
    assert storage.desk.linked(b"3", NOON + 2 * HOUR) is None  # expired
    assert storage.desk.linked(b"4", NOON) is None
    assert titles(storage.desk.in_window("ministry", NOON, 5)) == [again(storage, two).item.title]
    storage.desk.add_links([], NOON + 2 * HOUR)
    assert storage.desk.linked(b"3", NOON) is None  # dropped
    assert storage.desk.in_window("ministry", NOON + 2 * HOUR, 5) == ()
