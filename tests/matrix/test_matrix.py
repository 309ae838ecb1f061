"""Every trigger × every output: what subscribers, readers and consumers then hold."""

import asyncio
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from starlette.routing import Match, Route

from aggregator.model.decision import Trigger
from tests.given import HOUR, iso
from tests.matrix import showing, triggers
from tests.matrix.outputs import APART, COLUMNS, FEEDS, OUTPUTS, entries, words
from tests.matrix.site import HARBOUR, Seen, Site, given_a_site, notice
from tests.matrix.table import SHOWING, TABLE, cell
from tests.matrix.triggers import ROWS

pytestmark = pytest.mark.usefixtures("engine")
CAUSES = {**triggers.CAUSES, **showing.CAUSES}
CELLS = 2_838  # triggers × outputs, each read from warm caches, by conditional requests, and after a start


@dataclass(frozen=True, slots=True)
class Row:
    """Content of the outputs after a trigger: to a subscriber that has their former state, from caches that had
    it, too (`warm`), and to a new one after a start (`cold`)."""

    warm: Mapping[str, str]
    cold: Mapping[str, str]
    went_back: tuple[str, ...]  # documents that tell something else of the release without a newer update


def read(directory: Path, name: str) -> Row:
    """Return a row of the table as the outputs fill it."""

    async def run() -> Row:
        cause = CAUSES[name]
        async with given_a_site(directory, cause.of) as site:
            site.fills()
            site.begins()
            await site.pushes()
            cause.given(site)
            site.identifies()
            site.cursor = site.storage.changes.last()
            before = await site.looks()
            cause.happens(site)
            await site.imports_all()
            site.identifies()
            after = await site.looks(before)
            cold = dataclasses.replace(after, responses=await site.reads(site.cold()))
            return Row(
                {name: output(site, after) for name, output in OUTPUTS.items()},
                {name: output(site, cold) for name, output in OUTPUTS.items()},
                tuple(_went_back(site, before, after)),
            )

    return asyncio.run(run())


def _went_back(site: Site, before: Seen, after: Seen) -> list[str]:
    found = []
    for path in before.responses.keys() & after.responses.keys():
        kind = path.rpartition(".")[2]
        pair = [each.responses[path] for each in (before, after)]
        if kind not in FEEDS or any(each.status_code != 200 for each in pair):
            continue
        old, new = (entries(each.content, kind).get(site.public_id) for each in pair)
        if old and new and words(old[0]) != words(new[0]) and not _is_later(old[2], new[2]):
            found.append(path)
    return sorted(found)


def _is_later(old: datetime | None, new: datetime | None) -> bool:
    return new is not None and (old is None or new > old)


@pytest.mark.parametrize("name", CAUSES)
def test_each_output_holds_what_the_table_says(tmp_path: Path, name: str) -> None:
    row = read(tmp_path, name)
    expected = {output: cell(name, column, output) for column, named in COLUMNS.items() for output in named}
    assert row.warm == expected
    assert row.cold == expected
    assert CAUSES[name].is_silent or row.went_back == ()


@pytest.mark.one_engine("it opens no store")
def test_the_table_has_a_cell_for_each_trigger_and_output() -> None:
    table = {**TABLE, **SHOWING}
    assert [*table] == [*CAUSES]
    of_channels = {" ".join(name.split(" ")[:2]) for name in OUTPUTS}
    for name, row in table.items():
        assert {*row} >= {*COLUMNS}, name
        assert {*row} - {*COLUMNS} <= of_channels, name
    assert len(CAUSES) * len(OUTPUTS) == CELLS


@pytest.mark.one_engine("addresses are the same on both")
def test_each_address_of_the_public_side_is_read_or_has_a_reason(tmp_path: Path) -> None:
    async def run() -> None:
        async with given_a_site(tmp_path, HARBOUR) as site:
            routes = [each for each in site.cold().routes if isinstance(each, Route)]
            scopes = [
                {"type": "http", "method": "GET", "path": path.partition("?")[0]} for path in site.addresses()
            ]
            read = {
                next(route.path for route in routes if route.matches(scope)[0] is Match.FULL)
                for scope in scopes
            }
            assert read.isdisjoint(APART)
            assert read | {*APART} == {each.path for each in routes}

    asyncio.run(run())


@pytest.mark.one_engine("it opens no store")
def test_every_trigger_of_a_transition_has_a_row() -> None:
    assert {*ROWS} == {*Trigger}
    assert {*ROWS.values()} <= {*CAUSES}


def test_expiries_that_were_announced_do_not_count_against_the_breaker(tmp_path: Path) -> None:
    async def run() -> None:
        async with given_a_site(tmp_path, HARBOUR) as site:
            soon = iso(site.now + HOUR)
            site.lists(
                *(replace(said, expires=soon, digest=said.digest[::-1]) for said in map(notice, range(12)))
            )
            assert len(site.storage.items.select("")) == 12
            site.tick(2 * HOUR)
            assert site.storage.items.select("") == ()
            assert site.storage.tasks.alerts() == ()

    asyncio.run(run())
