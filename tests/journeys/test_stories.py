"""What people do with Publicwire, each journey a sentence, in Chromium; without a script unless one is the point."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, StorageState, expect

from tests.journeys.browser import Reader, reading
from tests.journeys.judging import PHONE
from tests.journeys.newsroom import FIRST, Entry, Newsroom, newsroom
from tests.running import given_a_site, until
from tests.server import answer, http_server_in_thread

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.one_engine("both engines serve the same bytes: tests/matrix"),
    pytest.mark.usefixtures("engine"),
]
DREDGING, GAUGE, LAMP, HORN, DUTY, FERRY = (
    "Dredging of the north basin begins",
    "New tide gauge",  # a journey corrects what follows
    "Lamp of the old lighthouse restored",
    "Fog horn falls silent for repairs",
    "Duty on salted fish is lowered",
    "Ferry timetable for the winter",
)


LOG = tuple(Entry(f"log{n}", f"Log of watch {n}", "<p>All calm.</p>", 160 - n) for n in range(1, 41))


@pytest.fixture(scope="module")
def room(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("newsroom"), {**FIRST, "log": LOG}) as running:
        yield running


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    with reading(browser, scripts=False) as window:
        yield window


@pytest.fixture
def editor(browser: Browser, session: StorageState) -> Iterator[Reader]:
    with reading(browser, scripts=False, state=session) as window:
        yield window


def headline(page: Page, title: str, *, exact: bool = True) -> None:
    """Expect a heading."""
    expect(page.get_by_role("heading", name=title, exact=exact).first).to_be_visible()


def test_a_reader_goes_from_the_front_page_to_a_release_and_on_to_its_original(
    browser: Browser, room: Newsroom
) -> None:
    with reading(browser, width=PHONE, scripts=False) as reader:
        reader.opens(room.url("/"))
        expect(reader.page.get_by_text("Harbour Office").first).to_be_visible()
        reader.pictured("01-read-front-page")
        reader.follows(DREDGING)
        headline(reader.page, DREDGING)
        expect(reader.page.get_by_role("table", name="Depths in metres")).to_be_visible()
        expect(reader.page.get_by_role("complementary").filter(has_text="Harbour Office")).to_be_visible()
        original = reader.page.get_by_role("link", name="dredging.harbour.example")
        expect(original).to_have_attribute("href", "https://dredging.harbour.example/dredging")
        reader.pictured("02-read-release")


def test_a_reader_narrows_the_releases_by_topic_organisation_and_language(
    reader: Reader, room: Newsroom
) -> None:
    page = reader.page
    reader.opens(room.url("/"))
    reader.follows("science")
    headline(page, GAUGE, exact=False)  # a correction of it may have come before
    expect(page.get_by_role("heading", name=DREDGING)).to_have_count(0)
    reader.pictured("03-filter-topic")
    page.get_by_role("contentinfo").get_by_role("link", name="Lighthouse Authority").click()
    headline(page, HORN)
    expect(page.get_by_role("heading", name=GAUGE)).to_have_count(0)
    reader.pictured("04-filter-organisation")
    reader.opens(room.url("/languages/ar"))  # navigation lists no language of a single source
    headline(page, FIRST["tides"][1].title)
    expect(page.get_by_role("article")).to_have_count(1)
    reader.pictured("05-filter-language")


def test_a_reader_goes_back_to_the_first_release(reader: Reader, room: Newsroom) -> None:
    page = reader.page
    reader.opens(room.url("/sources/log"))
    headline(page, LOG[-1].title)
    expect(page.get_by_role("heading", name=LOG[0].title, exact=True)).to_have_count(0)
    while (older := page.get_by_role("link", name="Older")).count():
        older.click()
    headline(page, LOG[0].title)
    reader.pictured("05b-oldest-page")
    reader.follows("Newest")
    headline(page, LOG[-1].title)


def test_a_reader_searches_by_words_and_by_a_phrase_and_sees_what_matched(
    reader: Reader, room: Newsroom
) -> None:
    page = reader.page
    reader.opens(room.url("/search"))
    page.get_by_role("searchbox").first.fill("channel ships")
    page.get_by_role("search").first.get_by_role("button").click()
    headline(page, DREDGING)
    expect(page.locator("mark").first).to_have_text("Ships")
    reader.pictured("06-search-words")
    page.get_by_role("searchbox").first.fill('"channel ships"')
    page.get_by_role("searchbox").first.press("Enter")
    expect(page.get_by_role("article")).to_have_count(0)
    page.get_by_role("searchbox").first.fill('"south channel"')
    page.get_by_role("searchbox").first.press("Enter")
    headline(page, DREDGING)
    expect(page.get_by_role("article")).to_have_count(1)
    reader.pictured("07-search-phrase")


def test_a_reader_sees_the_address_of_the_feed_and_copies_it_by_a_button(
    browser: Browser, room: Newsroom, reader: Reader
) -> None:
    address = room.url("/topics/safety/feed.rss")
    reader.opens(room.url("/topics/safety"))
    expect(reader.page.get_by_role("textbox", name="RSS")).to_have_value(address)
    expect(reader.page.get_by_role("button", name="Copy")).to_have_count(0)
    reader.pictured("08-subscribe")
    with reading(browser) as scripted:
        page = scripted.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        scripted.opens(room.url("/topics/safety"))
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("status")).not_to_be_empty()
        assert page.evaluate("navigator.clipboard.readText()") == address
    reader.opens(address)  # the feed itself
    expect(reader.page.get_by_text(DREDGING).first).to_be_visible()


def _kept_in(late: list[Route]) -> Callable[[Route], None]:
    return lambda route: late.append(route)


def test_a_late_script_shows_its_button_without_a_shift(browser: Browser, room: Newsroom) -> None:
    for width in (320, PHONE):
        with reading(browser, width=width) as reader:
            page, late = reader.page, list[Route]()
            page.route("**/copy.js*", _kept_in(late))
            with page.expect_request("**/copy.js*"):
                page.goto(room.url("/"), wait_until="commit")
            headline(page, DREDGING)
            assert reader.shift() == 0
            late[0].continue_()
            expect(page.get_by_role("button", name="Copy")).to_be_visible()
            assert reader.shift() == 0


def test_a_partner_frames_the_releases_and_another_site_may_not(reader: Reader, room: Newsroom) -> None:
    html = f"<!doctype html><title>Partner</title><h1>Partner</h1><iframe src='{room.url('/embed/all')}' width=600 height=700>"
    partner = answer("Content-Type: text/html", body=html.encode())
    room.origins.answers["/partner"] = partner
    reader.opens(room.origins.url("/partner"))
    frame = reader.page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name=DREDGING)).to_be_visible()
    expect(frame.get_by_text("Harbour Office").first).to_be_visible()
    reader.pictured("10-embed")
    with http_server_in_thread({"/partner": partner}) as stranger:
        reader.opens(stranger.url("/partner"))
        assert any("frame-ancestors" in each for each in reader.complaints)
        expect(frame.get_by_role("heading", name=DREDGING)).to_have_count(0)


def test_a_reader_sees_a_correction_and_what_it_changed(reader: Reader, room: Newsroom) -> None:
    first, page = FIRST["tides"][0], reader.page
    title = "New tide gauge measures every minute"
    room.says(
        "tides",
        Entry(first.name, title, "<p>The gauge sends its depth by cable.</p>", 2),
        *FIRST["tides"][1:],
    )
    until(lambda: title in room.service.titles())
    reader.opens(room.url("/topics/science"))
    expect(page.get_by_role("article").filter(has_text=title)).to_contain_text("Corrected")
    reader.pictured("11-correction-mark")
    reader.follows(title)
    page.locator("a[href^='/items/'][href$='/history']").click()
    expect(page.locator("del").filter(has_text="radio")).to_be_visible()
    expect(page.locator("ins").filter(has_text="cable")).to_be_visible()
    reader.pictured("12-correction-diff")


def test_an_editor_withdraws_a_release_and_it_leaves_pages_and_feeds(editor: Reader, room: Newsroom) -> None:
    item, page = room.item(LAMP), editor.page
    editor.opens(room.desk(f"/desk/items/{item}"))
    headline(page, LAMP)
    decide = page.get_by_role("region", name="Decide")
    decide.get_by_role("textbox", name="Reason", exact=True).fill("asked by the organisation")
    editor.pictured("13-withdraw-desk")
    decide.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrawn", exact=True).first).to_be_visible()
    expect(page.get_by_role("list").last).to_contain_text("Ana Editor")
    until(lambda: LAMP not in room.service.titles())
    editor.opens(room.url("/"))
    expect(page.get_by_role("heading", name=LAMP)).to_have_count(0)
    assert editor.opens(room.url(f"/items/{item}")) == 410
    editor.pictured("14-withdraw-gone")
    tombstone = room.service.get("/feed.atom").text
    assert "urn:example:lamp" in tombstone.partition("deleted-entry")[2].partition(">")[0]


def test_the_operator_stops_a_release_by_its_veto_link_and_the_link_is_used_up(
    reader: Reader, room: Newsroom
) -> None:
    item, page = room.item(DUTY), reader.page
    link = room.veto_link(item)
    reader.opens(link)
    headline(page, DUTY)
    reader.pictured("15-veto")
    page.get_by_label("Reason").fill("the tariff is wrong")
    page.get_by_role("button").click()
    headline(page, "held", exact=False)
    assert reader.opens(link) == 404
    assert "the tariff is wrong" in room.site.run("show", item).stdout


def test_a_reader_reports_a_release_and_an_editor_decides(
    reader: Reader, editor: Reader, room: Newsroom
) -> None:
    page = reader.page
    reader.opens(room.url(f"/items/{room.item(FERRY)}"))
    page.get_by_role("article").get_by_role("link", name="Report").click()
    page.get_by_label("wrongly attributed").check()
    page.get_by_label("Why?").fill("The first boat leaves at seven.")
    page.get_by_label("Your name").fill("Jo Reader")
    page.get_by_label("Your e-mail address").fill("jo@reader.test")
    page.get_by_role("checkbox").check()
    reader.pictured("16-report-form")
    page.get_by_role("button", name="Send").click()
    reference = page.locator("strong").first.inner_text()
    reader.pictured("17-report-acknowledged")
    desk = editor.page
    editor.opens(room.desk("/reports"))
    desk.get_by_role("link", name=reference).click()
    expect(desk.get_by_text("The first boat leaves at seven.")).to_be_visible()
    desk.get_by_label("withdrawn").check()
    desk.get_by_label("Statement of reasons").fill("The organisation has confirmed the error.")
    editor.pictured("18-report-decision")
    desk.get_by_role("button", name="Decide").click()
    expect(desk.get_by_text("by Ana Editor")).to_be_visible()
    until(lambda: FERRY not in room.service.titles())


def test_a_source_fails_and_recovers_and_the_desk_sees_both(editor: Reader, room: Newsroom) -> None:
    page = editor.page
    room.fails("lights")
    editor.opens(room.desk("/status?still"))
    expect(page.get_by_role("row").filter(has_text="Lighthouse Authority")).to_contain_text("500")
    editor.pictured("19-source-fails")
    editor.follows("Lighthouse Authority")
    expect(page.get_by_text("Failed once")).to_be_visible()
    room.says("lights", *FIRST["lights"])
    editor.opens(room.desk("/sources/lights"))
    expect(page.get_by_text("Working", exact=True)).to_be_visible()
    editor.pictured("20-source-recovered")


def test_the_keyboard_alone_reaches_everything_and_the_focus_is_seen(
    browser: Browser, room: Newsroom
) -> None:
    with reading(browser) as reader:
        reader.opens(room.url("/"))
        page = reader.page
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_attribute("href", "#main")
        reader.pictured("21-keyboard-skip-link")
        reached = list(focused(page))
        links = page.locator("a:visible, button:visible, input:visible, summary:visible").count()
        assert len(reached) == links - 1
        assert [each for each in reached if each.startswith("unseen")] == []
        page.get_by_role("link", name=DREDGING).focus()
        page.keyboard.press("Enter")
        headline(page, DREDGING)


FOCUS = """() => {
    const on = document.activeElement;
    if (on === document.body) return "";
    const box = on.getBoundingClientRect(), outline = getComputedStyle(on).outlineStyle;
    const seen = box.width > 0 && box.height > 0 && box.top > -2 && box.bottom < innerHeight + 2 && outline !== "none";
    return `${seen ? "seen" : `unseen ${box.top} ${box.bottom} ${outline}`}: ${on.outerHTML.slice(0, 80)}`;
}"""


def focused(page: Page) -> Iterator[str]:
    """Press Tab and return what has the focus after each, until it leaves the page."""
    while on := _tabbed(page):
        yield on


def _tabbed(page: Page) -> str:
    page.keyboard.press("Tab")
    return str(page.evaluate(FOCUS))


def test_a_newsroom_is_seen_within_five_minutes_of_an_empty_directory(reader: Reader, tmp_path: Path) -> None:
    site = given_a_site(tmp_path)
    assert site.run("init").returncode == 0
    ports = f"listen: 127.0.0.1:{site.public}\nadmin: 127.0.0.1:{site.admin}\n"
    text = site.config.read_text(encoding="utf-8").replace("127.0.0.1:8000/", f"127.0.0.1:{site.public}/")
    site.config.write_text(text.replace("sources:\n", f"{ports}sources:\n", 1), encoding="utf-8")
    assert "3 new" in site.run("poll").stdout
    with site.serving() as service:
        reader.opens(service.public)
        expect(reader.page.get_by_text("Gullwick Lighthouse Trust").first).to_be_visible()
        expect(reader.page.get_by_role("article")).to_have_count(3)
        reader.pictured("22-first-five-minutes")


def test_a_release_on_paper_has_no_navigation(reader: Reader, room: Newsroom) -> None:
    reader.opens(room.url(f"/items/{room.item(DREDGING)}"))
    assert reader.page.pdf().startswith(b"%PDF")
    reader.page.emulate_media(media="print")
    for each in reader.page.get_by_role("navigation").all():
        expect(each).not_to_be_visible()
    headline(reader.page, DREDGING)
    expect(reader.page.get_by_role("complementary").first).to_be_visible()
    reader.pictured("23-print")


def test_less_motion_means_no_transition(browser: Browser, room: Newsroom) -> None:
    for motion in (True, False):
        with reading(browser, motion=motion) as reader:
            reader.opens(room.url("/"))
            running = reader.page.evaluate(
                "[...document.querySelectorAll('*')].filter(e => "
                "getComputedStyle(e).transitionDuration !== '0s' || getComputedStyle(e).animationName !== 'none').length"
            )
            assert (running > 0) is motion
