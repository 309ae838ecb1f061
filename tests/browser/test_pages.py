"""Pages in Chromium: no horizontal overflow on a phone, no CSP violation, no third-party request."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, chromium
from tests.running import feed, given_a_site, item, json_of, until

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.one_engine("both engines serve the same bytes: tests/matrix"),
    pytest.mark.usefixtures("engine"),
]

NEWSROOM = Path(__file__).parents[2] / "docs" / "sample-newsroom.xml"
LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
WIDE = (
    f"<p>{LONG}</p><p>https://harbour.example/{'path/' * 60}</p><pre>{'x = 1; ' * 60}</pre>"
    f"<table><tr>{'<td>2026</td><td>1234567</td>' * 30}</tr></table>"
    "<ul><li>one<ul><li>two<ul><li>three</li></ul></li></ul></li></ul><blockquote><p>Quoted.</p></blockquote>"
)

STICKS_OUT = """(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return "";
    const wide = [...document.body.querySelectorAll("*")].filter(
        (each) => each.getBoundingClientRect().right > root.clientWidth);
    return wide.map((each) => each.outerHTML.slice(0, 80)).join("\\n") || "something";
})()"""


@dataclass(frozen=True, slots=True)
class Pages:
    """Address of the running service, and the paths to open by name."""

    address: str
    status: str
    paths: dict[str, str]


@pytest.fixture(scope="module")
def pages(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """A service with the sample newsroom and a release of overlong words."""
    here = given_a_site(tmp_path_factory.mktemp("site"))
    body = WIDE.replace("&", "&amp;").replace("<", "&lt;")
    (here.directory / "wide.xml").write_bytes(feed(item("wide", f"A release about {LONG}", body)))
    here.sources(
        {"sample": f"file:{NEWSROOM}", "wide": "file:wide.xml"}, ", topics: [sea], first_import: 36500d"
    )
    with here.serving() as service:
        until(lambda: any(LONG in title for title in service.titles()) and len(service.titles()) > 3)
        found = json_of(here.run("items", "--json").stdout)
        items = {each["source"]: f"/items/{each['id']}/x" for each in found}
        here.run("amend", found[0]["id"], "--headline", "Tide gauge", "--note", "Shortened.")
        paths = {
            "front": "/",
            "topic": "/topics/sea",
            "organisation": "/sources/wide",
            "organisations": "/organisations",
            "plain item": items["sample"],
            "wide item": items["wide"],
        }
        yield Pages(service.public, f"{service.admin}/status", paths | {"missing": "/nothing/here"})


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


def looks_right(browser: Chromium, url: str, width: int) -> None:
    browser.opens(url, width)
    home = "/".join(url.split("/")[:3])
    assert browser.value(STICKS_OUT) == ""
    assert browser.value("innerWidth") == width  # a phone zooms out to show what does not fit
    assert browser.value("document.querySelectorAll('h1').length") == 1
    # Only images of releases may come from elsewhere.
    assert [
        each for each in browser.requests if not each.startswith((home, "data:")) and not is_image(each)
    ] == []


def broken(browser: Chromium) -> list[str]:
    """Return what the browser complained of, but for pictures of releases, whose hosts do not exist."""
    return [
        each for each in browser.complaints if '"source": "network"' not in each or ".example/" not in each
    ]


def is_image(url: str) -> bool:
    return url.endswith((".jpg", ".png", ".gif"))


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
@pytest.mark.parametrize(
    "name", ["front", "topic", "organisation", "organisations", "plain item", "wide item"]
)
def test_a_page_fits_its_window_and_breaks_no_rule(
    browser: Chromium, pages: Pages, name: str, width: int
) -> None:
    looks_right(browser, pages.address + pages.paths[name], width)
    assert broken(browser) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_a_mark_is_one_box(browser: Chromium, pages: Pages, width: int) -> None:
    browser.opens(f"{pages.address}/", width)
    boxes = browser.value(
        "[...document.querySelectorAll('.mark')].map((each) => each.getClientRects().length)"
    )
    assert boxes == [1, 1]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_missing_page_and_the_status_page_fit_too(browser: Chromium, pages: Pages, width: int) -> None:
    looks_right(browser, pages.address + pages.paths["missing"], width)
    looks_right(browser, pages.status, width)


@pytest.mark.parametrize("name", ["front", "plain item"])
def test_pages_are_styled_and_only_lists_have_a_script(browser: Chromium, pages: Pages, name: str) -> None:
    browser.opens(pages.address + pages.paths[name], 1280)
    assert browser.value("document.styleSheets[0].cssRules.length > 10")
    assert browser.value("document.scripts.length") == (name == "front")  # copies the address of a feed
    assert browser.value("document.querySelector('.pw-disclaimer') !== null || location.pathname === '/'")


@pytest.mark.parametrize("name", ["front", "topic", "organisation"])
def test_a_button_copies_the_address_of_the_feed(browser: Chromium, pages: Pages, name: str) -> None:
    browser.opens(pages.address + pages.paths[name], 390)
    assert browser.value("document.querySelector('[data-copy]').hidden") is False
    selected = browser.value("(document.querySelector('[data-copy]').click(), getSelection().toString())")
    assert str(selected).endswith("/feed.rss")
    assert broken(browser) == []
