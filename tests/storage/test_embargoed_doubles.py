"""Contract of every storage engine: an embargo is kept beside another entry for the same item, and when its
day is moved where items have no other name."""

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations

import pytest
from msgspec.structs import replace

from aggregator.model.decision import State
from aggregator.model.entry import Entry
from aggregator.model.item import Mode
from aggregator.storage import Storage
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, iso, source
from tests.storage.given import claimed, given_origin

Seen = list[tuple[str, State, datetime | None]]


def dated(title: str, published: float, updated: float | None = None) -> Entry:
    """An entry dated so many days from noon."""
    changed = "" if updated is None else iso(NOON + updated * DAY)
    return entry(
        title, "g1", "https://ministry.example/1", published=iso(NOON + published * DAY), updated=changed
    )


AHEAD, BACK = dated("Ahead", 5), dated("Back", -1)
FUTURE, NOW = dated("Future", -1, updated=10), dated("Now", 1 / 24)


def states(storage: Storage) -> Seen:
    return [(each.item.title, each.state, each.release) for each in all_items(storage)]


@pytest.mark.parametrize("other", [BACK, FUTURE, dated("Undated update", -1, updated=0)])
def test_an_embargo_that_one_of_two_entries_states_holds_the_item(storage: Storage, other: Entry) -> None:
    for number, order in enumerate(permutations((AHEAD, other))):
        origin = given_origin(storage, f"origin{number}")
        origin.says(*order)
        for hours in (1, 2):
            origin.says(*order, now=NOON + hours * HOUR)
    held = [(other.title.value, State.HELD, NOON + 5 * DAY)]
    assert states(storage) == held * 2


def test_an_embargo_ends_when_the_entry_that_states_it_is_gone(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(AHEAD, BACK)
    origin.says(BACK, now=NOON + HOUR)
    assert states(storage) == [("Back", State.HELD, NOON + HOUR)]  # due at the next tick


DOCUMENTS: tuple[tuple[Sequence[Entry], ...], ...] = (
    ((AHEAD,), (AHEAD, BACK), (AHEAD, BACK)),
    ((AHEAD,), (NOW, AHEAD), (NOW, AHEAD)),
    ((BACK,), (AHEAD, BACK), (BACK,)),
    ((NOW,), (AHEAD, NOW), (AHEAD,)),
    ((AHEAD, BACK), (AHEAD, FUTURE), (NOW, AHEAD, FUTURE)),
    ((AHEAD, NOW), (NOW,), (NOW, AHEAD)),
)


@pytest.mark.parametrize("documents", DOCUMENTS)
def test_a_document_read_whole_or_by_its_new_entries_comes_to_the_same(
    storage: Storage, documents: Sequence[Sequence[Entry]]
) -> None:
    ways = (True, False)
    storage.admin.sync(config(*(source(f"way{way:d}") for way in ways)), NOON - DAY)
    origins = [SourceDriver(storage, source(f"way{way:d}"), incremental=way) for way in ways]
    for hours, said in enumerate(documents):
        for origin in origins:
            origin.says(*said, now=NOON + hours * HOUR * 2)
        one, other = ([each for each in all_items(storage) if each.source == o.source.id] for o in origins)
        assert [(each.item.title, each.state, each.release) for each in one] == [
            (each.item.title, each.state, each.release) for each in other
        ]


def test_an_embargo_moved_to_another_day_is_one_item_where_title_and_day_name_it(storage: Storage) -> None:
    origin = given_origin(storage)
    others = [
        entry(f"Other {n}", "g1", "https://ministry.example/1", published=iso(NOON - n * DAY))
        for n in range(3)
    ]
    moved = [dated("Report", days) for days in (2, 4, 3)]
    for hours, said in enumerate(moved):
        origin.says(said, *others, now=NOON + hours * HOUR)
        assert claimed(storage, now=NOON + hours * HOUR).mode is Mode.TITLE_DAY
        (report,) = [each for each in all_items(storage) if each.item.title == "Report"]
        assert (report.state, report.release) == (State.HELD, NOON + (2, 4, 3)[hours] * DAY)


def test_a_later_report_of_the_same_title_is_another_item(storage: Storage) -> None:
    origin = given_origin(storage)
    others = [
        entry(f"Other {n}", "g1", "https://ministry.example/1", published=iso(NOON - n * DAY))
        for n in range(3)
    ]
    first, second = dated("Report", 2), replace(dated("Report", 3), content=entry("Third").content)
    origin.says(first, *others)
    origin.says(second, first, *others, now=NOON + HOUR)
    origin.says(second, *others, now=NOON + 2 * HOUR)
    assert len([each for each in all_items(storage) if each.item.title == "Report"]) == 2
