"""Contract of every storage engine: house styles beside items, and items that are styled anew."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, WorkerError
from aggregator.model.amendment import Amendment
from aggregator.model.decision import State, Trigger
from aggregator.model.document import ReadJob, ReadResult, StyleJob
from aggregator.model.house_style import RULES_VERSION, UNSTYLED, HouseStyle, Replacement, Styled
from aggregator.model.page import PageState, PageText
from aggregator.model.settings import Retention, Source
from aggregator.model.stored import ItemQuery, Stored
from aggregator.policy.amendments import amended
from aggregator.policy.lifecycle import amend, step
from aggregator.service.restyling import STYLED_AT_ONCE, Restyling
from aggregator.storage import Storage
from aggregator.workers.pool import WorkerPool
from tests.engines import execute, open_storage, restore
from tests.given import (
    DAY,
    HOUR,
    NOON,
    InProcessReader,
    SourceDriver,
    all_items,
    at_once,
    config,
    entry,
    source,
    titles,
)
from tests.storage.given import again, claimed, given_origin, move

FIRST = entry("Bridge opens", "g1", "https://ministry.example/bridge", body="<p>The bridge is open.</p>")
SECOND = entry("Bridge closes", "g1", "https://ministry.example/bridge", body="<p>The bridge is shut.</p>")
OTHER = entry("Ferry", "g2", "https://ministry.example/ferry", body="<p>No bridge at all.</p>")


def to(word: str) -> HouseStyle:
    """Rules that write another word for "Bridge" and "bridge"."""
    rules = (Replacement("bridge", word), Replacement("Bridge", word.title()))
    return HouseStyle(replace=rules, version=RULES_VERSION)


CROSSING, SPAN = to("crossing"), to("span")


def restyle(storage: Storage, reader: WorkerPool | None = None) -> None:
    asyncio.run(Restyling(storage, reader or InProcessReader(), at_once, clock=lambda: NOON + DAY).run())


def configured(storage: Storage, *sources: Source) -> None:
    storage.admin.sync(config(*sources), NOON + HOUR)


def headlines(storage: Storage) -> list[str]:
    return [each.headline for each in all_items(storage)]


def test_an_item_is_stored_as_its_origin_said_it_with_its_house_style_beside(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    (stored,) = all_items(storage)
    assert (stored.item.title, stored.item.text) == ("Bridge opens", "The bridge is open.")
    assert (stored.headline, stored.item.styled.text) == ("Crossing opens", "The crossing is open.")
    assert stored.item.styled.rules == CROSSING.digest


def test_an_edit_of_its_origin_replaces_the_house_style_too(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    assert origin.says(SECOND, now=NOON + HOUR).edited == 1
    (stored,) = all_items(storage)
    assert (stored.headline, stored.item.styled.text) == ("Crossing closes", "The crossing is shut.")


def test_a_change_of_the_rules_changes_what_is_shown_and_is_no_correction(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST, OTHER)
    before, channel = all_items(storage), storage.items.channel_seq("")
    log = storage.changes.last()
    configured(storage, replace(origin.source, house_style=SPAN))
    assert (headlines(storage), storage.styles.is_behind()) == (["Ferry", "Crossing opens"], True)
    restyle(storage)
    after = all_items(storage)
    assert (headlines(storage), storage.styles.is_behind()) == (["Ferry", "Span opens"], False)
    assert storage.items.channel_seq("") != channel
    assert storage.changes.last() == log
    kept = [
        (each.item.fingerprint, each.updated, each.corrected, each.position, each.version) for each in after
    ]
    assert kept == [
        (each.item.fingerprint, each.updated, each.corrected, each.position, each.version) for each in before
    ]
    assert [storage.items.history(each.number).revisions for each in after] == [(), ()]


def test_without_rules_again_items_are_shown_as_their_origin_said_them(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    configured(storage, replace(origin.source, house_style=HouseStyle()))
    restyle(storage)
    (stored,) = all_items(storage)
    assert (stored.headline, stored.item.styled) == ("Bridge opens", UNSTYLED)


def test_a_first_house_style_is_applied_to_what_is_stored(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(FIRST)
    configured(storage, replace(origin.source, house_style=SPAN))
    restyle(storage)
    assert headlines(storage) == ["Span opens"]


def test_an_unchanged_configuration_and_other_settings_style_nothing_anew(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    configured(storage, origin.source)
    configured(storage, replace(origin.source, priority=7))
    assert storage.styles.is_behind() is False


def test_rules_that_show_the_same_do_not_render_channels_anew(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    rules = (*CROSSING.replace, Replacement("nowhere", "x"))
    configured(storage, replace(origin.source, house_style=replace(CROSSING, replace=rules)))
    before = storage.items.channel_seq("")
    restyle(storage)
    assert storage.items.channel_seq("") == before
    assert storage.styles.is_behind() is False


def test_an_item_that_is_read_anew_is_styled_without_an_edit(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    origin.source = replace(origin.source, house_style=SPAN)
    configured(storage, origin.source)
    origin.incremental = False
    assert origin.says(FIRST, now=NOON + HOUR).edited == 0
    assert (headlines(storage), storage.styles.is_behind()) == (["Span opens"], False)


@pytest.mark.parametrize("was_known", [True, False])
def test_a_poll_that_began_under_other_rules_leaves_its_items_to_be_styled_anew(
    storage: Storage, was_known: bool
) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    if was_known:
        origin.says(FIRST)
    origin.incremental = False
    configured(storage, replace(origin.source, house_style=SPAN))
    restyle(storage)
    origin.answers(claimed(storage), [FIRST], NOON + HOUR)  # by the rules of before
    assert (headlines(storage), storage.styles.is_behind()) == (["Crossing opens"], True)
    restyle(storage)
    assert headlines(storage) == ["Span opens"]


def test_a_version_that_waits_is_styled_apart_from_the_one_shown(storage: Storage) -> None:
    origin = given_origin(storage, review=True, house_style=CROSSING)
    origin.says(FIRST)
    (held,) = all_items(storage)
    move(storage, held, Trigger.RELEASE)
    origin.says(SECOND, now=NOON + HOUR)
    origin.incremental = False
    origin.says(SECOND, now=NOON + HOUR)  # read anew: it is what waits, not what is shown
    waiting = storage.acts.waiting_version(again(storage, held))
    assert waiting is not None
    assert (again(storage, held).headline, waiting.styled.title) == ("Crossing opens", "Crossing closes")
    configured(storage, replace(origin.source, house_style=SPAN))
    restyle(storage)
    stored = again(storage, held)
    assert stored.headline == "Span opens"
    move(storage, stored, Trigger.RELEASE)
    assert again(storage, held).headline == "Span closes"


def test_the_desk_wins_over_the_house_style(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    (stored,) = all_items(storage)
    made = amended(stored, Amendment(headline="Bridge of the desk"))
    storage.acts.apply_transitions([amend(stored, made, reason="x", actor="desk", at=NOON + HOUR)])
    assert headlines(storage) == ["Bridge of the desk"]


def test_a_search_finds_what_is_shown(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)

    def found(words: str) -> list[str]:
        return titles(storage.items.items(ItemQuery(search=words)))

    assert (found("crossing is"), found("span")) == (["Bridge opens"], [])
    configured(storage, replace(origin.source, house_style=SPAN))
    restyle(storage)
    assert (found("crossing"), found("span opens"), found("bridge opens")) == ([], *[["Bridge opens"]] * 2)


def test_directories_name_the_headline_that_is_shown(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING, indexed=True)
    origin.says(FIRST)
    assert [each.title for each in storage.changes.indexed(10)] == ["Crossing opens"]


MARKER = "xyzzyplugh"


@pytest.mark.parametrize("is_waiting", [True, False])
def test_an_erased_item_leaves_nothing_of_its_house_style(
    storage: Storage, tmp_path: Path, is_waiting: bool
) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    body = f"<p>The bridge {MARKER} is open.</p>"
    origin.says(entry("Bridge opens", "g1", "https://ministry.example/bridge", body=body))
    if is_waiting:
        configured(storage, replace(origin.source, house_style=SPAN))
    storage.items.index()
    (stored,) = all_items(storage)
    assert storage.admin.matching(MARKER) == (stored,)
    made = step(stored, Trigger.ERASE, reason="order of a court", actor="desk", at=NOON + HOUR)
    assert storage.admin.erase([made])
    assert again(storage, stored).item.styled == UNSTYLED
    assert storage.styles.is_behind() is False
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name.startswith("publicwire.db")]
    assert [path for path in files if MARKER.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("is_waiting", [True, False])
def test_retention_drops_the_house_style_with_the_content(storage: Storage, is_waiting: bool) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    if is_waiting:
        configured(storage, replace(origin.source, house_style=SPAN))
    storage.admin.maintain(Retention(items=DAY), NOON + 3 * DAY)
    (stored,) = all_items(storage)
    assert (stored.item.styled, storage.styles.is_behind()) == (UNSTYLED, False)


def test_a_forgotten_source_leaves_no_item_to_be_styled(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    configured(storage, replace(origin.source, house_style=SPAN))
    configured(storage)
    storage.admin.forget("ministry", NOON + HOUR)
    assert (all_items(storage), storage.styles.is_behind()) == ((), False)


def test_a_backup_has_the_house_style_and_what_is_to_be_styled(storage: Storage, tmp_path: Path) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    configured(storage, replace(origin.source, house_style=SPAN))
    storage.admin.backup(tmp_path / "backup.db")
    storage.close()
    restore(tmp_path, tmp_path / "backup.db", NOON + HOUR)
    restored = open_storage(tmp_path)
    assert (headlines(restored), restored.styles.is_behind()) == (["Crossing opens"], True)
    restyle(restored)
    assert headlines(restored) == ["Span opens"]
    restored.close()


class Failing(InProcessReader):
    """A pool whose worker is killed by one item; `jobs` are the sources and sizes of all jobs."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title, self.jobs = title, list[tuple[str, int]]()

    async def run(
        self, job: ReadJob | StyleJob, room: Callable[[], Awaitable[None]] | None = None
    ) -> ReadResult:
        assert isinstance(job, StyleJob)
        self.jobs.append((job.source.id, len(job.items)))
        if self.title in {item.title for item in job.items}:
            raise WorkerError("the house style took over 30 s", cause=Cause.LIMIT)
        return await super().run(job, room)


def test_an_item_that_kills_its_worker_stays_as_it_is_and_stops_no_other(storage: Storage) -> None:
    first, second = source("ministry", house_style=CROSSING), source("agency", house_style=CROSSING)
    configured(storage, first, second)
    for of, many in ((first, STYLED_AT_ONCE), (second, 2)):
        said = [
            entry(f"Bridge {number}", f"{of.id}{number}", f"https://{of.id}.example/{number}")
            for number in range(many)
        ]
        SourceDriver(storage, of).says(*said, now=NOON + HOUR)
    configured(storage, *(replace(each, house_style=SPAN) for each in (first, second)))
    reader = Failing("Bridge 1")
    restyle(storage, reader)
    assert storage.styles.is_behind() is False
    assert headlines(storage).count("Crossing 1") == 2
    assert {each for each in headlines(storage) if each != "Crossing 1"} == {
        f"Span {n}" for n in range(STYLED_AT_ONCE) if n != 1
    }
    assert reader.jobs[:4] == [("ministry", STYLED_AT_ONCE), ("agency", 2), ("ministry", 1), ("agency", 1)]


def test_a_worker_that_answers_with_other_items_changes_nothing(storage: Storage) -> None:
    class Other(InProcessReader):
        async def run(
            self, job: ReadJob | StyleJob, room: Callable[[], Awaitable[None]] | None = None
        ) -> ReadResult:
            return replace(await super().run(job, room), items=())

    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    configured(storage, replace(origin.source, house_style=SPAN))
    restyle(storage, Other())
    assert (headlines(storage), storage.styles.is_behind()) == (["Crossing opens"], False)


def test_an_item_that_changed_meanwhile_waits_further(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    configured(storage, replace(origin.source, house_style=SPAN))
    batch = storage.styles.next(0, 10)
    assert batch is not None
    configured(storage, replace(origin.source, house_style=CROSSING))
    storage.styles.write(batch.items, batch.style, NOON + HOUR)  # the rules are others now
    assert storage.styles.is_behind() is True
    restyle(storage)
    assert headlines(storage) == ["Crossing opens"]


def test_withdrawn_items_are_styled_for_their_return(storage: Storage) -> None:
    origin = given_origin(storage, house_style=CROSSING)
    origin.says(FIRST)
    (stored,) = all_items(storage)
    move(storage, stored, Trigger.WITHDRAW)
    configured(storage, replace(origin.source, house_style=SPAN))
    restyle(storage)
    assert (again(storage, stored).state, headlines(storage)) == (State.WITHDRAWN, ["Span opens"])


def test_sources_without_rules_have_no_row_and_no_text_of_a_house_style(
    storage: Storage, tmp_path: Path
) -> None:
    origin = given_origin(storage)
    origin.says(FIRST, OTHER)
    origin.says(SECOND, OTHER, now=NOON + HOUR)
    store = tmp_path / "store"
    assert execute(store, "SELECT DISTINCT styled FROM item") == [("{}",)]
    assert execute(store, "SELECT house_style FROM source") == [("{}",)]
    assert execute(store, "SELECT count(*) FROM unstyled") == [(0,)]


def given_a_page(storage: Storage, styled: Styled) -> tuple[SourceDriver, Stored]:
    """A live item with the text of its page, to which this house style was applied."""
    origin = given_origin(storage, full_text=True, house_style=CROSSING)
    origin.says(entry("Bridge opens", "g1", "https://ministry.example/bridge", body="In short."))
    (stored,) = all_items(storage)
    fetch = storage.pages.waiting(stored.id, NOON)
    assert fetch is not None
    page = PageText(PageState.TAKEN, "<p>The bridge is open.</p>", "The bridge is open.", styled)
    assert storage.pages.record(fetch, page, asked=NOON, failures=0, now=NOON)
    return origin, again(storage, stored)


def page_shown(storage: Storage, stored: Stored) -> str:
    page = again(storage, stored).page
    assert page is not None
    return page.styled.text


APPLIED = Styled(CROSSING.digest, is_body=True, content="<p>Crossing.</p>", text="Crossing.")


def test_the_text_of_a_page_is_styled_anew_with_the_rules(storage: Storage) -> None:
    origin, stored = given_a_page(storage, APPLIED)
    assert not storage.styles.is_behind()
    assert page_shown(storage, stored) == "Crossing."
    seq = again(storage, stored).seq
    configured(storage, replace(origin.source, house_style=SPAN))
    restyle(storage)
    assert page_shown(storage, stored) == "The span is open."
    assert again(storage, stored).seq > seq
    assert not storage.styles.is_behind()
    configured(storage, replace(origin.source, house_style=HouseStyle()))
    restyle(storage)
    assert page_shown(storage, stored) == ""


def test_a_page_that_was_read_under_other_rules_is_styled_anew(storage: Storage) -> None:
    _, stored = given_a_page(storage, UNSTYLED)
    assert storage.styles.is_behind()
    restyle(storage)
    assert page_shown(storage, stored) == "The crossing is open."


def test_a_poll_leaves_the_text_of_a_page_to_be_styled_anew(storage: Storage) -> None:
    origin, stored = given_a_page(storage, APPLIED)
    span = replace(origin.source, house_style=SPAN)
    configured(storage, span)
    again_read = SourceDriver(storage, span, incremental=False)
    again_read.says(
        entry("Bridge opens", "g1", "https://ministry.example/bridge", body="In short."), now=NOON + HOUR
    )
    assert storage.styles.is_behind()
    restyle(storage)
    assert page_shown(storage, stored) == "The span is open."


def test_an_erasure_finds_and_removes_the_house_style_of_a_page(storage: Storage) -> None:
    _, stored = given_a_page(storage, replace(APPLIED, text="A crossing of iron."))
    assert [each.id for each in storage.admin.matching(["crossing of iron"])] == [stored.id]
    erased = step(stored, Trigger.ERASE, reason="test", actor="tester", at=NOON + HOUR)
    storage.admin.erase([erased])
    assert again(storage, stored).page is None
