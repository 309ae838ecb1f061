"""One public change and the documents that show it take as many steps of the database in a large store as in a
small one."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest
from msgspec.structs import replace

from aggregator.model.decision import Trigger
from aggregator.policy.lifecycle import step
from aggregator.publish.publisher import Publisher
from aggregator.render import Format
from aggregator.storage import Storage
from aggregator.storage.sqlite import storage
from tests.engines import analyse, open_storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, config, entry, source

CHANNELS = ("", "sources/ministry", "topics/roads", "languages/en")
MINISTRY = source("ministry", topics=("roads",), language="en")


class CountedEngine:
    """An engine that counts the steps of SQLite's virtual machine."""

    def __init__(self, engine: Any) -> None:
        self.engine, self.steps = engine, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def _count(self) -> int:
        self.steps += 1
        return 0

    @contextmanager
    def writing(self, *, checked: bool = True, shared: bool = False) -> Iterator[Connection]:
        with self.engine.writing(checked=checked, shared=shared) as connection:
            connection.set_progress_handler(self._count, 1)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.engine.reading() as connection:
            connection.set_progress_handler(self._count, 1)
            yield connection


def given_a_store(directory: Path, items: int) -> tuple[Storage, CountedEngine]:
    """A store of so many items that entered its channels two months ago."""
    opened = open_storage(directory)
    engine = CountedEngine(opened.admin._engine)
    store = storage(engine)
    then = NOON - 60 * DAY
    store.admin.sync(config(MINISTRY), then)
    origin = SourceDriver(store, MINISTRY)
    origin.says(now=then - HOUR)
    for first in range(0, items, 400):
        said = (
            entry(f"Release {n}", f"g{n}", f"https://ministry.example/{n}") for n in range(first, first + 400)
        )
        origin.says(*said, now=then + first * timedelta(seconds=1))
    analyse(directory)
    return store, engine


class Changes:
    """Changes to one new release, a minute apart, and all that shows it, rendered."""

    def __init__(self, store: Storage, number: int) -> None:
        self.store, self.origin = store, SourceDriver(store, MINISTRY)
        self.link, self.at = f"https://ministry.example/new/{number}", NOON + number * HOUR
        self.said = entry(f"Bridge {number} opens", self.link, self.link)

    def new(self) -> None:
        self.origin.says(self.said, now=self.at)

    def corrected(self) -> None:
        title = replace(self.said.title, value="Bridge closes")
        self.origin.says(replace(self.said, title=title, digest=self.said.digest[::-1]), now=self.at + MINUTE)

    def withdrawn(self) -> None:
        (stored,) = self.store.items.named(self.link)
        at = self.at + 2 * MINUTE
        self.store.acts.apply_transitions(
            [step(stored, Trigger.WITHDRAW, reason="test", actor="tester", at=at)]
        )


def taken(store: Storage, engine: CountedEngine) -> Mapping[str, int]:
    """Return the steps of each change, after one round of them that fills the caches."""
    publisher, found = Publisher(store, lambda: config(MINISTRY)), dict[str, int]()
    for number in range(2):
        changes = Changes(store, number)
        for change in (changes.new, changes.corrected, changes.withdrawn):
            before = engine.steps
            change()
            for channel in CHANNELS:
                for kind in Format:
                    assert publisher.document(channel, kind) is not None
            first = publisher.page("")
            assert first is not None and first.older is not None
            assert publisher.page("", first.older) is not None
            assert publisher.overview.profile("ministry") is not None
            assert publisher.overview.directories()
            publisher.withdrawals.current(Format.ATOM)
            found[change.__name__] = engine.steps - before
    return found


@pytest.mark.one_engine("counts steps of SQLite's virtual machine")
def test_a_change_costs_the_same_in_a_store_of_four_times_as_many_items(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    with closing_of(given_a_store(few, 2_000)) as small, closing_of(given_a_store(many, 8_000)) as large:
        in_small, in_large = taken(*small), taken(*large)
    assert all(steps > 1_000 for steps in in_small.values())
    ratios = {name: in_large[name] / in_small[name] for name in in_small}
    assert {name: 0.98 < ratio < 1.02 for name, ratio in ratios.items()} == dict.fromkeys(ratios, True), (
        ratios
    )


@contextmanager
def closing_of(given: tuple[Storage, CountedEngine]) -> Iterator[tuple[Storage, CountedEngine]]:
    with closing(given[0]):
        yield given
