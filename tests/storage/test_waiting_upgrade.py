"""Items that wait in a store of the version before turns go on waiting."""

from pathlib import Path

import pytest

from tests.engines import execute, open_storage
from tests.given import HOUR, MINUTE, NOON, entry
from tests.storage.given import given_origin
from tests.storage.test_contract_crowding import count, entered, flood

FORMER = (  # as m013 made it, with the turn of each item
    "DROP TABLE turn",
    "ALTER TABLE waiting ADD COLUMN due BIGINT NOT NULL DEFAULT 0",
    "UPDATE waiting SET due = since + 3600000",
    "DROP INDEX waiting_source",
    "CREATE INDEX waiting_source ON waiting (channel, source, due)",
    "CREATE INDEX waiting_due ON waiting (due)",
    "DROP INDEX membership_since",
    "CREATE INDEX item_earlier ON item (shown)",  # dropped since, as the next
    "CREATE INDEX item_corrected ON item (corrected)",
)


@pytest.mark.usefixtures("engine")
def test_items_that_wait_in_an_older_store_enter_at_their_turn(engine: str, tmp_path: Path) -> None:
    former = open_storage(tmp_path)
    given_origin(former, "ministry").says(entry("Ours", "m1"))
    flood(given_origin(former, "agency"), 50)
    former.close()
    for sql in FORMER if engine == "postgres" else (each.replace("BIGINT", "INTEGER") for each in FORMER):
        execute(tmp_path, sql)
    migrations = {"sqlite": "_sqlite_migrations", "postgres": "migration"}[engine]
    execute(tmp_path, f"DELETE FROM {migrations} WHERE name = 'm015_turns'")
    storage = open_storage(tmp_path)
    assert (count(storage, "turn"), count(storage, "waiting")) == (1, 30)
    assert not storage.acts.enter_waiting(NOON + HOUR - MINUTE, 100)
    assert storage.acts.enter_waiting(NOON + HOUR, 100)
    assert entered(storage) == [f"Flood {n}" for n in range(40)]
    storage.close()
