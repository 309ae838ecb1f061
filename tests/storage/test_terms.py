"""Terms of use in the store: what the operator and the origin state, and the end of rights."""

from msgspec.structs import replace

from aggregator.model.document import Document, ReadResult
from aggregator.model.item import Item
from aggregator.model.rights import Terms, Use
from aggregator.model.settings import Republish
from aggregator.storage import Storage
from tests.given import DAY, HOUR, NOON, all_items, config, entry, recorded, source, titles
from tests.given import item as normalised
from tests.storage.given import claimed, given_origin

MINISTRY = source("ministry")
OF_FEED = Terms("https://ministry.example/terms", train=Use.PROHIBIT)
OF_ITEM = Terms("https://creativecommons.org/licenses/by/4.0/", input=Use.ALLOW)


def says(storage: Storage, *items: Item, terms: Terms = OF_FEED) -> None:
    document = Document("rss20", title="Feed", terms=terms)
    recorded(storage, claimed(storage), MINISTRY, ReadResult(document, items), NOON)


def test_the_terms_of_a_feed_and_of_an_item_are_kept(storage: Storage) -> None:
    given_origin(storage)
    plain, stated = normalised(entry("Plain", "g1"), MINISTRY), normalised(entry("Stated", "g2"), MINISTRY)
    says(storage, plain, replace(stated, terms=OF_ITEM))
    (feed,) = storage.items.feeds()
    assert feed.terms == OF_FEED
    assert {each.item.title: each.item.terms for each in all_items(storage)} == {
        "Plain": None,
        "Stated": OF_ITEM,
    }
    assert claimed(storage).terms == OF_FEED


def test_other_terms_of_a_feed_change_every_channel(storage: Storage) -> None:
    given_origin(storage)
    says(storage, normalised(entry("First", "g1"), MINISTRY))
    before = storage.items.select("")
    changed = storage.items.channel_seq("")
    says(storage, normalised(entry("First", "g1"), MINISTRY), terms=Terms(train=Use.ALLOW))
    assert titles(storage.items.select("")) == titles(before)
    assert storage.items.channel_seq("") != changed


def test_rights_that_expire_take_everything_out_and_later_ones_bring_it_back(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("First", "g1"))
    lent = replace(MINISTRY, expires=NOON + DAY)
    storage.admin.sync(config(lent), NOON + HOUR)
    assert titles(storage.items.select("")) == ["First"]
    storage.admin.sync(config(lent), NOON + DAY)
    assert titles(storage.items.select("")) == []
    assert [feed.republish for feed in storage.items.feeds()] == [Republish.NO]
    storage.admin.sync(config(replace(lent, expires=NOON + 2 * DAY)), NOON + DAY + HOUR)
    assert titles(storage.items.select("")) == ["First"]
