"""The keyboard alone: keys of a list at the desk, a decision, a report, and a search."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.journeys.browser import Reader, reading
from tests.journeys.newsroom import FIRST, Entry, Newsroom
from tests.running import until

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.one_engine("both engines serve the same bytes: tests/matrix"),
    pytest.mark.usefixtures("engine"),
]
LISTED = ("Pilots are trained at night", "Pilots get a new boat", "Pilots board at the outer buoy")


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    with reading(browser) as window:
        yield window


@pytest.fixture(scope="module")
def listed(room: Newsroom) -> None:
    """Let three releases wait for review."""
    more = [Entry(f"pilots{n}", title, "<p>Said by the pilots.</p>") for n, title in enumerate(LISTED[:2])]
    room.says("pilots", *more, *FIRST["pilots"])


@pytest.fixture
def desk(browser: Browser, session: StorageState, room: Newsroom, listed: None) -> Iterator[Page]:
    """The list of what waits for review in an editor's window."""
    with reading(browser, state=session) as editor:
        editor.opens(room.desk("/desk?of=review"))
        yield editor.page


def tabs_to(page: Page, name: str, *, most: int = 120) -> None:
    """Press Tab until the control with this name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if name in page.evaluate(FOCUSED):
            return
    pytest.fail(f"Tab does not reach {name!r}")


FOCUSED = """() => {
    const on = document.activeElement;
    return [on.getAttribute("aria-label"), ...[...(on.labels ?? [])].map(each => each.innerText), on.innerText].join(" ");
}"""


def focused(page: Page) -> str:
    """Return the text of the element that has the focus."""
    return str(page.evaluate("document.activeElement.innerText"))


def chosen(page: Page) -> int:
    return page.locator("article.waits input[type=checkbox]:checked").count()


def test_keys_move_between_releases_of_a_list_and_choose_them(desk: Page) -> None:
    titles = [each.strip() for each in desk.locator("article.waits h2").all_inner_texts()]
    assert set(titles) <= set(LISTED)
    moves = []
    for key in ("j", "j", "k", "k"):
        desk.keyboard.press(key)
        moves.append(focused(desk))
    assert moves == [titles[n] for n in (0, 1, 0, 0)]
    counts = []
    for key in ("x", "j", "x", "x"):
        desk.keyboard.press(key)
        counts.append(chosen(desk))
    assert counts == [1, 1, 2, 1]


def test_a_key_shows_the_keys_and_typing_presses_none(desk: Page) -> None:
    help_text = desk.get_by_text("j: next release, k: the one before")
    expect(help_text).not_to_be_visible()
    desk.keyboard.press("?")
    expect(help_text).to_be_visible()
    desk.keyboard.press("?")
    expect(help_text).not_to_be_visible()
    desk.get_by_label("Reason").first.focus()
    desk.keyboard.type("jx?")
    expect(desk.get_by_label("Reason").first).to_have_value("jx?")
    assert chosen(desk) == 0
    expect(help_text).not_to_be_visible()


def test_an_editor_decides_by_the_keyboard_alone(desk: Page, room: Newsroom) -> None:
    desk.keyboard.press("j")
    title = focused(desk)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name=title).first).to_be_visible()
    tabs_to(desk, "Reason")
    desk.keyboard.type("read by the desk")
    desk.keyboard.press("Enter")  # presses no button that decides
    expect(desk.get_by_role("alert")).to_contain_text("Press the button of a decision")
    tabs_to(desk, "Reason")
    desk.keyboard.press("Control+a")
    desk.keyboard.type("read by the desk")
    while "Release" not in focused(desk):
        desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("list").last).to_contain_text("read by the desk")
    until(lambda: title in room.service.titles())


def test_a_reader_reports_a_release_by_the_keyboard_alone(reader: Reader, room: Newsroom) -> None:
    page = reader.page
    reader.opens(room.url(f"/items/{room.item('Ferry')}"))
    tabs_to(page, "Report this release")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/report/"))
    page.get_by_role("heading", level=1).wait_for()
    tabs_to(page, "It breaks the law")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    for label, text in (
        ("Why?", "The first boat leaves at seven."),
        ("Your name", "Jo Reader"),
        ("Your e-mail address", "jo@reader.test"),
    ):
        tabs_to(page, label)
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox")).to_be_checked()
    tabs_to(page, "Send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="received")).to_be_visible()


def test_a_reader_searches_by_the_keyboard_alone(reader: Reader, room: Newsroom) -> None:
    page = reader.page
    reader.opens(room.url("/"))
    tabs_to(page, "Search releases")
    page.keyboard.type("south channel")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search"))
    expect(page.locator("mark").first).to_have_text("south")
    tabs_to(page, "Dredging")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Dredging")).to_be_visible()
