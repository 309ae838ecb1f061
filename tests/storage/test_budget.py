"""The daily budget of a source: a feed that grows without end fills neither the channels nor the disk."""

from dataclasses import replace

import pytest

from aggregator.errors import Cause
from aggregator.model import AlertKind, Entry, OutcomeKind, State
from aggregator.model.settings import Budget
from aggregator.policy.budget import FIRST_IMPORT, HELD, size
from aggregator.storage import Storage
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, item, source, titles
from tests.storage.given import claimed, given_origin

LONG = "<p>" + "a rather long account of very little, told at length " * 100 + "</p>"


def numbered(count: int, first: int = 0, body: str = "") -> list[Entry]:
    return [entry(f"Release {n}", f"g{n}", body=body) for n in range(first, first + count)]


def given_budget(storage: Storage, items: int = 5_000, size: int = 200_000_000) -> SourceDriver:
    """A source with this budget, its first import behind it."""
    return given_origin(storage, budget=Budget(items, size))


def open_alerts(storage: Storage) -> dict[AlertKind, str]:
    return {each.kind: each.message for each in storage.tasks.alerts()}


def test_new_items_beyond_the_budget_of_a_day_are_held_and_the_operator_is_told(storage: Storage) -> None:
    origin = given_budget(storage, items=3)
    outcome = origin.says(*numbered(5))
    assert (outcome.kind, outcome.new) == (OutcomeKind.CHANGED, 5)
    assert [(each.state, each.reason, each.release) for each in all_items(storage)] == [
        *[(State.LIVE, "", None)] * 3,
        *[(State.HELD, HELD, None)] * 2,
    ]
    assert open_alerts(storage) == {
        AlertKind.BUDGET: "2 new items are held, beyond 3 a day (budget)",
    }


def test_the_budget_counts_over_the_polls_of_a_day_and_begins_anew_with_the_next(storage: Storage) -> None:
    origin = given_budget(storage, items=3)
    origin.says(*numbered(2))
    origin.says(*numbered(2, first=2), now=NOON + HOUR)
    assert [each.state for each in all_items(storage)].count(State.HELD) == 1
    origin.says(now=NOON + 2 * HOUR)
    assert AlertKind.BUDGET in open_alerts(storage)
    origin.says(*numbered(3, first=4), now=NOON + DAY)
    assert [each.state for each in all_items(storage)].count(State.HELD) == 1
    assert open_alerts(storage) == {}


def test_bytes_beyond_the_budget_are_not_stored_and_the_document_is_read_again(storage: Storage) -> None:
    each = size(item(entry("Release 0", "g0", body=LONG), source("ministry")))
    origin = given_budget(storage, size=3 * each + each // 2)
    document = numbered(5, body=LONG)
    outcome = origin.says(*document)
    assert (outcome.kind, outcome.cause, outcome.new) == (OutcomeKind.FAILED, Cause.OVER_BUDGET, 3)
    after = claimed(storage)
    assert (after.validators.etag, after.body_digest, len(after.seen), after.failures) == ("", b"", 3, 0)
    storage.polls.release([after])
    assert list(open_alerts(storage)) == [AlertKind.BUDGET]
    assert origin.says(*document, now=NOON + HOUR).new == 0
    assert origin.says(*document, now=NOON + DAY).kind is OutcomeKind.CHANGED
    assert (len(all_items(storage)), open_alerts(storage)) == (5, {})


def test_edits_count_into_the_bytes_of_a_day(storage: Storage) -> None:
    each = size(item(entry("Release 0", "g0", body=LONG), source("ministry")))
    origin = given_budget(storage, size=3 * each + each // 2)
    for edit in range(5):
        origin.says(entry("Release 0", "g0", body=LONG + f"<p>{edit}</p>"), now=NOON + edit * HOUR)
    (stored,) = all_items(storage)
    assert (stored.item.text[-1], len(storage.items.history(stored.number).revisions)) == ("2", 2)
    origin.says(entry("Release 0", "g0", body=LONG + "<p>4</p>"), now=NOON + DAY)
    assert all_items(storage)[0].item.text[-1] == "4"


def test_the_first_import_has_ten_times_the_budget(storage: Storage) -> None:
    of = source("ministry", budget=Budget(items=2))
    storage.admin.sync(config(of), NOON)
    SourceDriver(storage, of).says(*numbered(2 * FIRST_IMPORT + 1))
    assert [each.state for each in all_items(storage)].count(State.HELD) == 1


def test_one_source_beyond_its_budget_takes_nothing_from_another(storage: Storage) -> None:
    flood = given_budget(storage, items=1)
    flood.says(*numbered(9))
    other = given_origin(storage, "agency", budget=Budget(items=1))
    other.says(entry("One", "o1"))
    assert titles(storage.items.select("sources/agency")) == ["One"]


@pytest.mark.parametrize("names", [("content", "text", "summary", "title")])
def test_the_size_of_an_item_is_that_of_its_texts_in_utf_8(names: tuple[str, ...]) -> None:
    plain = item(entry("x", "g"), source("ministry"))
    for name in names:
        longer = replace(plain, **{name: getattr(plain, name) + "é" * 500})
        assert size(longer) == size(plain) + 1_000
