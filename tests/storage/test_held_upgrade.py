"""Items of a store of before: what their dates hold, and titles cut from their texts."""

from pathlib import Path

import pytest

from tests.engines import execute, open_storage
from tests.given import DAY, HOUR, NOON, all_items, entry, iso
from tests.storage.given import given_origin


@pytest.mark.usefixtures("engine")
def test_dates_go_on_holding_items_and_titles_cut_from_texts_are_derived(engine: str, tmp_path: Path) -> None:
    former = open_storage(tmp_path)
    origin = given_origin(former)
    body = "<p>Of a release without a title these words are</p><p>the first, and there are more of them.</p>"
    later = entry("Later", "g1", published=iso(NOON + DAY))
    origin.says(later, entry("", "g2", body=body), entry("Titled…", "g3", body="<p>Its text.</p>"))
    origin.says(later, entry("", "g2", body=body + "<p>Corrected.</p>"), now=NOON + HOUR)
    former.close()
    execute(tmp_path, "UPDATE revision SET title = 'Of a release without…'")
    for column in ("dated", "untitled"):
        execute(tmp_path, f"ALTER TABLE item DROP COLUMN {column}")
    migrations = {"sqlite": "_sqlite_migrations", "postgres": "migration"}[engine]
    execute(tmp_path, f"DELETE FROM {migrations} WHERE name = 'm019_held'")
    storage = open_storage(tmp_path)
    items = {stored.item.title: stored for stored in all_items(storage)}
    assert {title: stored.item.untitled for title, stored in items.items()} == {
        "Later": False,
        "Of a release without a title these words are the first, and there are more of…": True,
        "Titled…": False,
    }
    assert [
        revision.title
        for stored in items.values()
        for revision in storage.items.revisions(storage.items.history(stored.number))
    ] == [""]
    given_origin(storage).says(entry("Later", "g1", published=iso(NOON + 2 * DAY)), now=NOON + 2 * HOUR)
    assert storage.items.find(items["Later"].id).release == NOON + 2 * DAY  # type: ignore[union-attr]
    storage.close()
