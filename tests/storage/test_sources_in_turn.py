"""Contract of every storage engine: what is chosen from items of many sources is chosen from them in turn."""

from collections import Counter

from aggregator.model.release import Window
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, config, entry, iso, source, titles
from tests.storage.given import given_origin
from tests.storage.test_contract_crowding import enter, entered, flood, given_neighbours


def shares(storage: Storage, channel: str = "") -> Counter[str]:
    """Return how many items of each source a channel's document shows."""
    return Counter(each.source for each in storage.items.select(channel))


def given_unlimited(storage: Storage, *names: str) -> list[SourceDriver]:
    """Sources whose items enter shared channels at once."""
    drivers = [given_origin(storage, name) for name in names]
    storage.admin.sync(config(*(source(name, burst=10_000) for name in names)), NOON)
    return drivers


def test_a_flood_of_a_day_leaves_the_release_of_another_source_in_the_document(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 600)
    for hours in range(1, 26):
        enter(storage, NOON + hours * HOUR)
    assert shares(storage) == {"agency": 499, "ministry": 1}
    agency.says(*(entry(f"Late {n}", f"late{n}") for n in range(50)), now=NOON + 25 * HOUR)
    assert sum(title.startswith("Late") for title in titles(storage.items.select(""))) == 20


def test_sources_share_a_full_document_and_none_loses_what_another_leaves(storage: Storage) -> None:
    agency, ministry, office = given_unlimited(storage, "agency", "ministry", "office")
    ministry.says(*(entry(f"M{n}", f"m{n}") for n in range(300)))
    office.says(*(entry(f"O{n}", f"o{n}") for n in range(3)))
    flood(agency, 400, NOON + MINUTE)
    assert shares(storage) == {"agency": 249, "ministry": 248, "office": 3}
    assert shares(storage, "sources/agency") == {"agency": 400}


def test_a_document_shows_the_newest_of_each_source(storage: Storage) -> None:
    agency, ministry = given_unlimited(storage, "agency", "ministry")
    flood(agency, 600)
    ministry.says(entry("Ours", "m1"))
    assert entered(storage) == [f"Flood {n}" for n in range(101, 600)]


def test_hidden_items_take_no_places_in_a_document(storage: Storage) -> None:
    agency, ministry = given_unlimited(storage, "agency", "ministry")
    flood(agency, 300)
    ministry.says(*(entry(f"M{n}", f"m{n}") for n in range(300)))
    silent = source("agency", republish="no", burst=10_000)
    storage.admin.sync(config(source("ministry", burst=10_000), silent), NOON)
    assert shares(storage) == {"ministry": 300}


def test_corrections_of_one_source_leave_room_for_those_of_others(storage: Storage) -> None:
    agency, ministry = given_unlimited(storage, "agency", "ministry")
    ministry.says(entry("Ours", "m1"))
    flood(agency, 100)
    agency.says(*(entry(f"Fresh {n}", f"n{n}") for n in range(60)), now=NOON + 3 * DAY)
    ministry.says(entry("Ours, corrected", "m1", body="<p>Other words.</p>"), now=NOON + 3 * DAY + MINUTE)
    edits = [entry(f"Flood {n}", f"f{n}", body=f"<p>Corrected text {n}.</p>") for n in range(100)]
    agency.says(*edits, now=NOON + 3 * DAY + 2 * MINUTE)
    found = storage.items.select("")
    assert titles(found)[:6] == [*(f"Flood {n}" for n in range(99, 94, -1)), "Ours, corrected"]
    assert titles(found)[6:] == [f"Fresh {n}" for n in range(60)]


def test_a_document_as_long_as_its_window_names_the_newest(storage: Storage) -> None:
    (agency,) = given_unlimited(storage, "agency")
    flood(agency, 10)
    agency.says(entry("Last", "l"), now=NOON + 3 * DAY)
    window = Window(newest=3, within=HOUR)
    assert titles(storage.items.select("", window)) == ["Last", "Flood 9", "Flood 8"]


def test_held_items_of_one_source_do_not_delay_the_release_of_another(storage: Storage) -> None:
    ministry, agency = given_neighbours(storage)
    held = [entry(f"Held {n}", f"h{n}", published=iso(NOON + HOUR)) for n in range(60)]
    agency.says(*held)
    ministry.says(entry("Ours, later", "m2", published=iso(NOON + 2 * HOUR)))
    due = storage.items.release_due(NOON + 2 * HOUR, 50)
    assert Counter(each.source for each in due) == {"agency": 49, "ministry": 1}
    assert [each.release for each in due] == [NOON + HOUR] * 49 + [NOON + 2 * HOUR]
