"""PostgreSQL alone: round trips, broken sessions, texts it cannot hold, migrations, unfit servers."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from aggregator.errors import RejectedPoll, StorageError, StoreAway, StoreBusy, UsageError
from aggregator.model.cluster import Delivery
from aggregator.model.document import Document, ReadResult
from aggregator.model.stored import ItemQuery
from aggregator.storage import Place, move_store, open_storage
from tests.given import HOUR, NOON, SourceDriver, config, entry, item, source, succeeded, titles
from tests.postgres import Server, proxy
from tests.running import until
from tests.storage.given import given_origin

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("about PostgreSQL alone")]
NUMBERS = count(1)
POLLS = 20


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    name = f"postgres_{next(NUMBERS)}"
    yield postgres.schema(name)
    with psycopg.connect(postgres.url, autocommit=True) as db:
        db.execute(f"DROP SCHEMA {name} CASCADE")


def test_an_unchanged_poll_takes_two_round_trips(url: str, tmp_path: Path) -> None:
    sources = [source(f"s{n}") for n in range(POLLS)]
    with proxy(url) as counted, closing(open_storage(tmp_path, counted.url)) as storage:
        storage.admin.sync(config(*sources), NOON)
        claims = storage.polls.claim(NOON, limit=POLLS, lease=HOUR)
        results = [succeeded(claim, source(claim.id)) for claim in claims]
        before = counted.trips
        for result in results:
            storage.polls.record(result)
        assert len(results) == POLLS
        # An answer and the next request that are read at once count as one.
        assert POLLS < counted.trips - before <= 2 * POLLS


def test_a_pass_begins_in_three_round_trips(url: str, tmp_path: Path) -> None:
    feeds = [source(f"s{n}", feed=f"https://one.example/{n}") for n in range(POLLS)]
    with proxy(url) as counted, closing(open_storage(tmp_path, counted.url)) as storage:
        storage.admin.sync(config(*feeds), NOON)
        before = counted.trips
        delivery = Delivery(1, "one.example")
        batch = storage.cluster.begin_pass(delivery, "node", NOON, limit=POLLS, lease=HOUR)
        assert batch is not None
        assert len(batch.claims) == POLLS
        assert counted.trips - before <= 3


def test_a_new_item_is_committed_in_nine_round_trips(url: str, tmp_path: Path) -> None:
    of = source("ministry")
    with proxy(url) as counted, closing(open_storage(tmp_path, counted.url)) as storage:
        storage.admin.sync(config(of), NOON)
        SourceDriver(storage, of).says(entry("One", "a"))
        (claim,) = storage.polls.claim(NOON + HOUR, limit=1, lease=HOUR, ids=["ministry"])
        read = ReadResult(Document("rss20"), (item(entry("Two", "b"), of, NOON),))
        known = storage.polls.knowledge(claim, read, NOON, frozenset())
        result = succeeded(claim, of, NOON + HOUR, read=(read, known))
        before = counted.trips
        storage.polls.record(result)
        assert result.outcome.new == 1
        assert counted.trips - before <= 9


def test_unchanged_polls_are_committed_together_in_two_round_trips(url: str, tmp_path: Path) -> None:
    feeds = [source(f"s{n}") for n in range(POLLS)]
    with proxy(url) as counted, closing(open_storage(tmp_path, counted.url)) as storage:
        storage.admin.sync(config(*feeds), NOON)
        claims = storage.polls.claim(NOON, limit=POLLS, lease=HOUR)
        results = [succeeded(claim, source(claim.id)) for claim in claims]
        before = counted.trips
        storage.polls.record_all(results)
        assert len(results) == POLLS
        assert counted.trips - before <= 2


def test_a_poll_that_json_cannot_hold_is_committed_alone(url: str, tmp_path: Path) -> None:
    with closing(open_storage(tmp_path, url)) as storage:
        storage.admin.sync(config(source("a")), NOON)
        (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
        result = succeeded(claim, source("a"))
        result = replace(result, outcome=replace(result.outcome, message="a\0b"))
        with pytest.raises(RejectedPoll):
            storage.polls.record_all([result])
        storage.polls.record(result)
        assert [health.last for health in storage.overview.health()] != [None]


def test_the_poller_takes_its_lock_again_after_its_session_has_ended(url: str, tmp_path: Path) -> None:
    end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
    with closing(open_storage(tmp_path, url)) as storage, storage.admin.poller(NOON):
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(end)
        tries(lambda: storage.admin.sync(config(source("ministry")), NOON))
        with closing(open_storage(tmp_path / "other", url)) as other, pytest.raises(StoreBusy):
            other.admin.poller(NOON).__enter__()


def test_a_session_that_the_server_still_holds_is_ended_and_the_lock_taken_again(
    url: str, tmp_path: Path
) -> None:
    """The client's side of all sessions is cut, as by a network, and no server process has noticed."""
    with (
        proxy(url) as between,
        closing(open_storage(tmp_path, between.url)) as storage,
        storage.admin.poller(NOON),
    ):
        between.cut()
        tries(lambda: storage.admin.sync(config(source("ministry")), NOON))
        assert len(storage.overview.health()) == 1


def tries(call: Callable[[], object]) -> None:
    """Call until the database is no longer away."""

    def is_done() -> bool:
        try:
            call()
        except StoreAway:
            return False
        return True

    until(is_done)


def test_a_text_with_nul_is_searched_for_without_it(url: str, tmp_path: Path) -> None:
    with closing(open_storage(tmp_path, url)) as storage:
        origin = given_origin(storage)
        origin.says(entry("One", "a"))
        assert storage.items.find("a\0b") is None
        assert storage.items.items(ItemQuery(topic="sea\0", search="one\0")) == ()
        assert titles(storage.items.items(ItemQuery())) == ["One"]


def test_a_moved_store_has_statistics_and_goes_on_with_its_numbers(url: str, tmp_path: Path) -> None:
    of = source("ministry")
    with closing(open_storage(tmp_path / "from")) as storage:
        storage.admin.sync(config(of), NOON)
        SourceDriver(storage, of).says(entry("One", "a"))
    move_store(Place(tmp_path / "from"), Place(tmp_path / "to", url), NOON)
    with psycopg.connect(url, autocommit=True) as db:
        analysed = "SELECT 1 FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'item'"
        assert db.execute(analysed).fetchall()
    with closing(open_storage(tmp_path / "to", url)) as storage:
        assert SourceDriver(storage, of).says(entry("Two", "b"), entry("One", "a")).new == 1


def test_an_item_whose_words_grow_by_folding_blocks_no_other(url: str, tmp_path: Path) -> None:
    with closing(open_storage(tmp_path, url)) as storage:
        origin = given_origin(storage)
        ligatures = "\ufdf2" * 11  # each folded into 4 letters
        long = " ".join(f"{n}{ligatures}" for n in range(16_000))
        origin.says(entry("Evil", "a", body=f"<p>{long}</p>"), entry("Honest", "b"))
        assert titles(storage.items.items(ItemQuery(search="honest"))) == ["Honest"]


def test_a_database_of_an_older_version_is_migrated_and_of_a_newer_one_refused(
    url: str, tmp_path: Path
) -> None:
    index = (
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'alert_untold' AND schemaname = current_schema()"
    )
    with closing(open_storage(tmp_path, url)) as storage:
        given_origin(storage).says(entry("One", "a"), entry("Two", "b"))
    with psycopg.connect(url, autocommit=True) as db:
        made = db.execute(index).fetchall()
        db.execute("DROP TABLE journal, withdrawn_piece, decision")
        db.execute("DROP INDEX alert_untold")
        db.execute("CREATE INDEX alert_untold ON alert (number)")
        db.execute(
            "DROP TABLE signature, unmatched, waiting, turn, former_id, pending, struck, service_alert, amendment,"
            " erased_key"
        )
        db.execute(
            "DROP TABLE public_change, departed, archive, origin_step, probe, sketch, pairing, page, document"
        )
        db.execute("DROP TABLE unstyled, last_change, translation_key, translation")
        db.execute("DROP TABLE session, veto_link, report, tally, image_use, image")
        db.execute("DROP INDEX source_organisation, item_live, item_held, source_failing, source_unpolled")
        db.execute("ALTER TABLE alert DROP COLUMN mailed")
        db.execute("DROP TABLE node, share, host_run, config_version")
        db.execute("DROP TABLE hub_request, hub_subscriber, hub_ping, webhook_item, webhook")
        db.execute("DELETE FROM counter WHERE name = 'change'")
        dropped = "reinstated over_budget dated untitled version versions pending"
        dropped = f"{dropped} expires foretold lapsed tombstone counted"
        dropped = (
            f"{dropped} fingerprint_version queries unsettled amended own_topics own_language erased says styled"
            " document unmarked alternates ruled_topics"
        )
        db.execute("DROP INDEX item_backlog_language")
        for column in dropped.split():
            db.execute(f"ALTER TABLE item DROP COLUMN {column}")
        db.execute(
            "ALTER TABLE revision DROP COLUMN size, DROP COLUMN version, DROP COLUMN struck, DROP COLUMN document"
        )
        db.execute("ALTER TABLE audit DROP COLUMN version")
        db.execute("ALTER TABLE membership DROP COLUMN source, DROP COLUMN listed")
        db.execute("DROP INDEX item_backlog")
        db.execute("CREATE INDEX item_earlier ON item (shown)")
        db.execute("CREATE INDEX item_corrected ON item (corrected)")
        columns = "spent from_entry burst feed_public last_limited month_first ahead history doubt volatile"
        columns = (
            f"{columns} has_new_validators indexed attribution ai terms site_terms full_text house_style lost"
        )
        for column in columns.split():
            db.execute(f"ALTER TABLE source DROP COLUMN {column}")
        db.execute("ALTER TABLE source RENAME COLUMN last_body TO last_full")
        db.execute("DELETE FROM migration WHERE name >= 'm010'")
    with closing(open_storage(tmp_path, url)) as storage:
        given_origin(storage).says(entry("Three", "c"))
        assert titles(storage.items.items(ItemQuery())) == ["Three", "One", "Two"]
    with psycopg.connect(url, autocommit=True) as db:
        assert db.execute(index).fetchall() == made
        assert db.execute("SELECT count(*) FROM journal").fetchone() == (0,)
        db.execute("INSERT INTO migration VALUES ('m999_of_tomorrow')")
    with pytest.raises(StorageError, match="was written by a newer Publicwire"):
        open_storage(tmp_path, url)


def test_a_database_in_another_encoding_is_refused(postgres: Server, tmp_path: Path) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as db:
        db.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(UsageError, match="is encoded in LATIN1"):
        open_storage(tmp_path, postgres.url.replace("/postgres?", "/latin?"))


def test_a_server_that_takes_no_writes_is_away(postgres: Server, url: str, tmp_path: Path) -> None:
    open_storage(tmp_path, url).close()
    with (
        closing(open_storage(tmp_path, f"{url}%20-cdefault_transaction_read_only%3Don")) as storage,
        pytest.raises(StoreAway, match="takes no writes"),
    ):
        storage.admin.sync(config(), NOON)


def test_a_server_that_is_too_old_is_refused(url: str, tmp_path: Path) -> None:
    def older(sent: bytes) -> bytes:
        return re.sub(rb"(server_version\0)\d\d", rb"\g<1>14", sent)

    with proxy(url, older) as old, pytest.raises(UsageError, match="needs 15 or later"):
        open_storage(tmp_path, old.url)
