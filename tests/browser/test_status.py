"""The status page on a phone: every reason and address is readable without horizontal scrolling."""

from pathlib import Path

import pytest

from tests.browser.chromium import chromium
from tests.cli.test_unmove import given_a_move
from tests.running import feed, given_a_site, item, until

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.one_engine("both engines serve the same bytes: tests/matrix"),
    pytest.mark.usefixtures("engine"),
]

ASIDE = "[...document.querySelectorAll('.scroll')].every((each) => each.scrollWidth <= each.clientWidth)"


@pytest.mark.parametrize("width", [390, 1280])
def test_why_and_where_a_source_has_moved_is_read_without_scrolling_aside(tmp_path: Path, width: int) -> None:
    here = given_a_site(tmp_path)
    (tmp_path / "press.xml").write_bytes(feed(item("storm", "Storm warning")))
    here.sources({"harbour": "file:press.xml"})
    given_a_move(here, f"https://new.example/{'nothing_to_break_at' * 8}feed.xml")
    with here.serving() as service, chromium(tmp_path / "profile") as browser:
        until(lambda: "publicwire unmove harbour" in service.status())
        browser.opens(f"{service.admin}/status", width)
        assert browser.value(ASIDE)
        said = str(browser.value("document.querySelector('.sources').innerText"))
        assert "publicwire unmove harbour" in said
        assert "every 1 h" in said
        alerts = str(browser.value("document.querySelector('.alerts').innerText"))
        assert "moved for good" in alerts
        assert browser.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
