"""Contract of every storage engine: sources whose ids and feeds are edited keep what is theirs."""

import pytest
from msgspec.structs import replace

from aggregator.errors import UsageError
from aggregator.model.decision import State, Trigger
from aggregator.model.document import Document, ReadResult
from aggregator.model.poll import Doubt
from aggregator.model.settings import Source
from aggregator.storage import Storage
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, item, source, titles
from tests.storage.given import claimed, given_origin, move

NEW_FEED = "https://new.example/feed"


def edited(of: SourceDriver, name: str, organisation: str = "Ministry") -> Source:
    """A source with another feed, and the organisation it names."""
    return source(name, feed=NEW_FEED, organisation=organisation, domains=("new.example",))


def given_withdrawn(storage: Storage) -> SourceDriver:
    """A source with one item that was withdrawn."""
    origin = given_origin(storage)
    origin.says(entry("Withdrawn", "g1"))
    move(storage, all_items(storage)[0], Trigger.WITHDRAW)
    return origin


def compared(storage: Storage, of: Source, *guids: str) -> Doubt:
    """The doubt about a source after its document with these guids was compared."""
    claim = claimed(storage, of.id)
    read = ReadResult(Document("rss20"), tuple(item(entry("Withdrawn", guid), of) for guid in guids))
    storage.polls.compare(claim, read)
    storage.polls.release([claim])
    return claimed(storage, of.id).doubt


def test_exchanged_ids_take_items_and_channels_along(storage: Storage) -> None:
    one, two = given_origin(storage, "one"), given_origin(storage, "two")
    one.says(entry("First", "g1"))
    two.says(entry("Second", "g2"))
    seq = storage.items.channel_seq("sources/one")
    swapped = replace(one.source, id="two"), replace(two.source, id="one")
    assert storage.admin.sync(config(*swapped), NOON) == ("one: renamed to two", "two: renamed to one")
    assert {each.item.title: each.source for each in all_items(storage)} == {"First": "two", "Second": "one"}
    assert titles(storage.items.select("sources/one")) == ["Second"]
    assert storage.items.channel_seq("sources/one") != seq
    assert SourceDriver(storage, swapped[0]).says(entry("First", "g1")).new == 0


def test_a_former_id_redirects_unless_a_source_has_it(storage: Storage) -> None:
    one, two = given_origin(storage, "one"), given_origin(storage, "two")
    swapped = replace(one.source, id="two"), replace(two.source, id="one")
    storage.admin.sync(config(*swapped), NOON)
    assert [storage.items.renamed(each) for each in ("one", "two")] == ["", ""]
    apart = replace(one.source, id="three"), replace(two.source, id="four")
    storage.admin.sync(config(*apart), NOON)
    assert [storage.items.renamed(each) for each in ("one", "two")] == ["four", "three"]
    taking = source("one", feed=NEW_FEED, organisation="Office")
    storage.admin.sync(config(*apart, taking), NOON)
    assert [storage.items.renamed(each) for each in ("one", "two")] == ["", "three"]


def test_a_source_that_takes_the_id_of_a_renamed_one_takes_nothing_else(storage: Storage) -> None:
    given_withdrawn(storage)
    taking = source("ministry", feed=NEW_FEED, organisation="Office")
    storage.admin.sync(config(source("archive", feed=source("ministry").feed), taking), NOON)
    assert [each.source for each in all_items(storage)] == ["archive"]
    assert SourceDriver(storage, taking).says(entry("Another", "g1")).new == 1
    assert {each.source: each.state for each in all_items(storage)} == {
        "archive": State.WITHDRAWN,
        "ministry": State.LIVE,
    }


def test_id_and_feed_in_one_edit_continue_the_source_whose_items_are_listed(storage: Storage) -> None:
    of = edited(given_withdrawn(storage), "office")
    storage.admin.sync(config(of), NOON)
    assert claimed(storage, "office").doubt.name == "ministry"
    assert compared(storage, of, "g1", "g9").is_read
    assert storage.admin.sync(config(of), NOON) == (
        "ministry: renamed to office",
        "office: moved to a new address",
    )
    assert SourceDriver(storage, of).says(entry("Withdrawn", "g1")).new == 0
    assert [(each.source, each.state) for each in all_items(storage)] == [("office", State.WITHDRAWN)]
    assert [feed.id for feed in storage.items.feeds()] == ["office"]


def test_a_document_without_known_items_leaves_the_question_to_the_operator(storage: Storage) -> None:
    of = edited(given_withdrawn(storage), "office")
    storage.admin.sync(config(of), NOON)
    assert compared(storage, of, "g8", "g9") == replace(
        claimed(storage, "office").doubt, same=0, is_read=True
    )
    assert storage.admin.sync(config(of), NOON) == ()
    (health,) = storage.overview.health()
    assert health.doubt.name == "ministry"
    with pytest.raises(UsageError):
        storage.admin.identify(config(of), "office", "nobody", NOON)
    with pytest.raises(UsageError):
        storage.admin.identify(config(of), "office", "office", NOON)
    assert storage.admin.identify(config(of), "office", "ministry", NOON)[0] == "ministry: renamed to office"
    with pytest.raises(UsageError):
        storage.admin.identify(config(of), "office", "ministry", NOON)


def test_an_entry_without_keys_of_its_own_proves_nothing(storage: Storage) -> None:
    of = edited(given_withdrawn(storage), "office")
    storage.admin.sync(config(of), NOON)
    assert compared(storage, of, "g1", "g1").same == 0
    assert compared(storage, of).same == 0


def test_an_id_taken_by_another_organisation_is_asked_about_and_new_if_the_operator_says_so(
    storage: Storage,
) -> None:
    origin = given_withdrawn(storage)
    of = edited(origin, "ministry", "Office")
    storage.admin.sync(config(of), NOON)
    claim = claimed(storage)
    assert (claim.feed, claim.doubt) == (NEW_FEED, Doubt(1, "ministry", origin.source.feed, NEW_FEED))
    feed = storage.items.feed("ministry")
    assert feed is not None and feed.organisation == "Ministry"
    assert storage.admin.identify(config(of), "ministry", None, NOON)[-1] == "ministry: new"
    assert SourceDriver(storage, of).says(entry("Another", "g1")).new == 1
    assert {each.source: each.state for each in all_items(storage)} == {
        "ministry-former": State.WITHDRAWN,
        "ministry": State.LIVE,
    }
    back = replace(origin.source, id="archive")
    storage.admin.sync(config(of, back), NOON)
    assert SourceDriver(storage, back).says(entry("Withdrawn", "g1")).new == 0


def test_an_id_whose_new_document_lists_its_items_has_moved(storage: Storage) -> None:
    of = edited(given_withdrawn(storage), "ministry", "Office")
    storage.admin.sync(config(of), NOON)
    assert compared(storage, of, "g1").same == 1
    assert storage.admin.sync(config(of), NOON) == ("ministry: moved to a new address",)
    assert SourceDriver(storage, of).says(entry("Withdrawn", "g1")).new == 0


def test_a_provisional_source_that_is_removed_leaves_nothing(storage: Storage) -> None:
    of = edited(given_withdrawn(storage), "office")
    storage.admin.sync(config(of), NOON)
    storage.admin.sync(config(), NOON)
    assert [feed.id for feed in storage.items.feeds()] == ["ministry"]
    assert storage.polls.claim(NOON + DAY, limit=9, lease=HOUR) == ()
