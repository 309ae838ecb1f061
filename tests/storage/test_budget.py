"""The daily budget of a source: a feed that grows without end fills neither the channels nor the disk."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import fields, replace

from aggregator.errors import Cause
from aggregator.model.alert import AlertKind
from aggregator.model.changes import Changes, Edit, NewItem, Placement
from aggregator.model.decision import State, Trigger
from aggregator.model.document import Document, Fetched, ReadResult, Validators
from aggregator.model.entry import Entry, Markup, Origin
from aggregator.model.item import Enclosure, Item, Mode
from aggregator.model.poll import Answer, OutcomeKind, Spent
from aggregator.model.schedule import DueReason
from aggregator.model.settings import Budget
from aggregator.model.size import KEY_BYTES, stored_bytes
from aggregator.model.stored import Knowledge, Known
from aggregator.policy.budget import FIRST_IMPORT, HELD, within
from aggregator.policy.poll_result import decide
from aggregator.storage import Storage
from tests.engines import database, execute, rewrite
from tests.given import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SourceDriver,
    all_items,
    config,
    entry,
    iso,
    item,
    recorded,
    source,
    titles,
)
from tests.storage.given import claimed, given_origin, move

COUNTED_TIMES_MAX = 3  # bytes in tables and indexes, for one that is counted

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
        AlertKind.BUDGET: "2 new items are held, beyond 3 a day: `publicwire release --over-budget ministry` publishes them",
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
    each = stored_bytes(item(entry("Release 0", "g0", body=LONG), source("ministry")))
    origin = given_budget(storage, size=3 * each + each // 2)
    document = numbered(5, body=LONG)
    outcome = origin.says(*document)
    assert (outcome.kind, outcome.cause, outcome.new) == (OutcomeKind.FAILED, Cause.OVER_BUDGET, 3)
    after = claimed(storage)
    assert (after.validators.etag, after.body_digest, len(after.seen), after.failures) == ("", b"", 3, 1)
    storage.polls.release([after])
    assert list(open_alerts(storage)) == [AlertKind.BUDGET]
    assert origin.says(*document, now=NOON + HOUR).new == 0
    assert origin.says(*document, now=NOON + DAY).kind is OutcomeKind.CHANGED
    assert (len(all_items(storage)), open_alerts(storage)) == (5, {})


def test_edits_count_into_the_bytes_of_a_day(storage: Storage) -> None:
    each = stored_bytes(item(entry("Release 0", "g0", body=LONG), source("ministry")))
    origin = given_budget(storage, size=3 * each + each // 2)
    for edit in range(5):
        origin.says(entry("Release 0", "g0", body=LONG + f"<p>{edit}</p>"), now=NOON + edit * HOUR)
    (stored,) = all_items(storage)
    assert (stored.item.text[-1], len(storage.items.history(stored.number).revisions)) == ("2", 2)
    origin.says(entry("Release 0", "g0", body=LONG + "<p>4</p>"), now=NOON + DAY)
    assert all_items(storage)[0].item.text[-1] == "4"


def test_silent_changes_count_with_what_they_take_more_into_the_bytes_of_a_day(storage: Storage) -> None:
    def summarised(poll: int, size: int) -> Entry:
        summary = Markup(f"{LONG * size}<p>{poll}</p>", is_html=True)
        return replace(entry("Release 0", "g0"), summary=summary, digest=bytes([poll]) * 16)

    each = stored_bytes(item(summarised(0, 1), source("ministry")))
    origin = given_budget(storage, size=2 * each)
    sizes = (1, 1, 1, 1, 3, 1)
    outcomes = [origin.says(summarised(n, size), now=NOON + n * HOUR) for n, size in enumerate(sizes)]
    assert [each.cause for each in outcomes] == [*[Cause.NONE] * 4, Cause.OVER_BUDGET, Cause.NONE]
    (stored,) = all_items(storage)
    assert (stored.item.summary[-5:], stored.version) == ("5</p>", 1)


def embargoed(release: datetime, body: str = "") -> Entry:
    """Return an entry for an embargo, with another digest for each body."""
    said = entry("Embargoed", "e0", published=iso(release), body=body)
    return replace(said, digest=hashlib.blake2b(repr(said).encode(), digest_size=16).digest())


@pytest.mark.parametrize(
    ("moved", "release"), [(NOON + 9 * DAY, NOON + 9 * DAY), (NOON + DAY, NOON + 3 * DAY)]
)
def test_a_later_release_of_an_edit_beyond_the_budget_is_stored_and_an_earlier_one_is_not(
    storage: Storage, moved: datetime, release: datetime
) -> None:
    origin = given_budget(storage, size=2_000)
    origin.says(embargoed(NOON + 3 * DAY))
    (before,) = all_items(storage)
    outcome = origin.says(embargoed(moved, LONG), now=NOON + HOUR)
    (after,) = all_items(storage)
    assert (outcome.cause, outcome.edited) == (Cause.OVER_BUDGET, 0)
    claimed = release if release == moved else before.item.claimed
    assert after == replace(
        before, item=replace(before.item, claimed=claimed), release=release, seq=after.seq
    )
    origin.source = replace(origin.source, budget=Budget())
    assert origin.says(embargoed(moved, LONG), now=NOON + DAY - HOUR).edited == 1
    (stored,) = all_items(storage)
    assert (stored.release, stored.item.text != before.item.text) == (moved, True)


@pytest.mark.parametrize(
    ("release", "former", "is_kept"),
    [
        (None, NOON, True),
        (NOON, None, False),
        (None, None, False),
        (NOON + DAY, NOON, True),
        (NOON, NOON, False),
    ],
)
def test_a_release_without_a_time_is_later_than_any(
    release: datetime | None, former: datetime | None, *, is_kept: bool
) -> None:
    said = item(entry("Release 0", "g0", body=LONG), source("ministry"))
    moved = Placement(State.HELD, release, NOON, flags=("distant",))
    edit = Edit(1, said, substantive=True, updated=NOON, placement=moved)
    old = Known(1, State.HELD, "", b"", (), (), NOON, release=former, flags=("damped",), unsettled=b"u")
    changes = Changes(Knowledge("", known=(old,)), Mode.NORMAL, edits=(edit,))
    stored, _, over = within(changes, Spent(), Budget(1, 1), first_import=False, now=NOON)
    kept = Edit(
        1,
        replace(said, keys=()),
        substantive=False,
        updated=NOON,
        placement=moved,
        flags=("damped", "distant"),
        unsettled=b"u",
    )
    assert stored.edits == ((kept,) if is_kept else ())
    assert over is not None
    assert over.dropped == 1


@pytest.mark.parametrize(("waits", "is_stored"), [(True, False), (False, True)])
def test_a_version_that_waits_counts_whole_even_for_another_link(waits: bool, is_stored: bool) -> None:
    moved = item(entry("Release 0", "g0", body=LONG), source("ministry"))
    edit = Edit(1, moved, substantive=False, updated=NOON, moves=True, waits=waits)
    changes = Changes(Knowledge(""), Mode.NORMAL, edits=(edit,))
    limit = Budget(items=1, bytes=stored_bytes(moved) - 1)
    stored, _, _ = within(changes, Spent(), limit, first_import=False, now=NOON)
    assert stored.edits == ((edit,) if is_stored else ())


def test_the_first_import_has_ten_times_the_budget(storage: Storage) -> None:
    of = source("ministry", budget=Budget(items=2))
    storage.admin.sync(config(of), NOON)
    SourceDriver(storage, of).says(*numbered(2 * FIRST_IMPORT + 1))
    assert [each.state for each in all_items(storage)].count(State.HELD) == 1


@pytest.mark.parametrize(
    ("spent", "times"), [(0, FIRST_IMPORT), (NOON.toordinal(), FIRST_IMPORT), (NOON.toordinal() - 1, 1)]
)
def test_a_first_import_that_goes_on_has_the_budget_of_a_day(spent: int, times: int) -> None:
    live, of = Placement(State.LIVE, None, NOON), source("ministry")
    items = (item(said, of) for said in numbered(FIRST_IMPORT + 1))
    new = tuple(NewItem(each, each.guid, "", live, NOON) for each in items)
    changes = Changes(Knowledge(""), Mode.NORMAL, new=new)
    _, _, over = within(changes, Spent(spent), Budget(items=1), first_import=True, now=NOON)
    assert over is not None
    assert over.times == times


def test_what_a_first_import_could_not_store_is_backlog_when_it_follows(storage: Storage) -> None:
    of = source("ministry", budget=Budget(items=2))
    storage.admin.sync(config(of), NOON)
    origin = SourceDriver(storage, of)
    old = [entry(f"Old {n}", f"g{n}", published=iso(NOON - 40 * DAY)) for n in range(45)]
    assert origin.says(*old).new == 2 * 2 * FIRST_IMPORT
    for day in range(1, 4):
        origin.says(*old, now=NOON + day * DAY)
    assert len(all_items(storage)) == 45
    assert all(each.backlog for each in all_items(storage))
    origin.says(*old, entry("New", "n"), now=NOON + 4 * DAY)
    assert titles([each for each in all_items(storage) if not each.backlog]) == ["New"]


def test_one_source_beyond_its_budget_takes_nothing_from_another(storage: Storage) -> None:
    flood = given_budget(storage, items=1)
    flood.says(*numbered(9))
    other = given_origin(storage, "agency", budget=Budget(items=1))
    other.says(entry("One", "o1"))
    assert titles(storage.items.select("sources/agency")) == ["One"]


def grown_by(store: Path) -> int:
    """Return the bytes that the store of a directory takes now, without dead rows."""
    rewrite(store)
    if database(store):
        size = "sum(pg_total_relation_size(oid))"
        where = "pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    else:
        size, where = "page_count * page_size", "pragma_page_count(), pragma_page_size()"
    ((found,),) = execute(store, f"SELECT {size} FROM {where}")
    assert isinstance(found, (int, Decimal))
    return int(found)


def says(origin: SourceDriver, items: Sequence[Item], now: datetime) -> int:
    """Poll with a document of these items; return what they are counted as."""
    claim = claimed(origin.storage, origin.source.id, now)
    listed = tuple(each.digest for each in items)
    read = ReadResult(Document("rss20", title="Feed", listed=listed), tuple(items))
    recorded(origin.storage, claim, origin.source, read, now)
    after = claimed(origin.storage, origin.source.id, now)
    origin.storage.polls.release([after])
    return after.spent.bytes


def plain(number: int, guid: str = "") -> Item:
    return item(entry(f"Release {number}", guid or f"g{number}", body="<p>Short.</p>"), source("ministry"))


def filled(number: int, **fields: object) -> Item:
    return replace(plain(number), **fields)  # the caller names fields of Item


COUNT = 400
QUOTES = '"' * 190
SHAPES: Mapping[str, Callable[[int], Item]] = {
    "tiny": plain,
    "guid": lambda number: plain(number, f"https://one.example/{number}/{'g' * 3_900}"),
    "url": lambda number: filled(number, url=f"https://one.example/{number}/{'u' * 3_900}"),
    "raw_url": lambda number: filled(number, raw_url="https://one.example/" + "u" * 3_900),
    "origin": lambda number: filled(number, origin=Origin("t" * 900, "i" * 3_900, "l" * 3_900)),
    "organisation": lambda number: filled(number, organisation=QUOTES),
    "authors": lambda number: filled(number, authors=(QUOTES,) * 30),
    "categories": lambda number: filled(number, categories=(QUOTES,) * 30),
    "files": lambda number: filled(number, enclosures=(Enclosure("u", "t" * 200, 1 << 60),) * 30),
    "images": lambda number: filled(number, images=(Enclosure("u" * 200),) * 30),
    "rights": lambda number: filled(number, rights=QUOTES * 5),
    "signature": lambda number: filled(number, signature=bytes(8_000)),
    "content": lambda number: filled(number, content=LONG, text=LONG),
    "summary": lambda number: filled(number, summary=f"<p class={QUOTES}>" * 10),
    "kana": lambda number: filled(number, title="ア" * 1_000),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_new_items_add_to_the_store_is_counted(storage: Storage, tmp_path: Path, shape: str) -> None:
    origin, before = given_budget(storage, size=10**9), grown_by(tmp_path / "store")
    counted = says(origin, [SHAPES[shape](number) for number in range(COUNT)], NOON)
    assert len(all_items(storage)) == COUNT
    assert grown_by(tmp_path / "store") - before < COUNTED_TIMES_MAX * counted


def test_what_new_keys_add_to_the_store_is_counted(storage: Storage, tmp_path: Path) -> None:
    origin = given_budget(storage, size=10**9)

    def moved(poll: int) -> list[Item]:
        return [
            item(entry(f"Release {n}", f"{poll}-{n}", f"https://ministry.example/{n}"), source("ministry"))
            for n in range(100)
        ]

    counted, before = says(origin, moved(0), NOON), grown_by(tmp_path / "store")
    for poll in range(1, 11):
        spent = says(origin, moved(poll), NOON + poll * MINUTE)
    assert len(all_items(storage)) == 100
    assert spent - counted == 10 * 100 * 2 * KEY_BYTES  # guid, and guid with link
    assert grown_by(tmp_path / "store") - before < COUNTED_TIMES_MAX * (spent - counted)


def signed(poll: int, *, parameter: str, alt: str = "") -> Item:
    """A release whose picture and file are signed anew at each poll."""
    query = f"X-Amz-Date=1&amp;{parameter}={poll:09d}"
    body = f'{LONG}<img src="https://cdn.example/a.jpg?{query}" alt="{alt}"><a href="https://cdn.example/a.pdf?{query}">Map</a>'
    return item(entry("Release", "g1", "https://ministry.example/1", body=body), source("ministry"))


@pytest.mark.parametrize("review", [False, True])
@pytest.mark.parametrize("parameter", ["X-Amz-Signature", "edition"])
def test_of_addresses_signed_anew_at_each_poll_counts_what_they_take_more(
    storage: Storage, parameter: str, review: bool
) -> None:
    origin = given_origin(storage, budget=Budget(), review=review)
    spent = [says(origin, [signed(n, parameter=parameter)], NOON + n * MINUTE) for n in range(8)]
    assert spent == [spent[0]] * 8
    assert says(origin, [signed(9, parameter=parameter, alt="a" * 700)], NOON + HOUR) - spent[0] >= 1_400


@pytest.mark.parametrize("parameter", ["X-Amz-Signature", "edition"])
def test_of_addresses_signed_anew_in_a_version_that_waits_counts_what_they_take_more(
    storage: Storage, parameter: str
) -> None:
    origin = given_origin(storage, budget=Budget(), review=True)
    says(origin, [plain(1)], NOON)
    move(storage, all_items(storage)[0], Trigger.RELEASE)
    spent = [says(origin, [signed(n, parameter=parameter)], NOON + n * MINUTE) for n in range(1, 8)]
    assert all_items(storage)[0].pending == 2
    assert spent == [spent[0]] * 7


def test_new_keys_beyond_the_budget_are_not_stored(storage: Storage) -> None:
    def moved(poll: int) -> Entry:
        return entry("Release", f"guid {poll}", "https://ministry.example/1")

    first = stored_bytes(item(moved(0), source("ministry")))
    origin = given_budget(storage, size=first + 3 * KEY_BYTES)
    outcomes = [origin.says(moved(poll), now=NOON + poll * HOUR) for poll in range(3)]
    assert [each.cause for each in outcomes] == [Cause.NONE, Cause.NONE, Cause.OVER_BUDGET]
    assert origin.says(moved(2), now=NOON + DAY).cause is Cause.NONE
    assert len(all_items(storage)) == 1


def test_new_items_beyond_twice_the_budget_are_not_stored(storage: Storage) -> None:
    origin = given_budget(storage, items=3)
    outcome = origin.says(*numbered(9))
    assert (outcome.kind, outcome.cause, outcome.new) == (OutcomeKind.FAILED, Cause.OVER_BUDGET, 6)
    assert [each.state for each in all_items(storage)] == [*[State.LIVE] * 3, *[State.HELD] * 3]
    assert open_alerts(storage)[AlertKind.BUDGET] == (
        "3 new items are held, beyond 3 a day: `publicwire release --over-budget ministry` publishes them; "
        "3 items were not stored, beyond 200 MB or 6 new items a day: they follow from the next day (UTC) on, "
        "sooner with a larger `budget`"
    )
    origin.says(*numbered(9), now=NOON + DAY)
    assert len(all_items(storage)) == 9


def test_a_source_beyond_its_budget_fails_and_backs_off_until_the_next_day(storage: Storage) -> None:
    given_budget(storage, items=1)
    of = source("ministry", budget=Budget(items=1), every=15 * MINUTE)
    due, now = [], NOON
    for _ in range(5):
        claim = claimed(storage, now=now)
        made = tuple(item(each, of) for each in numbered(9))
        read = ReadResult(Document("rss20", listed=tuple(each.digest for each in made)), made)
        known = storage.polls.knowledge(claim, read, now, frozenset())
        fetched = Fetched(of.feed, 200, b"body", validators=Validators(of.feed, '"1"', "today"))
        result = decide(claim, of, Answer(fetched, b"0" * 16, read), known, now=now, jitter=0.0)
        assert (result.after.validators, result.after.body_digest) == (Validators(), b"")
        storage.polls.record(result)
        now = result.due.at
        due.append((result.due.reason, result.due.cause, now - NOON))
    back_off = (DueReason.BACK_OFF, Cause.OVER_BUDGET)
    assert due == [(*back_off, hours * HOUR) for hours in (1, 3, 7, 12, 28)]
    (health,) = storage.overview.health()
    assert (health.failures, storage.admin.totals(NOON).failing) == (5, 1)


def held(storage: Storage) -> set[str]:
    return {each.item.title for each in all_items(storage) if each.state is State.HELD}


def test_what_the_budget_holds_is_found_until_an_operator_decides(storage: Storage) -> None:
    origin = given_budget(storage, items=3)
    embargoed = entry("Embargoed", "e", published=iso(NOON + DAY))
    origin.says(embargoed, *numbered(5))
    assert held(storage) == {"Embargoed", "Release 0", "Release 1"}
    found = storage.items.over_budget("ministry", 10)
    assert titles(found) == ["Release 1", "Release 0"]
    assert storage.items.over_budget("agency", 10) == ()
    move(storage, found[0], Trigger.HOLD)
    assert titles(storage.items.over_budget("ministry", 10)) == titles(found[1:])


def test_an_embargoed_item_beyond_the_budget_keeps_its_embargo(storage: Storage) -> None:
    origin = given_budget(storage, items=1)
    origin.says(*[entry(f"Release {n}", f"e{n}", published=iso(NOON + DAY)) for n in range(2)])
    assert {(each.reason, each.release) for each in all_items(storage)} == {("embargo", NOON + DAY)}


def test_the_budget_of_the_first_import_is_named_in_the_alert(storage: Storage) -> None:
    of = source("ministry", budget=Budget(items=2))
    storage.admin.sync(config(of), NOON)
    SourceDriver(storage, of).says(*numbered(30))
    assert open_alerts(storage)[AlertKind.BUDGET] == (
        "10 new items are held, beyond 20 at the first import, 10 times its budget of a day: "
        "`publicwire release --over-budget ministry` publishes them"
    )


TEXTS = [each.name for each in fields(Item) if each.type is str and each.name != "language"]
LISTS = [
    "authors",
    "origin.authors",
    "categories",
    "enclosures.url",
    "enclosures.type",
    "images.url",
    "images.type",
]


ORIGIN_TEXTS = [f"origin.{each.name}" for each in fields(Origin) if each.type is str]


@pytest.mark.parametrize("name", [*TEXTS, *LISTS, *ORIGIN_TEXTS])
def test_every_text_of_an_item_counts_by_its_bytes_in_utf_8(name: str) -> None:
    def of(text: str) -> Item:
        field, _, part = name.partition(".")
        value: Any = (text,) if name in LISTS else text
        if field == "origin":
            value = replace(Origin("t", "i", "l"), **{part: value})
        elif part:
            value = (Enclosure(text, "t") if part == "url" else Enclosure("u", text),)
        return filled(0, **{field: value})

    assert stored_bytes(of("x" + "é" * 500)) == stored_bytes(of("x")) + 1_000
