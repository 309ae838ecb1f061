"""The texts of pages in a running service, from poll to feed, page and command."""

from pathlib import Path

import pytest

from tests.running import LATELY, given_a_site, until
from tests.server import answer, http_server_in_thread

pytestmark = pytest.mark.usefixtures("engine")

SUMMARY = "The port authority opens the harbour bridge to traffic on Monday after four years of work."
MORE = "".join(
    f"<p>Paragraph {n} of the release tells more of the bridge and of its ferry.</p>" for n in range(20)
)
PAGE = (
    f"<html><body><nav>Menu</nav><article><h1>Bridge opens</h1><p>{SUMMARY}</p>{MORE}</article></body></html>"
)


def test_the_text_of_a_page_is_published_under_the_dates_of_its_summary(tmp_path: Path) -> None:
    with http_server_in_thread() as origin:
        entry = f"<title>Bridge opens</title><pubDate>{LATELY}</pubDate><link>{origin.url('/bridge')}</link><description>{SUMMARY}</description>"
        feed = f"<rss version='2.0'><channel><title>Harbour</title><item>{entry}</item></channel></rss>"
        origin.answers = {
            "/feed": answer(body=feed.encode()),
            "/robots.txt": answer(body=b"User-agent: *\nDisallow: /private\n"),
            "/bridge": answer("Content-Type: text/html", body=PAGE.encode()),
        }
        site = given_a_site(
            tmp_path,
            {"harbour": origin.url("/feed")},
            ", full_text: true, domains: [127.0.0.1]",
            poll=", websub: false",
        )
        with site.serving() as service:

            def published() -> dict[str, str]:
                items = service.get("/feed.json").json()["items"]
                whole = [each for each in items if "Paragraph 19" in each["content_html"]]
                found: dict[str, str] = whole[0] if whole else {}
                return found

            found = until(published, seconds=60)
            assert SUMMARY in found["content_html"]
            assert found["summary"] == SUMMARY
            assert "Menu" not in found["content_html"]
            assert "date_modified" not in found or found["date_modified"] == found["date_published"]
            page = service.get(found["url"].partition(str(site.public))[2])
            assert "Paragraph 19" in page.text
            for kind in ("rss", "atom"):
                assert "Paragraph 19" in service.get(f"/feed.{kind}").text
            (name,) = {each for each in found["url"].split("/") if len(each) == 13}
            shown = site.run("show", name)
            assert "full text     from its page" in shown.stdout
            assert "Paragraph 19" in site.run("show", name, "--text").stdout
        assert origin.paths.count("/bridge") == 1
