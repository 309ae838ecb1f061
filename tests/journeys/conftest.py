"""One browser, one newsroom and the session of its editor for the journeys of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, StorageState

from tests.journeys.browser import chromium, reading
from tests.journeys.newsroom import PASSWORD, USER, Newsroom, newsroom


# Of a module alone: while Playwright runs, its event loop is the running one of the thread, and asyncio.run fails.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def room(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("newsroom")) as running:
        yield running


@pytest.fixture(scope="module")
def session(browser: Browser, room: Newsroom) -> StorageState:
    """The cookies of an editor who has logged in through the form, without a script."""
    with reading(browser, scripts=False) as editor:
        editor.opens(room.desk("/login"))
        editor.page.get_by_label("Name").fill(USER)
        editor.page.get_by_label("Password").fill(PASSWORD)
        editor.page.get_by_role("button", name="Log in").click()
        editor.page.get_by_role("button", name="Log out").wait_for()
        return editor.page.context.storage_state()
