"""Contract of every storage engine: one story of several sources."""

import pytest
from msgspec.structs import replace

from aggregator.model.alert import AlertKind
from aggregator.model.decision import Trigger
from aggregator.model.entry import Entry, Origin
from aggregator.model.item import KeyKind
from aggregator.model.settings import Republish, Retention
from aggregator.model.stored import StoryMember
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, config, entry, iso, item, source
from tests.storage.given import again, given_story, move

MINISTRY = source("ministry")


def test_one_release_of_two_organisations_is_shown_once_and_names_both(storage: Storage) -> None:
    lead, member = given_story(storage)
    (shown,) = storage.items.select("")
    assert (shown.id, [also.organisation for also in shown.also]) == (lead.id, ["Agency"])
    assert [item.id for item in storage.items.select("sources/agency")] == [member.id]
    assert [item.id for item in storage.items.story(member.number)] == [lead.id, member.id]


def test_when_the_lead_is_withdrawn_the_next_member_is_published_in_its_own_name(storage: Storage) -> None:
    lead, member = given_story(storage)
    move(storage, lead, Trigger.WITHDRAW)
    (shown,) = storage.items.select("")
    assert (shown.id, shown.also) == (member.id, ())
    move(storage, again(storage, lead), Trigger.REINSTATE)
    move(storage, again(storage, lead), Trigger.RELEASE)
    (shown,) = storage.items.select("")
    assert (shown.id, [also.organisation for also in shown.also]) == (member.id, ["Ministry"])


def test_a_lead_that_was_held_yields_to_the_member_published_meanwhile(storage: Storage) -> None:
    lead, member = given_story(storage)
    move(storage, lead, Trigger.HOLD)
    assert [shown.id for shown in storage.items.select("")] == [member.id]
    move(storage, again(storage, lead), Trigger.RELEASE)
    assert [shown.id for shown in storage.items.select("")] == [member.id]


def test_a_withdrawn_or_held_member_is_not_named(storage: Storage) -> None:
    lead, member = given_story(storage)
    before = storage.items.channel_seq("")
    move(storage, member, Trigger.HOLD)
    (shown,) = storage.items.select("")
    assert (shown.id, shown.also) == (lead.id, ())
    assert storage.items.channel_seq("") != before


def test_rights_no_of_the_lead_lets_the_next_member_lead(storage: Storage) -> None:
    _, member = given_story(storage)
    ministry, agency = source("ministry", republish=Republish.NO), source("agency")
    storage.admin.sync(config(ministry, agency), NOON)
    assert [item.id for item in storage.items.select("")] == [member.id]
    storage.admin.sync(config(source("ministry"), agency), NOON)
    assert len(storage.items.select("")) == 1


def test_an_old_story_is_listed_once_and_not_when_a_member_stands_in_the_merged_channel(
    storage: Storage,
) -> None:
    sources = [source(name) for name in ("ministry", "agency", "bureau")]
    storage.admin.sync(config(*sources), NOON)
    body = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"
    for of, age in zip(sources, (9, 8, 1), strict=True):
        told = SourceDriver(storage, of)
        told.says(
            entry("Bridge", "b", "https://ministry.example/b", body=body, published=iso(NOON - age * DAY))
        )
        if of is sources[1]:
            (shown,) = storage.items.numbered(each.number for each in storage.items.listing("", 10))
            assert (shown.source, [also.organisation for also in shown.also]) == ("ministry", ["Agency"])
    assert [shown.source for shown in storage.items.select("")] == ["bureau"]
    assert [each.number for each in storage.items.listing("", 10)] == [
        shown.number for shown in storage.items.select("")
    ]


def test_a_story_goes_on_without_a_forgotten_member(storage: Storage) -> None:
    lead, member = given_story(storage)
    storage.admin.sync(config(source("agency", domains=("ministry.example",))), NOON)
    storage.admin.forget(lead.source, NOON + HOUR)
    (shown,) = storage.items.select("")
    assert (shown.id, shown.also) == (member.id, ())


def test_a_story_whose_shown_member_is_past_retention_is_shown_by_the_next_that_joins(
    storage: Storage,
) -> None:
    names = ("ministry", "agency", "bureau")
    storage.admin.sync(config(*(source(name) for name in names)), NOON)
    body = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"
    for name, days in zip(names, (0, 5, 8), strict=True):
        if name == "bureau":
            storage.admin.maintain(Retention(items=6 * DAY), NOON + 7 * DAY)
            assert storage.items.select("") == ()
        told = SourceDriver(storage, source(name))
        told.says(now=NOON + days * DAY - HOUR)
        told.says(entry("Bridge", "b", "https://ministry.example/b", body=body), now=NOON + days * DAY)
    (shown,) = storage.items.select("")
    assert (shown.source, [also.organisation for also in shown.also]) == ("bureau", ["Agency"])


def test_a_crowded_address_hides_no_story_at_another_one(storage: Storage) -> None:
    names = ("ministry", "agency", "bureau")
    storage.admin.sync(config(*(source(name) for name in names)), NOON)
    for name in names:
        SourceDriver(storage, source(name)).says(now=NOON - HOUR)
    pages = [f"https://ministry.example/{n}" for n in range(5)]
    home, *addresses = sorted(
        pages, key=lambda page: item(entry("", "", page), MINISTRY).key(KeyKind.LINK) or b""
    )
    SourceDriver(storage, source("agency")).says(*(entry(f"Notice {n}", f"n{n}", home) for n in range(60)))
    releases = [entry(f"Release {n}", f"r{n}", address) for n, address in enumerate(addresses)]
    SourceDriver(storage, MINISTRY).says(*releases, now=NOON + MINUTE)
    bureau = SourceDriver(storage, source("bureau"))
    bureau.says(entry("Elsewhere", "e", home), *releases, now=NOON + HOUR)
    stories = [each.also for each in storage.items.select("sources/bureau") if each.item.title != "Elsewhere"]
    ids = {each.item.url: each.id for each in storage.items.select("sources/ministry")}
    assert stories == [(StoryMember("Ministry", ids[address]),) for address in addresses]


def test_of_another_member_only_the_operators_name_for_its_organisation_is_shown(storage: Storage) -> None:
    copyist, ministry = given_a_copy(storage)
    ministry.says(entry("Bridge", "m", AT_HOME, body=WORDS))
    (lead,) = storage.items.select("")
    (member,) = storage.items.select("sources/copyist")
    trap = replace(entry("Bridge", "c", AT_HOME + "?trap", body=ALTERED), origin=Origin("World Authority"))
    SourceDriver(storage, replace(copyist.source, from_entry=True)).says(trap, now=NOON + HOUR)
    assert again(storage, member).item.organisation == "World Authority"
    assert again(storage, lead).also == (StoryMember("Copyist", member.id),)


# ---- takeover: one source copies the release of another before that is polled

WORDS = "".join(f"<p>Bridge {n} is open again after nine months of careful work.</p>" for n in range(10))
ALTERED = WORDS + "<p>Bring your lunch.</p>"
OTHER = "<p>" + "buy this coin now because it will be worth a hundred times as much by friday " * 3 + "</p>"
AT_HOME = "https://ministry.example/bridge"


def given_a_copy(storage: Storage) -> tuple[SourceDriver, SourceDriver]:
    """A copyist has published the release of the ministry, link and text; the ministry is not polled yet."""
    copyist, ministry = SourceDriver(storage, source("copyist")), SourceDriver(storage, MINISTRY)
    storage.admin.sync(config(copyist.source, MINISTRY), NOON)
    for origin in (copyist, ministry):
        origin.says(now=NOON - HOUR)
    copyist.says(entry("Bridge", "c", AT_HOME, body=WORDS))
    return copyist, ministry


def merged(storage: Storage) -> list[tuple[str, list[str]]]:
    """Return the merged channel: each source, and the organisations that released the same."""
    return [(each.source, [also.organisation for also in each.also]) for each in storage.items.select("")]


def test_the_source_at_home_takes_the_lead_of_a_published_story(storage: Storage) -> None:
    _, ministry = given_a_copy(storage)
    before = storage.items.channel_seq("")
    ministry.says(entry("Bridge", "m", AT_HOME, body=WORDS))
    assert merged(storage) == [("ministry", ["Copyist"])]
    assert storage.items.channel_seq("") != before


def test_the_source_at_home_takes_over_the_place_of_a_copy_whatever_its_burst(storage: Storage) -> None:
    copyist = SourceDriver(storage, source("copyist"))
    ministry = SourceDriver(storage, replace(MINISTRY, burst=1))
    storage.admin.sync(config(copyist.source, ministry.source), NOON)
    for origin in (copyist, ministry):
        origin.says(now=NOON - HOUR)
    copyist.says(entry("Bridge", "c", AT_HOME, body=WORDS))
    for name in ("first", "second"):
        ministry.says(entry(name, name, f"https://ministry.example/{name}"))
    assert merged(storage) == [("ministry", []), ("copyist", [])]  # the second one waits
    ministry.says(entry("Bridge", "m", AT_HOME, body=WORDS))
    assert merged(storage) == [("ministry", ["Copyist"]), ("ministry", [])]


def test_an_edit_to_other_words_parts_the_story_and_raises_an_alert(storage: Storage) -> None:
    copyist, ministry = given_a_copy(storage)
    ministry.says(entry("Bridge", "m", AT_HOME, body=WORDS))
    copyist.says(entry("Bridge", "c", AT_HOME, body=OTHER), now=NOON + HOUR)
    assert sorted(merged(storage)) == [("copyist", []), ("ministry", [])]
    (alert,) = storage.tasks.alerts()
    assert (alert.source, alert.kind) == ("copyist", AlertKind.STORY)


def test_a_published_lead_that_edits_itself_away_leaves_the_others_in_the_merged_channel(
    storage: Storage,
) -> None:
    wire, paper = (SourceDriver(storage, source(name)) for name in ("wire", "paper"))
    storage.admin.sync(config(wire.source, paper.source), NOON)
    for origin in (wire, paper):
        origin.says(now=NOON - HOUR)
        origin.says(entry("Bridge", origin.source.id, "https://third.example/bridge", body=WORDS))
    assert merged(storage) == [("wire", ["Paper"])]
    wire.says(entry("Bridge", "wire", "https://third.example/bridge", body=OTHER), now=NOON + HOUR)
    assert sorted(merged(storage)) == [("paper", []), ("wire", [])]


THIRD = "https://third.example/bridge"


def given_a_story_of(storage: Storage, *names: str, link: str = THIRD) -> list[SourceDriver]:
    """These sources have released the same, in this order, as their item `name`."""
    drivers = [SourceDriver(storage, source(name)) for name in names]
    storage.admin.sync(config(*(each.source for each in drivers)), NOON)
    for each in drivers:
        each.says(now=NOON - HOUR)
        each.says(entry("Bridge", each.source.id, link, body=WORDS))
    return drivers


@pytest.mark.parametrize(
    "edited",
    [
        entry("Minister lied", "wire", THIRD, body=WORDS),
        entry("Bridge", "wire", THIRD, body=WORDS * 3 + "<p>The minister lied.</p>"),
        entry("Bridge", "wire", THIRD, body=WORDS[: len(WORDS) // 10 * 9] + "The minister lied.</p>"),
        entry("Bridge", "wire", THIRD, body=ALTERED),
        entry("Bridge", "wire", THIRD, body="<p>The minister lied.</p>" + WORDS),
        entry("Bridge", "wire", THIRD, body="<p>The minister lied.</p>"),
        entry("Bridge", "wire", "https://phish.example/bridge", body=WORDS),
        entry("Bridge", "wire", "https://third.example/other", body=WORDS),
    ],
    ids=lambda edited: f"{edited.title.value} {edited.link} {len(edited.content.value)}",
)
@pytest.mark.parametrize("home", [THIRD, AT_HOME])
def test_an_edited_copy_is_not_shown_in_place_of_a_release(
    storage: Storage, edited: Entry, home: str
) -> None:
    """Nobody at home, or the release on its own site and the copy elsewhere."""
    wire, ministry = given_a_story_of(storage, "wire", "ministry")
    assert merged(storage) == [("wire", ["Ministry"])]
    if home != THIRD:
        ministry.says(entry("Bridge", "ministry", home, body=WORDS), now=NOON + MINUTE)
    wire.says(edited, now=NOON + HOUR)
    assert sorted(merged(storage)) == [("ministry", []), ("wire", [])]


def test_a_lead_that_adds_words_no_longer_stands_for_the_others(storage: Storage) -> None:
    wire, _ = given_a_story_of(storage, "wire", "ministry")
    wire.says(entry("Bridge", "wire", "https://wire.example/bridge", body=ALTERED), now=NOON + HOUR)
    assert sorted(each for each, _ in merged(storage)) == ["ministry", "wire"]


def test_a_copy_gives_way_in_every_channel(storage: Storage) -> None:
    copyist = SourceDriver(storage, source("copyist", topics=("health",), language="en"))
    storage.admin.sync(config(copyist.source, MINISTRY), NOON)
    ministry = SourceDriver(storage, MINISTRY)
    for origin in (copyist, ministry):
        origin.says(now=NOON - HOUR)
    copyist.says(entry("Bridge", "c", AT_HOME, body=ALTERED))
    assert [len(storage.items.select(name)) for name in ("", "topics/health", "languages/en")] == [1, 1, 1]
    ministry.says(entry("Bridge", "m", AT_HOME, body=WORDS))
    shown = {name: [each.source for each in storage.items.select(name)] for name in CHANNELS}
    assert shown == {
        "": ["ministry"],
        "topics/health": [],
        "languages/en": [],
        "sources/copyist": ["copyist"],
    }


CHANNELS = ("", "topics/health", "languages/en", "sources/copyist")


@pytest.mark.parametrize("trigger", [Trigger.WITHDRAW, Trigger.HOLD])
def test_an_edit_is_compared_with_members_that_may_be_published_again(
    storage: Storage, trigger: Trigger
) -> None:
    given_a_story_of(storage, "wire", "ministry")
    (lead,) = storage.items.select("")
    move(storage, lead, trigger)
    assert merged(storage) == [("ministry", [])]
    ministry = SourceDriver(storage, MINISTRY)
    ministry.says(entry("Bridge", "ministry", THIRD, body=ALTERED), now=NOON + HOUR)
    if trigger is Trigger.WITHDRAW:
        move(storage, again(storage, lead), Trigger.REINSTATE)
    move(storage, again(storage, lead), Trigger.RELEASE)
    assert sorted(merged(storage)) == [("ministry", []), ("wire", [])]


def test_copies_that_differ_are_each_shown_when_the_release_at_home_is_withdrawn(storage: Storage) -> None:
    _, wire, _ = given_a_story_of(storage, "ministry", "wire", "paper", link=AT_HOME)
    wire.says(entry("Bridge", "wire", AT_HOME, body=ALTERED), now=NOON + MINUTE)
    assert merged(storage) == [("ministry", ["Wire", "Paper"])]
    (lead,) = storage.items.select("")
    move(storage, lead, Trigger.WITHDRAW)
    assert sorted(merged(storage)) == [("paper", ["Wire"]), ("wire", ["Paper"])]
    move(storage, again(storage, lead), Trigger.REINSTATE)
    move(storage, again(storage, lead), Trigger.RELEASE)
    assert merged(storage) == [("ministry", ["Wire", "Paper"])]


def test_a_copy_edited_while_the_release_at_home_is_withdrawn_does_not_hide_another(storage: Storage) -> None:
    _, wire, _ = given_a_story_of(storage, "ministry", "wire", "paper", link=AT_HOME)
    (lead,) = storage.items.select("")
    move(storage, lead, Trigger.WITHDRAW)
    assert merged(storage) == [("wire", ["Paper"])]
    wire.says(entry("Bridge", "wire", AT_HOME, body=ALTERED), now=NOON + HOUR)
    assert sorted(merged(storage)) == [("paper", ["Wire"]), ("wire", ["Paper"])]


def test_copies_that_differ_are_each_shown_when_the_release_at_home_parts(storage: Storage) -> None:
    ministry, wire, _ = given_a_story_of(storage, "ministry", "wire", "paper", link=AT_HOME)
    wire.says(entry("Bridge", "wire", AT_HOME, body=ALTERED), now=NOON + MINUTE)
    ministry.says(entry("Bridge", "ministry", AT_HOME, body=OTHER), now=NOON + HOUR)
    assert sorted(each for each, _ in merged(storage)) == ["ministry", "paper", "wire"]


def test_an_old_release_is_listed_beside_a_copy_that_differs(storage: Storage) -> None:
    copyist, ministry = SourceDriver(storage, source("copyist")), SourceDriver(storage, MINISTRY)
    storage.admin.sync(config(copyist.source, MINISTRY), NOON)
    old = iso(NOON - 9 * DAY)
    copyist.says(entry("Bridge", "c", AT_HOME, body=ALTERED, published=old))
    ministry.says(entry("Bridge", "m", AT_HOME, body=WORDS, published=old))
    found = storage.items.numbered(each.number for each in storage.items.listing("", 10))
    assert sorted((each.source, len(each.also)) for each in found) == [("copyist", 1), ("ministry", 1)]


def test_a_copy_that_differs_is_not_shown_with_a_release_that_is_not_at_home(storage: Storage) -> None:
    wire, paper = (SourceDriver(storage, source(name)) for name in ("wire", "paper"))
    storage.admin.sync(config(wire.source, paper.source), NOON)
    for origin, body in ((wire, ALTERED), (paper, WORDS)):
        origin.says(now=NOON - HOUR)
        origin.says(entry("Bridge", origin.source.id, THIRD, body=body))
    assert sorted(merged(storage)) == [("paper", []), ("wire", [])]


def test_an_edit_that_still_agrees_keeps_the_story(storage: Storage) -> None:
    copyist, ministry = given_a_copy(storage)
    ministry.says(entry("Bridge", "m", AT_HOME, body=WORDS))
    copyist.says(entry("Bridge", "c", AT_HOME, body=ALTERED), now=NOON + HOUR)
    assert merged(storage) == [("ministry", ["Copyist"])]
    assert storage.tasks.alerts() == ()


def test_domains_that_the_operator_adds_let_the_source_at_home_take_the_lead(storage: Storage) -> None:
    wire, press = SourceDriver(storage, source("wire")), SourceDriver(storage, source("press"))
    storage.admin.sync(config(wire.source, press.source), NOON)
    for origin in (wire, press):
        origin.says(now=NOON - HOUR)
        origin.says(entry("Bridge", origin.source.id, "https://city.example/bridge", body=WORDS))
    assert merged(storage) == [("wire", ["Press"])]
    before = storage.items.channel_seq("")
    storage.admin.sync(config(wire.source, source("press", domains=("city.example",))), NOON)
    assert merged(storage) == [("press", ["Wire"])]
    assert storage.items.channel_seq("") != before


def test_a_link_that_moves_to_another_host_is_a_correction_with_a_flag_and_an_alert(storage: Storage) -> None:
    ministry = SourceDriver(storage, MINISTRY)
    storage.admin.sync(config(MINISTRY), NOON)
    ministry.says(now=NOON - HOUR)
    ministry.says(entry("Bridge", "m", AT_HOME, body=WORDS))
    ministry.says(entry("Bridge", "m", "https://phish.example/bridge", body=WORDS), now=NOON + HOUR)
    (item,) = storage.items.select("")
    (revision,) = storage.items.revisions(storage.items.history(item.number))
    assert (item.updated, item.corrected, item.flags) == (NOON + HOUR, True, ("link-moved",))
    assert revision.url == AT_HOME
    (alert,) = storage.tasks.alerts()
    assert (alert.kind, alert.message) == (
        AlertKind.LINK,
        f"links of its items have left its domains: {item.id} to phish.example; "
        f"see `publicwire show {item.id}`",
    )
