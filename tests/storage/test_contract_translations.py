"""Contract of every storage engine: translations of one release are linked, never merged."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.dedupe.translations import TRANSLATIONS_MAX
from aggregator.model.amendment import Amendment
from aggregator.model.decision import Trigger
from aggregator.model.entry import Entry
from aggregator.model.house_style import HouseStyle, Styled
from aggregator.model.public_change import ChangeKind
from aggregator.model.settings import Republish, Retention, Source
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import amend
from aggregator.storage import Storage
from tests.engines import execute
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, source
from tests.storage.given import again, move, translated

MINISTRY = source("ministry")
BODIES = {
    "en": "<p>The bridge is open again.</p>",
    "fr": "<p>Le pont est rouvert.</p>",
    "es": "<p>El puente se ha reabierto.</p>",
}


def release(language: str, number: int = 1, *, link: str = "", names: tuple[str, ...] = ()) -> Entry:
    """Return a release in a language, which names the addresses of its versions in other languages."""
    said = entry(
        f"Release {number} {language}",
        f"{number}-{language}-{link}",
        link or f"https://ministry.example/{language}/press/{number}",
        body=BODIES.get(language, f"<p>In {language}.</p>"),
    )
    tag = "en" if language == "fr" else "fr"
    named = replace(said, alternates=tuple((tag, each) for each in names))
    return translated(translated(named, "".join(names)), language)


def given(storage: Storage, *sources: Source) -> tuple[SourceDriver, ...]:
    """Return the drivers of sources whose first import lies behind."""
    storage.admin.sync(config(*sources), NOON)
    drivers = tuple(SourceDriver(storage, each) for each in sources)
    for driver in drivers:
        driver.says(now=NOON - HOUR)
    return drivers


def links(storage: Storage) -> dict[str, list[str]]:
    """Return the titles of the translations of each item, by its title."""
    titles = {each.id: each.item.title for each in all_items(storage)}
    return {each.item.title: [titles[other.id] for other in each.translations] for each in all_items(storage)}


def titled(storage: Storage, title: str) -> Stored:
    (found,) = (each for each in all_items(storage) if each.item.title == title)
    return found


def test_versions_of_one_release_in_several_languages_are_linked_and_not_merged(storage: Storage) -> None:
    (ministry,) = given(storage, MINISTRY)
    ministry.says(release("en"), release("fr"), release("en", 2))
    ministry.says(release("es"), release("en"), release("fr"), release("en", 2), now=NOON + MINUTE)
    assert links(storage) == {
        "Release 1 en": ["Release 1 es", "Release 1 fr"],
        "Release 1 fr": ["Release 1 en", "Release 1 es"],
        "Release 1 es": ["Release 1 en", "Release 1 fr"],
        "Release 2 en": [],
    }
    assert {each.story for each in all_items(storage)} == {None}
    assert len(storage.items.select("")) == 4
    (english,) = (each for each in storage.items.select("") if each.item.title == "Release 1 en")
    (shown,) = (each for each in english.translations if each.language == "fr")
    french = titled(storage, "Release 1 fr")
    assert (shown.id, shown.public_id, shown.feed.id) == (french.id, french.public_id, "ministry")


def test_two_sources_of_one_organisation_are_linked(storage: Storage) -> None:
    french = source("ministere", organisation="Ministry")
    english, other = given(storage, MINISTRY, french)
    english.says(release("en"))
    other.says(release("fr"))
    assert links(storage) == {"Release 1 en": ["Release 1 fr"], "Release 1 fr": ["Release 1 en"]}
    storage.admin.sync(config(MINISTRY, replace(french, organisation="Another")), NOON + HOUR)
    assert links(storage) == {"Release 1 en": [], "Release 1 fr": []}


@pytest.mark.parametrize("is_first", [True, False])
def test_an_address_that_the_origin_names_is_its_translation(storage: Storage, is_first: bool) -> None:
    (ministry,) = given(storage, MINISTRY)
    there = release("fr", link="https://ministry.example/communique/7")
    here = release("en", link="https://ministry.example/7", names=("https://ministry.example/communique/7",))
    order = (here, there) if is_first else (there, here)
    ministry.says(order[0])
    ministry.says(*order, now=NOON + MINUTE)
    assert links(storage) == {"Release 1 en": ["Release 1 fr"], "Release 1 fr": ["Release 1 en"]}


def test_organisations_are_linked_once_each_names_the_other(storage: Storage) -> None:
    agency = source("agency")
    ministry, partner = given(storage, MINISTRY, agency)
    here, there = "https://ministry.example/7", "https://agency.example/7"
    ministry.says(release("en", link=here, names=(there,)))
    partner.says(release("fr", link=there))
    assert links(storage) == {"Release 1 en": [], "Release 1 fr": []}
    partner.says(release("fr", link=there, names=(here,)), now=NOON + MINUTE)
    assert links(storage) == {"Release 1 en": ["Release 1 fr"], "Release 1 fr": ["Release 1 en"]}


def test_a_hostile_source_attaches_itself_to_no_release(storage: Storage) -> None:
    hostile = source("hostile")
    ministry, attacker = given(storage, MINISTRY, hostile)
    here, french = "https://ministry.example/en/press/1", "https://ministry.example/fr/press/1"
    attacker.says(
        release("fr", 1),  # at the address that the release names
        release("es", 1, link="https://hostile.example/es/press/1", names=(here,)),
        release("de", 1, link="https://ministry.example/de/press/1", names=(here,)),
    )
    ministry.says(release("en", names=(french,)))
    attacker.says(release("it", 1, names=(here, french)), now=NOON + MINUTE)
    assert links(storage)["Release 1 en"] == []
    ministry.says(release("en", names=(french,)), release("ar"), now=NOON + 2 * MINUTE)
    assert links(storage)["Release 1 en"] == ["Release 1 ar"]


@pytest.mark.parametrize("trigger", [Trigger.WITHDRAW, Trigger.HOLD, Trigger.ERASE])
def test_a_translation_that_leaves_is_named_no_more_and_the_others_are_rendered_again(
    storage: Storage, trigger: Trigger
) -> None:
    (ministry,) = given(storage, MINISTRY)
    ministry.says(release("en"), release("fr"))
    english, before = titled(storage, "Release 1 en"), storage.items.channel_seq("languages/en")
    move(storage, titled(storage, "Release 1 fr"), trigger)
    assert again(storage, english).translations == ()
    after = storage.items.channel_seq("languages/en")
    assert before is not None
    assert after is not None
    assert after[0] > before[0]
    same = again(storage, english)
    assert (same.updated, same.corrected, same.version) == (english.updated, False, 1)
    kinds = [each.kind for each in storage.changes.since(0, 100) if each.item == english.number]
    assert kinds == [ChangeKind.PUBLISHED]


def test_a_reinstated_translation_is_named_again(storage: Storage) -> None:
    (ministry,) = given(storage, MINISTRY)
    ministry.says(release("en"), release("fr"))
    french = titled(storage, "Release 1 fr")
    move(storage, french, Trigger.WITHDRAW)
    move(storage, again(storage, french), Trigger.REINSTATE)
    assert links(storage)["Release 1 en"] == []
    move(storage, again(storage, french), Trigger.RELEASE)
    assert links(storage)["Release 1 en"] == ["Release 1 fr"]


def test_a_held_translation_is_named_when_it_goes_live(storage: Storage) -> None:
    reviewed = source("ministry", review=True)
    (ministry,) = given(storage, reviewed)
    ministry.says(release("en"), release("fr"))
    english, french = titled(storage, "Release 1 en"), titled(storage, "Release 1 fr")
    move(storage, english, Trigger.RELEASE)
    assert links(storage) == {"Release 1 en": [], "Release 1 fr": []}
    before = storage.items.channel_seq("languages/en")
    move(storage, french, Trigger.RELEASE)
    assert links(storage) == {"Release 1 en": ["Release 1 fr"], "Release 1 fr": ["Release 1 en"]}
    assert storage.items.channel_seq("languages/en") != before


def test_rights_no_hides_a_translation(storage: Storage) -> None:
    french = source("ministere", organisation="Ministry")
    english, other = given(storage, MINISTRY, french)
    english.says(release("en"))
    other.says(release("fr"))
    before = storage.items.channel_seq("sources/ministry")
    storage.admin.sync(config(MINISTRY, replace(french, republish=Republish.NO)), NOON + HOUR)
    assert links(storage)["Release 1 en"] == []
    assert storage.items.channel_seq("sources/ministry") != before


def test_a_forgotten_or_freed_translation_leaves_no_rows(storage: Storage) -> None:
    french = source("ministere", organisation="Ministry")
    english, other = given(storage, MINISTRY, french)
    english.says(release("en"), release("es"))
    other.says(release("fr"))
    assert links(storage)["Release 1 en"] == ["Release 1 es", "Release 1 fr"]
    storage.admin.sync(config(MINISTRY), NOON + HOUR)
    storage.admin.forget("ministere", NOON + HOUR)
    assert links(storage) == {"Release 1 en": ["Release 1 es"], "Release 1 es": ["Release 1 en"]}
    storage.admin.maintain(Retention(items=DAY), NOON + 2 * DAY)
    assert links(storage) == {"Release 1 en": [], "Release 1 es": []}


def test_a_moved_item_is_linked_anew(storage: Storage) -> None:
    (ministry,) = given(storage, MINISTRY)
    ministry.says(release("en"), release("fr"), release("fr", 2))
    said = release("en")
    moved = replace(said, link="https://ministry.example/en/press/2", digest=b"another-digest-1")
    ministry.says(moved, release("fr"), release("fr", 2), now=NOON + MINUTE)
    assert links(storage) == {
        "Release 1 en": ["Release 2 fr"],
        "Release 1 fr": [],
        "Release 2 fr": ["Release 1 en"],
    }


def test_an_item_that_moves_to_a_named_address_is_linked(storage: Storage) -> None:
    (ministry,) = given(storage, MINISTRY)
    here = release("en", link="https://ministry.example/a", names=("https://ministry.example/b",))
    there = release("fr", link="https://ministry.example/c")
    ministry.says(here, there)
    assert links(storage)["Release 1 en"] == []
    moved = replace(there, link="https://ministry.example/b", digest=b"another-digest-1")
    ministry.says(here, moved, now=NOON + MINUTE)
    assert links(storage)["Release 1 en"] == ["Release 1 fr"]
    edited = replace(here, content=replace(here.content, value="<p>More.</p>"), digest=b"another-digest-2")
    ministry.says(edited, moved, now=NOON + 2 * MINUTE)
    assert links(storage)["Release 1 en"] == ["Release 1 fr"]


def test_a_version_that_waits_counts_when_it_is_approved(storage: Storage) -> None:
    (ministry,) = given(storage, source("ministry", review=True))
    ministry.says(release("en"), release("fr"), release("fr", 2))
    for each in all_items(storage):
        move(storage, each, Trigger.RELEASE)
    moved = replace(release("en"), link="https://ministry.example/en/press/2", digest=b"another-digest-1")
    ministry.says(moved, release("fr"), release("fr", 2), now=NOON + HOUR)
    assert links(storage)["Release 1 en"] == ["Release 1 fr"]
    move(storage, titled(storage, "Release 1 en"), Trigger.RELEASE)
    assert links(storage)["Release 1 en"] == ["Release 2 fr"]


def test_an_address_of_several_releases_in_one_language_links_none(storage: Storage) -> None:
    (ministry,) = given(storage, MINISTRY)
    english = [release("en", n, link="https://ministry.example/en/") for n in range(2)]
    french = release("fr", link="https://ministry.example/fr/")
    ministry.says(english[0], french)
    assert links(storage)["Release 1 fr"] == ["Release 0 en"]
    ministry.says(*english, french, now=NOON + MINUTE)
    assert links(storage)["Release 1 fr"] == []


def test_the_language_that_the_desk_gives_an_item_counts(storage: Storage) -> None:
    (ministry,) = given(storage, MINISTRY)
    ministry.says(release("en"), release("fr"))
    french = titled(storage, "Release 1 fr")
    step = amend(french, Amendment(language="en"), reason="wrong", actor="desk", at=NOON + MINUTE)
    storage.acts.apply_transitions([step])
    assert links(storage) == {"Release 1 en": [], "Release 1 fr": []}


def test_items_of_an_aggregating_source_are_linked_within_an_organisation(storage: Storage) -> None:
    (portal,) = given(storage, source("portal", organisation="", from_entry=True))
    said = {
        language: replace(release(language, number), authors=(name,))
        for language, number, name in (("en", 1, "WHO"), ("fr", 1, "UN"), ("es", 1, "WHO"))
    }
    portal.says(*said.values())
    assert links(storage) == {
        "Release 1 en": ["Release 1 es"],
        "Release 1 es": ["Release 1 en"],
        "Release 1 fr": [],
    }


def test_an_item_without_a_mark_has_no_rows_and_links_are_bounded(storage: Storage, tmp_path: Path) -> None:
    (ministry,) = given(storage, MINISTRY)
    ministry.says(entry("Plain", "p", "https://ministry.example/plain"))
    assert execute(tmp_path / "store", "SELECT count(*) FROM translation_key") == [(0,)]
    tags = [a + b for a in "abcdefgh" for b in "bcdfghjk"][: TRANSLATIONS_MAX + 5]
    ministry.says(*(release(tag) for tag in tags))
    (most,) = execute(
        tmp_path / "store",
        "SELECT max(pairs) FROM (SELECT count(*) AS pairs FROM translation GROUP BY item) AS counted",
    )
    assert most == (TRANSLATIONS_MAX,)


def test_a_sitemap_lists_translations_among_the_items_it_has(storage: Storage) -> None:
    (ministry,) = given(storage, source("ministry", indexed=True))
    ministry.says(release("en"), release("fr"), release("en", 2))
    ids = {each.item.title: each.id for each in all_items(storage)}
    group = (("en", ids["Release 1 en"]), ("fr", ids["Release 1 fr"]))
    listed = {each.title: each.translations for each in storage.changes.indexed(10)}
    assert listed == {"Release 1 en": group, "Release 1 fr": group, "Release 2 en": ()}
    assert [each.translations for each in storage.changes.indexed(1)] == [()]


def test_a_translation_is_named_by_its_headline_in_the_house_style(storage: Storage) -> None:
    (ministry,) = given(storage, MINISTRY)
    ministry.says(release("en"), release("fr"))
    english, french = titled(storage, "Release 1 en"), titled(storage, "Release 1 fr")
    styled = replace(french.item, styled=Styled(rules="1", title="Communiqué 1"))
    storage.styles.write([(french.number, styled)], HouseStyle(), NOON)
    (found,) = again(storage, english).translations
    assert found.headline == "Communiqué 1"
    storage.acts.apply_transitions(
        [amend(again(storage, french), Amendment(headline="Le pont"), reason="", actor="desk", at=NOON)]
    )
    (found,) = again(storage, english).translations
    assert found.headline == "Le pont"
