"""Maintenance once an hour: backups and retention."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.format import Format
from aggregator.model.push import HubMode, HubRequest, Topic
from aggregator.model.settings import Retention
from aggregator.service.maintenance import upkeep
from aggregator.storage import Storage, backups
from tests.engines import open_storage
from tests.events import capture_logs
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, source

pytestmark = pytest.mark.usefixtures("engine")

THREE = NOON.replace(hour=3)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def storage(store: Path) -> Iterator[Storage]:
    """A store of one item."""
    with closing(open_storage(store)) as opened:
        of = source("ministry")
        opened.admin.sync(config(of), NOON)
        SourceDriver(opened, of).says(entry("One", "g1"))
        yield opened


def names(store: Path) -> list[str]:
    return sorted(path.name for path in (store / "backups").glob("*"))


def test_a_night_begins_at_three_and_gets_one_backup(storage: Storage, store: Path) -> None:
    for now in (THREE - MINUTE, THREE, THREE + HOUR, THREE + 23 * HOUR):
        upkeep(storage, store, Retention(), now)
    assert names(store) == ["publicwire-2026-03-01.db", "publicwire-2026-03-02.db"]
    with closing(open_storage(store)) as copy:
        assert len(all_items(copy)) == 1


def test_as_many_backups_stay_as_are_to_be_kept(storage: Storage, store: Path) -> None:
    (store / "backups").mkdir()
    (store / "backups" / "mine.db").write_bytes(b"not ours to remove")
    for night in range(4):
        upkeep(storage, store, Retention(backups=2), THREE + night * DAY)
    assert names(store) == ["mine.db", "publicwire-2026-03-04.db", "publicwire-2026-03-05.db"]
    assert [path.name for path in backups.kept(store)] == names(store)[:0:-1]


def test_no_backup_is_made_when_none_is_to_be_kept(storage: Storage, store: Path) -> None:
    upkeep(storage, store, Retention(backups=0), THREE)
    assert names(store) == []


def test_a_failed_backup_is_logged_and_retried(storage: Storage, store: Path) -> None:
    (store / "backups").write_bytes(b"a file where the directory should be")
    with capture_logs() as events:
        upkeep(storage, store, Retention(), THREE)
    assert "the nightly backup failed" in [event["event"] for event in events]
    (store / "backups").unlink()
    upkeep(storage, store, Retention(), THREE + timedelta(hours=1))
    assert names(store) == ["publicwire-2026-03-02.db"]


def test_upkeep_frees_content_past_retention(storage: Storage, store: Path) -> None:
    upkeep(storage, store, Retention(), NOON + 500 * DAY)
    assert [each.item.content for each in all_items(storage)] == [""]


def test_subscriptions_at_the_hub_are_removed_when_their_lease_is_over(storage: Storage, store: Path) -> None:
    callback = "https://subscriber.example/cb"
    request = HubRequest(HubMode.SUBSCRIBE, "", callback, "", DAY, "subscriber.example", "203.0.113.5", NOON)
    storage.push.answer(request, Topic("", Format.ATOM), NOON)
    upkeep(storage, store, Retention(backups=0), NOON + DAY - MINUTE)
    assert storage.push.subscribers() == 1
    upkeep(storage, store, Retention(backups=0), NOON + DAY)
    assert storage.push.subscribers() == 0
