"""Permissions of the store's files, whatever the umask."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.model.decision import Trigger
from aggregator.model.settings import Retention
from aggregator.service.maintenance import upkeep
from tests.engines import open_storage
from tests.given import DAY, NOON
from tests.storage.given import given_story, move

pytestmark = pytest.mark.usefixtures("engine")


def modes(directory: Path) -> dict[str, set[str]]:
    """Return the permissions of the directories and of the files of a store."""
    found: dict[str, set[str]] = {"directories": {_mode(directory)}, "files": set()}
    for path in directory.rglob("*"):
        found["directories" if path.is_dir() else "files"].add(_mode(path))
    return found


def _mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_the_store_its_journal_and_its_backups_are_its_owners_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with closing(open_storage(tmp_path / "store")) as storage, storage.admin.poller(NOON):
            lead, _ = given_story(storage)
            move(storage, lead, Trigger.WITHDRAW)
            upkeep(storage, tmp_path / "store", Retention(), NOON + DAY)
            made = {path.name for path in (tmp_path / "store").rglob("*")}
            assert {"withdrawals.jsonl", "backups"} <= made
            assert modes(tmp_path / "store") == {"directories": {"0o700"}, "files": {"0o600"}}
    finally:
        os.umask(before)


def test_a_store_that_others_can_read_is_restricted_when_it_is_opened(tmp_path: Path) -> None:
    with closing(open_storage(tmp_path / "store")):
        pass
    for path in ((tmp_path / "store"), *(tmp_path / "store").iterdir()):
        path.chmod(0o755)
    with closing(open_storage(tmp_path / "store")):
        assert _mode(tmp_path / "store") == "0o700"
        assert {_mode(path) for path in (tmp_path / "store").glob("publicwire.db")} <= {"0o600"}
