"""A hostile document costs its own poll at most: no value in it makes the store fail for the other sources."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from aggregator.dedupe.ids import item_id, minted
from aggregator.errors import Cause
from aggregator.model.changes import Changes
from aggregator.model.item import Key, KeyKind
from aggregator.model.poll import Outcome, OutcomeKind, PollResult
from aggregator.model.settings import Source
from aggregator.storage import Storage
from aggregator.storage.sql.polls import PollStore
from tests.engines import open_storage
from tests.fetch.given import client
from tests.given import NOON, all_items, config, entry, item, pipeline, titles
from tests.line.line import plain
from tests.roles import altered
from tests.running import LATELY, feed
from tests.server import answer, http_server

pytestmark = pytest.mark.usefixtures("engine")

HONEST, HOSTILE = plain("honest"), plain("hostile")
LONG = "".join(chr(each) for each in Random(1).choices(range(0x4E00, 0x9FFF), k=950))  # 2,850 bytes in UTF-8


def entries(*guids: str) -> bytes:
    """Return an RSS document with an entry of each guid."""
    items = (
        f"<item><title>Release {guid}</title><guid>{guid}</guid><pubDate>{LATELY}</pubDate></item>"
        for guid in guids
    )
    return answer(body=feed(*items))


def polled(
    store: Storage, directory: Path, *rounds: tuple[bytes, bytes], honest: Source = HONEST
) -> Sequence[Outcome]:
    """Poll the hostile source, then the honest one, with these documents in each round; the last outcomes."""

    async def run() -> Sequence[Outcome]:
        async with http_server() as origin, client() as fetcher:
            settings = config(
                replace(HOSTILE, feed=origin.url("/hostile")),
                replace(honest, feed=origin.url("/honest")),
                store=directory,
            )
            store.admin.sync(settings, NOON)
            polls = pipeline(store, fetcher, lambda: settings)
            outcomes: list[Outcome] = []
            for first, second in rounds:
                origin.answers = {"/hostile": first, "/honest": second}
                outcomes = [(await polls.run([name]))[0] for name in ("hostile", "honest")]
            polls.close()
            return outcomes

    return asyncio.run(run())


def foretold(source_id: str, guid: str) -> str:
    """Return the id that would be minted for the first item of a guid, as any subscriber can compute it."""
    key = item(entry("", guid), HOSTILE).key(KeyKind.GUID)
    assert key is not None
    return item_id(source_id, Key(KeyKind.GUID, key))


@pytest.mark.parametrize(
    "guid",
    [
        "https://bücher.example/7",
        "https://xn--bcher-kva.example/7",
        "http://honest%2Eexample/7",
        f"http://{'a.' * 200}honest.example/7",
        "tag:honest.example,2026:7",
        "tag:desk@news.honest.example,2026:7",
        "tag:bücher.example,2026:7",
    ],
)
def test_a_guid_that_speaks_for_the_domains_of_another_source_is_no_public_id(
    tmp_path: Path, guid: str
) -> None:
    honest = replace(HONEST, domains=("honest.example", "xn--bcher-kva.example"))
    with closing(open_storage(tmp_path)) as store:
        polled(store, tmp_path, (entries(guid), entries("1")), honest=honest)
        public = {each.source: each.public_id for each in all_items(store)}
        assert public["hostile"].startswith("tag:") and public["hostile"] != guid


@pytest.mark.parametrize("spelled", [str, str.upper, str.title])
def test_a_guid_that_foretells_a_minted_id_stops_no_poll(tmp_path: Path, spelled: type[str]) -> None:
    with closing(open_storage(tmp_path)) as store:
        polled(store, tmp_path, (entries("first"), entries("first")))
        authority = store.admin.authority()
        tags = [
            spelled(minted(authority, foretold(name, guid)))
            for name, guid in (("hostile", "next"), ("honest", "next"), ("hostile", "other"))
        ]
        polled(store, tmp_path, (entries(*tags, "other"), entries("first", "next")))
        outcomes = polled(
            store, tmp_path, (entries(*tags, "other", "next"), entries("first", "next", "last"))
        )
        assert [each.kind for each in outcomes] == [OutcomeKind.CHANGED] * 2
        stored = all_items(store)
        assert len(stored) == 9
        assert {each.public_id for each in stored} == {minted(authority, each.id) for each in stored}


def test_a_public_id_too_long_for_an_index_is_no_fault_of_the_store(tmp_path: Path) -> None:
    long = f"https://hostile.example/{LONG}"
    with closing(open_storage(tmp_path)) as store:
        hostile, honest = polled(store, tmp_path, (entries(long), entries("first")))
        assert (hostile.kind, honest.kind) == (OutcomeKind.CHANGED, OutcomeKind.CHANGED)


class Defective(PollStore):
    """A store that is handed a poll which breaks a constraint, as a bug of a decision would have it."""

    damage: str

    def record(self, result: PollResult) -> None:
        if result.claim.id == HOSTILE.id and result.changes is not None:
            result = replace(result, changes=damaged(result.changes, self.damage))
        super().record(result)


def damaged(changes: Changes, damage: str) -> Changes:
    """Return changes that the store cannot hold."""
    new = changes.new[0]
    made = {
        "unique": (new, replace(new, item=replace(new.item, keys=()), id="another")),
        "not null": (replace(new, updated=None),),
        "check": (replace(new, placement=replace(new.placement, state="gone")),),
        "surrogate": (replace(new, item=replace(new.item, title="\ud800")),),
        "integer": (replace(new, backlog=1 << 70),),
    }
    return replace(changes, new=made[damage])


@pytest.mark.parametrize("damage", ["unique", "not null", "check", "surrogate", "integer"])
def test_a_value_that_the_store_rejects_fails_the_poll_of_its_source_alone(
    tmp_path: Path, damage: str
) -> None:
    opened = open_storage(tmp_path)
    polls = Defective(opened.polls._engine)
    polls.damage = damage
    with closing(altered(opened, polls=polls)) as store:
        hostile, honest = polled(store, tmp_path, (entries("one"), entries("first")))
        assert (hostile.kind, hostile.cause) == (OutcomeKind.FAILED, Cause.REJECTED)
        assert (honest.kind, titles(all_items(store))) == (OutcomeKind.CHANGED, ["Release first"])
        assert store.overview.health()[1].failures == 1
        assert store.polls.claim(NOON, limit=9, lease=NOON - NOON) == ()
