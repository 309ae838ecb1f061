"""One browser and one newsroom for the journeys of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys.browser import chromium
from tests.journeys.newsroom import Newsroom, newsroom


# Of a module alone: while Playwright runs, its event loop is the running one of the thread, and asyncio.run fails.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def room(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("newsroom")) as running:
        yield running
