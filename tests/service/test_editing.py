"""Edits of sources.yaml by the service."""

import asyncio
import stat
from pathlib import Path

import pytest

from aggregator import config as configuration
from aggregator.config import Addition
from aggregator.errors import FetchError, UsageError
from aggregator.fetch.client import Client
from aggregator.model.finding import Rule
from aggregator.service.editing import Editor, FileText
from aggregator.web.editing import Preview
from aggregator.workers.pool import WorkerPool
from tests.fetch.given import client, poll_settings
from tests.given import NOON
from tests.running import feed, item
from tests.server import answer, http_server

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.one_engine("no store is opened")]
TEXT = "# ours\nsources:\n  - id: one\n    feed: https://one.example/\n  - https://two.example/\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "sources.yaml"
    made.write_text(TEXT)
    made.chmod(0o640)
    return made


def editor(path: Path, fetcher: Client | None = None) -> Editor:
    made = fetcher or Client(
        poll_settings(), contact="desk@example.org", publication_url="https://e.example/"
    )
    return Editor(
        FileText(path), lambda: configuration.load(path), lambda: made, WorkerPool(), tuple, lambda: NOON
    )


def test_a_pause_is_written_and_ended(path: Path) -> None:
    editor(path).pause("one", paused=True)
    assert "  - paused: true\n    id: one\n" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    editor(path).pause("two-example", paused=True)
    editor(path).pause("one", paused=False)
    assert [each.paused is None for each in configuration.load(path).sources] == [True, False]
    with pytest.raises(UsageError, match="no source three"):
        editor(path).pause("three", paused=True)


def test_a_source_is_added_at_the_end(path: Path) -> None:
    assert editor(path).add(Addition("https://new.example/feed", "new", "New Office", ("sea",))) == "new"
    assert path.read_text().startswith(TEXT)
    assert configuration.load(path).sources[-1].organisation == "New Office"
    with pytest.raises(UsageError, match="already there"):
        editor(path).add(Addition("https://new.example/feed"))
    with pytest.raises(UsageError, match="--id"):
        editor(path).add(Addition("https://newer.example/feed", "No id\n"))


def previewed(path: Path, *, is_guarded: bool) -> Preview:
    async def run() -> Preview:
        body = feed(item("a", "Storm"), item("b", "Calm"))
        async with http_server({"/feed": answer(body=body)}) as origin, client() as free:
            made = editor(path, None if is_guarded else free)
            try:
                return await made.preview(origin.url("/feed"))
            finally:
                await made.workers.close()
                await made.client().aclose()

    return asyncio.run(run())


def test_a_feed_is_previewed(path: Path) -> None:
    found = previewed(path, is_guarded=False)
    assert (found.title, found.count) == ("Releases of the Harbour Office", 2)
    assert [title for title, _ in found.items] == ["Storm", "Calm"]
    assert Rule.VALIDATORS in [each.rule for each in found.findings]


def test_a_private_address_is_not_fetched(path: Path) -> None:
    with pytest.raises(FetchError):
        previewed(path, is_guarded=True)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://a.example/", "https://a:b@c.example/"])
def test_only_web_addresses_are_previewed(path: Path, url: str) -> None:
    with pytest.raises(UsageError):
        asyncio.run(editor(path).preview(url))
