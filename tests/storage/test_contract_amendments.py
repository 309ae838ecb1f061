"""Contract of every storage engine: the desk's own fields of items."""

import json
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import Outdated, UsageError
from aggregator.model.alert import AlertKind
from aggregator.model.amendment import AmendedField, Amendment
from aggregator.model.decision import State, Trigger
from aggregator.model.public_change import ChangeKind
from aggregator.model.settings import Retention
from aggregator.model.stored import ItemQuery, Stored
from aggregator.policy.amendments import amended, conflicts
from aggregator.policy.lifecycle import amend, step
from aggregator.storage import Storage
from aggregator.storage import restore as restore_storage
from tests.engines import database, open_storage
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, listed, source, titles
from tests.storage.given import again, given_origin, move, translated

FIRST = entry("Bridge opens", "g1", "https://ministry.example/bridge")
SECOND = entry("Bridge closes", "g1", "https://ministry.example/bridge")
HEADLINE = Amendment(headline="Ferry ends")
AT = NOON + HOUR


def given_live(storage: Storage, *, review: bool = False) -> tuple[SourceDriver, Stored]:
    origin = given_origin(storage, topics=("roads",), language="en", review=review)
    origin.says(FIRST)
    (item,) = all_items(storage)
    return origin, item


def give(storage: Storage, item: Stored, given: Amendment, at: datetime = AT) -> Stored:
    """Amend an item, and return it as it is then."""
    made = amend(item, amended(item, given), reason="clearer", actor="desk", at=at)
    storage.acts.apply_transitions([made])
    return again(storage, item)


def found(storage: Storage, words: str) -> list[str]:
    return [each.headline for each in storage.items.items(ItemQuery(search=words))]


def test_an_amendment_is_a_correction_with_a_revision(storage: Storage) -> None:
    _, item = given_live(storage)
    seq = storage.items.seq()
    after = give(storage, item, HEADLINE)
    assert (after.headline, after.item.title, after.state) == ("Ferry ends", "Bridge opens", State.LIVE)
    assert (after.corrected, after.updated, after.version) == (True, AT, 2)
    assert (after.position, after.shown) == (item.position, item.shown)
    (revision,) = storage.items.corrections(item.number)
    assert (revision.version, revision.title, revision.at) == (1, "Bridge opens", AT)
    assert storage.items.channel_seq("") == (storage.items.seq(), AT)
    assert storage.items.seq() > seq
    assert [each.kind for each in storage.changes.since(0, 9)] == [ChangeKind.PUBLISHED, ChangeKind.CORRECTED]
    (line,) = [line for line in storage.items.audit(item.number) if line.trigger is Trigger.AMEND]
    assert (line.before, line.after, line.reason, line.actor) == (State.LIVE, State.LIVE, "clearer", "desk")


def test_a_revision_has_the_headline_that_was_shown(storage: Storage) -> None:
    origin, item = given_live(storage)
    give(storage, item, HEADLINE)
    origin.says(SECOND, now=NOON + DAY)
    newest, oldest = storage.items.corrections(item.number)
    assert (newest.title, oldest.title) == ("Ferry ends", "Bridge opens")


def test_amended_items_are_found_by_both_headlines(storage: Storage) -> None:
    _, item = given_live(storage)
    assert found(storage, "bridge") == ["Bridge opens"]
    item = give(storage, item, HEADLINE)
    assert (found(storage, "ferry"), found(storage, "bridge")) == (["Ferry ends"], ["Ferry ends"])
    give(storage, item, Amendment(headline="Tram starts"), AT + HOUR)
    assert (found(storage, "ferry"), found(storage, "tram")) == ([], ["Tram starts"])
    assert storage.admin.check() == ()


def test_amended_topics_and_language_move_an_item_between_channels(storage: Storage) -> None:
    _, item = given_live(storage)
    assert titles(storage.items.select("topics/roads")) == titles(storage.items.select("languages/en"))
    item = give(storage, item, Amendment(topics=("water", "ferries"), language="fr"))
    for gone in ("topics/roads", "languages/en"):
        assert (storage.items.select(gone), listed(storage, gone)) == ((), [])
    for name in ("topics/water", "topics/ferries", "languages/fr", "", "sources/ministry"):
        assert titles(storage.items.select(name)) == ["Bridge opens"]
        assert listed(storage, name) == ["Bridge opens"]
    assert titles(storage.items.items(ItemQuery(topic="water", language="fr"))) == ["Bridge opens"]
    assert (
        storage.items.items(ItemQuery(topic="roads")) == storage.items.items(ItemQuery(language="en")) == ()
    )
    made = amend(item, Amendment(), reason="", actor="desk", at=AT + HOUR)
    storage.acts.apply_transitions([made])
    assert titles(storage.items.select("topics/roads")) == ["Bridge opens"]
    assert storage.items.select("topics/water") == ()


def test_the_desks_topics_outlast_those_of_the_configuration(storage: Storage) -> None:
    origin, item = given_live(storage)
    origin.says(entry("Tram", "g2"))
    give(storage, item, Amendment(topics=("water",)))
    storage.admin.sync(config(source("ministry", topics=("rail",), language="en")), NOON + DAY)
    assert titles(storage.items.select("topics/rail")) == ["Tram"]
    assert titles(storage.items.select("topics/water")) == ["Bridge opens"]


def test_old_items_of_a_first_import_are_listed_by_the_desks_topics_and_language(storage: Storage) -> None:
    of = source("ministry", topics=("roads",), language="en")
    storage.admin.sync(config(of), NOON)
    SourceDriver(storage, of).says(replace(FIRST, published="2020-01-01T00:00:00Z"))
    (item,) = all_items(storage)
    give(storage, item, Amendment(topics=("water",), language="fr"))
    assert (listed(storage, "topics/roads"), listed(storage, "languages/en")) == ([], [])
    assert listed(storage, "topics/water") == listed(storage, "languages/fr") == ["Bridge opens"]
    assert {"topics/water", "sources/ministry"} <= {*storage.items.channels()}


def test_an_edit_keeps_the_desks_fields_and_raises_the_conflict(storage: Storage) -> None:
    origin, item = given_live(storage)
    give(storage, item, replace(HEADLINE, note="A note."))
    origin.says(translated(SECOND, "de"), now=NOON + DAY)
    edited = again(storage, item)
    assert (edited.headline, edited.item.title, edited.amended.note) == (
        "Ferry ends",
        "Bridge closes",
        "A note.",
    )
    assert conflicts(edited) == (AmendedField.HEADLINE,)
    (alert,) = storage.tasks.alerts()
    assert alert.kind is AlertKind.AMENDED
    assert f"headline of {item.id}" in alert.message
    assert conflicts(give(storage, edited, HEADLINE, NOON + 2 * DAY)) == ()


def test_an_edit_of_what_is_not_amended_raises_nothing(storage: Storage) -> None:
    origin, item = given_live(storage)
    give(storage, item, Amendment(note="A note.", topics=("water",)))
    origin.says(SECOND, now=NOON + DAY)
    assert storage.tasks.alerts() == ()


def test_a_held_item_is_amended_without_a_revision(storage: Storage) -> None:
    _, item = given_live(storage, review=True)
    assert item.state is State.HELD
    after = give(storage, item, replace(HEADLINE, topics=("water",)))
    assert (after.state, after.reason, after.version, after.corrected) == (State.HELD, "review", 1, False)
    assert storage.changes.since(0, 9) == ()
    assert storage.items.corrections(item.number) == ()
    move(storage, after, Trigger.RELEASE)
    assert [each.headline for each in storage.items.select("topics/water")] == ["Ferry ends"]
    assert storage.items.select("topics/roads") == ()


def test_a_version_that_waits_is_numbered_after_an_amendment(storage: Storage) -> None:
    origin, item = given_live(storage, review=True)
    move(storage, item, Trigger.RELEASE)
    origin.says(SECOND, now=AT)
    waiting = again(storage, item)
    after = give(storage, waiting, HEADLINE)
    assert (waiting.version, waiting.pending, after.version, after.pending) == (1, 2, 2, 3)
    with pytest.raises(Outdated, match="has version 3 now, not 2"):
        move(storage, waiting, Trigger.RELEASE)
    move(storage, after, Trigger.RELEASE)
    assert (again(storage, item).item.title, again(storage, item).version) == ("Bridge closes", 3)


def test_a_withdrawn_item_and_equal_fields_are_refused(storage: Storage) -> None:
    _, item = given_live(storage)
    after = give(storage, item, HEADLINE)
    with pytest.raises(UsageError, match="amended so already"):
        give(storage, after, HEADLINE)
    move(storage, after, Trigger.WITHDRAW)
    with pytest.raises(UsageError, match="is withdrawn"):
        give(storage, again(storage, item), Amendment(note="A note."))


def test_a_decision_on_the_state_is_not_replaced_by_an_amendment(storage: Storage) -> None:
    _, item = given_live(storage)
    move(storage, item, Trigger.HOLD)
    give(storage, again(storage, item), HEADLINE)
    (claim,) = storage.polls.claim(AT, limit=1, lease=HOUR, ids=["ministry"])
    lines = [json.loads(line) for line in _journal(storage)]
    assert [line["trigger"] for line in lines] == ["hold", "amend"]
    storage.polls.release([claim])


def _journal(storage: Storage) -> list[str]:
    path = storage.admin._engine.directory / "withdrawals.jsonl"
    return path.read_text().splitlines()


def test_an_item_that_is_imported_again_has_the_desks_fields(storage: Storage) -> None:
    _, item = given_live(storage)
    give(storage, item, replace(HEADLINE, topics=("water",)))
    storage.admin.sync(config(), NOON + DAY)
    storage.admin.forget("ministry", NOON + DAY)
    origin = given_origin(storage, topics=("roads",), language="en")
    origin.says(FIRST, entry("Tram", "g2"), now=NOON + DAY)
    assert [each.headline for each in storage.items.select("topics/water")] == ["Ferry ends"]
    assert titles(storage.items.select("topics/roads")) == ["Tram"]


def test_an_amendment_is_not_that_of_another_feed_under_the_same_id(storage: Storage) -> None:
    _, item = given_live(storage)
    give(storage, item, HEADLINE)
    storage.admin.sync(config(), NOON + DAY)
    storage.admin.forget("ministry", NOON + DAY)
    other = given_origin(storage, feed="https://other.example/feed.xml")
    other.says(FIRST, now=NOON + DAY)
    (imported,) = all_items(storage)
    assert (imported.id, imported.headline) == (item.id, "Bridge opens")


def test_an_amendment_since_a_backup_is_carried_out_again_by_its_restore(engine: str, tmp_path: Path) -> None:
    backup = tmp_path / "night.db"
    with closing(open_storage(tmp_path / "store")) as storage:
        _, item = given_live(storage)
        storage.admin.backup(backup)
        first = give(storage, item, HEADLINE)
        give(storage, first, Amendment(headline="Tram starts", language="fr"), AT + HOUR)
    restored = restore_storage(tmp_path / "store", backup, NOON + DAY, database=database(tmp_path / "store"))
    assert restored.journal.moved == (item.id,)
    with closing(open_storage(tmp_path / "store")) as storage:
        after = again(storage, item)
        assert (after.headline, after.updated) == ("Tram starts", NOON + DAY)
        assert titles(storage.items.select("languages/fr")) == ["Bridge opens"]
        assert storage.admin.replay([tmp_path / "store" / "withdrawals.jsonl"], NOON + DAY).moved == ()


def test_retention_drops_the_desks_words_with_the_content(storage: Storage) -> None:
    _, item = given_live(storage)
    give(storage, item, HEADLINE)
    storage.admin.maintain(Retention(items=DAY), NOON + 3 * DAY)
    assert again(storage, item).amended == Amendment()


def test_an_amendment_does_not_move_a_held_items_release(storage: Storage) -> None:
    _, item = given_live(storage)
    hold = step(item, Trigger.HOLD, reason="", actor="desk", at=AT, until=NOON + DAY)
    storage.acts.apply_transitions([hold])
    assert give(storage, again(storage, item), HEADLINE).release == NOON + DAY
