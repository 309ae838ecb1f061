"""Every kind of page: WCAG 2.2 AA by axe-core in light and dark, 320 to 1920 pixels and 200 % zoom without sideways
scrolling, no layout shift, at most 60 kB of markup and style, no console error, nothing from another origin."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, StorageState, expect

from tests.journeys.browser import Reader, reading
from tests.journeys.judging import faults, shown_faults
from tests.journeys.newsroom import FIRST, PICTURES, Entry, Newsroom
from tests.running import until

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.needs("axe"),
    pytest.mark.one_engine("both engines serve the same bytes: tests/matrix"),
    pytest.mark.usefixtures("engine"),
]
DREDGING, GAUGE, LAMP, HORN = "Dredging", "New tide gauge", "Lamp", "Fog horn"
ARABIC, CHINESE, BUOY = "قياس", "港口", "Buoy"
CORRECTED = Entry(
    "gauge", "New tide gauge measures every minute", "<p>The gauge sends its depth by cable.</p>", 2
)
LATE = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="900"/>'
LISTS = ("review", "quarantine", "veto", "embargo", "held", "versions", "conflicts", "stories")


@dataclass(frozen=True, slots=True)
class Full:
    """A newsroom with an item in each condition, by a word of its title."""

    room: Newsroom
    ids: dict[str, str]

    def item(self, title: str, rest: str = "") -> str:
        """Return the address of an item's page."""
        return self.room.url(f"/items/{self.ids[title]}{rest}")


@pytest.fixture(scope="module")
def full(room: Newsroom) -> Full:
    ids = {
        title: room.item(title)
        for title in (DREDGING, GAUGE, LAMP, HORN, ARABIC, CHINESE, BUOY, "Pilots", "Duty", "Ferry")
    }
    room.decides("release", ids["Pilots"], "--version", "1", "--reason", "read")
    room.decides("hold", ids[HORN], "--reason", "to be checked")
    room.decides("withdraw", ids[LAMP], "--reason", "asked by the organisation")
    room.decides("amend", ids["Ferry"], "--headline", "Ferry: the winter timetable", "--note", "Shortened.")
    pilot, ferry = FIRST["pilots"][0], FIRST["harbour"][1]
    room.says("pilots", Entry("pilot", "Pilots board at the inner buoy", pilot.body))
    room.says(
        "harbour",
        FIRST["harbour"][0],
        Entry("ferry", "Ferry timetable for summer", ferry.body, 30),
        *FIRST["harbour"][2:],
    )
    room.says("tides", CORRECTED, *FIRST["tides"][1:])
    until(lambda: CORRECTED.title in room.service.titles())
    return Full(room, ids)


@pytest.fixture(scope="module")
def anybody(browser: Browser) -> Iterator[Reader]:
    with reading(browser) as reader:
        illustrate(reader)
        yield reader


@pytest.fixture(scope="module")
def editor(browser: Browser, session: StorageState) -> Iterator[Reader]:
    with reading(browser, state=session) as reader:
        illustrate(reader)
        yield reader


def illustrate(reader: Reader) -> None:
    """Answer for the host of the images of releases."""
    reader.page.route(f"{PICTURES}*", lambda route: route.fulfill(content_type="image/svg+xml", body=LATE))


def judged(reader: Reader, *addresses: str, wide: str = "", status: int = 200) -> str:
    """Return the faults of the pages at these addresses, one a line."""
    found = {url: faults(reader, url, is_wide=url == wide, status=status) for url in addresses}
    return "".join(f"{url}: {each}\n" for url, all_ in found.items() for each in all_)


def test_lists_of_releases(anybody: Reader, full: Full) -> None:
    front, before = full.room.url("/"), f"/before/{int((datetime.now(UTC).timestamp() - 10_000) * 1000)}.1"
    channels = ("/topics/safety", "/sources/harbour", "/languages/en", before)
    assert judged(anybody, front, *map(full.room.url, channels), wide=front) == ""


def test_directories(anybody: Reader, full: Full) -> None:
    assert judged(anybody, *map(full.room.url, ("/organisations", "/topics", "/licences"))) == ""


def test_releases_and_their_histories(anybody: Reader, full: Full) -> None:
    rich = full.item(DREDGING)
    changed = (full.item(GAUGE), full.item("Ferry"), full.item(GAUGE, "/history"))
    assert judged(anybody, rich, *changed, full.item(ARABIC), wide=rich) == ""


STYLE = "(each) => { const s = getComputedStyle(each); return [s.lineBreak, s.marginLeft, parseFloat(s.lineHeight) / parseFloat(s.fontSize)]; }"


def test_figures_formulas_and_text_without_blanks(anybody: Reader, full: Full) -> None:
    assert judged(anybody, full.item(CHINESE)) == ""
    content = anybody.page.locator(".content")
    line_break, _, height = content.evaluate(STYLE)
    assert (line_break, round(height, 2)) == ("strict", 1.85)
    expect(content.locator("figure figcaption")).to_have_text("北港的潮汐曲线")
    assert content.locator("figure").evaluate(STYLE)[1] == "0px"
    expect(content).to_contain_text("h=(p)/(g)")


def test_an_image_beside_a_release_leads_its_page_and_stands_in_lists(anybody: Reader, full: Full) -> None:
    assert judged(anybody, full.item(BUOY)) == ""
    assert anybody.page.locator("img.lead").evaluate("(each) => each.naturalWidth") == 300
    anybody.opens(full.room.url("/sources/harbour"))  # judged above
    anybody.page.locator("img.thumb").scroll_into_view_if_needed()
    anybody.page.wait_for_function("document.querySelector('img.thumb').complete")
    assert anybody.page.locator("img.thumb").evaluate("(each) => each.naturalWidth") == 300


def holding(held: list[Route]) -> Callable[[Route], None]:
    """Return a handler that keeps requests until they are answered."""
    return lambda route: held.append(route)


def test_an_image_of_unknown_size_that_comes_late_shifts_nothing(browser: Browser, room: Newsroom) -> None:
    picture = "<p>Before.</p><img src='https://pictures.harbour.example/late.svg' alt=''><p>After.</p>"
    room.says("lights", Entry("late", "Picture of the new lamp", picture))
    for width in (390, 1280):
        held: list[Route] = []
        with reading(browser, width=width) as reader:
            reader.page.route("https://pictures.harbour.example/*", holding(held))
            reader.page.goto(room.url(f"/items/{room.item('Picture')}"), wait_until="domcontentloaded")
            reader.page.get_by_text("After.").wait_for()
            for route in held:
                route.fulfill(content_type="image/svg+xml", body=LATE)
            reader.page.wait_for_function("document.querySelector('.content img').naturalWidth === 300")
            assert (width, len(held), reader.shift()) == (width, 1, 0.0)


def test_pages_that_are_not_there(anybody: Reader, full: Full) -> None:
    assert judged(anybody, full.room.url("/nothing/here"), status=404) == ""
    assert judged(anybody, full.item(LAMP), status=410) == ""


def test_searches_and_frames(anybody: Reader, full: Full) -> None:
    searches = ("/search", "/search?q=gauge", "/search?q=nothingatall")
    assert judged(anybody, full.room.url("/search?q=after:never"), status=400) == ""
    assert judged(anybody, *map(full.room.url, (*searches, "/embed/all"))) == ""


def test_the_report_form_and_its_acknowledgement(anybody: Reader, full: Full) -> None:
    form = full.room.url(f"/report/{full.ids[DREDGING]}")
    assert judged(anybody, full.room.url("/report"), form) == ""
    reports(anybody, form)
    assert shown_faults(anybody) == []


def test_a_report_with_faults(anybody: Reader, full: Full) -> None:
    anybody.opens(full.room.url("/report"))
    anybody.page.locator("main form").evaluate("form => form.submit()")  # not checked by the browser
    anybody.page.get_by_role("alert").first.wait_for()
    assert shown_faults(anybody) == []


def test_a_feed_that_is_opened_fits_every_width(anybody: Reader, full: Full) -> None:
    found = {kind: faults(anybody, full.room.url(f"/feed.{kind}"), is_html=False) for kind in ("rss", "atom")}
    assert found == {"rss": [], "atom": []}


def test_the_exported_site(anybody: Reader, full: Full, tmp_path: Path) -> None:
    site = tmp_path / "site"
    full.room.decides("export", str(site))
    page = next(site.glob(f"items/{full.ids[DREDGING]}/**/*.html"))
    lists = ("", "topics/safety/", "organisations/", "topics/")
    pages = [page, *(site / f"{each}index.html" for each in lists)]
    history, gone = site / f"items/{full.ids[GAUGE]}/history", site / f"items/{full.ids[LAMP]}"
    pages += [*sorted(history.rglob("*.html")), *sorted(gone.rglob("*.html"))[:1]]
    assert len(pages) == 7
    assert judged(anybody, *(each.as_uri() for each in pages)) == ""


def test_the_desk(editor: Reader, full: Full) -> None:
    lists = [full.room.desk(f"/desk?of={each}") for each in LISTS]
    items = [full.room.desk(f"/desk/items/{full.ids[each]}") for each in (DREDGING, "Pilots", "Ferry", LAMP)]
    found = full.room.desk("/desk/find?q=the")
    assert judged(editor, *lists, *items, found, wide=lists[0]) == ""
    assert judged(editor, full.room.desk("/nothing"), status=404) == ""


def test_pages_of_the_desk_that_need_no_session(anybody: Reader, full: Full) -> None:
    assert judged(anybody, full.room.desk("/login"), full.room.veto_link(full.ids["Duty"])) == ""


def test_status_sources_and_reports(editor: Reader, anybody: Reader, full: Full) -> None:
    reports(anybody, full.room.url(f"/report/{full.ids[GAUGE]}"))
    paths = (
        "/status",
        "/status?still",
        "/sources",
        "/sources/harbour",
        "/sources/tides",
        "/add-source",
        "/reports",
        "/reports/1",
    )
    assert judged(editor, *map(full.room.desk, paths)) == ""
    editor.opens(full.room.desk("/add-source"))
    editor.page.get_by_label("Address").fill("http://127.0.0.1:9/press.xml")
    editor.page.get_by_role("button", name="Preview").click()
    editor.page.get_by_role("alert").first.wait_for()
    assert shown_faults(editor) == []


def test_the_status_page_reloads_itself_until_it_is_stopped(browser: Browser, full: Full) -> None:
    with reading(browser) as reader:
        reader.page.clock.install()
        reader.opens(full.room.desk("/status"))
        with reader.page.expect_navigation():
            reader.page.clock.run_for(31_000)
        reader.follows("Stop")
        reader.page.evaluate("window.before = true")
        reader.page.clock.run_for(31_000)
        assert reader.page.evaluate("window.before") is True


def reports(reader: Reader, form: str) -> None:
    """Send the report form of an address."""
    reader.opens(form)
    page = reader.page
    page.get_by_label("wrongly attributed").check()
    page.get_by_label("Why?").fill("The north basin is meant.")
    page.get_by_label("Your name").fill("Jo Reader")
    page.get_by_label("Your e-mail address").fill("jo@reader.test")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="received").wait_for()
