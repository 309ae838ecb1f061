"""Contract of every storage engine: items with foreign links wait for approval; the documents that versions of
an item were read from are recorded."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator import __version__
from aggregator.model.alert import AlertKind
from aggregator.model.decision import State
from aggregator.model.entry import Entry
from aggregator.model.settings import Quarantine
from aggregator.policy.lifecycle import approval
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, iso, source, titles
from tests.storage.given import again, given_origin

LINK = "https://ministry.example/bridge"
CLEAN = entry("Bridge opens", "g1", LINK, body="<p>The bridge is open.</p>")
FOREIGN = entry(
    "Bridge opens", "g1", LINK, body='<p>The bridge is open. <a href="https://pills.example/">More</a></p>'
)


def given_in_quarantine(storage: Storage, **settings: object) -> SourceDriver:
    return given_origin(storage, "ministry", quarantine=Quarantine.FOREIGN_LINKS, **settings)


def shown(storage: Storage, origin: SourceDriver, *said: Entry) -> list[str]:
    """Return the titles of the merged channel after a poll and after all that is due in a month."""
    origin.says(*said, now=NOON + HOUR)
    Releases(storage).all(NOON + 30 * DAY)
    return titles(storage.items.select(""))


def release(storage: Storage) -> None:
    (stored,) = all_items(storage)
    step = approval(stored, reason="read", actor="tester", at=NOON + DAY, version=None)
    storage.acts.apply_transitions([step])


def test_an_item_with_a_foreign_link_waits_for_the_operator_who_is_told(storage: Storage) -> None:
    origin = given_in_quarantine(storage)
    assert shown(storage, origin, FOREIGN) == []
    (stored,) = all_items(storage)
    assert (stored.state, stored.reason, stored.flags) == (State.HELD, "review", ("foreign-links",))
    (alert,) = storage.tasks.alerts()
    assert (alert.kind, f"publicwire show {stored.id} --provenance" in alert.message) == (
        AlertKind.FOREIGN,
        True,
    )
    release(storage)
    assert titles(storage.items.select("")) == ["Bridge opens"]


def test_items_without_foreign_links_are_published_at_once(storage: Storage) -> None:
    assert shown(storage, given_in_quarantine(storage), CLEAN) == ["Bridge opens"]
    assert storage.tasks.alerts() == ()


def test_a_version_with_a_foreign_link_waits_and_the_approved_one_stays(storage: Storage) -> None:
    origin = given_in_quarantine(storage)
    origin.says(CLEAN)
    assert shown(storage, origin, FOREIGN) == ["Bridge opens"]
    (stored,) = all_items(storage)
    assert ("pills" in stored.item.content, stored.pending) == (False, 2)
    (alert,) = storage.tasks.alerts()
    assert alert.kind is AlertKind.FOREIGN
    origin.says(CLEAN, now=NOON + 2 * HOUR)  # its origin takes it back
    assert again(storage, stored).pending is None


@pytest.mark.parametrize("settings", [{"veto": 2 * HOUR}, {}])
def test_a_foreign_link_that_comes_before_the_release_time_holds_the_item(
    storage: Storage, settings: dict[str, timedelta]
) -> None:
    ahead = iso(NOON + 2 * HOUR) if not settings else ""
    origin = given_in_quarantine(storage, **settings)
    origin.says(replace(CLEAN, published=ahead))
    assert shown(storage, origin, replace(FOREIGN, published=ahead)) == []


def test_a_source_that_comes_into_quarantine_holds_what_waits_for_its_date(storage: Storage) -> None:
    ahead = iso(NOON + 2 * HOUR)
    given_origin(storage).says(replace(FOREIGN, published=ahead))
    origin = given_in_quarantine(storage)
    origin.incremental = False  # another pipeline version has every entry read anew
    assert shown(storage, origin, replace(FOREIGN, published=ahead)) == []


def test_each_version_names_the_document_that_it_was_read_from(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(CLEAN)
    (stored,) = all_items(storage)
    later = replace(FOREIGN, content=replace(FOREIGN.content, value="<p>The bridge is closed again.</p>"))
    origin.says(later, now=NOON + HOUR)
    newest, first = storage.items.provenance(stored.number)
    assert [(each.version, each.at) for each in (newest, first)] == [(2, NOON + HOUR), (1, NOON)]
    assert newest.document is not None
    assert newest.document.url == "https://ministry.example/feed.xml"
    assert newest.parser.startswith(f"publicwire {__version__}, feedparser ")
    assert len(newest.document.digest) == 16
    origin.says(later, now=NOON + 2 * HOUR)
    assert storage.items.provenance(stored.number) == (newest, first)


def test_a_waiting_version_has_a_document_that_stays_with_it_when_it_is_approved(storage: Storage) -> None:
    origin = given_in_quarantine(storage)
    origin.says(CLEAN)
    origin.says(FOREIGN, now=NOON + HOUR)
    (stored,) = all_items(storage)
    before = storage.items.provenance(stored.number)
    assert [(each.version, each.at) for each in before] == [(2, NOON + HOUR), (1, NOON)]
    release(storage)
    assert storage.items.provenance(stored.number) == before


def test_a_version_of_before_documents_were_recorded_has_none(storage: Storage) -> None:
    given_origin(storage).says(CLEAN)
    (stored,) = all_items(storage)
    with storage.admin._engine.writing() as db:
        db.execute("UPDATE item SET document = NULL")
    (first,) = storage.items.provenance(stored.number)
    assert (first.version, first.at, first.document) == (1, None, None)


def test_a_forgotten_source_leaves_no_document(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(CLEAN)
    (stored,) = all_items(storage)
    given_origin(storage, "other")
    storage.admin.sync(config(source("other")), NOON + HOUR)
    storage.admin.forget("ministry", NOON + HOUR)
    with storage.admin._engine.reading() as db:
        assert db.execute("SELECT number FROM document WHERE url LIKE '%ministry%'").fetchall() == []
    assert storage.items.find(stored.id) is None
