"""Contract of every storage engine: what the admin side shows of items."""

from aggregator.model.decision import Trigger
from aggregator.storage import Storage
from tests.given import HOUR, MINUTE, NOON, all_items, entry, iso
from tests.storage.given import given_origin, move


def test_the_delay_of_an_item_lasts_until_it_is_published(storage: Storage) -> None:
    dated = entry("Storm", "a", published=iso(NOON - HOUR))
    given_origin(storage, "direct").says(dated)
    given_origin(storage, "reviewed", review=True).says(dated)
    (held,) = [each for each in all_items(storage) if each.source == "reviewed"]
    assert [each.delay for each in storage.overview.newest()] == [None, HOUR]
    move(storage, held, Trigger.RELEASE)
    assert [each.delay for each in storage.overview.newest()] == [HOUR + MINUTE, HOUR]
    assert [each.delay for each in storage.overview.newest("reviewed")] == [HOUR + MINUTE]
