"""Every way in asks the journal: sources added again, renamed and restored, and copies by other sources."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.alert import AlertKind
from aggregator.model.decision import Errand, Noted, State, Trigger
from aggregator.model.entry import Entry
from aggregator.model.settings import Source
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import step
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from aggregator.storage.sql import journal_lines
from tests.engines import execute, open_storage, restore
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, source, titles
from tests.storage.given import again, given_origin

pytestmark = pytest.mark.usefixtures("engine")

BODY = "<p>" + " ".join(f"The bridge is open again, says the mayor of town {n}." for n in range(6)) + "</p>"
BRIDGE = entry("Bridge opens", "b", "https://ministry.example/bridge", body=BODY)
FERRY = entry("Ferry sails", "f", "https://ministry.example/ferry", body="<p>It sails at noon.</p>")
COPY = entry("Bridge opens", "w", "https://wire.example/bridge", body=BODY)


def named(storage: Storage, title: str) -> Stored:
    (found,) = (each for each in all_items(storage) if each.item.title == title)
    return found


def decide(storage: Storage, item: Stored, *triggers: Trigger, after: int = 1) -> None:
    for number, trigger in enumerate(triggers):
        at = NOON + (after + number) * MINUTE
        storage.acts.apply_transitions(
            [step(again(storage, item), trigger, reason="asked to", actor="tester", at=at)]
        )


def forgotten(storage: Storage, name: str = "ministry") -> None:
    storage.admin.sync(config(), NOON + HOUR)
    storage.admin.forget(name, NOON + HOUR, "tester")


def given_only_the_journal_file(store: Path) -> None:
    """Empty the tables of decisions, as a recovery of the database to an earlier time does."""
    for table in ("withdrawn_piece", "decision", "journal"):
        execute(store, f"DELETE FROM {table}")


def added(storage: Storage, of: Source, *entries: Entry) -> SourceDriver:
    """A source of a store that has no other."""
    storage.admin.sync(config(of), NOON + HOUR)
    origin = SourceDriver(storage, of)
    origin.says(*entries, now=NOON + HOUR)
    return origin


def states(storage: Storage) -> dict[str, str]:
    return {each.item.title: each.state.value for each in all_items(storage)}


@pytest.mark.parametrize(
    ("triggers", "state"),
    [
        ([Trigger.WITHDRAW], State.WITHDRAWN),
        ([Trigger.HOLD], State.HELD),
        ([Trigger.HOLD, Trigger.RELEASE], State.LIVE),
        ([Trigger.WITHDRAW, Trigger.REINSTATE], State.LIVE),  # its origin says it again
    ],
)
@pytest.mark.parametrize("name", ["ministry", "department"])
def test_a_source_that_is_forgotten_and_added_again_finds_what_was_decided(
    storage: Storage, triggers: list[Trigger], state: State, name: str
) -> None:
    """Also under another id, by its feed."""
    origin = given_origin(storage)
    origin.says(BRIDGE, FERRY)
    decide(storage, named(storage, "Bridge opens"), *triggers)
    forgotten(storage)
    added(storage, replace(origin.source, id=name), BRIDGE, FERRY)
    assert states(storage) == {"Bridge opens": state.value, "Ferry sails": "live"}
    if state is not State.LIVE:
        assert named(storage, "Bridge opens").reason == "asked to"


def test_a_release_from_review_is_found_by_a_source_that_is_added_again(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(BRIDGE, FERRY)
    decide(storage, named(storage, "Bridge opens"), Trigger.RELEASE)
    forgotten(storage)
    added(storage, origin.source, BRIDGE, FERRY)
    assert states(storage) == {"Bridge opens": "live", "Ferry sails": "held"}


def given_withdrawn(storage: Storage) -> tuple[Stored, SourceDriver]:
    """A release of the ministry that was withdrawn, and another source."""
    given_origin(storage).says(BRIDGE)
    item = named(storage, "Bridge opens")
    wire = given_origin(storage, "wire")
    decide(storage, item, Trigger.WITHDRAW)
    return item, wire


def alert(storage: Storage, kind: AlertKind = AlertKind.COPY) -> str:
    found = [each.message for each in storage.tasks.alerts() if each.kind is kind and each.cleared is None]
    return found[0] if found else ""


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(COPY, id="text"),
        pytest.param(entry("Other words", "o", "https://ministry.example/bridge"), id="address"),
    ],
)
def test_a_later_copy_by_another_source_is_held_and_raised(storage: Storage, copy: Entry) -> None:
    item, wire = given_withdrawn(storage)
    wire.says(copy)
    (held,) = _of(storage, "wire")
    assert (held.state, held.release, held.position) == (State.HELD, None, None)
    assert held.reason == f"copy of {item.id}, which was withdrawn"
    assert alert(storage) == (
        f"held as copies of withdrawn releases: {held.id} of {item.id}; "
        f"`publicwire release {held.id}` publishes one, and its later edits"
    )


def test_a_sentence_of_a_withdrawn_release_is_held_under_another_title_and_a_repeated_teaser_is_not(
    storage: Storage,
) -> None:
    teaser = "Read the whole release on the pages of the ministry of works and harbours."
    words = "The mayor of the town was named as the owner of the harbour company, which was a mistake."
    origin, wire = given_origin(storage), given_origin(storage, "wire")
    titled = [entry(f"Notice {n}", f"n{n}", f"https://ministry.example/n{n}", body=teaser) for n in range(4)]
    gone = entry("Mayor", "m", "https://ministry.example/m", body=f"{words} {teaser}")
    origin.says(gone, *titled[:3])
    decide(storage, named(storage, "Mayor"), Trigger.WITHDRAW)
    origin.says(*titled, now=NOON + HOUR)
    wire.says(entry("Seen in town", "w", "https://wire.example/w", body=words), now=NOON + HOUR)
    assert {title: state for title, state in states(storage).items() if state != "live"} == {
        "Mayor": "withdrawn",
        "Seen in town": "held",
    }
    decide(storage, named(storage, "Seen in town"), Trigger.HOLD, after=70)
    held = again(storage, named(storage, "Seen in town"))
    assert storage.acts.copies([held, named(storage, "Notice 3")]) == {
        held.number: named(storage, "Mayor").id
    }


def _of(storage: Storage, name: str) -> list[Stored]:
    return [each for each in all_items(storage) if each.source == name]


def test_a_new_guid_of_the_same_source_beside_the_withdrawn_entry_is_held(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(BRIDGE)
    item = named(storage, "Bridge opens")
    decide(storage, item, Trigger.WITHDRAW)
    origin.says(replace(BRIDGE, guid="b2", digest=b"b2".ljust(16)), BRIDGE)
    assert [each.state for each in all_items(storage) if each.id != item.id] == [State.HELD]
    assert titles(storage.items.select("")) == []


def test_a_release_of_a_copy_sticks_through_edits_and_when_it_comes_again(storage: Storage) -> None:
    _, wire = given_withdrawn(storage)
    wire.says(COPY)
    (held,) = _of(storage, "wire")
    decide(storage, held, Trigger.RELEASE, after=5)
    wire.says(entry("Bridge opens today", "w", "https://wire.example/bridge", body=BODY), now=NOON + HOUR)
    assert (again(storage, held).state, again(storage, held).item.title) == (State.LIVE, "Bridge opens today")
    storage.admin.sync(config(source("ministry")), NOON + HOUR)
    storage.admin.forget("wire", NOON + HOUR)
    given_origin(storage, "wire").says(COPY, now=NOON + HOUR)
    assert [each.state for each in _of(storage, "wire")] == [State.LIVE]


def test_an_edit_into_a_copy_takes_a_live_item_out_until_it_is_released(storage: Storage) -> None:
    item, wire = given_withdrawn(storage)
    wire.says(entry("Round-up", "w", "https://wire.example/news"))
    assert titles(storage.items.select("")) == ["Round-up"]
    wire.says(entry("Bridge opens", "w", "https://wire.example/news", body=BODY), now=NOON + HOUR)
    assert titles(storage.items.select("")) == []
    (held,) = _of(storage, "wire")
    line = storage.items.audit(held.number)[-1]
    assert (held.state, held.reason) == (State.HELD, f"copy of {item.id}, which was withdrawn")
    assert (line.before, line.trigger, line.actor) == (State.LIVE, Trigger.COPY, "wire")
    assert alert(storage).startswith(f"held as copies of withdrawn releases: {held.id} of {item.id};")
    decide(storage, held, Trigger.RELEASE, after=99)
    assert titles(storage.items.select("")) == ["Bridge opens"]


def test_an_edit_into_a_copy_drops_the_date_of_an_embargoed_item(storage: Storage) -> None:
    _, wire = given_withdrawn(storage)
    published = (NOON + DAY).isoformat()
    wire.says(entry("Round-up", "w", "https://wire.example/news", published=published))
    (held,) = _of(storage, "wire")
    assert held.release == NOON + DAY
    wire.says(
        entry("Bridge opens", "w", "https://wire.example/news", body=BODY, published=published),
        now=NOON + HOUR,
    )
    assert (again(storage, held).state, again(storage, held).release) == (State.HELD, None)


def test_an_embargoed_copy_of_a_release_withdrawn_since_is_not_released_by_its_date(storage: Storage) -> None:
    given_origin(storage).says(BRIDGE)
    item = named(storage, "Bridge opens")
    wire = given_origin(storage, "wire")
    dates = {"published": (NOON + DAY).isoformat()}
    other = entry("Regatta", "r", "https://wire.example/regatta", **dates)
    wire.says(entry("Bridge opens", "w", "https://wire.example/bridge", body=BODY, **dates), other)
    decide(storage, item, Trigger.WITHDRAW)
    Releases(storage).all(NOON + 2 * DAY)
    held, regatta = sorted(_of(storage, "wire"), key=lambda each: each.item.title)
    assert (held.state, held.release, regatta.state) == (State.HELD, None, State.LIVE)
    assert held.reason == f"copy of {item.id}, which was withdrawn"
    assert alert(storage) == (
        f"held as copies of withdrawn releases: {held.id}; "
        f"`publicwire release {held.id}` publishes one, and its later edits"
    )
    decide(storage, held, Trigger.RELEASE, after=2 * 24 * 60)
    assert again(storage, held).state is State.LIVE


def test_once_the_release_is_reinstated_copies_are_published(storage: Storage) -> None:
    item, wire = given_withdrawn(storage)
    decide(storage, item, Trigger.REINSTATE, after=3)
    wire.says(COPY)
    assert [each.state for each in _of(storage, "wire")] == [State.LIVE]


def test_a_home_page_identifies_no_withdrawn_release(storage: Storage) -> None:
    origin = given_origin(storage)
    home = "https://ministry.example/"
    origin.says(*(entry(f"News {n}", f"n{n}", home) for n in range(10)))
    decide(storage, named(storage, "News 3"), Trigger.WITHDRAW)
    origin.says(entry("News 10", "n10", home))
    assert named(storage, "News 10").state is State.LIVE


def test_copies_listed_at_the_address_of_a_withdrawn_release_do_not_free_it(storage: Storage) -> None:
    item, wire = given_withdrawn(storage)
    wire.says(*(entry(f"News {n}", f"n{n}", item.item.url) for n in range(11)))
    wire.says(entry("Other words", "o", item.item.url))
    assert {each.state for each in _of(storage, "wire")} == {State.HELD}


def test_items_of_another_source_make_no_home_page_of_the_address_of_a_release(storage: Storage) -> None:
    given_origin(storage).says(BRIDGE)
    wire = given_origin(storage, "wire")
    wire.says(*(entry(f"News {n}", f"n{n}", BRIDGE.link) for n in range(11)))
    decide(storage, named(storage, "Bridge opens"), Trigger.WITHDRAW)
    wire.says(entry("Other words", "o", BRIDGE.link))
    assert named(storage, "Other words").state is State.HELD


def test_of_more_withdrawn_releases_than_fit_a_poll_all_come_back_held(storage: Storage) -> None:
    def releases(name: str) -> list[Entry]:
        texts = {
            n: " ".join(f"Sentence {k} of release {n} says something." for k in range(5)) for n in range(210)
        }
        return [
            entry(f"{name} {n}", f"{name}{n}", f"https://ministry.example/{name}{n}", body=f"<p>{text}</p>")
            for n, text in texts.items()
        ]

    origin = given_origin(storage)
    origin.says(*releases("old"))
    at = NOON + MINUTE
    storage.acts.apply_transitions(
        [step(each, Trigger.WITHDRAW, reason="x", actor="tester", at=at) for each in all_items(storage)]
    )
    origin.says(*releases("new"), now=NOON + HOUR)
    assert [each.item.title for each in all_items(storage) if each.state is State.LIVE] == []


@pytest.mark.parametrize(
    "triggers",
    [[Trigger.HOLD], [Trigger.WITHDRAW], [Trigger.WITHDRAW, Trigger.REINSTATE]],
    ids=["hold", "withdraw", "reinstate"],
)
def test_a_decision_on_the_same_id_of_another_organisation_keeps_a_withdrawal(
    storage: Storage, triggers: list[Trigger]
) -> None:
    origin = given_origin(storage)
    origin.says(BRIDGE)
    item = named(storage, "Bridge opens")
    decide(storage, item, Trigger.WITHDRAW)
    forgotten(storage)
    another = replace(origin.source, feed="https://another.example/feed")
    added(storage, another, entry("Fish", "b", "https://another.example/b"))
    assert named(storage, "Fish").id == item.id
    decide(storage, named(storage, "Fish"), *triggers, after=90)
    storage.admin.sync(config(another, source("agency")), NOON + 2 * HOUR)
    SourceDriver(storage, source("agency")).says(COPY, now=NOON + 2 * HOUR)
    assert named(storage, "Bridge opens").state is State.HELD


def test_a_reinstatement_after_the_feed_has_moved_takes_the_withdrawal_back(storage: Storage) -> None:
    given_origin(storage)
    item, wire = given_withdrawn(storage)
    moved = replace(source("ministry"), feed="https://ministry.example/moved")
    storage.admin.sync(config(moved, wire.source), NOON + HOUR)
    decide(storage, item, Trigger.REINSTATE, after=90)
    wire.says(COPY, now=NOON + 2 * HOUR)
    assert [each.state for each in _of(storage, "wire")] == [State.LIVE]


def test_holds_and_releases_since_the_backup_are_repeated(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with closing(open_storage(store)) as storage:
        given_origin(storage, review=True).says(BRIDGE, FERRY)
        decide(storage, named(storage, "Ferry sails"), Trigger.RELEASE)
        storage.admin.backup(tmp_path / "noon.db")
        decide(storage, named(storage, "Bridge opens"), Trigger.RELEASE, after=3)
        decide(storage, named(storage, "Ferry sails"), Trigger.HOLD, after=3)
    restore(store, tmp_path / "noon.db", NOON + DAY)
    with closing(open_storage(store)) as storage:
        assert states(storage) == {"Bridge opens": "live", "Ferry sails": "held"}


@pytest.mark.parametrize("way", ["restore", "forget"])
def test_an_item_held_until_a_time_of_the_operator_is_so_again_and_goes_live_then(
    tmp_path: Path, way: str
) -> None:
    """Its origin dates it 40 days ahead, then anew: the operator's time stands."""
    store, until = tmp_path / "store", NOON + 2 * DAY
    dates = [(NOON + days * DAY).isoformat() for days in (40, 50)]
    says = [replace(BRIDGE, published=date, digest=date.encode()[:16]) for date in dates]
    with closing(open_storage(store)) as storage:
        origin = given_origin(storage)
        origin.says(says[0])
        storage.admin.backup(tmp_path / "noon.db")
        item = named(storage, "Bridge opens")
        at = NOON + MINUTE
        storage.acts.apply_transitions(
            [step(item, Trigger.HOLD, reason="asked to", actor="tester", at=at, until=until)]
        )
        if way == "forget":
            forgotten(storage)
            added(storage, origin.source, says[0])
    if way == "restore":
        restore(store, tmp_path / "noon.db", NOON + DAY)
    with closing(open_storage(store)) as storage:
        SourceDriver(storage, origin.source).says(says[1], now=NOON + DAY)
        assert (named(storage, "Bridge opens").release, alert(storage, AlertKind.AHEAD)) == (until, "")
        Releases(storage).all(until)
        assert states(storage) == {"Bridge opens": "live"}


@pytest.mark.parametrize("is_in_backup", [True, False])
def test_a_version_approved_since_the_backup_is_approved_again(tmp_path: Path, is_in_backup: bool) -> None:
    """At once if it waits in the backup, else when its origin says it again; the next one waits."""
    store, of = tmp_path / "store", source("ministry", review=True)
    link = "https://ministry.example/bridge"
    texts = [entry(f"Bridge {n}", "b", link, body=BODY.replace("open", f"open {n}")) for n in range(3)]
    with closing(open_storage(store)) as storage:
        origin = given_origin(storage, review=True)
        origin.says(texts[0])
        decide(storage, named(storage, "Bridge 0"), Trigger.RELEASE)
        if is_in_backup:
            origin.says(texts[1], now=NOON + HOUR)
        storage.admin.backup(tmp_path / "noon.db")
        if not is_in_backup:
            origin.says(texts[1], now=NOON + HOUR)
        decide(storage, named(storage, "Bridge 0"), Trigger.RELEASE, after=99)
    done = restore(store, tmp_path / "noon.db", NOON + DAY).journal
    assert len(done.moved) == is_in_backup
    with closing(open_storage(store)) as storage:
        assert titles(storage.items.select("")) == [f"Bridge {int(is_in_backup)}"]
        SourceDriver(storage, of).says(texts[1], now=NOON + DAY)
        assert titles(storage.items.select("")) == ["Bridge 1"]
        SourceDriver(storage, of).says(texts[2], now=NOON + 2 * DAY)
        assert titles(storage.items.select("")) == ["Bridge 1"]


@pytest.mark.parametrize("order", [1, -1])
def test_an_approval_by_another_machine_undoes_no_withdrawal(tmp_path: Path, order: int) -> None:
    """The files of two machines are merged: the release stays withdrawn, also when it comes again."""
    store = tmp_path / "store"
    with closing(open_storage(store)) as storage:
        origin = given_origin(storage)
        origin.says(BRIDGE)
        item = named(storage, "Bridge opens")
        decide(storage, item, Trigger.WITHDRAW)
        forgotten(storage)
    file = store / "withdrawals.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    later = {"before": "live", "after": "live", "at": (NOON + HOUR).isoformat()}
    lines.append(lines[0] | {"trigger": "release", "version": 2} | later)
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines[::order]))
    given_only_the_journal_file(store)
    with closing(open_storage(store)) as storage:
        with storage.admin.poller(NOON + DAY):
            pass
        added(storage, origin.source, BRIDGE)
        assert states(storage) == {"Bridge opens": "withdrawn"}


def test_a_source_forgotten_since_the_backup_is_forgotten_again(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with closing(open_storage(store)) as storage:
        given_origin(storage).says(BRIDGE, FERRY)
        given_origin(storage, "wire").says(entry("Regatta", "r"))
        storage.admin.backup(tmp_path / "noon.db")
        storage.admin.sync(config(source("wire")), NOON)
        storage.admin.forget("ministry", NOON + HOUR, "tester")
    assert json.loads((store / "withdrawals.jsonl").read_text()) == {
        "at": (NOON + HOUR).isoformat(),
        "source": "ministry",
        "trigger": "forget",
        "actor": "tester",
    }
    assert restore(store, tmp_path / "noon.db", NOON + DAY).journal.forgotten == ("ministry",)
    with closing(open_storage(store)) as storage:
        assert states(storage) == {"Regatta": "live"}
        assert [feed.id for feed in storage.items.feeds()] == ["wire"]


def test_a_decision_for_the_audit_alone_outlives_a_restore_and_changes_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    noted = [
        Noted(errand, "Jo", NOON + number * MINUTE, source="ministry", reason="looked")
        for number, errand in enumerate(Errand)
    ]
    with closing(open_storage(store)) as storage:
        given_origin(storage).says(BRIDGE)
        storage.admin.backup(tmp_path / "noon.db")
        for each in noted:
            storage.admin.note(each)
    replayed = restore(store, tmp_path / "noon.db", NOON + DAY).journal
    assert (replayed.moved, replayed.unknown, replayed.unreadable, replayed.forgotten) == ((), (), (), ())
    with closing(open_storage(store)) as storage:
        acts = storage.admin.acts()
        assert [(act.noted, act.trigger, act.source, act.actor, act.reason, act.at) for act in acts] == [
            (each.errand, None, each.source, each.actor, each.reason, each.at) for each in noted
        ]
        assert states(storage) == {"Bridge opens": "live"}


def test_a_source_added_again_after_it_was_forgotten_stays(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with closing(open_storage(store)) as storage:
        origin = given_origin(storage)
        origin.says(BRIDGE)
        forgotten(storage)
        storage.admin.sync(config(origin.source), NOON + 2 * HOUR)
        origin.says(BRIDGE, now=NOON + 2 * HOUR)
    execute(store, "DELETE FROM journal")
    with closing(open_storage(store)) as storage, storage.admin.poller(NOON + DAY) as replayed:
        assert replayed.forgotten == ()
        assert states(storage) == {"Bridge opens": "live"}


def test_a_copy_is_held_although_the_withdrawn_release_was_never_in_the_backup(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with closing(open_storage(store)) as storage:
        given_origin(storage)
        given_origin(storage, "wire")
        storage.admin.backup(tmp_path / "noon.db")
        SourceDriver(storage, source("ministry")).says(BRIDGE)
        decide(storage, named(storage, "Bridge opens"), Trigger.WITHDRAW)
    restore(store, tmp_path / "noon.db", NOON + DAY)
    with closing(open_storage(store)) as storage:
        SourceDriver(storage, source("wire")).says(COPY, now=NOON + DAY)
        assert states(storage) == {"Bridge opens": "held"}


def test_lines_of_an_older_journal_are_derived_when_polling_begins(tmp_path: Path) -> None:
    """They tell the id alone; the rest is read of the item, which is still stored."""
    store = tmp_path / "store"
    with closing(open_storage(store)) as storage:
        given_withdrawn(storage)
    ((line,),) = execute(store, "SELECT line FROM journal")
    members = ("at", "item", "public_id", "before", "after", "trigger", "reason", "actor")
    old = json.dumps({name: json.loads(str(line))[name] for name in members})
    (store / "withdrawals.jsonl").write_text(old + "\n")
    given_only_the_journal_file(store)
    with closing(open_storage(store)) as storage:
        with storage.admin.poller(NOON + DAY) as replayed:
            assert replayed.moved == ()
        SourceDriver(storage, source("wire")).says(COPY, now=NOON + DAY)
        assert [each.state for each in _of(storage, "wire")] == [State.HELD]


def test_siblings_of_a_withdrawn_item_are_found_by_story_address_and_text(storage: Storage) -> None:
    given_origin(storage).says(BRIDGE)
    item = named(storage, "Bridge opens")
    given_origin(storage, "wire").says(COPY)
    given_origin(storage, "club").says(entry("Else", "e", "https://ministry.example/bridge"))
    given_origin(storage, "pier").says(entry("Bridge opens", "p", "https://pier.example/", body="<p>No.</p>"))
    decide(storage, item, Trigger.WITHDRAW)
    assert [each.source for each in storage.acts.siblings(again(storage, item))] == ["wire", "club"]


def test_of_two_lines_about_an_item_the_later_decision_counts_in_whatever_order(tmp_path: Path) -> None:
    """As when the files of two machines are merged."""
    store = tmp_path / "store"
    with closing(open_storage(store)) as storage:
        origin = given_origin(storage)
        origin.says(BRIDGE)
        decide(storage, named(storage, "Bridge opens"), Trigger.HOLD, Trigger.WITHDRAW)
        forgotten(storage)
    file = store / "withdrawals.jsonl"
    file.write_text("".join(reversed(file.read_text().splitlines(keepends=True))))
    given_only_the_journal_file(store)
    with closing(open_storage(store)) as storage:
        with storage.admin.poller(NOON + DAY):
            pass
        added(storage, origin.source, BRIDGE)
        assert states(storage) == {"Bridge opens": "withdrawn"}


def test_a_text_released_after_the_backup_goes_live_once_its_origin_says_it_again(tmp_path: Path) -> None:
    store, of = tmp_path / "store", source("ministry", review=True)
    edited = entry("Bridge opened", "b", "https://ministry.example/bridge", body=BODY)
    with closing(open_storage(store)) as storage:
        given_origin(storage, review=True).says(BRIDGE)
        storage.admin.backup(tmp_path / "noon.db")
        SourceDriver(storage, of).says(edited)
        decide(storage, named(storage, "Bridge opened"), Trigger.RELEASE)
    assert restore(store, tmp_path / "noon.db", NOON + DAY).journal.moved == ()
    with closing(open_storage(store)) as storage:
        assert states(storage) == {"Bridge opens": "held"}
        SourceDriver(storage, of).says(edited, now=NOON + DAY)
        (due,) = storage.items.release_due(NOON + DAY, 9)
        assert due.item.title == "Bridge opened"


@pytest.mark.parametrize(
    "broken", [{"signature": "AAAA"}, {"at": "2026-03-02T12:00:00"}, {"trigger": "praise"}]
)
def test_a_line_that_decides_nothing_is_unreadable(tmp_path: Path, broken: dict[str, str]) -> None:
    line = {"at": NOON.isoformat(), "item": "x", "trigger": "hold", "reason": "", "actor": ""}
    file = tmp_path / "withdrawals.jsonl"
    file.write_text(f"{json.dumps(line)}\n{json.dumps(line | broken)}\n")
    assert journal_lines.read(file).unreadable == (2,)
