"""The difference between the configured and the stored sources."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.model.house_style import RULES_VERSION, HouseStyle, TopicRule
from aggregator.model.poll import Doubt, Relocation
from aggregator.model.schedule import Due, DueReason, HostLimit
from aggregator.model.settings import Republish, Source
from aggregator.policy.source_match import StoredSource, question
from aggregator.policy.sources import Addition, Plan, Update, delayed, differing, plan
from tests.given import DAY, HOUR, MINUTE, NOON, config, source

MINISTRY = source("ministry", topics=("law",))
NEW = "https://new.example/feed.xml"
LATER = Due(NOON + 3 * HOUR, DueReason.RHYTHM, wait=3 * HOUR, basis=3 * DAY)
SEEN = Relocation(seen=NEW, seen_since=NOON - DAY)
MOVED = Relocation(at=NEW, since=NOON - DAY, failures=1)
NO_LIMITS: Mapping[str, HostLimit] = {}


def stored(of: Source, number: int = 1, **more: object) -> StoredSource:
    """A configured source as the store has it, due in three hours."""
    plain = StoredSource(
        number=number,
        known=of,
        configured=True,
        due=LATER,
        failures=0,
        host=f"{of.id}.example",
        relocation=Relocation(),
    )
    return replace(plain, **more)  # the caller names fields of StoredSource


def planned(of: Source, known: StoredSource, limits: Mapping[str, HostLimit] = NO_LIMITS) -> Update | None:
    """The update of one source."""
    found = plan([of], [known], limits, NOON)
    assert (found.additions, found.removals) == ((), ())
    return next(iter(found.updates), None)


def limits(**hours: int) -> Mapping[str, HostLimit]:
    """Hosts NAME.example that are rate-limited for so many hours."""
    found = {f"{name}.example": NOON + many * HOUR for name, many in hours.items()}
    return {host: HostLimit(host, until) for host, until in found.items()}


@pytest.mark.parametrize(
    ("before", "after", "narrows"),
    [
        ("full", "excerpt", True),
        ("full", "headline", True),
        ("excerpt", "headline", True),
        ("headline", "full", False),
        ("full", "no", False),
        ("no", "headline", False),
    ],
)
def test_rights_that_show_less_of_each_item_are_told(before: str, after: str, narrows: bool) -> None:
    known = stored(replace(MINISTRY, republish=Republish(before)))
    update = planned(replace(MINISTRY, republish=Republish(after)), known)
    assert update is not None and update.narrows is narrows


def test_rights_that_have_expired_are_as_republish_no() -> None:
    of = replace(MINISTRY, expires=NOON + HOUR)
    known = stored(MINISTRY)
    assert plan([of], [known], NO_LIMITS, NOON) == Plan()
    found = plan([of], [known], NO_LIMITS, NOON + HOUR)
    (update,) = found.updates
    assert (update.source.republish, update.resettles, update.touches) == (Republish.NO, True, True)
    hidden = replace(known, known=replace(MINISTRY, republish=Republish.NO))
    (update,) = plan([MINISTRY], [hidden], NO_LIMITS, NOON + DAY).updates  # extended
    assert update.source.republish is Republish.FULL


# ---- additions and removals


def test_the_same_configuration_changes_nothing() -> None:
    assert plan([MINISTRY], [stored(MINISTRY)], NO_LIMITS, NOON) == Plan()


def test_a_new_feed_is_a_new_source_due_at_once() -> None:
    of = source("office", feed="https://OFFICE.example:8443/feed.xml")
    assert plan([MINISTRY, of], [stored(MINISTRY)], NO_LIMITS, NOON) == Plan(
        additions=(Addition(of, "office.example", Due(NOON, DueReason.NEW)),), done=("office: new",)
    )


def test_a_file_has_no_host() -> None:
    (addition,) = plan([source("office", feed="file:///srv/press.xml")], [], NO_LIMITS, NOON).additions
    assert addition.host == ""


def test_a_source_that_is_not_listed_is_polled_no_longer() -> None:
    assert plan([], [stored(MINISTRY, 7)], NO_LIMITS, NOON) == Plan(
        removals=(7,), done=("ministry: no longer polled; what it published stays",)
    )
    assert plan([], [stored(MINISTRY, configured=False)], NO_LIMITS, NOON) == Plan()


def test_a_source_back_in_the_configuration_is_due_at_once() -> None:
    found = plan([MINISTRY], [stored(MINISTRY, configured=False)], NO_LIMITS, NOON)
    assert found == Plan(
        updates=(
            Update(1, MINISTRY, "ministry.example", Relocation(), due=Due(NOON, DueReason.CONFIGURED_AGAIN)),
        ),
        done=("ministry: back in the configuration",),
    )


def test_a_source_back_in_the_configuration_still_obeys_the_retry_after_of_its_origin() -> None:
    wait = Due(NOON + DAY, DueReason.ORIGIN_WAIT, wait=DAY, basis=DAY)
    update = planned(MINISTRY, stored(MINISTRY, configured=False, due=wait))
    assert update is not None
    assert update.due == wait


# ---- renames


def test_a_known_feed_under_a_new_id_is_a_rename() -> None:
    renamed = replace(MINISTRY, id="department")
    assert plan([renamed], [stored(MINISTRY)], NO_LIMITS, NOON) == Plan(
        renames=(("ministry", "department"),), done=("ministry: renamed to department",)
    )


def test_a_renamed_source_may_change_and_be_back_in_the_configuration_too() -> None:
    renamed = replace(MINISTRY, id="department", licence="CC0")
    found = plan([renamed], [stored(MINISTRY, configured=False)], NO_LIMITS, NOON)
    assert found.done == (
        "ministry: renamed to department",
        "department: back in the configuration",
    )
    assert [(each.number, each.source.id, each.touches) for each in found.updates] == [
        (1, "department", True)
    ]


def test_of_several_sources_with_a_feed_the_configured_one_is_renamed() -> None:
    former = stored(replace(MINISTRY, id="former"), 2, configured=False)
    renamed = replace(MINISTRY, id="department")
    for known in ([stored(MINISTRY), former], [former, stored(MINISTRY)]):
        assert plan([renamed], known, NO_LIMITS, NOON).renames == (("ministry", "department"),)


def test_a_new_source_with_the_former_id_of_a_renamed_one_is_new() -> None:
    renamed, other = replace(MINISTRY, id="archive"), source("ministry", feed=NEW, organisation="Office")
    for configured in ([renamed, other], [other, renamed]):
        found = plan(configured, [stored(MINISTRY)], NO_LIMITS, NOON)
        assert (found.renames, [each.source.id for each in found.additions]) == (
            (("ministry", "archive"),),
            ["ministry"],
        )
        assert found.done == ("ministry: renamed to archive", "ministry: new")


def test_one_source_is_renamed_once() -> None:
    one, two = (source(name, feed=feed) for name, feed in (("one", MINISTRY.feed), ("two", NEW)))
    found = plan([one, two], [stored(MINISTRY, relocation=MOVED)], NO_LIMITS, NOON)
    assert found.renames == (("ministry", "one"),)
    assert [each.source.id for each in found.additions] == ["two"]


# ---- another address


def test_another_feed_under_a_known_id_is_a_move_that_resets_the_source() -> None:
    moved = replace(MINISTRY, feed="https://third.example/feed")
    for known in (Relocation(), SEEN, MOVED):
        found = plan([moved], [stored(MINISTRY, relocation=known)], NO_LIMITS, NOON)
        assert found == Plan(
            updates=(
                Update(
                    1,
                    moved,
                    "third.example",
                    due=Due(NOON, DueReason.MOVED),
                    relocation=Relocation(),
                    is_reset=True,
                    renames=True,
                    is_moved=True,
                ),
            ),
            done=("ministry: moved to a new address",),
        )


@pytest.mark.parametrize("known", [SEEN, MOVED])
def test_the_target_of_a_relocation_is_configured_without_a_reset(known: Relocation) -> None:
    moved = replace(MINISTRY, feed=NEW)
    assert plan([moved], [stored(MINISTRY, relocation=known)], NO_LIMITS, NOON) == Plan(
        updates=(
            Update(
                1,
                moved,
                "new.example",
                due=Due(NOON, DueReason.MOVED),
                relocation=Relocation(),
                is_moved=True,
            ),
        ),
        done=("ministry: its new address is configured now",),
    )


def test_the_adopted_target_of_a_relocation_under_another_id_is_the_same_source() -> None:
    moved = source("new-example", feed=NEW)  # a bare address gets another id with it
    found = plan([moved], [stored(MINISTRY, relocation=MOVED)], NO_LIMITS, NOON)
    assert (found.renames, found.additions, found.removals) == ((("ministry", "new-example"),), (), ())
    assert found.done == (
        "ministry: renamed to new-example",
        "new-example: its new address is configured now",
    )
    assert [each.is_reset for each in found.updates] == [False]


def test_a_source_that_redirects_to_the_feed_of_another_is_not_renamed_to_it() -> None:
    honest = source("honest", feed=NEW)
    found = plan([honest], [stored(MINISTRY, 7, relocation=SEEN)], NO_LIMITS, NOON)
    assert (found.renames, found.removals) == ((), (7,))
    assert [each.source.id for each in found.additions] == ["honest"]


def test_two_sources_with_exchanged_feeds_have_exchanged_their_ids() -> None:
    one, two = source("one"), source("two")
    swapped = [replace(one, feed=two.feed), replace(two, feed=one.feed)]
    found = plan(swapped, [stored(one, 1), stored(two, 2)], NO_LIMITS, NOON)
    assert (found.renames, found.removals, found.additions) == ((("two", "one"), ("one", "two")), (), ())
    assert [(each.number, each.source.id, each.is_moved) for each in found.updates] == [
        (2, "one", False),
        (1, "two", False),
    ]


def test_a_moved_source_is_due_at_once_also_with_a_shorter_interval() -> None:
    update = planned(replace(MINISTRY, feed=NEW, every=MINUTE), stored(MINISTRY))
    assert update is not None
    assert update.due == Due(NOON, DueReason.MOVED)


def test_a_relocated_source_keeps_the_host_it_is_polled_at() -> None:
    assert planned(MINISTRY, stored(MINISTRY, relocation=MOVED, host="new.example")) is None
    update = planned(MINISTRY, stored(MINISTRY, relocation=MOVED, host=""))  # of a store before hosts
    assert update == Update(1, MINISTRY, "new.example", MOVED)


# ---- the interval


def test_a_shorter_interval_takes_effect_at_once() -> None:
    shorter = replace(MINISTRY, every=MINUTE)
    expected = Due(NOON + MINUTE, DueReason.EVERY, wait=MINUTE)
    assert planned(shorter, stored(MINISTRY)) == Update(
        1, shorter, "ministry.example", Relocation(), due=expected
    )


@pytest.mark.parametrize(
    ("every", "more"),
    [
        (HOUR, {}),  # longer
        (MINUTE, {"failures": 1}),  # the back-off stays
        (MINUTE, {"due": Due(NOON + MINUTE, DueReason.EVERY)}),  # due as soon
    ],
)
def test_another_interval_keeps_a_due_time_that_it_does_not_shorten(
    every: timedelta, more: dict[str, object]
) -> None:
    of = replace(MINISTRY, every=every)
    assert planned(of, stored(MINISTRY, 1, **more)) == Update(1, of, "ministry.example", Relocation())


# ---- effects on channels


@pytest.mark.parametrize(
    ("changed", "refiles", "resettles", "touches"),
    [
        ({"organisation": "Office"}, False, False, True),
        ({"licence": "CC0"}, False, False, True),
        ({"from_entry": True}, False, False, True),
        ({"burst": 5}, False, False, False),
        ({"history": False}, False, False, False),
        ({"republish": Republish.NO}, False, True, True),
        ({"topics": ("law", "health")}, True, True, True),
        ({"domains": ("office.example",)}, False, True, True),
        ({"priority": 5}, False, False, False),
    ],
)
def test_a_setting_changes_the_channels_that_show_it(
    changed: dict[str, object], refiles: bool, resettles: bool, touches: bool
) -> None:
    of = replace(MINISTRY, **changed)  # the rows name fields of Source
    found = plan([of], [stored(MINISTRY)], NO_LIMITS, NOON)
    expected = Update(
        1,
        of,
        "ministry.example",
        Relocation(),
        renames="organisation" in changed,
        refiles=refiles,
        resettles=resettles,
        touches=touches,
    )
    assert found == Plan(updates=(expected,))


def test_a_setting_that_the_store_does_not_keep_changes_nothing() -> None:
    assert planned(replace(MINISTRY, timezone="Europe/Berlin", review=True), stored(MINISTRY)) is None


# ---- rate-limited hosts


def test_a_source_that_comes_to_a_rate_limited_host_waits_with_the_others() -> None:
    office, moved = source("office"), replace(MINISTRY, feed=NEW)
    found = plan([office, moved], [stored(MINISTRY)], limits(office=2, new=3), NOON)
    assert [each.due for each in found.additions] == [
        Due(NOON + 2 * HOUR, DueReason.HOST_LIMIT, host="office.example")
    ]
    assert [each.due for each in found.updates] == [
        Due(NOON + 3 * HOUR, DueReason.HOST_LIMIT, host="new.example")
    ]


@pytest.mark.parametrize(
    ("of", "more"),
    [
        (MINISTRY, {"configured": False}),
        (replace(MINISTRY, every=MINUTE), {}),
    ],
)
def test_an_earlier_due_time_waits_for_the_end_of_the_rate_limit(of: Source, more: dict[str, object]) -> None:
    update = planned(of, stored(MINISTRY, 1, **more), limits(ministry=2))
    assert update is not None
    assert update.due == Due(NOON + 2 * HOUR, DueReason.HOST_LIMIT, host="ministry.example")


def test_a_due_time_that_is_kept_is_not_delayed() -> None:
    update = planned(replace(MINISTRY, licence="CC0"), stored(MINISTRY), limits(ministry=9))
    assert update is not None
    assert update.due is None


def test_a_due_time_after_the_rate_limit_stays() -> None:
    for until in (NOON + 3 * HOUR, NOON + 2 * HOUR):
        assert delayed(LATER, HostLimit("ministry.example", until)) == LATER
    assert delayed(LATER, None) == LATER


# ---- sources in doubt


REBRANDED = source("ministry", feed=NEW, organisation="Office", domains=("new.example",))
ASKED = Doubt(1, "ministry", MINISTRY.feed, NEW)


def test_a_source_in_doubt_about_itself_is_polled_at_its_new_feed_and_keeps_its_settings() -> None:
    found = plan([REBRANDED], [stored(MINISTRY)], NO_LIMITS, NOON)
    update = Update(
        1,
        replace(MINISTRY, feed=NEW),
        "new.example",
        Relocation(),
        due=Due(NOON, DueReason.MOVED),
        is_moved=True,
        is_reset=True,
        doubt=ASKED,
    )
    assert found == Plan(updates=(update,), done=(f"ministry: {question('ministry', ASKED)}",))
    asked = stored(replace(MINISTRY, feed=NEW), doubt=ASKED)
    assert plan([REBRANDED], [asked], NO_LIMITS, NOON) == Plan()


def test_a_source_that_turns_out_to_be_the_same_is_moved() -> None:
    asked = stored(replace(MINISTRY, feed=NEW), doubt=replace(ASKED, same=1, is_read=True))
    found = plan([REBRANDED], [asked], NO_LIMITS, NOON)
    assert found.done == ("ministry: moved to a new address",)
    assert [(each.source, each.due, each.doubt) for each in found.updates] == [
        (REBRANDED, Due(NOON, DueReason.MOVED), Doubt())
    ]


def test_a_source_that_turns_out_to_be_new_takes_the_id_and_the_former_one_gets_another() -> None:
    asked = stored(replace(MINISTRY, feed=NEW), doubt=replace(ASKED, is_answered=True))
    known = [asked, stored(source("ministry-former"), 2, configured=False)]
    assert plan([REBRANDED], known, NO_LIMITS, NOON) == Plan(
        renames=(("ministry", "ministry-former-2"),),
        returned=((1, MINISTRY.feed),),
        removals=(1,),
        additions=(Addition(REBRANDED, "new.example", Due(NOON)),),
        done=(
            "ministry: called ministry-former-2 from now on, another source has its id",
            "ministry: no longer polled; what it published stays",
            "ministry: new",
        ),
    )


def test_a_former_source_gets_an_id_that_none_left_out_has() -> None:
    asked = stored(replace(MINISTRY, feed=NEW), doubt=replace(ASKED, is_answered=True))
    found = plan([REBRANDED], [asked], NO_LIMITS, NOON, others={"ministry-former"})
    assert found.renames == (("ministry", "ministry-former-2"),)


def test_what_differs_between_two_configurations_is_what_changes_or_may_with_time() -> None:
    same, paused = source("same"), source("paused", paused=NOON)
    before = config(same, paused, source("expires", expires=NOON), source("gone"), source("edited"))
    after = config(same, paused, source("expires", expires=NOON), source("new"), source("edited", priority=1))
    assert differing(before, after) == {"paused", "expires", "gone", "new", "edited"}


def test_a_source_whose_edit_is_taken_back_is_as_before() -> None:
    asked = stored(replace(MINISTRY, feed=NEW), doubt=ASKED)
    found = plan([MINISTRY], [asked], NO_LIMITS, NOON)
    assert [(each.source, each.is_moved, each.doubt) for each in found.updates] == [(MINISTRY, True, Doubt())]
    assert plan([], [asked], NO_LIMITS, NOON).returned == ((1, MINISTRY.feed),)


def test_a_source_that_may_be_a_removed_one_is_provisional_until_that_is_known() -> None:
    office = source("office", feed=NEW, organisation="Ministry")
    found = plan([office], [stored(MINISTRY)], NO_LIMITS, NOON)
    assert (found.additions, found.removals) == ((Addition(office, "new.example", Due(NOON), ASKED),), (1,))
    assert found.done[-1] == f"office: {question('office', ASKED)}"
    former, provisional = (
        stored(MINISTRY, configured=False),
        stored(office, 2, host="new.example", doubt=ASKED),
    )
    assert plan([office], [former, provisional], NO_LIMITS, NOON) == Plan()

    listing = replace(provisional, doubt=replace(ASKED, same=1, is_read=True))
    same = plan([office], [former, listing], NO_LIMITS, NOON)
    assert (same.drops, same.renames, same.additions) == (("office",), (("ministry", "office"),), ())
    assert [(each.number, each.is_moved) for each in same.updates] == [(1, True)]

    answered = replace(provisional, doubt=replace(ASKED, is_answered=True))
    new = plan([office], [former, answered], NO_LIMITS, NOON)
    assert (new.drops, new.renames, new.done) == ((), (), ("office: new",))
    assert [(each.number, each.due, each.doubt) for each in new.updates] == [(2, Due(NOON), Doubt())]

    assert plan([], [former, provisional], NO_LIMITS, NOON) == Plan(drops=("office",))


def test_a_doubt_that_turns_to_another_source_is_asked_anew_and_a_setting_asks_nothing() -> None:
    office = source("office", feed=NEW)
    known = [stored(MINISTRY, configured=False), stored(source("archive"), 3, configured=False)]
    listing = stored(office, 2, doubt=replace(ASKED, same=3, is_read=True))
    (update,) = (found := plan([office], [*known, listing], NO_LIMITS, NOON)).updates
    assert (update.doubt.former, update.doubt.name) == (3, "archive")
    assert found.done == (f"office: {question('office', update.doubt)}",)
    provisional = stored(office, 2, doubt=update.doubt)
    edited = plan([replace(office, licence="CC0")], [*known, provisional], NO_LIMITS, NOON)
    assert (len(edited.updates), edited.done) == (1, ())


# ---- pauses


PAUSE = Due(NOON + 30 * DAY, DueReason.PAUSED)
PAUSED = replace(MINISTRY, paused=PAUSE.at)


@pytest.mark.parametrize("is_configured", [True, False])
def test_a_paused_source_is_due_when_its_pause_ends(is_configured: bool) -> None:
    update = planned(PAUSED, stored(MINISTRY, configured=is_configured))
    assert update is not None
    assert update.due == PAUSE
    assert planned(PAUSED, stored(MINISTRY, due=PAUSE)) is None
    assert plan([PAUSED], [stored(MINISTRY)], NO_LIMITS, NOON).done == (
        "ministry: paused; what it published stays",
    )


def test_a_new_source_may_be_paused() -> None:
    (addition,) = plan([PAUSED], [], NO_LIMITS, NOON).additions
    assert addition.due == PAUSE


def test_a_paused_source_may_move() -> None:
    update = planned(replace(PAUSED, feed="https://elsewhere.example/"), stored(MINISTRY, due=PAUSE))
    assert update is not None
    assert (update.due, update.is_moved) == (PAUSE, True)


def test_a_source_whose_pause_is_taken_back_is_due_at_once() -> None:
    update = planned(MINISTRY, stored(MINISTRY, due=PAUSE))
    assert update is not None
    assert update.due == Due(NOON, DueReason.CONFIGURED_AGAIN)
    assert plan([MINISTRY], [stored(MINISTRY, due=PAUSE)], NO_LIMITS, NOON).done == (
        "ministry: no longer paused, polled again",
    )


def test_a_source_whose_pause_is_taken_back_by_its_move_is_said_to_be_polled() -> None:
    moved = replace(MINISTRY, feed="https://elsewhere.example/")
    assert plan([moved], [stored(MINISTRY, due=PAUSE)], NO_LIMITS, NOON).done == (
        "ministry: moved to a new address",
        "ministry: no longer paused, polled again",
    )


def test_a_pause_that_has_ended_changes_nothing() -> None:
    ended = Due(NOON - DAY, DueReason.PAUSED)
    assert planned(replace(MINISTRY, paused=ended.at), stored(MINISTRY, due=ended)) is None
    moved = replace(MINISTRY, feed="https://elsewhere.example/")
    assert plan([moved], [stored(MINISTRY, due=ended)], NO_LIMITS, NOON).done == (
        "ministry: moved to a new address",
    )


def test_another_house_style_has_what_is_stored_styled_anew() -> None:
    rules = HouseStyle(max_words=50, version=RULES_VERSION)
    update = planned(replace(MINISTRY, house_style=rules), stored(MINISTRY))
    assert update is not None
    assert (update.restyles, update.touches, update.due) == (True, False, None)
    assert planned(replace(MINISTRY, house_style=rules), stored(replace(MINISTRY, house_style=rules))) is None
    former = stored(replace(MINISTRY, house_style=replace(rules, version=RULES_VERSION + 1)))
    again = planned(replace(MINISTRY, house_style=rules), former)
    assert again is not None
    assert again.restyles
    other = planned(replace(MINISTRY, priority=7), stored(MINISTRY))
    assert other is not None
    assert not other.restyles


def test_another_organisation_has_rules_for_topics_that_tell_it_applied_anew() -> None:
    of_name, of_title = (
        HouseStyle(topics=(TopicRule(((field, "x"),), ("sea",)),), version=RULES_VERSION)
        for field in ("organisation", "title")
    )
    for rules, expected in ((of_name, True), (of_title, False)):
        before = replace(MINISTRY, house_style=rules)
        update = planned(replace(before, organisation="Other"), stored(before))
        assert update is not None
        assert update.restyles is expected
