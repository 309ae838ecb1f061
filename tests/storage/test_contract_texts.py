"""Contract of every storage engine: stories of releases that each organisation has on its own site."""

from pathlib import Path

import pytest

from aggregator.model.decision import Trigger
from aggregator.model.document import Document, ReadResult
from aggregator.model.settings import Retention
from aggregator.storage import Storage
from tests.engines import execute
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, entry, item
from tests.storage.given import again, claimed, given_origin, move

NAMES = ("north", "south", "eastern", "western", "upper", "lower", "old", "new", "long", "short")
SENTENCES = tuple(
    f"The {name} bridge carries {len(name) + 40} lorries an hour since Monday." for name in NAMES
)
MORE = "The mayor of the town thanked the builders for their patience."
ABOUT = "<p>About {0}</p><p>The {0} was founded in a cold winter and likes bridges.</p>"


def released(
    origin: SourceDriver, *sentences: str, title: str = "Bridges", tail: str = "", **at: object
) -> None:
    """The source has the release on its own site."""
    body = "".join(f"<p>{each}</p>" for each in sentences or SENTENCES) + tail
    link = f"https://{origin.source.id}.example/bridges"
    origin.says(entry(title, "bridges", link, body=body), **at)  # type: ignore[arg-type]  # `now`


def merged(storage: Storage) -> list[tuple[str, list[str]]]:
    return [(each.source, [also.organisation for also in each.also]) for each in storage.items.select("")]


def given_two(storage: Storage) -> tuple[SourceDriver, SourceDriver]:
    return given_origin(storage), given_origin(storage, "agency")


def test_a_release_that_two_have_on_their_own_sites_is_shown_once_and_names_both(storage: Storage) -> None:
    ministry, agency = given_two(storage)
    released(ministry, tail=ABOUT.format("ministry"))
    released(agency, title="Bridges carry lorries", tail=ABOUT.format("agency"))
    assert merged(storage) == [("ministry", ["Agency"])]
    (lead,) = storage.items.select("")
    move(storage, lead, Trigger.WITHDRAW)
    assert merged(storage) == [("agency", [])]
    move(storage, again(storage, lead), Trigger.REINSTATE)
    move(storage, again(storage, lead), Trigger.RELEASE)
    assert merged(storage) == [("agency", ["Ministry"])] or merged(storage) == [("ministry", ["Agency"])]


@pytest.mark.parametrize("other", ["<p>Read more</p>", ""], ids=["marked", "unmarked"])
def test_an_extract_is_shown_beside_the_release_unless_it_says_that_it_is_one(
    storage: Storage, other: str
) -> None:
    """Else a source could have another's release hidden by adding to it."""
    ministry, agency = given_two(storage)
    released(ministry)
    released(agency, *SENTENCES[:6], tail=other)
    shown = [("ministry", ["Agency"])]
    assert sorted(merged(storage)) == (shown if other else [("agency", ["Ministry"]), *shown])


def test_a_release_with_additions_is_not_shown_in_place_of_the_one_it_adds_to(storage: Storage) -> None:
    ministry, agency = given_two(storage)
    released(agency, *SENTENCES, MORE)
    released(ministry)
    assert sorted(merged(storage)) == [("agency", ["Ministry"]), ("ministry", ["Agency"])]


def test_a_release_is_shown_in_place_of_one_with_additions_until_it_is_withdrawn(storage: Storage) -> None:
    ministry, agency = given_two(storage)
    released(ministry)
    released(agency, *SENTENCES, MORE)
    assert merged(storage) == [("ministry", ["Agency"])]
    (lead,) = storage.items.select("")
    move(storage, lead, Trigger.HOLD)
    assert merged(storage) == [("agency", [])]
    move(storage, again(storage, lead), Trigger.RELEASE)
    assert merged(storage) == [("ministry", ["Agency"])]


def test_another_figure_is_another_release(storage: Storage) -> None:
    ministry, agency = given_two(storage)
    released(ministry)
    released(agency, *SENTENCES[:9], SENTENCES[9].replace("45", "54"))
    assert {each.story for each in all_items(storage)} == {None}


def test_a_lead_that_corrects_a_word_still_stands_for_the_others(storage: Storage) -> None:
    ministry, agency = given_two(storage)
    released(ministry)
    released(agency, tail=ABOUT.format("agency"))
    released(ministry, *SENTENCES, title="Bridges: more lorries", now=NOON + HOUR)
    assert merged(storage) == [("ministry", ["Agency"])]


def test_a_lead_that_takes_back_its_release_parts_the_story(storage: Storage) -> None:
    ministry, agency = given_two(storage)
    released(ministry)
    released(agency, tail=ABOUT.format("agency"))
    released(ministry, *SENTENCES[:9], "No lorry uses any bridge of ours.", now=NOON + HOUR)
    assert sorted(merged(storage)) == [("agency", []), ("ministry", [])]


def test_a_release_that_another_source_stored_meanwhile_makes_the_poll_decide_again(storage: Storage) -> None:
    ministry, agency = given_two(storage)
    released(ministry)
    (first,) = all_items(storage)
    document = Document("rss20", listed=(b"x" * 16,))
    body = "".join(f"<p>{each}</p>" for each in SENTENCES)
    found = ReadResult(
        document, (item(entry("B", "g", "https://agency.example/b", body=body), agency.source),)
    )
    known = storage.polls.knowledge(claimed(storage, "agency"), found, NOON, frozenset())
    assert [each.number for each in known.candidates] == [first.number]
    assert known.bands


def test_a_sentence_of_all_items_of_a_source_finds_the_last_one(storage: Storage, tmp_path: Path) -> None:
    ministry = given_origin(storage)
    for n in range(5):
        body = "".join(f"<p>{each} {n}.</p>" for each in SENTENCES) + f"<p>{MORE}</p>"
        ministry.says(entry(f"Bridges {n}", f"g{n}", body=body), now=NOON + n * MINUTE)
    rows = execute(tmp_path / "store", "SELECT hash, count(*) FROM sketch GROUP BY hash ORDER BY 2 DESC")
    assert {many for _, many in rows} == {1}


def test_rows_of_sentences_go_with_the_text(storage: Storage, tmp_path: Path) -> None:
    ministry, _ = given_two(storage)
    released(ministry)
    released(ministry, MORE * 3, now=NOON + HOUR)
    assert len(execute(tmp_path / "store", "SELECT 1 FROM sketch")) == 1
    storage.admin.maintain(Retention(items=DAY), NOON + 9 * DAY)
    assert execute(tmp_path / "store", "SELECT 1 FROM sketch") == []


def test_items_of_a_version_without_sentences_are_found_after_maintenance(
    storage: Storage, tmp_path: Path
) -> None:
    ministry, agency = given_two(storage)
    released(ministry)
    for statement in (
        "DELETE FROM sketch",
        "DELETE FROM signature",
        "INSERT INTO unmatched SELECT number FROM item",
    ):
        execute(tmp_path / "store", statement)
    storage.admin.maintain(Retention(), NOON + MINUTE)
    released(agency, tail=ABOUT.format("agency"), now=NOON + HOUR)
    assert merged(storage) == [("ministry", ["Agency"])]


TAILS = {
    "ministry": "<p>All roads of the country are in our care, and most of its tunnels, too.</p>",
    "agency": "<p>Our nine offices are open on weekdays; dogs wait outside with the porter.</p>",
}


def test_boilerplate_that_a_source_repeats_is_left_out(storage: Storage) -> None:
    """No heading tells it: it stands under other items of the source, too."""
    for origin in given_two(storage):
        tail = TAILS[origin.source.id]
        others = (entry(f"Other {n}", f"o{n}", body=f"<p>Matter {n}.</p>{tail}") for n in range(3))
        origin.says(*others, now=NOON - MINUTE)
        body = "".join(f"<p>{each}</p>" for each in SENTENCES) + tail
        origin.says(entry("Bridges", "b", f"https://{origin.source.id}.example/b", body=body))
    assert ("ministry", ["Agency"]) in merged(storage)
