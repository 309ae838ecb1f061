"""A store written by 0.1.0 is migrated whole: fixtures/make_store_0_1_0.py made it and describes its content.

`store-0.1.0.json` holds the values that the code of 0.1.0 read from it at `now`.
"""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from aggregator import config as configuration
from aggregator.errors import Cause
from aggregator.model.document import Hints
from aggregator.model.push_settings import Hub
from aggregator.model.schedule import Due, DueReason
from aggregator.model.stored import ItemQuery, Stored
from aggregator.publish.publisher import Publisher
from aggregator.storage import Storage, open_storage, restore, stored_feeds
from aggregator.storage.sql import rows
from tests.given import DAY, HOUR, MINUTE, NOON, all_items

pytestmark = pytest.mark.one_engine("stores of before PostgreSQL")

FIXTURES = Path(__file__).parent / "fixtures"
WRITTEN = FIXTURES / "store-0.1.0.db"
# Written by 0.1.0, keys included: "left_alone" and "resting_hosts" are sources and hosts under a rate limit.
SAID: Mapping[str, Any] = json.loads((FIXTURES / "store-0.1.0.json").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat(SAID["now"])
BACKUP = "publicwire-before-m008_schedule_state.db"

# The sentences that 0.1.0 stored and the states they stand for: a sentence about a whole host stood both at
# the source that was rate-limited and at the others there.
REASONS: Mapping[str, tuple[Due, ...]] = {
    "": (Due(NOON, DueReason.CONFIGURED_AGAIN),),
    "answered with an error 10 times in a row: again after 1 d": (
        Due(NOON, DueReason.BACK_OFF, wait=DAY, cause=Cause.HTTP, failures=10),
    ),
    "answered with an error once: again after 15 min": (
        Due(NOON, DueReason.BACK_OFF, wait=15 * MINUTE, cause=Cause.HTTP, failures=1),
    ),
    "answered with an error once: again after 15 min, at its other address": (
        Due(NOON, DueReason.BACK_OFF, wait=15 * MINUTE, cause=Cause.HTTP, failures=1, is_fallback=True),
    ),
    "answered with no feed 3 times in a row: again after 4 h": (
        Due(NOON, DueReason.BACK_OFF, wait=4 * HOUR, cause=Cause.NOT_A_FEED, failures=3),
    ),
    "answered with no feed once: again after 1 h": (
        Due(NOON, DueReason.BACK_OFF, wait=HOUR, cause=Cause.NOT_A_FEED, failures=1),
    ),
    "asked for by the operator": (Due(NOON, DueReason.OPERATOR),),
    "back in the configuration": (Due(NOON, DueReason.CONFIGURED_AGAIN),),
    "being polled": (Due(NOON, DueReason.NEW),),
    "beyond a limit 3 times in a row: again after 4 h": (
        Due(NOON, DueReason.BACK_OFF, wait=4 * HOUR, cause=Cause.LIMIT, failures=3),
    ),
    "beyond a limit once: again after 1 h": (
        Due(NOON, DueReason.BACK_OFF, wait=HOUR, cause=Cause.LIMIT, failures=1),
    ),
    "broke what reads it 3 times in a row: again after 4 h": (
        Due(NOON, DueReason.BACK_OFF, wait=4 * HOUR, cause=Cause.CRASH, failures=3),
    ),
    "broke what reads it once: again after 1 h": (
        Due(NOON, DueReason.BACK_OFF, wait=HOUR, cause=Cause.CRASH, failures=1),
    ),
    "every 15 min": (Due(NOON, DueReason.EVERY, wait=15 * MINUTE),),
    "every 15 min; skips hours or days the feed names": (
        Due(NOON, DueReason.EVERY, wait=15 * MINUTE, is_skipping=True),
    ),
    "every 30 d": (Due(NOON, DueReason.EVERY, wait=30 * DAY),),
    "every 30 s": (Due(NOON, DueReason.EVERY, wait=timedelta(seconds=30)),),
    "fresh by its Cache-Control for 2 h": (Due(NOON, DueReason.CACHE_CONTROL, wait=2 * HOUR),),
    "fresh by its Expires for 5 h": (Due(NOON, DueReason.EXPIRES, wait=5 * HOUR),),
    "its hub announced something": (Due(NOON, DueReason.HUB_DELIVERY),),
    "its hub announces what is new (else every 15 min)": (Due(NOON, DueReason.HUB, wait=HOUR),),
    "its hub announces what is new (else every 15 min); skips hours or days the feed names": (
        Due(NOON, DueReason.HUB, wait=HOUR, is_skipping=True),
    ),
    "its hub announces what is new (else its ttl asks for 30 min)": (Due(NOON, DueReason.HUB, wait=HOUR),),
    "its hub did not announce a release": (Due(NOON, DueReason.HUB_SILENT),),
    "its move was taken back": (Due(NOON, DueReason.UNMOVED),),
    "its ttl asks for 3 h": (Due(NOON, DueReason.TTL, wait=3 * HOUR),),
    "its ttl asks for 3 h; skips hours or days the feed names": (
        Due(NOON, DueReason.TTL, wait=3 * HOUR, is_skipping=True),
    ),
    "its updatePeriod asks for 6 h": (Due(NOON, DueReason.UPDATE_PERIOD, wait=6 * HOUR),),
    "leads to a refused address 3 times in a row: again after 4 h": (
        Due(NOON, DueReason.BACK_OFF, wait=4 * HOUR, cause=Cause.REFUSED, failures=3),
    ),
    "leads to a refused address once: again after 1 h": (
        Due(NOON, DueReason.BACK_OFF, wait=HOUR, cause=Cause.REFUSED, failures=1),
    ),
    "moved to another address": (Due(NOON, DueReason.MOVED),),
    "never polled yet": (Due(NOON, DueReason.NEW),),
    "not reached 10 times in a row: again after 6 h": (
        Due(NOON, DueReason.BACK_OFF, wait=6 * HOUR, cause=Cause.NETWORK, failures=10),
    ),
    "not reached 3 times in a row: again after 1 h, at its other address": (
        Due(NOON, DueReason.BACK_OFF, wait=HOUR, cause=Cause.NETWORK, failures=3, is_fallback=True),
    ),
    "not reached 3 times in a row: again after 1 h, at its other address; skips hours or days the feed names": (
        Due(
            NOON,
            DueReason.BACK_OFF,
            wait=HOUR,
            cause=Cause.NETWORK,
            failures=3,
            is_fallback=True,
            is_skipping=True,
        ),
    ),
    "not reached once: again after 15 min": (
        Due(NOON, DueReason.BACK_OFF, wait=15 * MINUTE, cause=Cause.NETWORK, failures=1),
    ),
    "not reached once: again after 15 min; skips hours or days the feed names": (
        Due(NOON, DueReason.BACK_OFF, wait=15 * MINUTE, cause=Cause.NETWORK, failures=1, is_skipping=True),
    ),
    "nothing new for 10 d: looked at every 140 min": (
        Due(NOON, DueReason.QUIET, wait=140 * MINUTE, basis=10 * DAY),
    ),
    "nothing new for 2 h: looked at every 17 min": (
        Due(NOON, DueReason.QUIET, wait=17 * MINUTE, basis=2 * HOUR),
    ),
    "nothing new for 26 h: looked at every 44 min": (
        Due(NOON, DueReason.QUIET, wait=44 * MINUTE, basis=26 * HOUR),
    ),
    "nothing new for 3 d: looked at every 71 min": (
        Due(NOON, DueReason.QUIET, wait=71 * MINUTE, basis=3 * DAY),
    ),
    "nothing new for 4 d: looked at every 83 min": (
        Due(NOON, DueReason.QUIET, wait=83 * MINUTE, basis=4 * DAY),
    ),
    "nothing new for 8 d: looked at every 115 min": (
        Due(NOON, DueReason.QUIET, wait=115 * MINUTE, basis=8 * DAY),
    ),
    "origin asked to wait 1 d": (Due(NOON, DueReason.ORIGIN_WAIT, wait=DAY, basis=DAY),),
    "origin asked to wait 1 h": (Due(NOON, DueReason.ORIGIN_WAIT, wait=HOUR, basis=HOUR),),
    "origin asked to wait 1 h, with all of twice.example": (
        Due(NOON, DueReason.ORIGIN_WAIT, wait=HOUR, basis=HOUR, host="twice.example"),
    ),
    "origin asked to wait 1 h; skips hours or days the feed names": (
        Due(NOON, DueReason.ORIGIN_WAIT, wait=HOUR, basis=HOUR, is_skipping=True),
    ),
    "origin asked to wait 10 d, more than the 7 d granted, with all of far-home.example": (
        Due(NOON, DueReason.HOST_LIMIT, host="far-home.example"),
    ),
    "origin asked to wait 10 d, more than the 7 d granted, with all of far-home.example, at its other address; skips hours or days the feed names": (
        Due(
            NOON,
            DueReason.ORIGIN_WAIT,
            wait=7 * DAY,
            basis=10 * DAY,
            host="far-home.example",
            is_fallback=True,
            is_skipping=True,
        ),
    ),
    "origin asked to wait 15 min": (Due(NOON, DueReason.ORIGIN_WAIT, wait=15 * MINUTE, basis=15 * MINUTE),),
    "origin asked to wait 2 h": (Due(NOON, DueReason.ORIGIN_WAIT, wait=2 * HOUR, basis=2 * HOUR),),
    "origin asked to wait 2 h, at its other address": (
        Due(NOON, DueReason.ORIGIN_WAIT, wait=2 * HOUR, basis=2 * HOUR, is_fallback=True),
    ),
    "origin asked to wait 2 h, with all of cdn.example": (
        Due(NOON, DueReason.HOST_LIMIT, host="cdn.example"),
        Due(NOON, DueReason.ORIGIN_WAIT, wait=2 * HOUR, basis=2 * HOUR, host="cdn.example"),
    ),
    "origin asked to wait 2 h, with all of new-home.example": (
        Due(NOON, DueReason.HOST_LIMIT, host="new-home.example"),
    ),
    "origin asked to wait 2 h, with all of new-home.example, at its other address": (
        Due(
            NOON,
            DueReason.ORIGIN_WAIT,
            wait=2 * HOUR,
            basis=2 * HOUR,
            host="new-home.example",
            is_fallback=True,
        ),
    ),
    "origin asked to wait 2 h, with all of quiet-hours.example": (
        Due(NOON, DueReason.HOST_LIMIT, host="quiet-hours.example"),
    ),
    "origin asked to wait 2 h, with all of quiet-hours.example; skips hours or days the feed names": (
        Due(
            NOON,
            DueReason.ORIGIN_WAIT,
            wait=2 * HOUR,
            basis=2 * HOUR,
            host="quiet-hours.example",
            is_skipping=True,
        ),
    ),
    "origin asked to wait 3 h": (Due(NOON, DueReason.ORIGIN_WAIT, wait=3 * HOUR, basis=3 * HOUR),),
    "origin asked to wait 30 d, more than the 7 d granted": (
        Due(NOON, DueReason.ORIGIN_WAIT, wait=7 * DAY, basis=30 * DAY),
    ),
    "origin asked to wait 30 d, more than the 7 d granted, with all of capped.example": (
        Due(NOON, DueReason.HOST_LIMIT, host="capped.example"),
        Due(NOON, DueReason.ORIGIN_WAIT, wait=7 * DAY, basis=30 * DAY, host="capped.example"),
    ),
    "origin asked to wait 30 min, with all of over.example": (
        Due(NOON, DueReason.HOST_LIMIT, host="over.example"),
        Due(NOON, DueReason.ORIGIN_WAIT, wait=30 * MINUTE, basis=30 * MINUTE, host="over.example"),
    ),
    "origin asked to wait 4 h, with all of press.example": (
        Due(NOON, DueReason.HOST_LIMIT, host="press.example"),
        Due(NOON, DueReason.ORIGIN_WAIT, wait=4 * HOUR, basis=4 * HOUR, host="press.example"),
    ),
    "origin asked to wait 4 h, with all of twice.example": (
        Due(NOON, DueReason.ORIGIN_WAIT, wait=4 * HOUR, basis=4 * HOUR, host="twice.example"),
    ),
    "origin says the feed is gone (410): not polled until you ask for it": (
        Due(NOON, DueReason.ORIGIN_GONE),
    ),
    "origin says the feed is gone (410): not polled until you ask for it; skips hours or days the feed names": (
        Due(NOON, DueReason.ORIGIN_GONE, is_skipping=True),
    ),
    "something new every 16 h: looked at every 1 h": (
        Due(NOON, DueReason.RHYTHM, wait=HOUR, basis=16 * HOUR),
    ),
    "something new every 19 h: looked at every 66 min": (
        Due(NOON, DueReason.RHYTHM, wait=66 * MINUTE, basis=19 * HOUR),
    ),
    "something new every 4 h: looked at every 31 min": (
        Due(NOON, DueReason.RHYTHM, wait=31 * MINUTE, basis=4 * HOUR),
    ),
    "something new every 4 h: looked at every 31 min; skips hours or days the feed names": (
        Due(NOON, DueReason.RHYTHM, wait=31 * MINUTE, basis=4 * HOUR, is_skipping=True),
    ),
    "something new every 45 h: looked at every 101 min": (
        Due(NOON, DueReason.RHYTHM, wait=101 * MINUTE, basis=45 * HOUR),
    ),
    "the clock was wrong": (Due(NOON, DueReason.CLOCK),),
    "turned away as a robot 3 times in a row: again after 4 h": (
        Due(NOON, DueReason.BACK_OFF, wait=4 * HOUR, cause=Cause.BLOCKED, failures=3),
    ),
    "turned away as a robot once: again after 1 h": (
        Due(NOON, DueReason.BACK_OFF, wait=HOUR, cause=Cause.BLOCKED, failures=1),
    ),
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A store directory as 0.1.0 left it."""
    made = tmp_path / "store"
    made.mkdir()
    shutil.copy(WRITTEN, made / "publicwire.db")
    shutil.copy(FIXTURES / "withdrawals.jsonl", made)
    return made


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    with closing(open_storage(directory)) as opened:
        yield opened


def select(file: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(file)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(query)]


def columns(file: Path) -> set[str]:
    return {row["name"] for row in select(file, "PRAGMA table_info(source)")}


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as db:
        return list(db.iterdump())


def iso(row: dict[str, Any], *times: str) -> dict[str, Any]:
    """The row with these columns as 0.1.0's are written."""
    return row | {name: row[name] and rows.moment(row[name]).isoformat() for name in times}


def test_the_store_is_sound_and_was_backed_up_untouched_before_it_was_migrated(
    storage: Storage, directory: Path
) -> None:
    assert storage.admin.check() == ()
    assert storage.admin.authority() == SAID["authority"]
    assert [path.name for path in (directory / "backups").iterdir()] == [BACKUP]
    assert dump(directory / "backups" / BACKUP) == dump(WRITTEN)
    assert "why" in columns(directory / "backups" / BACKUP)
    assert "why" not in columns(directory / "publicwire.db")


def test_a_store_that_needs_no_migration_is_not_backed_up(directory: Path, tmp_path: Path) -> None:
    open_storage(directory).close()
    (directory / "backups" / BACKUP).unlink()
    open_storage(directory).close()
    open_storage(tmp_path / "new").close()
    assert list((directory / "backups").iterdir()) == []
    assert not (tmp_path / "new" / "backups").exists()


def test_every_source_keeps_its_schedule_its_host_and_where_it_has_moved(
    storage: Storage, directory: Path
) -> None:
    found = select(
        directory / "publicwire.db",
        """SELECT id, configured, due, leased, failures, host, feed, relocation AS move, usual_gap AS gap,
        last_new, last_success, mode FROM source ORDER BY number""",
    )
    kept = [
        iso(row, "due", "leased", "last_new", "last_success")
        | {"configured": bool(row["configured"]), "move": json.loads(row["move"])}
        for row in found
    ]
    assert kept == [{name: row[name] for name in row if name != "why"} for row in SAID["sources"]]


def test_every_reason_is_found_again_as_state(storage: Storage, directory: Path) -> None:
    sentences = {row["id"]: row["why"] for row in SAID["sources"]}
    found: dict[str, set[Due]] = {sentence: set() for sentence in sentences.values()}
    with closing(sqlite3.connect(directory / "publicwire.db")) as db:
        db.row_factory = sqlite3.Row
        for row in db.execute("SELECT id, due, due_reason, due_figures FROM source"):
            found[sentences[row["id"]]].add(replace(rows.due(row), at=NOON))
    assert found == {sentence: set(states) for sentence, states in REASONS.items()}
    assert len(found) == 73


def test_rate_limits_hold_as_before(storage: Storage, directory: Path) -> None:
    assert list(storage.polls.rate_limited(NOW)) == SAID["left_alone"]
    limits = select(
        directory / "publicwire.db",
        f"SELECT host, limited_until AS until FROM host WHERE limited_until > {rows.ms(NOW)} ORDER BY host",
    )
    assert {row["host"]: iso(row, "until")["until"] for row in limits} == SAID["resting_hosts"]


def test_a_migrated_rate_limit_delays_a_source_that_comes_to_its_host(
    storage: Storage, directory: Path
) -> None:
    config = configuration.load(FIXTURES / "sources-0.1.0.yaml")
    late = [
        replace(config.sources[0], id=f"late-{n}", feed=f"https://{host}/late.xml", domains=())
        for n, host in enumerate(SAID["resting_hosts"])
    ]
    storage.admin.sync(replace(config, sources=(*config.sources, *late)), NOW)
    due = {each.feed.id: each.due for each in storage.overview.health()}
    for n, (host, until) in enumerate(SAID["resting_hosts"].items()):
        assert due[f"late-{n}"] == Due(datetime.fromisoformat(until), DueReason.HOST_LIMIT, host=host)


def test_every_item_alert_and_subscription_is_kept(storage: Storage, directory: Path) -> None:
    items = [
        {
            "id": each.id,
            "public_id": each.public_id,
            "source": each.source,
            "state": each.state,
            "title": each.item.title,
            "position": each.position,
            "story": each.story,
            "seq": each.seq,
            "shown": each.shown.isoformat(),
            "updated": each.updated.isoformat(),
            "revisions": len(_versions(storage, each)),
            "audit": [f"{it.before} > {it.after}: {it.trigger}" for it in storage.items.audit(each.number)],
        }
        for each in all_items(storage)
    ]
    assert items == SAID["items"]
    alerts = [[it.source, it.kind, it.raised.isoformat(), it.message] for it in storage.tasks.alerts()]
    assert alerts == SAID["alerts"]
    found = select(
        directory / "publicwire.db",
        """SELECT o.id AS source, s.hub, s.state AS standing, s.token, t.due, s.lease_until, s.announced,
        s.missed, s.breaks, s.reason FROM subscription s JOIN source o ON o.number = s.source
        JOIN task t ON t.kind = 'websub' AND t.subject = CAST(s.number AS TEXT) ORDER BY s.number""",
    )
    assert [iso(row, "due", "lease_until", "announced", "missed") for row in found] == SAID["subscriptions"]
    assert storage.items.items(ItemQuery(search="dredging"))


def _versions(storage: Storage, of: Stored) -> list[int]:
    """Numbers of the revisions of an item: all before that of its present version."""
    versions = [each.version for each in storage.items.corrections(of.number)]
    assert versions == [*range(of.version - 1, 0, -1)]
    return versions


def test_causes_of_polls_have_their_present_names(storage: Storage, directory: Path) -> None:
    counted = "SELECT cause, count(*) AS polls FROM poll GROUP BY cause"
    before = {row["cause"]: row["polls"] for row in select(WRITTEN, counted)}
    after = {row["cause"]: row["polls"] for row in select(directory / "publicwire.db", counted)}
    assert before["rests"] == 2
    assert after == {"rate_limited" if cause == "rests" else cause: n for cause, n in before.items()}
    assert set(after) <= {str(cause) for cause in Cause}


def test_counts_of_polls_and_items_of_0_1_0_are_kept_with_the_source(
    storage: Storage, directory: Path
) -> None:
    found = {
        row["id"]: row
        for row in select(directory / "publicwire.db", "SELECT id, failing_since, findings FROM source")
    }
    assert iso(found["blocked-often"], "failing_since")["failing_since"] == "2026-03-02T05:00:00+00:00"
    assert iso(found["network-often"], "failing_since")["failing_since"] == "2026-03-02T03:00:00+00:00"
    assert (found["recovered"]["failing_since"], found["every"]["failing_since"]) == (None, None)
    assert (found["library"]["findings"], found["never"]["findings"]) == (2, 0)


def test_scheduling_hints_of_every_document_are_kept(storage: Storage) -> None:
    written = {row["id"]: json.loads(row["hints"]) for row in select(WRITTEN, "SELECT id, hints FROM source")}
    found = {
        claim.id: claim.hints for claim in storage.polls.claim(NOW, limit=1_000, lease=HOUR, ids=[*written])
    }
    assert found == {name: hints_of_0_1_0(written[name]) for name in found}
    assert {Hints(180), Hints(update_period=6 * HOUR), Hints(180, None, (15,)), Hints(skip_days=(0,))} <= set(
        found.values()
    )


def hints_of_0_1_0(said: Mapping[str, Any]) -> Hints:
    period = timedelta(seconds=said["period"]) if said.get("period") else None
    return Hints(said.get("ttl"), period, tuple(said.get("hours", ())), tuple(said.get("days", ())))


def test_the_same_configuration_changes_nothing_and_every_document_is_published_as_before(
    storage: Storage,
) -> None:
    loaded = configuration.load(FIXTURES / "sources-0.1.0.yaml")
    config = replace(loaded, hub=Hub(is_own=False))  # which no document of 0.1.0 names
    assert storage.admin.sync(config, NOW) == ()
    publisher = Publisher(storage, lambda: config, now=lambda: NOW)
    documents = {path: hashlib.sha256(it.body).hexdigest() for path, it in publisher.documents()}
    assert documents == SAID["documents"]


def test_sources_are_claimed_in_the_same_order(storage: Storage) -> None:
    claims = storage.polls.claim(NOW, limit=1_000, lease=HOUR)
    assert [claim.id for claim in claims] == SAID["claimed"]


def test_a_backup_of_0_1_0_can_be_restored(tmp_path: Path) -> None:
    directory = tmp_path / "new"
    directory.mkdir()
    shutil.copy(FIXTURES / "withdrawals.jsonl", directory)
    assert restore(directory, WRITTEN, NOW).items == len(SAID["items"])
    assert not (directory / "restoring").exists()
    with closing(open_storage(directory)) as storage:
        assert [each.state for each in all_items(storage)] == [each["state"] for each in SAID["items"]]


def test_a_kill_in_the_middle_of_the_migration_leaves_the_store_of_0_1_0(directory: Path) -> None:
    """In a process of its own that has migrated everything, with the changes already in the log, when it
    dies."""
    code = f"""
import sys
from pathlib import Path
from sqlite_utils import Database, Migrations
from aggregator.storage.sqlite import open_store
from aggregator.storage.sqlite.schema import migrations

steps = Migrations("publicwire")
*former, last = migrations.pending(Database(memory=True))[:8]
for each in former:
    steps(name=each.name)(each.fn)

@steps(name=last.name)
def killed(db):
    db.execute("PRAGMA cache_size = 1")  # so that what is changed is written before the end
    last.fn(db)
    print("midway", flush=True)
    sys.stdin.read()

open_store(Path({str(directory)!r}), steps)
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"midway\n"
        process.kill()
    assert (directory / "publicwire.db-wal").stat().st_size > 0
    assert dump(directory / "publicwire.db") == dump(WRITTEN)
    with closing(open_storage(directory)) as storage:
        assert list(storage.polls.rate_limited(NOW)) == SAID["left_alone"]
        assert storage.admin.check() == ()
    assert dump(directory / "backups" / BACKUP) == dump(WRITTEN)


def test_of_processes_that_open_an_older_store_at_once_one_migrates_it(directory: Path) -> None:
    """A service that restarts after the upgrade, and commands typed beside it."""
    opens = f"from pathlib import Path; from aggregator.storage import open_storage; open_storage(Path({str(directory)!r})).close()"
    processes = [
        subprocess.Popen([sys.executable, "-c", opens], stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert [(each.communicate()[1], each.returncode) for each in processes] == [("", 0)] * 4
    (backup,) = (directory / "backups").glob("*")
    assert select(backup, "SELECT count(why) AS n FROM source")[0]["n"] == len(SAID["sources"])


def test_feeds_of_an_older_store_are_read_before_its_migration_as_after_it(tmp_path: Path) -> None:
    shutil.copy(WRITTEN, tmp_path / "publicwire.db")
    before = stored_feeds(tmp_path)
    assert any(each.adopted for each in before)
    with closing(open_storage(tmp_path)):
        assert stored_feeds(tmp_path) == before
    assert (tmp_path / "backups" / BACKUP).is_file()
