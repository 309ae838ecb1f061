"""What the pipeline knows of a source besides its document: its pinned name, and what is another's domain."""

import asyncio
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.fetch.client import Client
from aggregator.model.settings import Config, Source
from aggregator.storage import Storage
from tests.engines import open_storage
from tests.fetch.given import client
from tests.given import HOUR, NOON, all_items, config, pipeline
from tests.line.line import plain
from tests.server import answer, http_server

pytestmark = pytest.mark.usefixtures("engine")

WORDS = "The bridge over the river is open again after nine months of careful work by many hands. " * 3


def document(title: str, *items: str) -> bytes:
    head = f"<rss><channel><title>{title}</title>"
    return answer(body=f"{head}{''.join(items)}</channel></rss>".encode())


def entry(name: str, author: str = "", guid: str = "", link: str = "") -> str:
    return (
        f"<item><title>{name}</title><guid>{guid or name}</guid><author>{author}</author>"
        f"<link>{link}</link><description>{WORDS if link else name}</description></item>"
    )


def after_polls(directory: Path, rounds: list[dict[str, bytes]], *sources: Source) -> Storage:
    """Poll all sources once a round; each round gives the response of every source, by its path `/ID`."""
    storage = open_storage(directory)

    async def polls_at(now: datetime, fetcher: Client, settings: Config) -> None:
        polls = pipeline(storage, fetcher, lambda: settings, lambda: now)
        for of in sources:
            await polls.run([of.id])
        polls.close()

    async def run() -> None:
        async with http_server() as origin, client() as fetcher:
            settings = config(*(replace(of, feed=origin.url(f"/{of.id}")) for of in sources), store=directory)
            storage.admin.sync(settings, NOON)
            for number, answers in enumerate(rounds):
                origin.answers.update(answers)
                await polls_at(NOON + number * HOUR, fetcher, settings)

    asyncio.run(run())
    return storage


def test_a_changed_title_of_a_feed_is_no_organisation_and_drops_no_author(tmp_path: Path) -> None:
    unnamed = replace(plain("board"), organisation="")
    rounds: list[dict[str, bytes]] = [
        {"/board": document("Water Board", entry("First", "Water Board"))},
        {"/board": document("Jo Reed", entry("Second", "Jo Reed"), entry("Third", "Water Board"))},
    ]
    with closing(after_polls(tmp_path, rounds, unnamed)) as storage:
        found = {one.item.title: one.item.authors for one in all_items(storage)}
        assert found == {"First": (), "Second": ("Jo Reed",), "Third": ()}
        assert [feed.organisation for feed in storage.items.feeds()] == ["Water Board"]


def test_also_released_by_names_the_first_title_of_a_source_without_organisation(tmp_path: Path) -> None:
    link = "https://ministry.example/bridge"
    unnamed = replace(plain("board"), organisation="")
    bridge = entry("Bridge open", link=link)
    rounds: list[dict[str, bytes]] = [
        {"/ministry": document("Ministry"), "/board": document("Water Board")},
        {"/ministry": document("Ministry", bridge), "/board": document("Water Board", bridge)},
        {"/ministry": document("Ministry", bridge), "/board": document("Free Pills", entry("New"), bridge)},
    ]
    with closing(after_polls(tmp_path, rounds, plain("ministry"), unnamed)) as storage:
        shown = {one.item.title: one for one in storage.items.select("")}
        assert [also.organisation for also in shown["Bridge open"].also] == ["Water Board"]
        assert "New" in shown


def test_an_address_in_the_domains_of_another_source_is_no_public_id(tmp_path: Path) -> None:
    ours, theirs = "https://board.example/1", "https://ministry.example/1"
    rounds: list[dict[str, bytes]] = [
        {"/board": document("Water Board", entry("Ours", guid=ours), entry("Theirs", guid=theirs))}
    ]
    with closing(after_polls(tmp_path, rounds, plain("board"))) as storage:
        assert {one.public_id for one in all_items(storage)} == {ours, theirs}
    rounds[0]["/ministry"] = document("Ministry")
    with closing(after_polls(tmp_path / "both", rounds, plain("board"), plain("ministry"))) as storage:
        found = {one.item.title: one.public_id for one in all_items(storage)}
        assert found["Ours"] == ours
        assert found["Theirs"].startswith("tag:")
