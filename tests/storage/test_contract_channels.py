"""Contract of every storage engine: channel documents, backlog and sequence numbers."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.model.decision import Trigger
from aggregator.model.release import Window
from aggregator.model.settings import Republish
from aggregator.model.stored import ItemQuery
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, iso, listed, source, titles
from tests.storage.given import again, given_origin, given_story, move, translated


def test_a_corrected_item_comes_back_into_a_document_it_had_left(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Wrong", "g0"))
    later = NOON + 10 * DAY
    origin.says(*(entry(f"Number {n}", f"g{n}") for n in range(1, 6)), now=later)
    assert "Wrong" not in titles(storage.items.select("", Window(newest=3)))
    origin.says(entry("Right", "g0"), now=later + HOUR)
    assert "Right" in titles(storage.items.select("", Window(newest=3, within=timedelta(0))))


def test_a_document_holds_the_newest_and_all_of_the_window(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*(entry(f"Old {n}", f"o{n}") for n in range(4)))
    origin.says(*(entry(f"New {n}", f"n{n}") for n in range(4)), now=NOON + 5 * DAY)
    assert len(storage.items.select("", Window(newest=2, within=HOUR))) == 4
    assert len(storage.items.select("", Window(newest=6, within=HOUR))) == 6
    assert len(storage.items.select("", Window(newest=6, within=10 * DAY))) == 8


def test_an_item_stands_in_the_channels_of_its_source_topics_and_language(storage: Storage) -> None:
    origin = given_origin(storage, topics=("health", "climate"), language="fr-CA")
    origin.says(entry("Bonjour", "g1"))
    names = ("", "sources/ministry", "topics/climate", "topics/health")
    assert storage.items.channels() == names
    for name in (*names, "languages/fr"):
        assert storage.items.channel_seq(name) is not None
        assert titles(storage.items.select(name)) == ["Bonjour"]
    assert storage.items.select("topics/unknown") == ()
    assert storage.items.channel_seq("topics/unknown") is None


def test_old_items_of_a_first_import_fill_shared_documents_after_those_that_entered(storage: Storage) -> None:
    of = source("ministry", topics=("health",))
    storage.admin.sync(config(of), NOON)
    SourceDriver(storage, of).says(
        entry("Fresh", "g1", published=iso(NOON - DAY)),
        entry("Old", "g2", published=iso(NOON - 30 * DAY)),
        entry("Undated", "g3"),
    )
    filled = ["Fresh", "Old", "Undated"]
    assert titles(storage.items.select("")) == titles(storage.items.select("topics/health")) == filled
    assert sorted(titles(storage.items.select("sources/ministry"))) == ["Fresh", "Old", "Undated"]


def test_a_language_and_a_topic_with_old_items_of_a_first_import_alone_are_listed(storage: Storage) -> None:
    of = source("ministry", topics=("health",), language="af-ZA")
    storage.admin.sync(config(of), NOON)
    driver = SourceDriver(storage, of)
    driver.says(*(entry(f"Oud {n}", f"g{n}", published=iso(NOON - 30 * DAY)) for n in range(3)))
    assert storage.items.channels() == ("", "languages/af", "sources/ministry", "topics/health")
    assert listed(storage, "languages/af") == listed(storage, "topics/health") == ["Oud 0", "Oud 1", "Oud 2"]
    assert storage.items.channel_seq("languages/af") is not None
    for each in all_items(storage):
        move(storage, each, Trigger.WITHDRAW)
    assert storage.items.channels() == ("", "sources/ministry")
    assert storage.items.channel_seq("languages/af") is None


def test_old_items_of_two_sources_list_a_language(storage: Storage) -> None:
    first, second = source("ministry", language="af"), source("agency", language="af")
    storage.admin.sync(config(first, second), NOON)
    SourceDriver(storage, first).says(entry("Een", "g1", published=iso(NOON - 30 * DAY)))
    assert "languages/af" not in storage.items.channels()
    SourceDriver(storage, second).says(entry("Twee", "g2", published=iso(NOON - 30 * DAY)))
    assert "languages/af" in storage.items.channels()


def test_old_items_of_a_first_import_are_listed_on_pages_by_date_and_only_while_live(
    storage: Storage,
) -> None:
    of, silent = source("ministry"), source("silent", republish=Republish.NO)
    storage.admin.sync(config(of, silent), NOON)
    SourceDriver(storage, of).says(
        entry("Fresh", "g1", published=iso(NOON - DAY)),
        entry("Withdrawn", "g2", published=iso(NOON - 20 * DAY)),
        entry("Older", "g3", published=iso(NOON - 40 * DAY)),
        entry("Old", "g4", published=iso(NOON - 30 * DAY)),
    )
    SourceDriver(storage, silent).says(entry("Not ours to show", "s1", published=iso(NOON - 30 * DAY)))
    (withdrawn,) = (each for each in all_items(storage) if each.item.title == "Withdrawn")
    move(storage, withdrawn, Trigger.WITHDRAW)
    assert listed(storage) == listed(storage, "sources/ministry") == ["Fresh", "Old", "Older"]
    assert listed(storage, most=2) == ["Fresh", "Old"]
    assert storage.items.listing("topics/none", 9) == ()


def test_lists_of_pages_go_by_shown_date_and_documents_by_position(storage: Storage) -> None:
    origin = given_origin(storage, topics=("health",))
    origin.says(entry("Newest", "g1", published=iso(NOON - HOUR)))
    origin.says(
        entry("Oldest", "g2", published=iso(NOON - 3 * DAY)),
        entry("Middle", "g3", published=iso(NOON - 2 * DAY)),
        now=NOON + HOUR,
    )
    for name in ("", "topics/health", "sources/ministry"):
        assert listed(storage, name) == ["Newest", "Middle", "Oldest"]
        assert titles(storage.items.select(name)) == ["Middle", "Oldest", "Newest"]
    newest = storage.items.items(ItemQuery(newest=True, limit=2))
    assert titles(newest) == ["Newest", "Middle"]


def test_undated_items_of_a_first_import_are_listed_last(storage: Storage) -> None:
    of = source("ministry")
    storage.admin.sync(config(of), NOON)
    driver = SourceDriver(storage, of)
    driver.says(entry("Undated", "g1"), entry("Old", "g2", published=iso(NOON - 30 * DAY)))
    driver.says(entry("New and undated", "g3"), now=NOON + HOUR)
    for name in ("", "sources/ministry"):
        assert listed(storage, name) == ["New and undated", "Old", "Undated"]
    assert {each.item.title: each.is_dated for each in all_items(storage)} == {
        "Undated": False,
        "Old": True,
        "New and undated": True,
    }
    newest = storage.items.items(ItemQuery(newest=True))
    assert titles(newest) == ["New and undated", "Old", "Undated"]


def test_only_channels_whose_content_changed_move_their_seq(storage: Storage) -> None:
    ministry = given_origin(storage, "ministry", topics=("health",))
    agency = given_origin(storage, "agency")
    ministry.says(entry("One", "g1"))
    agency.says(entry("Other", "x1"))
    before = {name: storage.items.channel_seq(name) for name in storage.items.channels()}
    ministry.says(entry("Two", "g2"), now=NOON + HOUR)
    moved = {name for name in before if storage.items.channel_seq(name) != before[name]}
    assert moved == {"", "sources/ministry", "topics/health"}
    ministry.says(entry("Two", "g2"), now=NOON + 2 * HOUR)
    assert {name for name in before if storage.items.channel_seq(name) != before[name]} == moved


LANGUAGES = ("", "languages/en", "languages/fr")


def shown_in(storage: Storage, title: str) -> list[str]:
    """Return which of LANGUAGES show an item, in documents and on pages alike."""
    documents = [name for name in LANGUAGES if title in titles(storage.items.select(name))]
    assert documents == [name for name in LANGUAGES if title in listed(storage, name)]
    return documents


@pytest.mark.parametrize(
    ("leaves", "returns"), [(Trigger.HOLD, Trigger.RELEASE), (Trigger.WITHDRAW, Trigger.REINSTATE)]
)
def test_an_item_that_returns_in_another_language_stands_in_the_channel_of_that(
    storage: Storage, leaves: Trigger, returns: Trigger
) -> None:
    origin = given_origin(storage)
    said = translated(entry("Bridge opens", "g1"), "en")
    origin.says(said)
    (before,) = all_items(storage)
    move(storage, before, leaves)
    origin.says(translated(said, "fr"), now=NOON + HOUR)
    assert shown_in(storage, "Bridge opens") == []
    move(storage, again(storage, before), returns)
    origin.says(translated(said, "fr"), now=NOON + 2 * HOUR)
    Releases(storage).all(NOON + 2 * HOUR)
    assert shown_in(storage, "Bridge opens") == ["", "languages/fr"]


def test_an_item_stands_in_the_channel_of_a_language_it_got_without_rights(storage: Storage) -> None:
    origin = given_origin(storage)
    said = translated(entry("Bridge opens", "g1"), "en")
    origin.says(said)
    storage.admin.sync(config(source("ministry", republish=Republish.NO)), NOON)
    origin.says(translated(said, "fr"), now=NOON + HOUR)
    assert shown_in(storage, "Bridge opens") == []
    storage.admin.sync(config(source("ministry")), NOON + HOUR)
    assert shown_in(storage, "Bridge opens") == ["", "languages/fr"]


def test_a_language_that_alternates_earns_no_new_position(storage: Storage) -> None:
    origin, other = given_origin(storage), given_origin(storage, "agency")
    said = translated(entry("Bridge opens", "g1"), "en")
    origin.says(said)
    other.says(translated(entry("Later", "a1"), "en"), now=NOON + HOUR)
    seq = storage.items.channel_seq("languages/en")
    for hour, language in enumerate(("fr", "", "en"), 2):
        origin.says(translated(said, language), now=NOON + hour * HOUR)
        names = ["", f"languages/{language}"] if language else [""]
        assert shown_in(storage, "Bridge opens") == names
    assert titles(storage.items.select("languages/en")) == ["Later", "Bridge opens"]
    assert storage.items.channel_seq("languages/en") != seq


def test_an_item_that_left_its_story_while_it_was_not_visible_stands_in_its_channels(
    storage: Storage,
) -> None:
    lead, joined = given_story(storage)
    agency = SourceDriver(storage, source("agency", domains=("ministry.example",)))
    move(storage, joined, Trigger.HOLD)
    agency.says(entry("Bridge closed", "a1", "https://ministry.example/bridge"), now=NOON + HOUR)
    assert again(storage, joined).story is None
    move(storage, again(storage, joined), Trigger.RELEASE)
    assert titles(storage.items.select("")) == ["Bridge closed", lead.item.title]


def test_an_item_that_left_its_story_without_rights_stands_in_its_channels(storage: Storage) -> None:
    lead, joined = given_story(storage)
    ministry, domains = source("ministry"), ("ministry.example",)
    agency = source("agency", domains=domains)
    storage.admin.sync(config(ministry, replace(agency, republish=Republish.NO)), NOON)
    changed = entry("Bridge closed", "a1", "https://ministry.example/bridge")
    SourceDriver(storage, agency).says(changed, now=NOON + HOUR)
    assert again(storage, joined).story is None
    storage.admin.sync(config(ministry, agency), NOON + HOUR)
    assert titles(storage.items.select("")) == ["Bridge closed", lead.item.title]


@pytest.mark.parametrize("review", [False, True])
def test_an_item_that_leaves_its_story_in_another_language_leaves_the_channel_of_the_former(
    storage: Storage, *, review: bool
) -> None:
    body = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"
    ours = source("ministry", domains=("ministry.example",), review=review)
    other = source("agency", domains=("ministry.example",))
    storage.admin.sync(config(ours, other), NOON)
    origin, agency = SourceDriver(storage, ours), SourceDriver(storage, other)
    for each in (origin, agency):
        each.says(now=NOON - HOUR)
    link = "https://ministry.example/bridge"
    said = translated(entry("Bridge open", "m1", link, body=body), "en")
    origin.says(said)
    (stored,) = all_items(storage)
    if review:
        move(storage, stored, Trigger.RELEASE)
    agency.says(translated(replace(said, guid="a1"), "en"), now=NOON + HOUR)
    assert again(storage, stored).story is not None
    origin.says(translated(entry("Pont fermé", "m1", link), "fr"), now=NOON + 2 * HOUR)
    if review:
        move(storage, again(storage, stored), Trigger.RELEASE)
    assert again(storage, stored).story is None
    assert shown_in(storage, "Pont fermé") == ["", "languages/fr"]
    assert shown_in(storage, "Bridge open") == ["", "languages/en"]
