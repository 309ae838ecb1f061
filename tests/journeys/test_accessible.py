"""Every kind of public page: WCAG 2.2 AA by axe-core in light and dark, no sideways scrolling, no layout shift."""

import pytest
from playwright.sync_api import Browser

from tests.journeys.browser import reading
from tests.journeys.newsroom import Newsroom

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.needs("axe"),
    pytest.mark.one_engine("both engines serve the same bytes: tests/matrix"),
    pytest.mark.usefixtures("engine"),
]
PAGES = ("/", "/topics/safety", "/sources/harbour", "/languages/en", "/nothing/here")
WIDTHS = (320, 390, 768, 1280, 1920)
PAGE_BYTES_MAX = 60_000  # of own markup and style


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_violation(browser: Browser, room: Newsroom, path: str, dark: bool) -> None:
    with reading(browser, width=390, dark=dark) as reader:
        reader.opens(room.url(path))
        assert reader.violations() == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_every_width_and_does_not_shift(browser: Browser, room: Newsroom, path: str) -> None:
    for width in WIDTHS:
        with reading(browser, width=width) as reader:
            reader.opens(room.url(path))
            assert (width, reader.sticks_out(), reader.shift()) == (width, False, 0.0)
