"""A language that only old items of a first import have is served and listed after the migration of a store."""

from datetime import timedelta
from pathlib import Path

from tests.engines import execute, open_storage
from tests.given import NOON, SourceDriver, config, entry, iso, source


def test_languages_of_old_items_in_an_older_store_have_their_channels(engine: str, tmp_path: Path) -> None:
    former = open_storage(tmp_path)
    of = source("ministry", language="af-ZA")
    former.admin.sync(config(of), NOON)
    SourceDriver(former, of).says(
        *(entry(f"Oud {n}", f"g{n}", published=iso(NOON - timedelta(days=30))) for n in range(3))
    )
    former.close()
    execute(tmp_path, "DELETE FROM channel WHERE name = 'languages/af'")
    execute(tmp_path, "DROP INDEX item_backlog_language")
    migrations = {"sqlite": "_sqlite_migrations", "postgres": "migration"}[engine]
    execute(tmp_path, f"DELETE FROM {migrations} WHERE name = 'm026_backlog_languages'")
    storage = open_storage(tmp_path)
    assert storage.items.channels() == ("", "languages/af", "sources/ministry")
    assert storage.items.channel_seq("languages/af") is not None
    assert len(storage.items.listing("languages/af", 9)) == 3
    storage.close()
