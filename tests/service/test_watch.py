"""Alerts about the service: measured, stored and told of once each."""

from pathlib import Path

from aggregator.model.decision import Trigger
from aggregator.service.alert_webhook import as_json
from aggregator.service.watch import Watch
from aggregator.storage import Storage
from tests.given import DAY, MINUTE, NOON, all_items, entry
from tests.storage.conftest import opened, storage  # noqa: F401  fixtures
from tests.storage.given import given_origin, move


def told(storage: Storage) -> list[str]:  # noqa: F811
    return [f"{each.kind} {each.state}" for each in storage.tasks.tell_alerts(NOON)]


def test_a_bad_edit_and_a_failed_backup_raise_an_alert_until_they_are_mended(
    storage: Storage,  # noqa: F811
    tmp_path: Path,
) -> None:
    mistakes = ["sources.yaml:3:1: a: unknown key"]
    watch = Watch(storage, tmp_path, lambda: mistakes[0], lambda: 0)
    watch.backup = "no space"
    watch(NOON)
    watch(NOON + MINUTE / 2)
    assert told(storage) == ["backup raised", "configuration raised"]
    backup, edit = storage.tasks.unsent_alerts(10)
    assert as_json(backup)["id"] == "backup-20260302T120000000000-raised"
    assert as_json(edit)["text"] == f"Publicwire, alert configuration: {edit.message}"
    storage.tasks.alerts_sent([backup, edit])
    assert storage.tasks.unsent_alerts(10) == ()
    assert [each.kind for each in storage.tasks.alerts()] == ["backup", "configuration"]
    mistakes[0], watch.backup = "", ""
    watch(NOON + MINUTE)
    assert told(storage) == ["backup cleared", "configuration cleared"]
    assert storage.tasks.alerts() == ()
    assert [each.state for each in storage.tasks.unsent_alerts(10)] == ["cleared", "cleared"]


def test_an_open_alert_has_the_present_numbers_and_is_told_of_once(storage: Storage, tmp_path: Path) -> None:  # noqa: F811
    origin = given_origin(storage)
    origin.says(entry("One", "g1"), entry("Two", "g2"))
    watch = Watch(storage, tmp_path, lambda: "", lambda: 0)
    watch(NOON)
    messages = []
    for minutes, item in enumerate(all_items(storage), 1):
        move(storage, item, Trigger.HOLD)
        watch(NOON + minutes * MINUTE)
        (alert,) = storage.tasks.alerts()
        messages.append((alert.message.partition(":")[0], alert.raised, told(storage)))
    raised = NOON + MINUTE
    assert messages == [
        ("items wait for an operator, 1 now", raised, ["held raised"]),
        ("items wait for an operator, 2 now", raised, []),
    ]


def test_workers_that_die_raise_an_alert_for_an_hour(storage: Storage, tmp_path: Path) -> None:  # noqa: F811
    deaths = [5]
    watch = Watch(storage, tmp_path, lambda: "", lambda: deaths[0])
    watch(NOON)
    deaths[0] = 15
    watch(NOON + MINUTE)
    assert told(storage) == ["workers raised"]
    watch(NOON + 62 * MINUTE)
    assert told(storage) == ["workers cleared"]


def test_items_that_wait_for_an_operator_are_told_of_once_a_day(storage: Storage, tmp_path: Path) -> None:  # noqa: F811
    origin = given_origin(storage)
    origin.says(entry("One", "g1"), entry("Two", "g2"), entry("Three", "g3"))
    one, two, three = all_items(storage)
    watch = Watch(storage, tmp_path, lambda: "", lambda: 0)
    watch(NOON)
    after = []
    for minutes, item in ((1, one), (2, two), (3 * 1440, three)):
        move(storage, item, Trigger.HOLD)
        watch(NOON + minutes * MINUTE)
        after.append(told(storage))
    assert after == [["held raised"], [], ["held raised"]]
    assert "3 now" in storage.tasks.alerts()[0].message
    for item in (one, two, three):
        move(storage, storage.items.named(item.id)[0], Trigger.RELEASE)
    watch(NOON + 4 * DAY)
    assert told(storage) == ["held cleared"]


def test_of_two_watches_in_turn_each_writes_what_holds(storage: Storage, tmp_path: Path) -> None:  # noqa: F811
    """As the share of alerts passes from node to node of a cluster and back."""
    mistakes = ["sources.yaml:3:1: a: unknown key"]
    first, second = (Watch(storage, tmp_path, lambda: mistakes[0], lambda: 0) for _ in range(2))
    first(NOON)
    assert told(storage) == ["configuration raised"]
    mistakes[0] = ""
    second(NOON + MINUTE)
    assert told(storage) == ["configuration cleared"]
    mistakes[0] = "sources.yaml:3:1: a: unknown key"
    first.anew()
    first(NOON + MINUTE)
    assert told(storage) == ["configuration raised"]
