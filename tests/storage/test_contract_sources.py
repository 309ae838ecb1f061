"""Contract of every storage engine: configured sources, renamed, moved, removed and put back."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import ConfigError, StorageError
from aggregator.model.document import Document, ReadResult, Validators
from aggregator.model.house_style import RULES_VERSION, Headline, HouseStyle, Part, Replacement
from aggregator.model.rights import Terms, Use
from aggregator.model.settings import Republish, Source, Unnamed
from aggregator.policy.source_ids import StoredFeed
from aggregator.policy.sources import STORED
from aggregator.storage import Storage, stored_feeds
from tests.engines import database
from tests.given import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SourceDriver,
    all_items,
    config,
    entry,
    failed,
    recorded,
    source,
    titles,
)
from tests.storage.given import claimed, given_origin


def test_a_new_id_with_the_same_feed_is_a_rename(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Kept", "g1"))
    renamed = replace(origin.source, id="department")
    assert storage.admin.sync(config(renamed), NOON) == ("ministry: renamed to department",)
    assert [item.source for item in all_items(storage)] == ["department"]
    assert titles(storage.items.select("sources/department")) == ["Kept"]
    assert SourceDriver(storage, renamed).says(entry("Kept", "g1")).new == 0


def test_a_new_feed_with_the_same_id_is_a_move_that_keeps_keys_and_drops_validators(storage: Storage) -> None:
    origin = given_origin(storage)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    result = failed(claim, NOON)
    after = replace(result.after, validators=Validators("u", '"e"', "d"), body_digest=b"x")
    storage.polls.record(replace(result, after=after))
    origin.says(entry("Kept", "g1"))
    moved = replace(origin.source, feed="https://new.example/feed")
    assert storage.admin.sync(config(moved), NOON) == ("ministry: moved to a new address",)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    assert (claim.feed, claim.validators, claim.body_digest, claim.seen) == (
        moved.feed,
        Validators(),
        b"",
        (),
    )
    storage.polls.record(failed(claim, NOON))
    assert SourceDriver(storage, moved).says(entry("Kept", "g1")).new == 0


def test_every_stored_setting_is_read_back_as_it_was_written(storage: Storage) -> None:
    settings = source(
        "ministry",
        from_entry=True,
        topics=("health",),
        priority=3,
        republish=Republish.EXCERPT,
        licence="CC0",
        attribution="By permission",
        ai=Terms(train=Use.ALLOW),
        every=HOUR,
        feed_public=True,
        burst=5,
        history=False,
        indexed=True,
        full_text=True,
        house_style=HouseStyle(
            Headline.TITLE_CASE,
            ("p.a", "p.b"),
            (Replacement("a", ""), Replacement("b", "c", Part.TITLE)),
            "{place} –",
            900,
            RULES_VERSION,
        ),
    )
    plain = Source("plain", "https://plain.example/feed")
    assert [name for name in STORED if getattr(settings, name) == getattr(plain, name)] == []
    storage.admin.sync(config(settings), NOON)
    before = claimed(storage)
    storage.admin.sync(config(settings), NOON)
    assert claimed(storage).version == before.version


def test_two_sources_may_swap_their_feeds(storage: Storage) -> None:
    one, two = source("one"), source("two")
    storage.admin.sync(config(one, two), NOON)
    storage.admin.sync(config(replace(one, feed=two.feed), replace(two, feed=one.feed)), NOON)
    assert {feed.id: feed.feed for feed in storage.items.feeds()} == {"one": two.feed, "two": one.feed}


def test_a_removed_source_stops_and_its_items_stay_until_it_is_back(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Stays", "g1"))
    assert storage.admin.sync(config(), NOON) == ("ministry: no longer polled; what it published stays",)
    assert storage.polls.claim(NOON + DAY, limit=1, lease=HOUR) == ()
    assert titles(storage.items.select("")) == ["Stays"]
    assert storage.admin.sync(config(origin.source), NOON) == ("ministry: back in the configuration",)
    assert [claim.id for claim in storage.polls.claim(NOON, limit=1, lease=HOUR)] == ["ministry"]


def test_an_old_name_taken_by_another_organisation_gives_its_items_other_ids(storage: Storage) -> None:
    given_origin(storage).says(entry("First", "g1"))
    storage.admin.sync(config(source("archive", feed=source("ministry").feed)), NOON)
    other = source("ministry", feed="https://other.example/feed")
    storage.admin.sync(config(source("archive", feed=source("ministry").feed), other), NOON)
    SourceDriver(storage, other).says(entry("Second", "g1"))
    first, second = all_items(storage)
    assert len({first.id, second.id, first.public_id, second.public_id}) == 4


def test_a_shorter_interval_takes_effect_at_once(storage: Storage) -> None:
    origin = given_origin(storage, every=DAY)
    storage.admin.sync(config(replace(origin.source, every=MINUTE)), NOON - HOUR)
    assert storage.polls.next_due() == NOON - HOUR + MINUTE


def test_the_authority_of_ids_is_fixed_at_the_first_start(storage: Storage) -> None:
    storage.admin.sync(config(), NOON)
    moved = replace(config(), publication=replace(config().publication, url="https://elsewhere.example/"))
    storage.admin.sync(moved, NOON + DAY)
    assert storage.admin.authority() == "releases.example,2026-03-02"


def test_before_the_first_configuration_there_is_no_authority(storage: Storage) -> None:
    with pytest.raises(StorageError):
        storage.admin.authority()


def test_new_topics_of_a_source_take_its_published_items_along(storage: Storage) -> None:
    origin = given_origin(storage, topics=("health",))
    origin.says(entry("Filed", "g1"))
    storage.admin.sync(config(replace(origin.source, topics=("climate",))), NOON)
    assert titles(storage.items.select("topics/climate")) == ["Filed"]
    assert storage.items.select("topics/health") == ()


def test_rights_no_takes_a_source_out_of_every_output_and_full_brings_it_back(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Mine", "g1"))
    before = storage.items.channel_seq("")
    storage.admin.sync(config(replace(origin.source, republish=Republish.NO)), NOON)
    assert (storage.items.select(""), storage.items.select("sources/ministry")) == ((), ())
    assert storage.items.channel_seq("") != before
    storage.admin.sync(config(origin.source), NOON)
    assert titles(storage.items.select("")) == ["Mine"]


def test_a_feed_that_renames_itself_moves_every_channel(storage: Storage) -> None:
    origin = given_origin(storage, organisation="")
    origin.says(entry("One", "g1"))
    feed = storage.items.feed("ministry")
    assert feed is not None and feed.organisation == "Feed"
    assert storage.items.feed("nobody") is None


def test_a_configuration_is_bound_to_the_ids_that_the_store_has(storage: Storage) -> None:
    keyed = source("press-key-abc", feed="https://press.example/feed?key=abc")
    storage.admin.sync(config(keyed), NOON)
    bound = storage.settings.bound(replace(config(replace(keyed, id="press")), unnamed=(Unnamed(0, 2, 5),)))
    assert [each.id for each in bound.sources] == ["press-key-abc"]
    assert storage.admin.sync(bound, NOON) == ()
    assert storage.settings.bound(config(keyed)) == config(keyed)


def test_a_source_without_an_id_never_gets_the_items_of_another(storage: Storage) -> None:
    desk = source("press", feed="https://press.example/feed?desk=b")
    storage.admin.sync(config(desk), NOON)
    storage.admin.sync(config(), NOON)
    other = config(replace(desk, feed="https://press.example/feed?desk=b2"))
    with pytest.raises(ConfigError) as raised:
        storage.settings.bound(replace(other, unnamed=(Unnamed(0, 2, 5),)))
    assert str(raised.value) == (
        f"{other.path}:2:5: sources.0.feed: its default id `press` is that of another feed in the store: "
        "add an `id`"
    )


def test_feeds_are_read_from_a_store_as_it_is(storage: Storage, tmp_path: Path) -> None:
    directory = tmp_path / "store"
    assert stored_feeds(directory, database(directory)) == ()
    storage.admin.sync(config(source("press")), NOON)
    assert stored_feeds(directory, database(directory)) == (StoredFeed("press", source("press").feed),)


def test_feeds_are_read_from_no_store_without_making_one(engine: str, tmp_path: Path) -> None:
    directory = tmp_path / "none"
    assert stored_feeds(directory, database(directory)) == ()
    assert not directory.exists()


def test_whether_a_feed_is_public_is_stored_and_shown_at_once(storage: Storage) -> None:
    keyed = source("press", feed="https://press.example/feed?key=abc")
    storage.admin.sync(config(keyed), NOON)
    before = storage.items.channel_seq("")
    storage.admin.sync(config(replace(keyed, feed_public=True)), NOON)
    assert [feed.feed_public for feed in storage.items.feeds()] == [True]
    assert storage.items.channel_seq("") != before


def test_a_changed_title_does_not_rename_a_source_until_the_operator_does(storage: Storage) -> None:
    unnamed = source("ministry", organisation="")
    storage.admin.sync(config(unnamed), NOON)
    told(storage, unnamed, "Ministry news")
    told(storage, unnamed, "World Authority")
    assert organisation(storage) == "Ministry news"
    named = source("ministry", organisation="The Ministry")
    storage.admin.sync(config(named), NOON)
    told(storage, named, "World Authority")
    assert organisation(storage) == "The Ministry"
    storage.admin.sync(config(unnamed), NOON)
    told(storage, unnamed, "Ministry of the World")
    assert organisation(storage) == "Ministry of the World"


def told(storage: Storage, of: Source, title: str) -> None:
    """The source is polled, its document has this title."""
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=[of.id])
    recorded(storage, claim, of, ReadResult(Document("rss20", title=title), ()), NOON)


def organisation(storage: Storage) -> str:
    feed = storage.items.feed("ministry")
    assert feed is not None
    return feed.organisation


def test_whether_a_source_collects_the_releases_of_others_is_stored(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    storage.admin.sync(config(source("ministry", from_entry=True)), NOON)
    feed = storage.items.feed("ministry")
    assert feed is not None
    assert feed.from_entry


def test_a_configuration_that_another_was_applied_before_is_planned_again(storage: Storage) -> None:
    wanted = config(source("ministry"), source("port"))
    carry_out = storage.admin.planned(wanted, NOON)
    storage.admin.sync(config(source("port")), NOON)
    assert carry_out() == ("ministry: new",)
    assert [health.feed.id for health in storage.overview.health()] == ["ministry", "port"]


def test_a_source_that_has_moved_back_meanwhile_is_planned_again(storage: Storage) -> None:
    origin = given_origin(storage)
    other = replace(origin.source, feed="https://other.example/feed")
    carry_out = storage.admin.planned(config(other), NOON)
    storage.admin.sync(config(other), NOON)
    assert carry_out() == ()
    assert storage.overview.health()[0].feed.feed == other.feed
