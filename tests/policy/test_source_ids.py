"""A source without an id has that of its feed in the store, or a default id that is nobody else's."""

import pytest
from msgspec.structs import replace

from aggregator.errors import ConfigError
from aggregator.model.settings import Config, Source, Unnamed
from aggregator.policy.source_ids import StoredFeed, assigned, bound
from tests.given import config, source

FEED = "https://a.example/feed"
DEFAULT = source("a-feed", feed=FEED)


def unnamed(*sources: Source, named: tuple[Source, ...] = ()) -> Config:
    """A file with sources that have an id, then some that have none, each on its line."""
    return replace(
        config(*named, *sources),
        unnamed=tuple(
            Unnamed(len(named) + index, len(named) + index + 2, 5) for index in range(len(sources))
        ),
    )


def ids(of: Config, *stored: StoredFeed) -> list[str]:
    found, faults = assigned(of, stored)
    assert faults == {}
    return [each.id for each in found.sources]


def faults(of: Config, *stored: StoredFeed) -> dict[int, str]:
    return dict(assigned(of, stored)[1])


def test_a_new_source_has_its_default_id() -> None:
    assert ids(unnamed(DEFAULT)) == ["a-feed"]
    assert ids(unnamed(DEFAULT), StoredFeed("b", "https://b.example/")) == ["a-feed"]


@pytest.mark.parametrize(
    "stored",
    [
        StoredFeed("a-feed", FEED),
        StoredFeed("a-feed-key-abc", FEED),  # the default of earlier versions
        StoredFeed("press", FEED, configured=False),
        StoredFeed("press", "https://former.example/", adopted=FEED),
        StoredFeed("press", "http://www.a.example/feed"),
    ],
)
def test_a_source_has_the_id_under_which_the_store_has_its_feed(stored: StoredFeed) -> None:
    assert ids(unnamed(DEFAULT), stored) == [stored.id]


def test_of_several_stored_sources_with_the_feed_it_is_the_configured_one() -> None:
    former, present = StoredFeed("former", FEED, configured=False), StoredFeed("present", FEED)
    assert ids(unnamed(DEFAULT), former, present) == ids(unnamed(DEFAULT), present, former) == ["present"]


def test_sources_that_differ_in_their_query_keep_their_ids_in_any_order_and_alone() -> None:
    first, second = (replace(DEFAULT, feed=f"{FEED}?desk={desk}") for desk in "ab")
    stored = StoredFeed("a-feed", first.feed), StoredFeed("a-feed-2", second.feed)
    assert ids(unnamed(first, second), *stored) == ["a-feed", "a-feed-2"]
    assert ids(unnamed(second, first), *stored) == ["a-feed-2", "a-feed"]
    assert ids(unnamed(second), *stored) == ["a-feed-2"]


def test_an_id_of_the_store_is_given_once() -> None:
    other = replace(DEFAULT, feed="http://a.example/feed")
    assert faults(unnamed(other, DEFAULT), StoredFeed("a-feed", FEED)) == {
        0: "its default id `a-feed` is that of another feed in the store"
    }


@pytest.mark.parametrize("configured", [True, False])
def test_the_id_of_another_feed_in_the_store_is_refused(configured: bool) -> None:
    other = replace(DEFAULT, feed=f"{FEED}?desk=b2")
    stored = StoredFeed("a-feed", f"{FEED}?desk=b", configured=configured)
    assert faults(unnamed(other), stored) == {
        0: "its default id `a-feed` is that of another feed in the store"
    }


def test_a_default_id_that_new_sources_share_is_refused_for_each_of_them() -> None:
    first, second = (replace(DEFAULT, feed=f"{FEED}?desk={desk}") for desk in "ab")
    shared = "its default id `a-feed` is that of another source, too"
    assert faults(unnamed(first, second)) == {0: shared, 1: shared}
    assert faults(unnamed(first, named=(source("a-feed"),))) == {1: shared}


def test_an_id_of_the_file_stays_though_the_store_has_the_feed_of_another_under_it() -> None:
    named = source("a-feed", feed="https://b.example/")
    assert faults(unnamed(DEFAULT, named=(named,)), StoredFeed("a-feed", FEED)) == {
        1: "its default id `a-feed` is that of another feed in the store"
    }
    assert ids(config(named), StoredFeed("a-feed", FEED)) == ["a-feed"]


def test_files_are_told_apart_by_their_whole_address() -> None:
    press = source("press", feed="file:///srv/press.xml")
    assert ids(unnamed(press), StoredFeed("news", press.feed)) == ["news"]
    assert faults(unnamed(press), StoredFeed("press", "file:///other/press.xml")) != {}


def test_each_refusal_names_its_place_and_the_cure() -> None:
    first, second = (replace(DEFAULT, feed=f"{FEED}?desk={desk}") for desk in "ab")
    of = unnamed(first, second, named=(source("other"),))
    with pytest.raises(ConfigError) as raised:
        bound(of, [StoredFeed("a-feed", first.feed)])
    assert [str(each) for each in raised.value.problems] == [
        f"{of.path}:4:5: sources.2.feed: its default id `a-feed` is that of another feed in the store: add an `id`"
    ]
    assert bound(config(DEFAULT), []) == config(DEFAULT)
