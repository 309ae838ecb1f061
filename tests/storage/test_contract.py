"""What every store must do, whatever it is made of."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import LeaseLost, StorageError, StoreBusy, UsageError
from aggregator.model import ItemQuery, State, Stored, Totals, Transition, Validators
from aggregator.model.settings import Republish, Retention
from aggregator.policy.lifecycle import Trigger, step
from aggregator.storage import Storage, open_storage
from tests.given import DAY, HOUR, MINUTE, NOON, Origin, all_items, config, entry, failed, iso, source, titles


def given_origin(storage: Storage, name: str = "ministry", **settings: object) -> Origin:
    """A configured source, first import behind it, so that old items are no backlog."""
    of = source(name, **settings)
    known = [feed for feed in storage.feeds() if feed.configured and feed.id != name]
    storage.sync(config(*(source(feed.id, topics=feed.topics) for feed in known), of), NOON)
    origin = Origin(storage, of)
    origin.says(now=NOON - HOUR)
    return origin


def given_story(storage: Storage) -> tuple[Stored, Stored]:
    """One release by two organisations: the ministry leads, the agency joined it."""
    ministry, agency = source("ministry"), source("agency", domains=("ministry.example",))
    storage.sync(config(ministry, agency), NOON)
    body = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"
    for of, guid in ((ministry, "m1"), (agency, "a1")):
        origin = Origin(storage, of)
        origin.says(now=NOON - HOUR)
        origin.says(entry("Bridge open", guid, "https://ministry.example/bridge", body=body))
    lead, member = all_items(storage)
    return lead, member


def move(storage: Storage, stored: Stored, trigger: Trigger) -> None:
    storage.apply_transitions([step(stored, trigger, reason="test", actor="tester", at=NOON + MINUTE)])


def again(storage: Storage, stored: Stored) -> Stored:
    found = storage.find(stored.id)
    assert found is not None
    return found


# ---- sources


def test_a_new_source_is_due_at_once_and_claimed_once(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (claim,) = storage.claim(NOON, limit=10, lease=HOUR)
    assert (claim.id, claim.first_import, claim.failures) == ("ministry", True, 0)
    assert storage.claim(NOON, limit=10, lease=HOUR) == ()


def test_a_lease_that_ran_out_is_claimed_again_and_the_late_poll_is_refused(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (late,) = storage.claim(NOON, limit=1, lease=MINUTE)
    (claim,) = storage.claim(NOON + HOUR, limit=1, lease=HOUR)
    assert claim.token != late.token
    with pytest.raises(LeaseLost):
        storage.record(failed(late, NOON))
    assert storage.record(failed(claim, NOON + HOUR)).kind == "failed"


def test_a_poll_of_a_source_removed_meanwhile_writes_nothing(storage: Storage) -> None:
    origin = given_origin(storage)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.sync(config(), NOON)
    with pytest.raises(LeaseLost):
        origin.answers(claim, [entry("Too late", "g1")], NOON)
    assert all_items(storage) == ()


def test_a_poll_of_a_source_moved_meanwhile_writes_nothing(storage: Storage) -> None:
    origin = given_origin(storage)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.sync(config(replace(origin.source, feed="https://new.example/feed")), NOON)
    with pytest.raises(LeaseLost):
        origin.answers(claim, [entry("Too late", "g1")], NOON)


def test_claims_come_longest_due_first_and_only_as_many_as_asked(storage: Storage) -> None:
    storage.sync(config(source("b"), source("a")), NOON)
    storage.sync(config(source("b"), source("a"), source("c")), NOON - HOUR)
    assert [claim.id for claim in storage.claim(NOON, limit=2, lease=HOUR)] == ["c", "b"]
    assert storage.next_due() == NOON


def test_a_new_id_with_the_same_feed_is_a_rename(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Kept", "g1"))
    renamed = replace(origin.source, id="department")
    assert storage.sync(config(renamed), NOON) == ("ministry: renamed to department",)
    assert [item.source for item in all_items(storage)] == ["department"]
    assert titles(storage.select("sources/department")) == ["Kept"]
    assert Origin(storage, renamed).says(entry("Kept", "g1")).new == 0


def test_a_new_feed_with_the_same_id_is_a_move_that_keeps_keys_and_drops_validators(storage: Storage) -> None:
    origin = given_origin(storage)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.record(replace(failed(claim, NOON), validators=Validators("u", '"e"', "d"), body_digest=b"x"))
    origin.says(entry("Kept", "g1"))
    moved = replace(origin.source, feed="https://new.example/feed")
    assert storage.sync(config(moved), NOON) == ("ministry: moved to a new address",)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    assert (claim.feed, claim.validators, claim.body_digest, claim.seen) == (
        moved.feed,
        Validators(),
        b"",
        (),
    )
    storage.record(failed(claim, NOON))
    assert Origin(storage, moved).says(entry("Kept", "g1")).new == 0


def test_two_sources_may_swap_their_feeds(storage: Storage) -> None:
    one, two = source("one"), source("two")
    storage.sync(config(one, two), NOON)
    storage.sync(config(replace(one, feed=two.feed), replace(two, feed=one.feed)), NOON)
    assert {feed.id: feed.feed for feed in storage.feeds()} == {"one": two.feed, "two": one.feed}


def test_a_removed_source_stops_and_its_items_stay_until_it_is_back(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Stays", "g1"))
    assert storage.sync(config(), NOON) == ("ministry: no longer polled; what it published stays",)
    assert storage.claim(NOON + DAY, limit=1, lease=HOUR) == ()
    assert titles(storage.select("")) == ["Stays"]
    assert storage.sync(config(origin.source), NOON) == ("ministry: back in the configuration",)
    assert [claim.id for claim in storage.claim(NOON, limit=1, lease=HOUR)] == ["ministry"]


def test_an_old_name_taken_by_another_organisation_gives_its_items_other_ids(storage: Storage) -> None:
    given_origin(storage).says(entry("First", "g1"))
    storage.sync(config(source("archive", feed=source("ministry").feed)), NOON)
    other = source("ministry", feed="https://other.example/feed")
    storage.sync(config(source("archive", feed=source("ministry").feed), other), NOON)
    Origin(storage, other).says(entry("Second", "g1"))
    first, second = all_items(storage)
    assert len({first.id, second.id, first.public_id, second.public_id}) == 4


def test_a_shorter_interval_takes_effect_at_once(storage: Storage) -> None:
    origin = given_origin(storage, every=DAY)
    storage.sync(config(replace(origin.source, every=MINUTE)), NOON - HOUR)
    assert storage.next_due() == NOON - HOUR + MINUTE


def test_an_operator_makes_a_source_due_and_an_unknown_one_is_refused(storage: Storage) -> None:
    given_origin(storage)
    storage.poll_soon(["ministry"], NOON - DAY)
    assert storage.next_due() == NOON - DAY
    with pytest.raises(UsageError, match="nobody"):
        storage.poll_soon(["nobody"], NOON)


def test_who_asks_for_a_poll_while_one_runs_gets_another(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    storage.poll_soon(["ministry"], NOON + MINUTE)
    storage.record(failed(claim, NOON))
    assert [claim.id for claim in storage.claim(NOON + MINUTE, limit=1, lease=HOUR)] == ["ministry"]


def test_there_is_one_poller(storage: Storage) -> None:
    with storage.poller(), pytest.raises(StoreBusy, match="process"), storage.poller():
        pass
    with storage.poller():
        pass


def test_a_new_poller_clears_leases_and_due_times_nobody_asked_for(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    poll = failed(claim, NOON)
    far = NOON + timedelta(days=40_000)
    storage.record(replace(poll, due=far))
    with storage.poller():
        assert storage.next_due() != far
    storage.poll_soon(["ministry"], NOON)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    wish = replace(failed(claim, NOON).outcome, why="origin says the feed is gone (410)")
    storage.record(replace(poll, claim=claim, due=far, outcome=wish))
    with storage.poller():
        assert storage.next_due() == far


def test_a_claim_that_is_let_go_is_due_as_before_unless_another_took_it_over(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (lost,) = storage.claim(NOON, limit=1, lease=HOUR)
    assert storage.claim(NOON, limit=1, lease=HOUR) == ()
    storage.let_go([lost])
    (again,) = storage.claim(NOON, limit=1, lease=HOUR)
    storage.let_go([lost])
    storage.record(failed(again, NOON))


def test_failures_are_counted_until_a_poll_succeeds(storage: Storage) -> None:
    origin = given_origin(storage)
    for expected in (0, 1):
        (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
        assert claim.failures == expected
        storage.record(failed(claim, NOON))
    (health,) = storage.health()
    assert (health.failures, health.last and health.last.message) == (2, "no route")
    origin.says()
    (health,) = storage.health()
    assert (health.failures, health.last_success) == (0, NOON)


# ---- items


def test_an_item_is_kept_as_it_is_believed(storage: Storage) -> None:
    origin = given_origin(storage)
    said = entry("Résumé — “quoted”", "https://ministry.example/1", "https://ministry.example/1")
    origin.says(said)
    (stored,) = all_items(storage)
    expected = replace(stored.item, digest=said.digest)
    from tests.given import item

    assert expected == item(said, origin.source)
    assert (stored.public_id, stored.position, stored.state) == ("https://ministry.example/1", 1, State.LIVE)


def test_a_public_id_is_never_given_twice(storage: Storage) -> None:
    for name in ("ministry", "agency"):
        given_origin(storage, name).says(
            entry(f"By {name}", "https://shared.example/1", f"https://{name}.example/")
        )
    first, second = all_items(storage)
    assert first.public_id == "https://shared.example/1"
    assert second.public_id == f"tag:{storage.authority()}:{second.id}"


def test_the_authority_of_ids_is_fixed_at_the_first_start(storage: Storage) -> None:
    storage.sync(config(), NOON)
    moved = replace(config(), publication=replace(config().publication, url="https://elsewhere.example/"))
    storage.sync(moved, NOON + DAY)
    assert storage.authority() == "releases.example,2026-03-02"


def test_before_the_first_configuration_there_is_no_authority(storage: Storage) -> None:
    with pytest.raises(StorageError):
        storage.authority()


def test_positions_grow_in_the_order_items_go_live(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(
        entry("New", "g2", published=iso(NOON - MINUTE)), entry("Old", "g1", published=iso(NOON - DAY))
    )
    origin.says(entry("Backdated", "g3", published=iso(NOON - 5 * DAY)))
    assert titles(storage.select("")) == ["Backdated", "New", "Old"]
    assert [item.position for item in storage.select("")] == [3, 2, 1]


def test_an_edit_keeps_a_revision_and_shows_the_correction(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Before", "g1"))
    outcome = origin.says(entry("After", "g1"), now=NOON + HOUR)
    (stored,) = storage.select("")
    assert (outcome.new, outcome.edited, stored.item.title) == (0, 1, "After")
    assert (stored.shown, stored.updated, stored.corrected) == (NOON, NOON + HOUR, True)
    assert [(r.at, r.title) for r in storage.revisions(stored.number)] == [(NOON + HOUR, "Before")]


def test_a_corrected_item_comes_back_into_a_document_it_had_left(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Wrong", "g0"))
    later = NOON + 10 * DAY
    origin.says(*(entry(f"Number {n}", f"g{n}") for n in range(1, 6)), now=later)
    assert "Wrong" not in titles(storage.select("", newest=3))
    origin.says(entry("Right", "g0"), now=later + HOUR)
    assert "Right" in titles(storage.select("", newest=3, within=timedelta(0)))


def test_a_document_holds_the_newest_and_all_of_the_window(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*(entry(f"Old {n}", f"o{n}") for n in range(4)))
    origin.says(*(entry(f"New {n}", f"n{n}") for n in range(4)), now=NOON + 5 * DAY)
    assert len(storage.select("", newest=2, within=HOUR)) == 4
    assert len(storage.select("", newest=6, within=HOUR)) == 6
    assert len(storage.select("", newest=6, within=10 * DAY)) == 8


def test_an_item_stands_in_the_channels_of_its_source_topics_and_language(storage: Storage) -> None:
    origin = given_origin(storage, topics=("health", "climate"), language="fr-CA")
    origin.says(entry("Bonjour", "g1"))
    assert storage.channels() == ("", "languages/fr", "sources/ministry", "topics/climate", "topics/health")
    for name in storage.channels():
        assert titles(storage.select(name)) == ["Bonjour"]
    assert storage.select("topics/unknown") == ()
    assert storage.channel_seq("topics/unknown") is None


def test_a_first_import_puts_old_items_only_into_their_own_channel(storage: Storage) -> None:
    of = source("ministry", topics=("health",))
    storage.sync(config(of), NOON)
    Origin(storage, of).says(
        entry("Fresh", "g1", published=iso(NOON - DAY)),
        entry("Old", "g2", published=iso(NOON - 30 * DAY)),
        entry("Undated", "g3"),
    )
    assert titles(storage.select("")) == titles(storage.select("topics/health")) == ["Fresh"]
    assert sorted(titles(storage.select("sources/ministry"))) == ["Fresh", "Old", "Undated"]


def test_old_items_of_a_first_import_are_listed_apart_by_date_and_only_while_live(storage: Storage) -> None:
    of, silent = source("ministry"), source("silent", republish=Republish.NO)
    storage.sync(config(of, silent), NOON)
    Origin(storage, of).says(
        entry("Fresh", "g1", published=iso(NOON - DAY)),
        entry("Withdrawn", "g2", published=iso(NOON - 20 * DAY)),
        entry("Older", "g3", published=iso(NOON - 40 * DAY)),
        entry("Old", "g4", published=iso(NOON - 30 * DAY)),
    )
    Origin(storage, silent).says(entry("Not ours to show", "s1", published=iso(NOON - 30 * DAY)))
    (withdrawn,) = (each for each in all_items(storage) if each.item.title == "Withdrawn")
    move(storage, withdrawn, Trigger.WITHDRAW)
    assert titles(storage.earlier(10)) == ["Old", "Older"]
    assert titles(storage.earlier(1)) == ["Old"]


def test_new_topics_of_a_source_take_its_published_items_along(storage: Storage) -> None:
    origin = given_origin(storage, topics=("health",))
    origin.says(entry("Filed", "g1"))
    storage.sync(config(replace(origin.source, topics=("climate",))), NOON)
    assert titles(storage.select("topics/climate")) == ["Filed"]
    assert storage.select("topics/health") == ()


def test_only_channels_whose_content_changed_move_their_seq(storage: Storage) -> None:
    ministry = given_origin(storage, "ministry", topics=("health",))
    agency = given_origin(storage, "agency")
    ministry.says(entry("One", "g1"))
    agency.says(entry("Other", "x1"))
    before = {name: storage.channel_seq(name) for name in storage.channels()}
    ministry.says(entry("Two", "g2"), now=NOON + HOUR)
    moved = {name for name in before if storage.channel_seq(name) != before[name]}
    assert moved == {"", "sources/ministry", "topics/health"}
    ministry.says(entry("Two", "g2"), now=NOON + 2 * HOUR)
    assert {name for name in before if storage.channel_seq(name) != before[name]} == moved


def test_seq_grows_with_every_commit_even_from_many_threads(storage: Storage) -> None:
    names = [f"s{n}" for n in range(4)]
    storage.sync(config(*(source(name) for name in names)), NOON)
    seen: list[int] = []

    def many(name: str) -> None:
        origin = Origin(storage, source(name))
        for number in range(5):
            origin.says(entry(f"{name} {number}", f"{name}-{number}", published=iso(NOON)))
            found = storage.channel_seq("")
            assert found is not None
            seen.append(found[0])

    threads = [threading.Thread(target=many, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    positions = [item.position for item in all_items(storage)]
    assert (len(seen), sorted(p for p in positions if p)) == (20, list(range(1, 21)))
    assert storage.check() == ()


def test_rights_no_takes_a_source_out_of_every_output_and_full_brings_it_back(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Mine", "g1"))
    before = storage.channel_seq("")
    storage.sync(config(replace(origin.source, republish=Republish.NO)), NOON)
    assert (storage.select(""), storage.select("sources/ministry")) == ((), ())
    assert storage.channel_seq("") != before
    storage.sync(config(origin.source), NOON)
    assert titles(storage.select("")) == ["Mine"]


# ---- life


def test_a_held_item_is_in_no_channel_until_its_time(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Later", "g1", published=iso(NOON + DAY)), entry("Now", "g2"))
    assert titles(storage.select("")) == ["Now"]
    assert storage.release_due(NOON + HOUR) == ()
    (held,) = storage.release_due(NOON + DAY)
    storage.apply_transitions([step(held, Trigger.TIME, reason="", actor="clock", at=NOON + DAY)])
    assert titles(storage.select("")) == ["Later", "Now"]
    assert storage.release_due(NOON + 2 * DAY) == ()


def test_what_changes_while_held_is_never_public(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(entry("Draft", "g1"))
    origin.says(entry("Final", "g1"), now=NOON + HOUR)
    (held,) = all_items(storage)
    assert (held.item.title, held.corrected, storage.revisions(held.number)) == ("Final", False, ())
    move(storage, held, Trigger.RELEASE)
    assert titles(storage.select("")) == ["Final"]


def test_a_new_date_moves_the_release_of_an_item_held_for_its_date_only(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Later", "g1", published=iso(NOON + DAY)), entry("Stopped", "g2"))
    stopped = next(item for item in all_items(storage) if item.item.title == "Stopped")
    move(storage, stopped, Trigger.HOLD)
    origin.says(
        entry("Later", "g1", published=iso(NOON + 2 * DAY)), entry("Stopped", "g2", body="<p>Edited.</p>")
    )
    releases = {item.item.title: item.release for item in all_items(storage)}
    assert releases == {"Later": NOON + 2 * DAY, "Stopped": None}


def test_a_withdrawn_item_leaves_every_channel_and_stays_out_when_listed_again(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Retracted", "g1"))
    (stored,) = all_items(storage)
    before = storage.channel_seq("sources/ministry")
    move(storage, stored, Trigger.WITHDRAW)
    assert (storage.select(""), storage.select("sources/ministry")) == ((), ())
    assert storage.channel_seq("sources/ministry") != before
    outcome = origin.says(entry("Retracted, edited", "g1"), now=NOON + DAY)
    assert (outcome.new, outcome.edited, storage.select("")) == (0, 0, ())
    move(storage, again(storage, stored), Trigger.REINSTATE)
    assert titles(storage.select("")) == ["Retracted"]
    origin.says(entry("Retracted, edited", "g1"), now=NOON + 2 * DAY)
    assert titles(storage.select("")) == ["Retracted, edited"]
    assert [(line.trigger, line.after) for line in storage.audit(stored.number)] == [
        ("withdraw", State.WITHDRAWN),
        ("reinstate", State.LIVE),
    ]


def test_a_step_from_a_state_that_is_past_changes_nothing(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("One", "g1"), entry("Two", "g2"))
    one, two = all_items(storage)
    move(storage, one, Trigger.WITHDRAW)
    stale = Transition(one.number, State.LIVE, State.HELD, "hold", "", "tester", NOON)
    fine = Transition(two.number, State.LIVE, State.HELD, "hold", "", "tester", NOON)
    with pytest.raises(StorageError):
        storage.apply_transitions([fine, stale])
    assert again(storage, two).state is State.LIVE


# ---- stories


def test_one_release_of_two_organisations_is_shown_once_and_names_both(storage: Storage) -> None:
    lead, member = given_story(storage)
    (shown,) = storage.select("")
    assert (shown.id, [also.organisation for also in shown.also]) == (lead.id, ["Agency"])
    assert [item.id for item in storage.select("sources/agency")] == [member.id]
    assert [item.id for item in storage.story(member.number)] == [lead.id, member.id]


def test_when_the_lead_is_withdrawn_the_next_member_is_published_in_its_own_name(storage: Storage) -> None:
    lead, member = given_story(storage)
    move(storage, lead, Trigger.WITHDRAW)
    (shown,) = storage.select("")
    assert (shown.id, shown.also) == (member.id, ())
    move(storage, again(storage, lead), Trigger.REINSTATE)
    (shown,) = storage.select("")
    assert (shown.id, [also.organisation for also in shown.also]) == (member.id, ["Ministry"])


def test_a_withdrawn_or_held_member_is_not_named(storage: Storage) -> None:
    lead, member = given_story(storage)
    before = storage.channel_seq("")
    move(storage, member, Trigger.HOLD)
    (shown,) = storage.select("")
    assert (shown.id, shown.also) == (lead.id, ())
    assert storage.channel_seq("") != before


def test_rights_no_of_the_lead_lets_the_next_member_lead(storage: Storage) -> None:
    _, member = given_story(storage)
    ministry, agency = source("ministry", republish=Republish.NO), source("agency")
    storage.sync(config(ministry, agency), NOON)
    assert [item.id for item in storage.select("")] == [member.id]
    storage.sync(config(source("ministry"), agency), NOON)
    assert len(storage.select("")) == 1


def test_an_old_story_is_listed_once_and_not_when_a_member_stands_in_the_merged_channel(
    storage: Storage,
) -> None:
    sources = [source(name) for name in ("ministry", "agency", "bureau")]
    storage.sync(config(*sources), NOON)
    body = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"
    for of, age in zip(sources, (9, 8, 1), strict=True):
        told = Origin(storage, of)
        told.says(
            entry("Bridge", "b", "https://ministry.example/b", body=body, published=iso(NOON - age * DAY))
        )
        if of is sources[1]:
            (shown,) = storage.earlier(10)
            assert (shown.source, [also.organisation for also in shown.also]) == ("ministry", ["Agency"])
    assert [shown.source for shown in storage.select("")] == ["bureau"]
    assert storage.earlier(10) == ()


# ---- finding


def test_items_are_found_by_id_public_id_and_address(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Here", "urn:example:1", "https://ministry.example/here?utm_source=feed"))
    (stored,) = all_items(storage)
    for reference in (stored.id, "urn:example:1", "https://ministry.example/here"):
        assert storage.find(reference) == stored
    assert storage.at("https://ministry.example/here") == (stored,)
    assert storage.at("nothing") == ()
    assert storage.find("nothing") is None


def test_items_are_listed_by_words_source_topic_language_and_state(storage: Storage) -> None:
    given_origin(storage, "ministry", topics=("health",), language="de-AT").says(entry("Grüße", "g1"))
    given_origin(storage, "agency").says(entry("Greetings", "g1"))
    found = {
        "words": titles(storage.items(ItemQuery(search="grusse")))
        or titles(storage.items(ItemQuery(search="grüße"))),
        "quoted": titles(storage.items(ItemQuery(search='"greet* OR'))),
        "source": titles(storage.items(ItemQuery(source="agency"))),
        "language": titles(storage.items(ItemQuery(language="de"))),
        "held": titles(storage.items(ItemQuery(states=(State.HELD,)))),
        "before": titles(storage.items(ItemQuery(before=2))),
        "limit": titles(storage.items(ItemQuery(limit=1))),
    }
    assert found == {
        "words": ["Grüße"],
        "quoted": [],
        "source": ["Greetings"],
        "language": ["Grüße"],
        "held": [],
        "before": ["Grüße"],
        "limit": ["Greetings"],
    }


def test_search_finds_the_present_text_only(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Harbour", "g1"))
    assert titles(storage.items(ItemQuery(search="harbour"))) == ["Harbour"]
    origin.says(entry("Lighthouse", "g1", body="<p>Another text.</p>"))
    assert storage.items(ItemQuery(search="harbour")) == ()
    assert titles(storage.items(ItemQuery(search="lighthouse"))) == ["Lighthouse"]


def test_retention_frees_content_and_keeps_keys(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Ancient", "g1"))
    later = NOON + 500 * DAY
    storage.maintain(Retention(), later)
    (stored,) = all_items(storage)
    assert (stored.item.content, stored.item.text, storage.select("")) == ("", "", ())
    assert storage.items(ItemQuery(search="ancient")) == ()
    assert origin.says(entry("Ancient", "g1"), now=later).new == 0
    assert storage.check() == ()


def test_a_feed_that_renames_itself_moves_every_channel(storage: Storage) -> None:
    origin = given_origin(storage, organisation="")
    origin.says(entry("One", "g1"))
    feed = storage.feed("ministry")
    assert feed is not None and feed.organisation == "Feed"
    assert storage.feed("nobody") is None


# ---- keeping


def test_a_backup_holds_the_store_of_that_moment_and_opens_as_a_store(
    storage: Storage, tmp_path: Path
) -> None:
    origin = given_origin(storage)
    origin.says(entry("Before", "g1"))
    backup = tmp_path / "copy" / "publicwire.db"
    backup.parent.mkdir()
    assert storage.backup(backup) == 1
    origin.says(entry("After", "g2"), entry("Before", "g1"))
    assert list(backup.parent.iterdir()) == [backup]
    copied = open_storage(backup.parent)
    assert (titles(all_items(copied)), copied.check()) == (["Before"], ())
    copied.close()


def test_a_later_backup_takes_the_place_of_the_earlier_one(storage: Storage, tmp_path: Path) -> None:
    origin = given_origin(storage)
    assert storage.backup(tmp_path / "copy.db") == 0
    origin.says(entry("New", "g1"))
    assert storage.backup(tmp_path / "copy.db") == 1


def test_a_backup_can_be_made_while_polls_commit(storage: Storage, tmp_path: Path) -> None:
    origin = given_origin(storage)
    stop = threading.Event()

    def poll_on() -> None:
        for n in range(1000):
            if stop.is_set():
                return
            origin.says(entry(f"Number {n}", f"g{n}"), now=NOON + n * MINUTE)

    poller = threading.Thread(target=poll_on)
    poller.start()
    counts = [storage.backup(tmp_path / f"{n}.db") for n in range(5)]
    stop.set()
    poller.join()
    assert counts == sorted(counts)
    assert storage.check() == ()


def test_a_forgotten_source_leaves_nothing_and_its_channels_move(storage: Storage) -> None:
    ministry = given_origin(storage, topics=("health",))
    agency = given_origin(storage, "agency")
    agency.says(entry("Stays", "a1"))
    ministry.says(entry("Before", "g1"), entry("Withdrawn", "g2"))
    ministry.says(entry("After", "g1"), entry("Withdrawn", "g2"))
    (withdrawn,) = (each for each in all_items(storage) if each.item.title == "Withdrawn")
    move(storage, withdrawn, Trigger.WITHDRAW)
    assert storage.items(ItemQuery(search="after"))  # and so is in the search index
    storage.sync(config(agency.source), NOON)
    before = {name: storage.channel_seq(name) for name in storage.channels()}
    assert storage.forget("ministry", NOON + HOUR) == 2
    assert titles(all_items(storage)) == titles(storage.select("")) == ["Stays"]
    assert [feed.id for feed in storage.feeds()] == ["agency"]
    assert storage.channels() == ("", "sources/agency", "topics/health")
    moved = {name for name in storage.channels() if storage.channel_seq(name) != before[name]}
    assert moved == {"", "topics/health"}
    assert storage.items(ItemQuery(search="after")) == ()
    assert storage.check() == ()


def test_a_forgotten_source_that_comes_back_is_new(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Once", "g1"))
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.sync(config(), NOON)
    storage.forget("ministry", NOON)
    with pytest.raises(LeaseLost):
        origin.answers(claim, [entry("Too late", "g2")], NOON)
    storage.sync(config(origin.source), NOON)
    assert origin.says(entry("Once", "g1")).new == 1


def test_a_source_of_many_items_is_forgotten_whole(storage: Storage) -> None:
    origin = given_origin(storage)
    for batch in range(3):
        origin.says(*(entry(f"{batch}/{n}", f"{batch}/{n}") for n in range(250)))
    storage.sync(config(), NOON)
    assert storage.forget("ministry", NOON) == 750
    assert (all_items(storage), storage.feeds(), storage.check()) == ((), (), ())


def test_a_story_goes_on_without_a_forgotten_member(storage: Storage) -> None:
    lead, member = given_story(storage)
    storage.sync(config(source("agency", domains=("ministry.example",))), NOON)
    storage.forget(lead.source, NOON + HOUR)
    (shown,) = storage.select("")
    assert (shown.id, shown.also) == (member.id, ())


def test_only_a_source_that_is_stored_and_not_configured_can_be_forgotten(storage: Storage) -> None:
    given_origin(storage)
    with pytest.raises(UsageError, match="still configured"):
        storage.forget("ministry", NOON)
    with pytest.raises(UsageError, match="no source called 'nobody'"):
        storage.forget("nobody", NOON)


def test_totals_count_items_and_sources_by_state(storage: Storage) -> None:
    assert storage.totals(NOON) == Totals()
    origin = given_origin(storage)
    origin.says(entry("Live", "g1"), entry("Held", "g2"), entry("Gone", "g3"))
    for stored in all_items(storage):
        if stored.item.title != "Live":
            move(storage, stored, Trigger.HOLD if stored.item.title == "Held" else Trigger.WITHDRAW)
    failing, waiting = source("failing"), source("waiting")
    storage.sync(config(origin.source, failing, waiting), NOON)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["failing"])
    storage.record(failed(claim, NOON))
    stand = Totals(held=1, live=1, withdrawn=1, working=1, failing=1, waiting=1)
    assert storage.totals(NOON) == replace(stand, due=1)


def test_what_is_due_and_nobody_is_at_is_counted(storage: Storage) -> None:
    storage.sync(config(source("a"), source("b"), source("c")), NOON)
    assert storage.totals(NOON - HOUR).due == 0
    assert storage.totals(NOON).due == 3
    storage.claim(NOON, limit=1, lease=HOUR)
    assert storage.totals(NOON).due == 2
    assert storage.totals(NOON + 2 * HOUR).due == 3  # its lease has ended


def test_retention_goes_on_until_nothing_is_left_to_free(storage: Storage) -> None:
    origin = given_origin(storage)
    for batch in range(3):
        origin.says(*(entry(f"Old {batch}/{n}", f"g{batch}-{n}") for n in range(500)))
    storage.maintain(Retention(), NOON + 500 * DAY)
    assert {each.item.content for each in storage.items(ItemQuery(limit=2000))} == {""}
    assert storage.health()[0].last is None
    assert storage.check() == ()


def test_an_edit_of_a_freed_item_leaves_the_search_index_sound(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Ancient", "g1"))
    later = NOON + 500 * DAY
    storage.maintain(Retention(), later)
    assert origin.says(entry("Ancient and mended", "g1"), now=later).edited == 1
    assert titles(storage.items(ItemQuery(search="mended"))) == ["Ancient and mended"]
    assert storage.check() == ()


def test_a_claim_in_its_turn_says_since_when_it_was_due(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (claim,) = storage.claim(NOON + HOUR, limit=1, lease=MINUTE)
    assert claim.due == NOON
    (claim,) = storage.claim(NOON + HOUR, limit=1, lease=MINUTE, ids=["ministry"])
    assert claim.due is None
