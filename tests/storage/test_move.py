"""A store is moved from engine to engine, and backed up and restored across them."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import pytest

from aggregator.errors import StoreBusy, UsageError
from aggregator.model.decision import State, Trigger
from aggregator.policy.lifecycle import step
from aggregator.publish.publisher import Publisher
from aggregator.storage import Place, Storage, move_store, open_storage, restore
from aggregator.storage.postgres.engine import PostgresEngine
from aggregator.storage.sqlite.catalog import tables
from aggregator.storage.sqlite.connection import SqliteEngine
from aggregator.storage.transfer import digest
from tests.given import HOUR, NOON, all_items, config
from tests.postgres import Server
from tests.storage.given import again, given_story, move

NUMBERS = count(1)

pytestmark = pytest.mark.one_engine("names both of its stores itself")


@pytest.fixture(params=["sqlite-postgres", "postgres-sqlite", "sqlite-sqlite", "postgres-postgres"])
def places(request: pytest.FixtureRequest, tmp_path: Path, postgres: Server) -> tuple[Place, Place]:
    """Where a store is moved from and to."""
    return tuple(  # type: ignore[return-value]  # two names make two places
        Place(tmp_path / end, postgres.schema(f"move_{next(NUMBERS)}") if name == "postgres" else "")
        for end, name in zip(("from", "to"), request.param.split("-"), strict=True)
    )


@contextmanager
def opened(place: Place) -> Iterator[Storage]:
    with closing(open_storage(place.directory, place.database)) as storage:
        yield storage


def fill(storage: Storage) -> None:
    """A story, one member of which is withdrawn."""
    lead, _ = given_story(storage)
    move(storage, lead, Trigger.WITHDRAW)


def digests(place: Place) -> dict[str, str]:
    engine = (
        PostgresEngine(place.database, place.directory) if place.database else SqliteEngine(place.directory)
    )
    with closing(engine):
        return digest(tables(), engine)


def documents(place: Place) -> dict[str, bytes]:
    with opened(place) as storage:
        publisher = Publisher(storage, lambda: config(), now=lambda: NOON)
        return {path: published.body for path, published in publisher.documents()}


def test_a_moved_store_has_the_same_rows_and_publishes_the_same_bytes(places: tuple[Place, Place]) -> None:
    origin, target = places
    with opened(origin) as storage:
        fill(storage)
    before, published = digests(origin), documents(origin)
    for _ in range(2):  # it may be repeated
        assert move_store(origin, target, NOON).items == 2
        assert digests(target) == before
        assert digests(origin) == before
    assert documents(target) == published
    assert len(published) > 6


def test_the_journal_moves_with_its_store(places: tuple[Place, Place]) -> None:
    origin, target = places
    with opened(origin) as storage:
        fill(storage)
    written = (origin.directory / "withdrawals.jsonl").read_text()
    assert move_store(origin, target, NOON).journal.moved == ()
    assert (target.directory / "withdrawals.jsonl").read_text() == written


def test_a_decision_after_a_move_outlives_the_journal_of_before(places: tuple[Place, Place]) -> None:
    """Moved, withdrawn there, moved back: what the first directory remembers is older."""
    origin, target = places
    with opened(origin) as storage:
        lead, _ = given_story(storage)
        move(storage, lead, Trigger.WITHDRAW)
        move(storage, again(storage, lead), Trigger.REINSTATE)
    move_store(origin, target, NOON)
    with opened(target) as storage:
        withdrawn = step(
            again(storage, lead), Trigger.WITHDRAW, reason="wrong", actor="t", at=NOON + 2 * HOUR
        )
        storage.acts.apply_transitions([withdrawn])
    move_store(target, origin, NOON)
    with opened(origin) as storage:
        assert again(storage, lead).state is State.WITHDRAWN


def test_a_store_is_not_moved_onto_itself(places: tuple[Place, Place]) -> None:
    origin, _ = places
    with opened(origin) as storage:
        fill(storage)
    spelled = f"{origin.database}&connect_timeout=9" if origin.database else ""
    with pytest.raises(StoreBusy):
        move_store(origin, Place(origin.directory, spelled), NOON)


def test_a_store_in_use_is_not_moved(places: tuple[Place, Place]) -> None:
    origin, target = places
    for place in places:
        with opened(place) as storage, storage.admin.poller(NOON), pytest.raises(StoreBusy):
            move_store(origin, target, NOON)


def test_a_directory_without_a_store_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no store in"):
        move_store(Place(tmp_path / "typo"), Place(tmp_path / "to"), NOON)
    assert not (tmp_path / "typo").exists()


def test_a_backup_is_restored_into_the_other_engine_with_later_withdrawals(
    places: tuple[Place, Place],
) -> None:
    origin, target = places
    with opened(origin) as storage:
        lead, _ = given_story(storage)
        storage.admin.backup(origin.directory / "backup.db")
        move(storage, lead, Trigger.WITHDRAW)
        states = [each.state for each in all_items(storage)]
    target.directory.mkdir()
    shutil.copy(origin.directory / "withdrawals.jsonl", target.directory)
    done = restore(target.directory, origin.directory / "backup.db", NOON, database=target.database)
    assert done.journal.moved == (lead.id,)
    with opened(target) as storage:
        assert [each.state for each in all_items(storage)] == states
