"""Alerts about the service itself."""

import pytest
from msgspec.structs import replace

from aggregator.model.alert import AlertKind
from aggregator.policy.service_alerts import ServiceState, is_held_again, judged
from tests.given import DAY, HOUR, NOON

FINE = ServiceState(mistakes="", backup="", disk_free=5 * 10**9, disk_total=10**11, deaths=9, held=0)


def test_a_service_in_order_ends_every_alert() -> None:
    kinds = ("configuration", "disk", "workers", "held", "clock", "backup", "webhook", "look")
    assert judged(FINE) == {AlertKind(kind): "" for kind in kinds}


@pytest.mark.parametrize(
    ("state", "kind", "sentence"),
    [
        (
            {"mistakes": "sources.yaml:3:1: a: unknown key"},
            AlertKind.CONFIGURATION,
            "sources.yaml was edited and not reloaded, the last valid one stays in force: "
            "sources.yaml:3:1: a: unknown key",
        ),
        (
            {"untold": 3},
            AlertKind.WEBHOOK,
            "webhooks have not accepted 3 messages for 3 days: see the log",
        ),
        (
            {"mistakes": "one\ntwo\nthree"},
            AlertKind.CONFIGURATION,
            "sources.yaml was edited and not reloaded, the last valid one stays in force: one (and 2 more)",
        ),
        (
            {"look": "footer.html:3: x"},
            AlertKind.LOOK,
            "a part of the own look is not shown on pages: footer.html:3: x",
        ),
        ({"backup": "no space"}, AlertKind.BACKUP, "the nightly backup failed: no space"),
        ({"disk_free": 999 * 10**6}, AlertKind.DISK, "the disk of the store has 999 MB left"),
        ({"deaths": 10}, AlertKind.WORKERS, "10 workers died in an hour: see the log for their sources"),
        (
            {"clock": "the clock is behind"},
            AlertKind.CLOCK,
            "held items do not go live by the clock: the clock is behind; "
            "`publicwire clock confirm` releases them if this machine's time is right",
        ),
        (
            {"held": 3},
            AlertKind.HELD,
            "items wait for an operator, 3 now: see `publicwire items --state held`",
        ),
        (
            {"held": 3, "desk": "https://desk.example/desk"},
            AlertKind.HELD,
            "items wait for an operator, 3 now: see https://desk.example/desk",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(state: dict[str, object], kind: AlertKind, sentence: str) -> None:
    found = judged(replace(FINE, **state))  # fields of ServiceState
    assert {each: text for each, text in found.items() if text} == {kind: sentence}


def test_a_small_disk_is_nearly_full_by_its_share() -> None:
    small = replace(FINE, disk_total=5 * 10**8)
    assert judged(replace(small, disk_free=10**8))[AlertKind.DISK] == ""
    assert judged(replace(small, disk_free=10**7))[AlertKind.DISK] != ""


def test_an_unknown_backup_changes_no_alert() -> None:
    assert AlertKind.BACKUP not in judged(replace(FINE, backup=None))


def test_more_held_items_are_told_of_once_a_day() -> None:
    assert is_held_again(3, 4, None, NOON)
    assert not is_held_again(4, 4, None, NOON)
    assert not is_held_again(3, 4, NOON - HOUR, NOON)
    assert is_held_again(3, 4, NOON - DAY, NOON)
