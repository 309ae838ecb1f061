"""Contract of every storage engine: erased items leave nothing but their keys, ids and audit lines."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import UsageError
from aggregator.model.alert import AlertKind
from aggregator.model.amendment import Amendment
from aggregator.model.decision import State, Trigger
from aggregator.model.deleted import Deleted
from aggregator.model.entry import Entry, Markup
from aggregator.model.public_change import ChangeKind
from aggregator.model.stored import ItemQuery, Stored
from aggregator.policy.amendments import amended
from aggregator.policy.lifecycle import amend, step
from aggregator.publish.publisher import Publisher
from aggregator.service.origin_steps import OriginSteps
from aggregator.storage import Storage, backups_holding
from aggregator.storage import restore as restore_storage
from tests.engines import database, execute, open_storage
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, iso, source, titles
from tests.storage.given import again, given_origin, move

MARKER = "xyzzyplugh"
LINK = "https://ministry.example/bridge"
BODY = f"<p>The bridge stays closed, says {MARKER} to everyone who asks about the whole of the inquiry.</p>"
FIRST = entry(f"Bridge {MARKER} opens", "g1", f"{LINK}?{MARKER}", body=BODY)
SECOND = entry(f"Bridge {MARKER} closes", "g1", LINK, body=BODY.replace("closed", "open"))
OTHER = entry("Ferry", "g2", "https://ministry.example/ferry", body="<p>The ferry runs on Sundays, too.</p>")


def given_everywhere(storage: Storage) -> tuple[SourceDriver, Stored]:
    """An item whose marker stands in title, text, summary, revision, index, amendment and journal."""
    origin = given_origin(storage)
    origin.says(FIRST, OTHER)
    edited = replace(SECOND, summary=Markup(f"In short, {MARKER}."), authors=(MARKER,))
    origin.says(edited, OTHER, now=NOON + HOUR)
    item = next(each for each in all_items(storage) if MARKER in each.item.title)
    made = amend(
        item,
        amended(item, Amendment(headline=f"Desk {MARKER}", note=f"Note {MARKER}")),
        reason="clearer",
        actor="desk",
        at=NOON + HOUR,
    )
    storage.acts.apply_transitions([made])
    storage.items.index()
    return origin, again(storage, item)


def erase(storage: Storage, *items: Stored) -> bool:
    at = NOON + 2 * HOUR
    return storage.admin.erase(
        [step(each, Trigger.ERASE, reason="order of a court", actor="desk", at=at) for each in items]
    )


def holding(directory: Path) -> list[str]:
    """The files below a directory that hold the marker, in any case."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    return [path.name for path in files if MARKER.encode() in path.read_bytes().lower()]


def rows_with_marker(directory: Path) -> list[str]:
    """The tables of a PostgreSQL schema in which a row holds the marker."""
    return [
        table
        for table in (
            "item",
            "revision",
            "pending",
            "amendment",
            "journal",
            "item_words",
            "audit",
            "decision",
            "origin_step",
            "alert",
        )
        if execute(directory, f"SELECT 1 FROM {table} t WHERE CAST(t AS text) LIKE '%{MARKER}%'")
    ]


def words_with_marker(directory: Path) -> list[str]:
    """The words of the SQLite index that begin with the marker: its segments hold the ends of words alone."""
    with closing(sqlite3.connect(directory / "publicwire.db")) as db:
        db.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, item_words, row)")
        found = db.execute("SELECT term FROM temp.vocabulary WHERE term >= ?", (MARKER,))
        return [term for (term,) in found if term.startswith(MARKER)]


def test_no_byte_of_an_erased_item_is_left_in_the_store(engine: str, tmp_path: Path) -> None:
    with closing(open_storage(tmp_path)) as storage:
        _, item = given_everywhere(storage)
        if engine == "sqlite":
            assert {"publicwire.db-wal", "withdrawals.jsonl"} <= {*holding(tmp_path)}
        with closing(open_storage(tmp_path)) as service:  # another process has it open
            assert service.items.find(item.id) is not None
            assert erase(storage, item)
            assert holding(tmp_path) == []
            assert titles(service.items.select("")) == ["Ferry"]
        assert storage.admin.check() == ()
        assert (rows_with_marker if engine == "postgres" else words_with_marker)(tmp_path) == []
    assert holding(tmp_path) == []


@pytest.mark.parametrize("passes", [True, False])
def test_the_words_of_a_tombstone_go_with_the_item(engine: str, tmp_path: Path, passes: bool) -> None:
    with closing(open_storage(tmp_path)) as storage:
        origin = given_origin(storage)
        named = [entry(f"{n} {MARKER}", f"m{n}", f"{LINK}/{n}", body=BODY) for n in range(3)]
        origin.says(*named, OTHER)
        deleted = [Deleted(each.guid, iso(NOON), MARKER, MARKER) for each in named[: 1 if passes else 3]]
        origin.says(*named, OTHER, now=NOON + HOUR, deleted=deleted)
        OriginSteps(storage.origins).all(NOON + HOUR)
        items = [each for each in all_items(storage) if MARKER in each.item.title]
        states = {each.state for each in items}
        assert states == ({State.LIVE, State.WITHDRAWN} if passes else {State.LIVE})  # suspended
        assert erase(storage, *items)
        triggers = [each.trigger for item in items for each in storage.items.audit(item.number)]
        assert triggers.count(Trigger.TOMBSTONE) == passes
        assert storage.origins.suspended("") == ()
    assert holding(tmp_path) == []
    if engine == "postgres":
        assert rows_with_marker(tmp_path) == []


def test_the_host_of_a_link_that_moved_goes_with_the_item(engine: str, tmp_path: Path) -> None:
    with closing(open_storage(tmp_path)) as storage:
        origin = given_origin(storage)
        names = ("gone", "kept")
        origin.says(*(entry(name, name, f"https://ministry.example/{name}") for name in names))
        hosts = {"gone": f"{MARKER}.example", "kept": "elsewhere.example"}
        origin.says(*(entry(name, name, f"https://{hosts[name]}/") for name in names), now=NOON + HOUR)
        gone, kept = sorted(all_items(storage), key=lambda each: each.item.title)
        assert erase(storage, gone)
        (alert,) = [each.message for each in storage.tasks.alerts() if each.kind is AlertKind.LINK]
        assert {gone.id, f"{kept.id} to elsewhere.example"} <= {
            *alert.partition(": ")[2].partition("; ")[0].split(", ")
        }
    assert holding(tmp_path) == []
    if engine == "postgres":
        assert rows_with_marker(tmp_path) == []


def test_an_erased_item_keeps_its_ids_keys_and_audit_line(storage: Storage) -> None:
    _, item = given_everywhere(storage)
    keys = item.item.keys
    erase(storage, item)
    left = again(storage, item)
    assert (left.state, left.erased, left.public_id, left.item.keys) == (
        State.WITHDRAWN,
        True,
        item.public_id,
        keys,
    )
    assert (left.item.title, left.item.text, left.item.url, left.amended) == ("", "", "", Amendment())
    assert storage.items.corrections(item.number) == ()
    last = storage.items.audit(item.number)[-1]
    assert (last.trigger, last.reason, last.actor) == (Trigger.ERASE, "order of a court", "desk")
    assert storage.items.items(ItemQuery(search=MARKER)) == ()
    change = storage.changes.since(0, 9)[-1]
    assert (change.kind, change.public_id) == (ChangeKind.WITHDRAWN, item.public_id)
    publisher = Publisher(storage, lambda: config(source("ministry")))
    documents = [each for _, each in publisher.documents()]
    assert any(item.public_id.encode() in each.body for each in documents)  # its tombstone entries
    assert not any(MARKER.encode() in each.body for each in documents)
    assert titles(storage.items.items(ItemQuery(search="ferry"))) == ["Ferry"]


def test_nothing_brings_an_erased_item_back(storage: Storage) -> None:
    origin, item = given_everywhere(storage)
    erase(storage, item)
    for trigger in (Trigger.REINSTATE, Trigger.RELEASE, Trigger.HOLD, Trigger.WITHDRAW, Trigger.ERASE):
        with pytest.raises(UsageError, match="erased for good"):
            move(storage, again(storage, item), trigger)
    origin.says(FIRST, now=NOON + DAY)
    origin.says(replace(SECOND, guid="g9", digest=b"9" * 16), now=NOON + DAY)
    assert [each.item.title for each in all_items(storage)] == ["", "Ferry"] or titles(
        storage.items.select("")
    ) == ["Ferry"]
    assert MARKER not in "".join(titles(all_items(storage)))


@pytest.fixture
def erased(storage: Storage) -> Iterator[tuple[Storage, Stored]]:
    """A store with an erased item of the ministry."""
    _, item = given_everywhere(storage)
    erase(storage, item)
    yield storage, item


@pytest.mark.parametrize(
    "listed",
    [
        entry("Elsewhere", "w1", LINK, body="<p>Words of its own, quite many of them.</p>"),
        replace(SECOND, guid="w2", link="https://wire.example/2"),
    ],
    ids=["address", "text"],
)
def test_an_exact_match_by_another_source_is_never_stored(
    erased: tuple[Storage, Stored], listed: Entry
) -> None:
    storage, _ = erased
    wire = given_origin(storage, "wire")
    wire.says(listed, entry("Tram", "w9"))
    assert sorted(titles(all_items(storage))) == ["", "Ferry", "Tram"]
    wire.says(listed, entry("Tram", "w9"), now=NOON + DAY)
    assert len(all_items(storage)) == 3


def test_an_agreeing_text_of_another_source_is_held_and_raised(erased: tuple[Storage, Stored]) -> None:
    storage, item = erased
    wire = given_origin(storage, "wire")
    longer = (SECOND.content.value or "") + "<p>And a line of the wire.</p>"
    wire.says(entry(SECOND.title.value, "w1", "https://wire.example/1", body=longer))
    (held,) = [each for each in all_items(storage) if each.source == "wire"]
    assert (held.state, held.reason) == (State.HELD, f"copy of {item.id}, which was withdrawn")
    assert AlertKind.COPY in {alert.kind for alert in storage.tasks.alerts()}


def test_an_erased_item_of_a_forgotten_source_stays_blocked(erased: tuple[Storage, Stored]) -> None:
    storage, _ = erased
    storage.admin.sync(config(), NOON + DAY)
    storage.admin.forget("ministry", NOON + DAY)
    given_origin(storage).says(FIRST, SECOND, OTHER, now=NOON + DAY)
    assert titles(all_items(storage)) == ["Ferry"]


def test_a_restore_of_a_backup_of_before_erases_again(engine: str, tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "backups").mkdir(parents=True)
    backup = store / "backups" / "publicwire-2026-03-01.db"
    with closing(open_storage(store)) as storage:
        _, item = given_everywhere(storage)
        storage.admin.backup(backup)
        erase(storage, item)
        assert backups_holding(store, [item.id]) == (backup,)
        assert backups_holding(store, ["another"]) == ()
    done = restore_storage(store, backup, NOON + DAY, database=database(store))
    assert done.journal.moved == (item.id,)
    with closing(open_storage(store)) as storage:
        left = again(storage, item)
        assert (left.erased, left.headline, titles(storage.items.select(""))) == (True, "", ["Ferry"])
        lines = [json.loads(line) for line in (store / "withdrawals.jsonl").read_text().splitlines()]
        assert {line["trigger"] for line in lines} == {"erase"}
    assert {*holding(store)} <= {backup.name, *(path.name for path in store.glob("*before-restore*"))}


def test_a_pattern_finds_items_by_every_version(storage: Storage) -> None:
    _, item = given_everywhere(storage)
    for parts in ((f"bridge {MARKER} OPENS",), (f"Note {MARKER}",), ("Bridge", "desk xyz"), (LINK, MARKER)):
        assert [each.id for each in storage.admin.matching(parts)] == [item.id]
    assert len(storage.admin.matching(["https://ministry.example/"])) == 2
    assert storage.admin.matching(["Bridge", "Ferry"]) == storage.admin.matching(["%"]) == ()
    erase(storage, item)
    assert storage.admin.matching([MARKER]) == ()
