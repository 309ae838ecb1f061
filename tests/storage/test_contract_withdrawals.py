"""Contract of every storage engine: withdrawals that come from the origins of items."""

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.model.alert import AlertKind
from aggregator.model.decision import Lapse, State, Trigger
from aggregator.model.deleted import Deleted
from aggregator.model.entry import Entry
from aggregator.model.public_change import ChangeKind
from aggregator.model.stored import Stored
from aggregator.model.websub import Task, TaskKind
from aggregator.model.withdrawal import Probe
from aggregator.policy import probes
from aggregator.policy.origin_steps import accepted, declined
from aggregator.policy.probes import Page
from aggregator.service.origin_steps import OriginSteps
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from tests.engines import open_storage, restore
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, iso, source, titles
from tests.storage.given import again, given_origin, move

BRIDGE = entry("Bridge opens", "urn:bridge", "https://ministry.example/bridge", updated=iso(NOON - DAY))
FERRY = entry("Ferry sails", "urn:ferry", "https://ministry.example/ferry", updated=iso(NOON - DAY))
GONE = Deleted("urn:bridge", iso(NOON - HOUR), comment="sent too early")


def named(storage: Storage, title: str) -> Stored:
    (found,) = (each for each in all_items(storage) if each.item.title == title)
    return found


def states(storage: Storage) -> dict[str, str]:
    return {each.item.title: each.state.value for each in all_items(storage)}


def tick(storage: Storage, now: datetime = NOON) -> None:
    """Carry out what origins ask for, as each tick does."""
    OriginSteps(storage.origins).all(now)


def alerts(storage: Storage) -> list[str]:
    return [each.message for each in storage.tasks.alerts() if each.kind is AlertKind.WITHDRAWALS]


def numbered(count: int, **fields: str) -> Sequence[Entry]:
    """Return entries, oldest last."""
    return [
        entry(
            f"Item {n}", f"urn:{n}", f"https://ministry.example/{n}", published=iso(NOON - n * HOUR), **fields
        )
        for n in range(count)
    ]


def gone(*names: int, when: datetime = NOON) -> Sequence[Deleted]:
    return [Deleted(f"urn:{n}", iso(when)) for n in names]


def test_a_tombstone_withdraws_the_item_of_its_own_source(storage: Storage) -> None:
    origin, wire = given_origin(storage), given_origin(storage, "wire")
    origin.says(BRIDGE, FERRY)
    wire.says(entry("Wire", "urn:bridge", "https://wire.example/"))
    before = storage.items.channel_seq("sources/ministry")
    origin.says(FERRY, deleted=[GONE], now=NOON)
    tick(storage)
    assert states(storage) == {"Bridge opens": "withdrawn", "Ferry sails": "live", "Wire": "live"}
    assert storage.items.channel_seq("sources/ministry") != before
    bridge = named(storage, "Bridge opens")
    assert bridge.reason == "deleted by its origin: sent too early"
    (line,) = storage.items.audit(bridge.number)
    assert (line.trigger, line.actor, line.before) == (Trigger.TOMBSTONE, "origin", State.LIVE)


def test_the_stub_beside_a_tombstone_is_no_correction(storage: Storage) -> None:
    """As a Publicwire publishes it: newer than the entry, older than the tombstone."""
    origin = given_origin(storage)
    origin.says(BRIDGE, FERRY)
    stub = entry("Withdrawn", "urn:bridge", updated=iso(NOON - 2 * HOUR), expires=iso(NOON - 2 * HOUR))
    outcome = origin.says(stub, FERRY, deleted=[GONE])
    tick(storage)
    assert (outcome.new, outcome.edited) == (0, 0)
    assert states(storage) == {"Bridge opens": "withdrawn", "Ferry sails": "live"}
    assert storage.items.corrections(named(storage, "Bridge opens").number) == ()


def test_a_newer_entry_cancels_a_tombstone_in_later_documents_too(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(BRIDGE, FERRY)
    renewed = entry("Bridge opens", "urn:bridge", "https://ministry.example/bridge", updated=iso(NOON))
    for hour in range(3):  # unchanged, it is read again because a tombstone names it
        origin.says(renewed, FERRY, deleted=[GONE], now=NOON + hour * HOUR)
        tick(storage, NOON + hour * HOUR)
    assert states(storage) == {"Bridge opens": "live", "Ferry sails": "live"}


def test_held_items_are_withdrawn_too_and_never_go_live(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Bridge opens", "urn:bridge", published=iso(NOON + DAY)))
    origin.says(deleted=[GONE])
    tick(storage)
    Releases(storage).all(NOON + 2 * DAY)
    assert states(storage) == {"Bridge opens": "withdrawn"}


def test_a_tombstone_is_undone_by_the_operator_alone_and_counts_once(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(BRIDGE)
    origin.says(deleted=[GONE])
    tick(storage)
    newer = entry("Bridge opens", "urn:bridge", "https://ministry.example/bridge", updated=iso(NOON + HOUR))
    origin.says(newer, now=NOON + 2 * HOUR)
    tick(storage, NOON + 2 * HOUR)
    assert states(storage) == {"Bridge opens": "withdrawn"}
    move(storage, named(storage, "Bridge opens"), Trigger.REINSTATE)
    origin.says(newer, deleted=[GONE], now=NOON + 3 * HOUR)
    tick(storage, NOON + 3 * HOUR)
    Releases(storage).all(NOON + 3 * HOUR)
    assert states(storage) == {"Bridge opens": "live"}
    later = Deleted("urn:bridge", iso(NOON + 4 * HOUR))
    origin.says(newer, deleted=[later], now=NOON + 5 * HOUR)
    tick(storage, NOON + 5 * HOUR)
    assert states(storage) == {"Bridge opens": "withdrawn"}


def test_a_rotated_guid_is_named_by_all_that_the_item_had(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(BRIDGE)
    origin.says(
        entry("Bridge opens", "urn:rotated", "https://ministry.example/bridge", updated=iso(NOON - DAY))
    )
    origin.says(deleted=[GONE])
    tick(storage)
    assert states(storage) == {"Bridge opens": "withdrawn"}


def test_an_expiry_withdraws_when_it_passes_between_polls(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(9, expires=iso(NOON + DAY)), entry("Stays", "urn:stays"))
    tick(storage, NOON + DAY - MINUTE)
    assert set(states(storage).values()) == {"live"}
    tick(storage, NOON + DAY)  # all of them: what was announced with an item is not counted
    assert titles(storage.items.select("")) == ["Stays"]
    expired = named(storage, "Item 0")
    assert (expired.state, expired.lapsed, expired.expires) == (State.WITHDRAWN, Lapse.EXPIRY, NOON + DAY)
    assert alerts(storage) == []


def test_no_expiry_passes_while_the_clock_is_not_to_be_trusted(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(1, expires=iso(NOON + DAY)), BRIDGE)
    origin.says(deleted=[GONE])
    OriginSteps(storage.origins)(NOON + 2 * DAY, by_clock=False)
    assert states(storage) == {"Item 0": "live", "Bridge opens": "withdrawn"}


def test_a_later_expiry_brings_back_what_the_clock_withdrew(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(1, expires=iso(NOON + DAY)))
    before = named(storage, "Item 0")
    tick(storage, NOON + DAY)
    later = numbered(1, expires=iso(NOON + 9 * DAY))
    for hour in range(2):  # the document is read anew: the item may have been edited meanwhile
        origin.says(*later, now=NOON + 2 * DAY + hour * HOUR)
        tick(storage, NOON + 2 * DAY + hour * HOUR)
        Releases(storage).all(NOON + 2 * DAY + hour * HOUR)
    after = again(storage, before)
    assert (after.state, after.public_id, after.expires) == (State.LIVE, before.public_id, NOON + 9 * DAY)
    assert after.updated >= NOON + 2 * DAY + HOUR
    tick(storage, NOON + 9 * DAY)
    assert states(storage) == {"Item 0": "withdrawn"}


def test_a_feed_that_moves_its_expiries_at_each_poll_is_told_of_once_a_day(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(5, expires=iso(NOON + MINUTE)))
    for hour in range(1, 24):
        now = NOON + hour * HOUR
        tick(storage, now)
        for _ in range(2):
            origin.says(*numbered(5, expires=iso(now + MINUTE)), now=now)
            tick(storage, now)
            Releases(storage).all(now)
    kinds = [each.kind for each in storage.changes.since(0, 1_000)]
    assert kinds == [ChangeKind.PUBLISHED] * 5 + [ChangeKind.WITHDRAWN] * 5


def test_an_item_that_was_held_when_it_expired_comes_back_by_the_operator_alone(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(1, expires=iso(NOON + DAY)))
    move(storage, named(storage, "Item 0"), Trigger.HOLD)
    tick(storage, NOON + DAY)
    assert named(storage, "Item 0").lapsed is Lapse.NONE
    origin.says(*numbered(1, expires=iso(NOON + 9 * DAY)), now=NOON + 2 * DAY)
    tick(storage, NOON + 2 * DAY)
    assert states(storage) == {"Item 0": "withdrawn"}


def test_an_expiry_that_is_past_is_a_takedown_and_its_text_no_edit(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(1))
    notice = entry("Withdrawn", "urn:0", "https://ministry.example/0", body="<p>Gone.</p>", expires=iso(NOON))
    origin.says(notice, now=NOON + HOUR)
    tick(storage, NOON + HOUR)
    assert states(storage) == {"Item 0": "withdrawn"}
    origin.says(*numbered(1, expires=iso(NOON + 9 * DAY)), now=NOON + 2 * HOUR)
    tick(storage, NOON + 2 * HOUR)
    assert states(storage) == {"Item 0": "withdrawn"}


def test_an_entry_that_had_expired_is_never_published_until_it_is_prolonged(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(1, expires=iso(NOON - HOUR)))
    assert states(storage) == {"Item 0": "withdrawn"}
    assert named(storage, "Item 0").position is None
    for hour in range(2):
        origin.says(*numbered(1, expires=iso(NOON + DAY)), now=NOON + hour * HOUR)
        tick(storage, NOON + hour * HOUR)
        Releases(storage).all(NOON + hour * HOUR)
    assert titles(storage.items.select("")) == ["Item 0"]


def test_an_expiry_that_is_taken_back_does_not_pass(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(1, expires=iso(NOON + DAY)))
    origin.says(*numbered(1), now=NOON + HOUR)
    tick(storage, NOON + 2 * DAY)
    assert states(storage) == {"Item 0": "live"}
    assert named(storage, "Item 0").expires is None


def test_a_reinstated_item_does_not_expire_again_at_the_same_time(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(1, expires=iso(NOON + DAY)))
    tick(storage, NOON + DAY)
    move(storage, named(storage, "Item 0"), Trigger.REINSTATE)
    move(storage, named(storage, "Item 0"), Trigger.RELEASE)
    tick(storage, NOON + 2 * DAY)
    assert states(storage) == {"Item 0": "live"}


def test_the_breaker_suspends_a_batch_and_tells_the_operator(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(10))
    origin.says(*numbered(10)[3:], deleted=gone(0, 1, 2), now=NOON)
    tick(storage)
    assert set(states(storage).values()) == {"live"}
    (alert,) = alerts(storage)
    assert "3 items" in alert
    assert "`publicwire withdrawals ministry`" in alert
    origin.says(*numbered(10)[3:], deleted=gone(0, 1, 2), now=NOON + HOUR)  # the same ones again
    tick(storage, NOON + HOUR)
    assert len(storage.origins.suspended()) == 3
    assert [item.item.title for item, _ in storage.origins.suspended("ministry")] == [
        "Item 2",
        "Item 1",
        "Item 0",
    ]
    assert storage.origins.suspended("wire") == ()


def test_the_breaker_counts_the_withdrawals_of_a_week(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(10))
    for day, names in ((0, [0, 1]), (6, [2]), (14, [3])):
        origin.says(deleted=gone(*names, when=NOON + day * DAY), now=NOON + day * DAY)
        tick(storage, NOON + day * DAY)
    found = states(storage)
    assert [found[f"Item {n}"] for n in range(4)] == ["withdrawn", "withdrawn", "live", "withdrawn"]


def test_one_source_trips_the_breaker_of_no_other(storage: Storage) -> None:
    origin, wire = given_origin(storage), given_origin(storage, "wire")
    wire.says(entry("Wire", "urn:wire"))
    origin.says(*numbered(10))
    origin.says(deleted=gone(*range(9)))
    wire.says(deleted=[Deleted("urn:wire", iso(NOON))])
    tick(storage)
    assert [title for title, state in states(storage).items() if state == "withdrawn"] == ["Wire"]


@pytest.mark.parametrize("accepts", [True, False])
def test_the_operator_decides_on_a_suspended_batch(storage: Storage, accepts: bool) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(10))
    origin.says(deleted=gone(0, 1, 2))
    tick(storage)
    pairs = storage.origins.suspended("ministry")
    at = NOON + HOUR
    steps = (
        accepted(pairs, actor="tester", now=at)
        if accepts
        else declined(pairs, reason="a fault", actor="tester", now=at)
    )
    storage.origins.decide(steps, [each for _, each in pairs], at)
    assert (storage.origins.suspended(), alerts(storage)) == ((), [])
    origin.says(deleted=gone(0, 1, 2), now=NOON + 2 * HOUR)
    tick(storage, NOON + 2 * HOUR)
    assert states(storage)["Item 0"] == ("withdrawn" if accepts else "live")
    line = storage.items.audit(named(storage, "Item 0").number)[-1]
    assert (line.actor, line.trigger) == ("tester", Trigger.TOMBSTONE if accepts else Trigger.DECLINE)


def test_of_several_items_with_the_guid_of_a_tombstone_the_operator_decides(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*(entry(f"Item {n}", "1", f"https://ministry.example/{n}") for n in range(2)))
    origin.says(deleted=[Deleted("1", iso(NOON))])
    tick(storage)
    assert set(states(storage).values()) == {"live"}
    assert (len(storage.origins.suspended()), len(alerts(storage))) == (2, 1)


def probe(storage: Storage, item: Stored, now: datetime) -> Probe:
    found = storage.origins.probe(item.id, now)
    assert found is not None
    return found


def tasks(storage: Storage, now: datetime) -> tuple[Task, ...]:
    return storage.tasks.claim_tasks(now, kinds=[TaskKind.PROBE], limit=9, lease=MINUTE)


def given_absent(storage: Storage) -> tuple[SourceDriver, Stored]:
    """An item that has left its feed while an older and a newer one are listed."""
    origin = given_origin(storage)
    newest, middle, oldest = numbered(3)
    origin.says(newest, middle, oldest)
    origin.says(newest, oldest, now=NOON + HOUR)
    return origin, named(storage, "Item 1")


def test_an_item_that_left_its_feed_is_probed(storage: Storage) -> None:
    _, item = given_absent(storage)
    (task,) = tasks(storage, NOON + HOUR)
    assert task.subject == item.id
    assert probe(storage, item, NOON + HOUR) == Probe(
        item.number,
        "ministry",
        "https://ministry.example/1",
        State.LIVE,
        Lapse.NONE,
        is_listed=False,
        missing=None,
        host_asked=0,
    )


@pytest.mark.parametrize("kept", [[0, 1], [1, 2], []])
def test_absence_at_an_end_of_a_document_or_of_all_items_proves_nothing(
    storage: Storage, kept: list[int]
) -> None:
    origin, entries = given_origin(storage), numbered(3)
    origin.says(*entries)
    origin.says(*(entries[n] for n in kept), now=NOON + HOUR)
    assert tasks(storage, NOON + HOUR) == ()


def test_a_document_whose_order_is_not_that_of_dates_proves_nothing_of_its_oldest_item(
    storage: Storage,
) -> None:
    origin, (newest, middle, oldest) = given_origin(storage), numbered(3)
    origin.says(newest, oldest, middle)
    origin.says(newest, middle, now=NOON + HOUR)
    assert tasks(storage, NOON + HOUR) == ()


def test_an_edited_or_withdrawn_item_is_not_probed(storage: Storage) -> None:
    origin, (newest, _, oldest) = given_origin(storage), numbered(3)
    origin.says(*numbered(3))
    edited = entry("Item 1", "urn:1", "https://ministry.example/1", body="<p>Corrected.</p>")
    origin.says(newest, edited, oldest, now=NOON + HOUR)
    move(storage, named(storage, "Item 1"), Trigger.WITHDRAW)
    origin.says(newest, oldest, now=NOON + 2 * HOUR)
    assert tasks(storage, NOON + 2 * HOUR) == ()


def found_missing(storage: Storage, item: Stored, now: datetime) -> None:
    """Record that its page was found missing."""
    of = probe(storage, item, now)
    verdict = probes.judged(of, Page.MISSING, now)
    storage.origins.probed(of, asked=now, missing=verdict.missing, step=verdict.step)


def test_a_page_that_is_missing_twice_withdraws_until_it_is_back(storage: Storage) -> None:
    origin, item = given_absent(storage)
    found_missing(storage, item, NOON + HOUR)
    assert probe(storage, item, NOON + HOUR).host_asked == 1
    tick(storage, NOON + HOUR)
    assert again(storage, item).state is State.LIVE
    found_missing(storage, item, NOON + HOUR + DAY)
    tick(storage, NOON + HOUR + DAY)
    gone = again(storage, item)
    assert (gone.state, gone.lapsed, gone.reason) == (State.WITHDRAWN, Lapse.PROBE, probes.GONE)
    origin.says(*numbered(3), now=NOON + 2 * DAY)
    tasks(storage, NOON + 2 * DAY)
    of = probe(storage, item, NOON + 2 * DAY)
    assert (of.state, of.lapsed, of.is_listed) == (State.WITHDRAWN, Lapse.PROBE, True)
    verdict = probes.judged(of, Page.ANSWERS, NOON + 2 * DAY)
    storage.origins.probed(of, asked=NOON + 2 * DAY, missing=None, step=verdict.step)
    tick(storage, NOON + 2 * DAY)
    origin.says(*numbered(3), now=NOON + 3 * DAY)
    Releases(storage).all(NOON + 3 * DAY)
    assert (again(storage, item).state, again(storage, item).lapsed) == (State.LIVE, Lapse.NONE)


def test_an_item_is_probed_once_a_week(storage: Storage) -> None:
    origin, _ = given_absent(storage)
    (task,) = tasks(storage, NOON + HOUR)
    storage.tasks.finish_task(task)
    newest, middle, oldest = numbered(3)
    for day, is_probed in ((1, False), (8, True)):
        origin.says(newest, middle, oldest, now=NOON + day * DAY)
        origin.says(newest, oldest, now=NOON + day * DAY + HOUR)
        assert bool(tasks(storage, NOON + day * DAY + HOUR)) == is_probed


def test_maintenance_drops_the_probes_that_count_no_longer(storage: Storage) -> None:
    _, item = given_absent(storage)
    storage.admin.maintain(config().retention, NOON + 30 * DAY)
    assert storage.origins.probe(item.id, NOON) is not None  # its task waits
    (task,) = tasks(storage, NOON + 30 * DAY)
    storage.tasks.finish_task(task)
    storage.admin.maintain(config().retention, NOON + 30 * DAY)
    assert storage.origins.probe(item.id, NOON) is None


def test_a_forgotten_source_takes_its_steps_and_probes_along(storage: Storage) -> None:
    origin, _ = given_absent(storage)
    origin.says(*numbered(3, expires=iso(NOON + DAY)), now=NOON + HOUR)
    storage.admin.sync(config(), NOON + 2 * HOUR)
    storage.admin.forget("ministry", NOON + 2 * HOUR)
    tick(storage, NOON + 2 * DAY)
    assert (all_items(storage), tasks(storage, NOON + DAY)) == ((), ())


def test_a_clock_that_is_set_back_delays_no_tombstone(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(BRIDGE, *numbered(1, expires=iso(NOON + 400 * DAY)))
    origin.says(deleted=[GONE], now=NOON + 365 * DAY)
    storage.polls.set_back(365 * DAY)
    tick(storage, NOON + HOUR)
    assert states(storage) == {"Bridge opens": "withdrawn", "Item 0": "live"}
    tick(storage, NOON + 400 * DAY)
    assert set(states(storage).values()) == {"withdrawn"}


@pytest.mark.usefixtures("engine")
class TestRestore:
    """What origins have withdrawn stays withdrawn, whatever the feed lists by then."""

    def test_a_withdrawal_by_its_origin_outlives_the_restore_of_an_older_backup(self, tmp_path: Path) -> None:
        store = tmp_path / "store"
        with closing(open_storage(store)) as storage:
            origin = given_origin(storage)
            origin.says(BRIDGE, FERRY, *numbered(1))
            storage.admin.backup(tmp_path / "noon.db")
            origin.says(FERRY, *numbered(1, expires=iso(NOON + DAY)), deleted=[GONE])
            tick(storage, NOON + DAY)
        lines = [json.loads(line) for line in (store / "withdrawals.jsonl").read_text().splitlines()]
        assert {(line["trigger"], line["actor"], line.get("lapse", "")) for line in lines} == {
            ("tombstone", "origin", ""),
            ("expiry", "origin", "expiry"),
        }
        assert len(restore(store, tmp_path / "noon.db", NOON + 2 * DAY).journal.moved) == 2
        with closing(open_storage(store)) as storage:
            assert states(storage) == {
                "Bridge opens": "withdrawn",
                "Ferry sails": "live",
                "Item 0": "withdrawn",
            }
            assert named(storage, "Item 0").lapsed is Lapse.EXPIRY
            SourceDriver(storage, source("ministry")).says(BRIDGE, FERRY, now=NOON + 3 * DAY)
            assert states(storage)["Bridge opens"] == "withdrawn"

    @pytest.mark.parametrize("name", ["ministry", "department"])
    def test_a_source_that_is_added_again_finds_its_tombstones(self, tmp_path: Path, name: str) -> None:
        with closing(open_storage(tmp_path / "store")) as storage:
            origin = given_origin(storage)
            origin.says(BRIDGE, FERRY)
            origin.says(FERRY, deleted=[GONE])
            tick(storage)
            storage.admin.sync(config(), NOON + HOUR)
            storage.admin.forget("ministry", NOON + HOUR)
            of = source("ministry", id=name)
            storage.admin.sync(config(of), NOON + HOUR)
            SourceDriver(storage, of).says(BRIDGE, FERRY, now=NOON + HOUR)
            assert states(storage) == {"Bridge opens": "withdrawn", "Ferry sails": "live"}


def test_a_tombstone_holds_no_copy_by_another_source(storage: Storage) -> None:
    origin, wire = given_origin(storage), given_origin(storage, "wire")
    origin.says(BRIDGE)
    origin.says(deleted=[GONE])
    tick(storage)
    wire.says(entry("Bridge opens", "urn:wire", "https://ministry.example/bridge"))
    assert [each.state for each in all_items(storage) if each.source == "wire"] == [State.LIVE]


def test_the_origin_overrules_no_withdrawal_by_the_operator(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(*numbered(1, expires=iso(NOON + DAY)))
    move(storage, named(storage, "Item 0"), Trigger.WITHDRAW)
    origin.says(*numbered(1, expires=iso(NOON + 9 * DAY)), deleted=gone(0), now=NOON + DAY)
    tick(storage, NOON + DAY)
    assert [line.trigger for line in storage.items.audit(named(storage, "Item 0").number)] == [
        Trigger.WITHDRAW
    ]
