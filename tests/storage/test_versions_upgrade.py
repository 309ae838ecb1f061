"""Items of a store of before versions had numbers."""

from contextlib import closing
from pathlib import Path

from tests.engines import execute, open_storage
from tests.given import HOUR, NOON, all_items, entry
from tests.storage.given import given_origin

FORMER = (
    "DROP TABLE pending",
    "DROP TABLE struck",
    "DROP INDEX item_pending",
    "ALTER TABLE item DROP COLUMN version",
    "ALTER TABLE item DROP COLUMN versions",
    "ALTER TABLE item DROP COLUMN pending",
    "ALTER TABLE revision DROP COLUMN version",
    "ALTER TABLE revision DROP COLUMN struck",
    "ALTER TABLE audit DROP COLUMN version",
    "ALTER TABLE source DROP COLUMN history",
    # Of the migration after it, which adds columns to a table of this one, too.
    "ALTER TABLE source DROP COLUMN doubt",
    "ALTER TABLE source DROP COLUMN volatile",
    "ALTER TABLE item DROP COLUMN fingerprint_version",
    "ALTER TABLE item DROP COLUMN queries",
    "ALTER TABLE item DROP COLUMN unsettled",
)


def test_versions_of_an_older_store_are_counted_from_1(engine: str, tmp_path: Path) -> None:
    with closing(open_storage(tmp_path)) as former:
        origin = given_origin(former)
        origin.says(entry("One", "g1"), entry("Other", "g2"))
        origin.says(entry("Two", "g1"), now=NOON + HOUR)
        origin.says(entry("Three", "g1"), now=NOON + 2 * HOUR)
    migrations = {"sqlite": "_sqlite_migrations", "postgres": "migration"}[engine]
    for sql in (*FORMER, f"DELETE FROM {migrations} WHERE name IN ('m021_versions', 'm022_identity')"):
        execute(tmp_path, sql)
    with closing(open_storage(tmp_path)) as storage:
        versions = {
            item.item.title: (
                item.version,
                [(each.version, each.title) for each in storage.items.corrections(item.number)],
            )
            for item in all_items(storage)
        }
        assert versions == {"Three": (3, [(2, "Two"), (1, "One")]), "Other": (1, [])}
        origin = given_origin(storage)
        origin.says(entry("Four", "g1"), now=NOON + 3 * HOUR)
        assert [item.version for item in all_items(storage) if item.item.title == "Four"] == [4]
