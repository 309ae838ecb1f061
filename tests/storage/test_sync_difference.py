"""A store in line with one configuration is brought in line with the next by what differs: the plan is that
of all sources, and sources that are as they were are not read."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator.errors import UsageError
from aggregator.model.settings import Config, Republish, Source
from aggregator.storage import Storage
from aggregator.storage.sql import sources
from tests.engines import open_storage
from tests.given import HOUR, NOON, config, source
from tests.storage.given import claimed

FEEDS = tuple(
    f"{scheme}{host}.example/feed"
    for host in ("one", "two", "three")
    for scheme in ("https://", "http://www.")
)
IDS = "a", "b", "c", "a-former"
SOURCE = st.builds(
    Source,
    id=st.sampled_from(IDS),
    feed=st.sampled_from(FEEDS),
    organisation=st.sampled_from(("", "Office", "Ministry")),
    domains=st.sampled_from(((), ("one.example",), ("two.example",))),
    topics=st.sampled_from(((), ("law",))),
    every=st.sampled_from((HOUR / 4, HOUR)),
    republish=st.sampled_from((Republish.FULL, Republish.NO)),
    priority=st.integers(0, 1),
    review=st.booleans(),
    expires=st.sampled_from((None, NOON + 2 * HOUR)),
    paused=st.sampled_from((None, NOON + 2 * HOUR)),
)
BETWEEN = st.sampled_from(("", "", "same", "new", "poll soon", "forget"))
STEPS = st.lists(st.tuples(st.integers(0, 3), st.none() | SOURCE, BETWEEN), min_size=3, max_size=8)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_what_differs_is_planned_as_all_of_it(steps: Sequence[tuple[int, Source | None, str]]) -> None:
    now, at = NOON, dict[int, Source]()
    with tempfile.TemporaryDirectory() as directory, closing(open_storage(Path(directory))) as storage:
        admin = storage.admin
        for place, wanted, between in steps:
            at = {each: old for each, old in at.items() if each != place and is_other(old, wanted)}
            if wanted is not None:
                at[place] = wanted
            after = config(*at.values())
            with admin._engine.reading() as db:
                whole = sources.prepare(db, after, now)
                part = sources.prepare(db, after, now, admin._engine.in_store)
            assert (part.planned, part.channels, part.hosts, part.applied) == (
                whole.planned,
                whole.channels,
                whole.hosts,
                whole.applied,
            )
            admin.sync(after, now)
            meanwhile(storage, after, between, now)
            now += HOUR


def is_other(one: Source, two: Source | None) -> bool:
    return two is None or (one.id != two.id and one.feed != two.feed)


def meanwhile(storage: Storage, of: Config, what: str, now: datetime) -> None:
    """An operator answers each doubt, forgets former sources, or polls."""
    for name in IDS:
        with suppress(UsageError):  # of one that is in no doubt, is configured or is not
            if what in ("same", "new") and of.source(name):
                asked = claimed(storage, name, now).doubt.name
                storage.admin.identify(of, name, asked if what == "same" else None, now)
            elif what == "poll soon":
                storage.polls.poll_soon([name], now)
            elif what == "forget":
                storage.admin.forget(name, now)


def test_a_doubt_ends_with_the_source_that_it_is_about(storage: Storage) -> None:
    one, two = source("one"), source("two", organisation="")
    storage.admin.sync(config(one), NOON)
    storage.admin.sync(config(two), NOON)
    assert claimed(storage, "two").doubt.name == "one"
    storage.admin.forget("one", NOON)
    assert storage.admin.sync(config(two, source("three")), NOON) == ("two: new", "three: new")


def test_a_source_that_is_as_it_was_is_not_read(storage: Storage) -> None:
    one, two = source("one"), source("two")
    storage.admin.sync(config(one, two), NOON)
    with storage.admin._engine.writing() as db:
        db.execute("UPDATE source SET licence = 'changed behind its back'")
    storage.admin.sync(config(replace(one, priority=1), two), NOON)
    assert licences(storage) == ["", "changed behind its back"]


def test_all_sources_are_read_once_another_process_has_applied_a_configuration(
    opened: Callable[[], Storage],
) -> None:
    here, there = opened(), opened()
    one, two = source("one"), source("two")
    here.admin.sync(config(one, two), NOON)
    there.admin.sync(config(one), NOON)
    assert here.admin.sync(config(one, two), NOON) == ("two: back in the configuration",)


def test_a_source_that_takes_the_id_of_a_renamed_one_has_its_channel_at_once(storage: Storage) -> None:
    one = source("one")
    storage.admin.sync(config(one), NOON)
    storage.admin.sync(config(replace(one, id="former"), source("one", feed="https://new.example/")), NOON)
    assert {"sources/one", "sources/former"} <= channel_names(storage)


def licences(storage: Storage) -> list[str]:
    with storage.admin._engine.reading() as db:
        return [row["licence"] for row in db.execute("SELECT licence FROM source ORDER BY id")]


def channel_names(storage: Storage) -> set[str]:
    with storage.admin._engine.reading() as db:
        return {row["name"] for row in db.execute("SELECT name FROM channel")}


def test_what_polls_under_way_commit_waits_for_approval_from_the_next_reload_on(storage: Storage) -> None:
    """They began while their source was published at once: each reload looks at all reviewed sources."""
    reviewed, other = replace(source("a"), review=True), source("b")
    storage.admin.sync(config(reviewed, other), NOON)
    with storage.engine.reading() as db:
        edited = config(reviewed, replace(other, organisation="Office"))
        prepared = sources.prepare(db, edited, NOON, storage.engine.in_store)
    assert prepared.reviewed == ("a",)
