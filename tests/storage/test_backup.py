"""Stores in bad times: restored, damaged, half migrated."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlite_utils import Database, Migrations

from aggregator.errors import StorageError, StoreBusy, UsageError
from aggregator.model.decision import State, Trigger
from aggregator.model.settings import Retention
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import step
from aggregator.storage import Restored, Storage
from aggregator.storage.sql.claims import IN_TURN
from aggregator.storage.sqlite import open_store
from aggregator.storage.sqlite.schema import migrations
from tests.engines import execute, open_storage, restore, transaction
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, source, titles

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def backup(store: Path, tmp_path: Path) -> Path:
    """A backup of two live items and one held, made at noon."""
    with closing(open_storage(store)) as storage:
        given_items(storage, "One", "Two", "Held")
        move(storage, "Held", Trigger.HOLD)
        storage.admin.backup(tmp_path / "noon.db")
    return tmp_path / "noon.db"


@pytest.fixture
def storage(store: Path) -> Iterator[Storage]:
    opened = open_storage(store)
    yield opened
    opened.close()


def given_items(storage: Storage, *names: str) -> None:
    of = source("ministry")
    storage.admin.sync(config(of), NOON)
    origin = SourceDriver(storage, of)
    origin.says(now=NOON - HOUR)
    origin.says(*(entry(name, name) for name in names))


def named(storage: Storage, title: str) -> Stored:
    (found,) = (each for each in all_items(storage) if each.item.title == title)
    return found


def move(storage: Storage, title: str, trigger: Trigger) -> str:
    item = named(storage, title)
    storage.acts.apply_transitions(
        [step(item, trigger, reason="a court said so", actor="tester", at=NOON + HOUR)]
    )
    return item.id


def later(store: Path, *steps: tuple[str, Trigger]) -> list[str]:
    """Apply transitions after the backup and return the ids of their items."""
    with closing(open_storage(store)) as storage:
        return [move(storage, title, trigger) for title, trigger in steps]


def states(store: Path) -> dict[str, State]:
    with closing(open_storage(store)) as storage:
        assert storage.admin.check() == ()
        return {each.item.title: each.state for each in all_items(storage)}


def name_of(engine: str) -> str:
    """Return the name of the file beside which a restore keeps what was in the store before."""
    return "publicwire.db" if engine == "sqlite" else "database"


def scribble(file: Path) -> None:
    """Damage all pages but the first."""
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)


def test_a_restore_brings_back_the_backup_and_keeps_the_database_of_before(
    engine: str, store: Path, backup: Path
) -> None:
    with closing(open_storage(store)) as storage:
        SourceDriver(storage, source("ministry")).says(entry("Later", "Later"))
    aside = store / f"{name_of(engine)}.before-restore"
    assert restore(store, backup, NOON + DAY) == Restored(items=3, aside=aside)
    assert states(store) == {"One": State.LIVE, "Two": State.LIVE, "Held": State.HELD}
    with closing(sqlite3.connect(aside)) as before:
        assert before.execute("SELECT count(*) FROM item WHERE title = 'Later'").fetchone() == (1,)
    assert not (store / "restoring").exists()


def test_withdrawals_since_the_backup_are_repeated(store: Path, backup: Path) -> None:
    ids = later(store, ("One", Trigger.WITHDRAW), ("Held", Trigger.WITHDRAW))
    journal = (store / "withdrawals.jsonl").read_bytes()
    assert restore(store, backup, NOON + DAY).journal.moved == tuple(ids)
    assert states(store) == {"One": State.WITHDRAWN, "Two": State.LIVE, "Held": State.WITHDRAWN}
    assert (store / "withdrawals.jsonl").read_bytes().startswith(journal)
    with closing(open_storage(store)) as storage:
        line = storage.items.audit(named(storage, "One").number)[-1]
        assert (line.reason, line.actor, line.at) == ("a court said so", "tester", NOON + DAY)


def test_reinstatements_since_the_backup_are_repeated(store: Path, tmp_path: Path, backup: Path) -> None:
    later(store, ("One", Trigger.WITHDRAW), ("Two", Trigger.WITHDRAW))
    with closing(open_storage(store)) as storage:
        storage.admin.backup(tmp_path / "withdrawn.db")
    later(store, ("One", Trigger.REINSTATE))
    restore(store, tmp_path / "withdrawn.db", NOON + DAY)
    assert states(store) == {"One": State.HELD, "Two": State.WITHDRAWN, "Held": State.HELD}


def test_a_journal_file_older_than_the_backup_changes_nothing(
    store: Path, tmp_path: Path, backup: Path
) -> None:
    later(store, ("One", Trigger.WITHDRAW))
    older = (store / "withdrawals.jsonl").read_bytes()
    with closing(open_storage(store)) as storage:
        move(storage, "One", Trigger.REINSTATE)
        storage.admin.backup(tmp_path / "reinstated.db")
    (store / "withdrawals.jsonl").write_bytes(older)
    assert restore(store, tmp_path / "reinstated.db", NOON + DAY).journal.moved == ()
    assert states(store)["One"] is State.HELD  # until its origin says it again


def test_the_journal_of_the_former_database_is_replayed_although_its_file_is_lost(
    store: Path, backup: Path
) -> None:
    ids = later(store, ("One", Trigger.WITHDRAW))
    (store / "withdrawals.jsonl").unlink()
    assert restore(store, backup, NOON + DAY).journal.moved == tuple(ids)
    assert states(store)["One"] is State.WITHDRAWN
    assert ids[0] in (store / "withdrawals.jsonl").read_text()


def test_what_only_the_journal_file_has_is_carried_out_when_polling_begins(store: Path, backup: Path) -> None:
    """As after a recovery of the database to an earlier time."""
    ids = later(store, ("One", Trigger.WITHDRAW))
    for undo in (
        "UPDATE item SET state = 'live' WHERE title = 'One'",
        "DELETE FROM audit WHERE after = 'withdrawn'",
        "DELETE FROM withdrawn_piece",
        "DELETE FROM decision",
        "DELETE FROM journal",
    ):
        execute(store, undo)
    with closing(open_storage(store)) as storage:
        with storage.admin.poller(NOON + DAY) as replayed:
            assert replayed.moved == tuple(ids)
        with storage.admin.poller(NOON + DAY) as replayed:
            assert replayed.moved == ()
    assert states(store)["One"] is State.WITHDRAWN
    assert len(execute(store, "SELECT line FROM journal")) == 3  # those of before, and that of the replay


def test_a_transition_of_an_item_is_never_another_items(store: Path, backup: Path) -> None:
    with closing(open_storage(store)) as storage:
        decided = step(named(storage, "One"), Trigger.WITHDRAW, reason="wrong", actor="tester", at=NOON)
        other = named(storage, "Two").number
        with pytest.raises(StorageError, match="nothing was changed"):
            storage.acts.apply_transitions([replace(decided, number=other)])
    assert states(store)["Two"] is State.LIVE


def test_an_item_reinstated_since_the_backup_waits_for_its_origin_again(store: Path, backup: Path) -> None:
    later(store, ("One", Trigger.WITHDRAW), ("One", Trigger.REINSTATE))
    restore(store, backup, NOON + DAY)
    assert states(store) == {"One": State.HELD, "Two": State.LIVE, "Held": State.HELD}
    with closing(open_storage(store)) as storage:
        assert named(storage, "One").reinstated


def test_an_item_held_after_it_was_reinstated_stays_held(store: Path, tmp_path: Path, backup: Path) -> None:
    later(store, ("One", Trigger.WITHDRAW), ("One", Trigger.REINSTATE), ("One", Trigger.HOLD))
    with closing(open_storage(store)) as storage:
        storage.admin.backup(tmp_path / "held.db")
    assert restore(store, tmp_path / "held.db", NOON + DAY).journal.moved == ()
    assert states(store)["One"] is State.HELD


def test_journal_lines_of_unknown_items_and_torn_lines_are_reported(store: Path, backup: Path) -> None:
    with closing(open_storage(store)) as storage:
        SourceDriver(storage, source("ministry")).says(entry("Later", "Later"))
    (unknown,) = later(store, ("Later", Trigger.WITHDRAW))
    with (store / "withdrawals.jsonl").open("ab") as journal:
        journal.write(b'{"at": "2026-03-0')
    (known,) = later(store, ("One", Trigger.WITHDRAW))
    done = restore(store, backup, NOON + DAY).journal
    assert (done.moved, done.unknown, done.unreadable) == ((known,), (unknown,), (3,))


def test_a_withdrawn_item_missing_in_the_backup_is_withdrawn_on_arrival(store: Path, backup: Path) -> None:
    of = source("ministry")
    listed = [entry(name, name) for name in ("Later", "One", "Two", "Held", "Fresh")]
    with closing(open_storage(store)) as storage:
        SourceDriver(storage, of).says(*listed[:4])
    later(store, ("Later", Trigger.WITHDRAW))
    restore(store, backup, NOON + DAY)
    with closing(open_storage(store)) as storage:
        assert SourceDriver(storage, of).says(*listed, now=NOON + DAY).new == 2
        arrived = named(storage, "Later")
        assert (arrived.state, arrived.position) == (State.WITHDRAWN, None)
        assert arrived.reason == "a court said so"
        assert titles(storage.items.select("")) == ["Fresh", "One", "Two"]
        assert [line.trigger for line in storage.items.audit(arrived.number)] == ["first seen"]
        move(storage, "Later", Trigger.REINSTATE)
        move(storage, "Later", Trigger.RELEASE)
        assert titles(storage.items.select(""))[0] == "Later"


def test_a_store_of_a_newer_version_is_refused(store: Path, backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as db:
        db.execute("UPDATE _sqlite_migrations SET name = 'm999_of_tomorrow' WHERE name = 'm001_first_tables'")
        db.commit()
    with pytest.raises(StorageError, match="written by a newer Publicwire"):
        restore(store, backup, NOON)
    assert states(store)["One"] is State.LIVE


@pytest.mark.one_engine("the migrations of SQLite")
def test_a_migration_that_is_killed_midway_is_done_again_from_the_start(store: Path, backup: Path) -> None:
    """In a process of its own that has changed a table, with the change already in the log, when it dies."""
    code = f"""
import sys
from pathlib import Path
from aggregator.storage.sqlite import open_store
from aggregator.storage.sqlite.schema import migrations

@migrations()
def m999_of_tomorrow(db):
    db.execute("PRAGMA cache_size = 1")  # so that what is changed is written before the end
    db.execute("ALTER TABLE item ADD COLUMN mood TEXT NOT NULL DEFAULT ''")
    db.execute("UPDATE item SET mood = 'solemn', title = 'half ' || title || hex(zeroblob(9999))")
    print("midway", flush=True)
    sys.stdin.read()

open_store(Path({str(store)!r}), migrations)
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"midway\n"
        process.kill()
    assert states(store) == {"One": State.LIVE, "Two": State.LIVE, "Held": State.HELD}
    assert "mood" not in [name for _, name, *_ in execute(store, "PRAGMA table_info(item)")]
    assert execute(store, "SELECT count(*) FROM _sqlite_migrations WHERE name = 'm999_of_tomorrow'") == [(0,)]


def test_a_second_restore_keeps_what_the_first_put_aside(engine: str, store: Path, backup: Path) -> None:
    first = restore(store, backup, NOON)
    second = restore(store, backup, NOON)
    assert [done.aside and done.aside.name for done in (first, second)] == [
        f"{name_of(engine)}.before-restore",
        f"{name_of(engine)}.before-restore-2",
    ]


@pytest.mark.one_engine("what a restore puts aside is the SQLite file")
def test_a_restore_can_be_undone_whole_though_the_service_was_killed(store: Path, tmp_path: Path) -> None:
    aside = tmp_path / "publicwire.db.before-restore"
    with closing(open_storage(store)) as storage:
        given_items(storage, "One")
    with closing(open_storage(store)) as storage:
        move(storage, "One", Trigger.HOLD)
        for end in ("", "-wal"):  # as a kill leaves them, and a restore puts them aside
            aside.with_name(aside.name + end).write_bytes((store / f"publicwire.db{end}").read_bytes())
    restore(tmp_path / "new", aside, NOON)
    assert states(tmp_path / "new") == {"One": State.HELD}


@pytest.mark.one_engine("damages the SQLite file")
def test_a_damaged_database_can_be_restored(store: Path, backup: Path) -> None:
    scribble(store / "publicwire.db")
    (store / "publicwire.db-wal").write_bytes(b"left by a crash")
    restore(store, backup, NOON)
    assert (store / "publicwire.db.before-restore-wal").read_bytes() == b"left by a crash"
    assert states(store)["One"] is State.LIVE


def test_a_backup_can_be_restored_where_there_was_no_store(tmp_path: Path, backup: Path) -> None:
    assert restore(tmp_path / "new" / "store", backup, NOON).items == 3
    assert states(tmp_path / "new" / "store")["One"] is State.LIVE


def test_a_restore_that_was_cut_off_is_begun_anew(store: Path, backup: Path) -> None:
    (store / "restoring").mkdir()
    (store / "restoring" / "publicwire.db").write_bytes(b"half a copy")
    assert restore(store, backup, NOON).items == 3


def test_restore_is_refused_while_a_poller_runs(store: Path, backup: Path, storage: Storage) -> None:
    with storage.admin.poller(NOON), pytest.raises(StoreBusy, match=r"process \d+.* is already polling"):
        restore(store, backup, NOON)
    assert not list(store.glob("*.before-restore"))


@pytest.mark.parametrize("junk", [b"\xa5", b"\0"])
def test_a_damaged_backup_changes_nothing(store: Path, backup: Path, junk: bytes) -> None:
    content = backup.read_bytes()
    half = len(content) // 2
    backup.write_bytes(content[:half] + junk * (len(content) - half))
    with pytest.raises(StorageError, match=r"noon\.db is no sound backup"):
        restore(store, backup, NOON)
    assert states(store)["One"] is State.LIVE


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 300])
def test_a_file_that_is_no_backup_is_refused(store: Path, backup: Path, content: bytes) -> None:
    backup.write_bytes(content)
    with pytest.raises(StorageError, match=r"noon\.db is no sound backup of Publicwire"):
        restore(store, backup, NOON)
    with pytest.raises(UsageError, match="there is no backup"):
        restore(store, backup.with_name("missing.db"), NOON)


def test_a_backup_has_a_sensible_place(storage: Storage, store: Path, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing" / "copy.db"):
        with pytest.raises(UsageError, match="cannot write the backup"):
            storage.admin.backup(place)


@pytest.mark.one_engine("the SQLite file is the store's own")
def test_a_backup_never_replaces_the_database(storage: Storage, store: Path) -> None:
    for own in ("publicwire.db", "publicwire.db-wal", "publicwire.db-shm"):
        with pytest.raises(UsageError, match="store's own database"):
            storage.admin.backup(store / own)


def test_a_backup_takes_the_place_of_backups_only(storage: Storage, store: Path, tmp_path: Path) -> None:
    given_items(storage, "One")
    move(storage, "One", Trigger.WITHDRAW)
    journal, device = store / "withdrawals.jsonl", tmp_path / "device"
    os.mkfifo(device)
    for place in (journal, device):
        with pytest.raises(UsageError, match="is there already and is no backup"):
            storage.admin.backup(place)
    assert json.loads(journal.read_text())["after"] == "withdrawn"
    (tmp_path / "made-by-mktemp.db").touch()
    assert [storage.admin.backup(tmp_path / "made-by-mktemp.db") for _ in range(2)] == [1, 1]


@pytest.mark.one_engine("damages the SQLite file")
def test_the_error_of_a_damaged_store_names_the_restore_command(store: Path, backup: Path) -> None:
    scribble(store / "publicwire.db")
    with pytest.raises(StorageError, match="there is no backup"), closing(open_storage(store)) as storage:
        all_items(storage)
    newest = store / "backups" / "publicwire-2026-03-02.db"
    newest.parent.mkdir()
    backup.replace(newest)
    (store / "publicwire.db").write_bytes(b"this was a database once" * 200)
    with pytest.raises(StorageError) as failure:
        open_storage(store)
    assert str(failure.value) == (
        f"the store {store / 'publicwire.db'} is damaged (file is not a database); "
        f"`publicwire restore {newest}` brings back the newest backup"
    )


@pytest.mark.one_engine("the migrations of SQLite")
def test_a_migration_that_fails_leaves_nothing_behind_and_can_be_tried_again(
    store: Path, backup: Path
) -> None:
    steps = Migrations("publicwire")
    for applied in migrations.applied(Database(store / "publicwire.db")):
        steps(name=applied.name)(lambda db: None)
    fails = [True]

    @steps()
    def m999_half(db: Database) -> None:
        db.execute("ALTER TABLE item ADD COLUMN colour TEXT")
        db.execute("UPDATE item SET title = 'half'")
        if fails:
            db.execute("INSERT INTO no_such_table VALUES (1)")

    with pytest.raises(StorageError, match="no such table"):
        open_store(store, steps)
    assert set(states(store)) == {"One", "Two", "Held"}
    fails.clear()
    with closing(open_store(store, steps)) as storage:
        assert set(titles(all_items(storage))) == {"half"}


@pytest.mark.one_engine("the size of the SQLite file")
def test_seven_times_the_items_take_less_than_twice_the_disk_once_freed(store: Path) -> None:
    with closing(open_storage(store)) as storage:
        body = "<p>" + "words of a long release " * 400 + "</p>"
        of = source("ministry")
        storage.admin.sync(config(of), NOON)
        origin = SourceDriver(storage, of)
        sizes = []
        for year in range(7):
            now = NOON + year * 500 * DAY
            storage.admin.maintain(Retention(), now)
            origin.says(*(entry(f"{year}/{n}", f"{year}/{n}", body=body) for n in range(200)), now=now)
            storage.admin.maintain(Retention(), now)
            sizes.append((store / "publicwire.db").stat().st_size)
    assert sizes[-1] < 2 * sizes[0]


@pytest.mark.one_engine("the index of SQLite checks itself")
def test_the_search_index_agrees_with_the_items_after_freeing_editing_and_forgetting(store: Path) -> None:
    with closing(open_storage(store)) as storage:
        given_items(storage, "One", "Two")
        later = NOON + 500 * DAY
        storage.admin.maintain(Retention(), later)
        origin = SourceDriver(storage, source("ministry"))
        for title in ("Edited", "Edited again"):
            origin.says(entry(title, "One"), entry("Two", "Two"), now=later)
            storage.admin.maintain(Retention(), later)
        storage.admin.sync(config(), later)
        storage.admin.forget("ministry", later)
    execute(store, "INSERT INTO item_words (item_words) VALUES ('integrity-check')")
    assert execute(
        store, "SELECT count(*) FROM item_words WHERE item_words MATCH 'edited OR one OR two'"
    ) == [(0,)]


def test_a_forgotten_source_takes_its_subscription_and_its_task_along(store: Path) -> None:
    with closing(open_storage(store)) as storage:
        given_items(storage, "One")
        with transaction(store) as run:
            run(
                "INSERT INTO subscription (number, source, hub, topic, token, secret, state, since)"
                " VALUES (7, 1, 'https://hub.example/', 'https://ministry.example/', 't', 's', 'active', 0)"
            )
            run("INSERT INTO task (kind, subject, due) VALUES ('websub', '7', 0), ('websub', '8', 0)")
        storage.admin.sync(config(), NOON)
        storage.admin.forget("ministry", NOON)
        assert storage.admin.check() == ()
    assert execute(store, "SELECT subject FROM task") == [("8",)]
    assert execute(store, "SELECT * FROM subscription") == []


@pytest.mark.one_engine("a plan of SQLite")
def test_the_due_source_query_uses_a_covering_index(store: Path) -> None:
    """With 100,000 due sources at one slow host, each query passes them all and claims none."""
    looks = IN_TURN, "SELECT min(due) FROM source WHERE configured = 1 AND leased IS NULL"
    with closing(open_storage(store)):
        for look in looks:
            (plan,) = execute(store, f"EXPLAIN QUERY PLAN {look.replace(':now', '1')}")
            assert "COVERING INDEX source_look" in str(plan)
