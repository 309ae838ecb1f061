"""The public web application over HTTP."""

import gzip
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import html5lib
import httpx
import pytest
import uvicorn
from msgspec.structs import replace

from aggregator.model.decision import State
from aggregator.model.item import Item
from aggregator.model.settings import Republish, Text, Topic
from aggregator.publish.document import Published
from aggregator.render import Format
from aggregator.web.app import public_app
from aggregator.web.public import PublicSite
from tests.engines import execute
from tests.events import capture_logs
from tests.web.newsroom import NOON, OBSERVATORY, Newsroom, item, newsroom, publication

pytestmark = pytest.mark.usefixtures("engine")

FEEDS = pytest.mark.parametrize(
    "path",
    [
        "/feed.rss",
        "/feed.atom",
        "/feed.json",
        "/topics/climate/feed.atom",
        "/sources/observatory/feed.rss",
        "/languages/en/feed.json",
    ],
)
PAGES = ["/", "/topics/climate", "/sources/observatory", "/languages/en"]
SECURITY = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.publishes(item("First"), item("Second"))
    return made


def given_a_damaged_store(room: Newsroom) -> None:
    for table in ("membership", "waiting", "turn", "departed", "archive", "channel"):
        execute(room.config.store, f"DROP TABLE {table}")


@contextmanager
def served(room: Newsroom) -> Iterator[str]:
    """Serve the application with uvicorn on a free port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(public_app(room.publisher, room.storage), log_level="error"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@FEEDS
def test_a_channel_is_served_with_validators(room: Newsroom, path: str) -> None:
    answer = room.client.get(path)
    assert answer.status_code == 200
    assert b"Second" in answer.content
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["etag"])
    assert answer.headers["last-modified"].endswith(" GMT")
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["link"] == (
        f'<https://releases.example{path}>; rel="self", <https://releases.example/hub>; rel="hub"'
    )


@FEEDS
def test_a_conditional_request_with_a_current_validator_gets_304(room: Newsroom, path: str) -> None:
    first = room.client.get(path).headers
    for asked in (
        {"If-None-Match": first["etag"]},
        {"If-None-Match": f'"other", W/{first["etag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": first["last-modified"]},
    ):
        answer = room.client.get(path, asked)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", first["etag"])
        assert answer.headers["access-control-allow-origin"] == "*"


def test_if_none_match_takes_precedence_over_if_modified_since(room: Newsroom) -> None:
    first = room.client.get("/feed.atom").headers
    asked = {"If-None-Match": '"other"', "If-Modified-Since": first["last-modified"]}
    assert room.client.get("/feed.atom", asked).status_code == 200


def test_after_a_change_neither_validator_matches(room: Newsroom) -> None:
    before = room.client.get("/feed.atom").headers
    room.corrects("First", item("First", content="<p>New.</p>", text="New.", fingerprint=b"new"))
    assert room.client.get("/feed.atom", {"If-None-Match": before["etag"]}).status_code == 200
    assert room.client.get("/feed.atom", {"If-Modified-Since": before["last-modified"]}).status_code == 200


@pytest.mark.parametrize("accepted", ["gzip", "zstd, GZIP;q=0.5"])
def test_gzip_has_an_etag_of_its_own(room: Newsroom, accepted: str) -> None:
    plain = room.client.get("/feed.json")
    zipped = room.client.get("/feed.json", {"Accept-Encoding": accepted})
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert zipped.headers["etag"] == f'{plain.headers["etag"][:-1]}-gzip"'
    assert zipped.content == plain.content
    again = room.client.get(
        "/feed.json", {"Accept-Encoding": accepted, "If-None-Match": zipped.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("accepted", ["identity", "zstd", "gzip;q=0", "gzip; q=0.0", ""])
def test_gzip_is_sent_only_where_accepted(room: Newsroom, accepted: str) -> None:
    assert "content-encoding" not in room.client.get("/feed.json", {"Accept-Encoding": accepted}).headers


def test_uvicorn_serves_gzip_head_and_304(room: Newsroom) -> None:
    with served(room) as address, httpx.Client(base_url=address, trust_env=False) as client:
        with client.stream("GET", "/feed.rss", headers={"Accept-Encoding": "gzip"}) as answer:
            body = gzip.decompress(b"".join(answer.iter_raw()))
        head = client.head("/feed.rss", headers={"Accept-Encoding": "identity"})
        published = room.publisher.document("", Format.RSS)
        assert published is not None
        assert body == published.body
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(published.body))
        asked = {"Accept-Encoding": "identity", "If-None-Match": head.headers["etag"]}
        assert client.get("/feed.rss", headers=asked).status_code == 304


@pytest.mark.parametrize(
    "path", [*PAGES, "/feed.rss", "/robots.txt", "/healthz", "/static/style.css", "/none"]
)
def test_every_response_forbids_scripts_frames_and_referrers(room: Newsroom, path: str) -> None:
    headers = room.client.get(path).headers
    assert {name: headers[name] for name in SECURITY} == SECURITY
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; ")
    assert "frame-ancestors 'none'" in policy
    assert ("script-src 'self'" in policy) is (path in PAGES)  # a button copies the address
    assert "script-src" not in policy.replace("script-src 'self'", "")
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    [
        "/none",
        "/feed.xml",
        "/topics/none",
        "/topics/none/feed.rss",
        "/topics/climate/",
        "/items/none",
        "/items/none/slug",
        "/items/none/history",
        "/static/none",
        "/status",
        "/readyz",
        "//evil.example/",
    ],
)
def test_an_unknown_address_is_404(room: Newsroom, path: str) -> None:
    answer = room.client.get(f"http://elsewhere.example{path}")
    assert answer.status_code == 404
    assert "There is no page or feed at this address." in answer.text


def test_other_methods_are_405(room: Newsroom) -> None:
    answer = room.client.request("POST", "/feed.rss")
    assert answer.status_code == 405
    assert answer.headers["allow"] in ("GET, HEAD", "HEAD, GET")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_a_channel_page_lists_its_releases_attributed(room: Newsroom, path: str) -> None:
    page = room.client.get(path).text
    assert page.index("Second") < page.index("First")
    assert page.count("Released by Coastal Observatory, not by Example Public Releases.") == 2
    assert page.count("Standing text about the organisation named with each release.") == 1
    assert "<h2>Monday, 2 March 2026</h2>" in page
    assert '<time datetime="2026-03-02T10:00:00+00:00">10:00</time>' in page
    address = "https://releases.example" + path.rstrip("/")
    for kind, media_type in (("rss", "rss+xml"), ("atom", "atom+xml"), ("json", "feed+json")):
        assert f'type="application/{media_type}"' in page
        assert f'href="{address}/feed.{kind}"' in page


def dated(title: str, days: int) -> Item:
    return item(title, claimed=NOON - timedelta(days=days))


def headlines(room: Newsroom, path: str) -> list[str]:
    answer = room.client.get(path)
    assert answer.status_code == 200
    return re.findall(r"<h3[^>]*><a [^>]*>([^<]*)</a></h3>", answer.text)


def older(room: Newsroom, path: str) -> str:
    """Return the address of the next page of a list, "" on the last one."""
    found = re.search(r'href="([^"]*)" rel="next"', room.client.get(path).text)
    return found[1] if found else ""


def test_releases_of_a_first_import_stand_among_others_by_date_on_pages(room: Newsroom) -> None:
    room.publishes(*(dated(f"Old {days}", days) for days in range(40, 1, -1)), backlog=True)
    room.publishes(dated("Ancien", 20), source="ministere", backlog=True)
    first, second = headlines(room, "/"), headlines(room, older(room, "/"))
    old = [f"Old {days}" for days in range(2, 41)]
    assert first == ["Second", "First", *old[:18], "Ancien", *old[18:27]]
    assert second == old[27:]
    assert "Old 2" in headlines(room, "/topics/climate")
    assert "Old 2" not in headlines(room, "/topics/health")
    assert headlines(room, "/languages/en")[:3] == ["Second", "First", "Old 2"]


@pytest.mark.parametrize(("path", "base"), [("/", "/"), ("/topics/climate", "/topics/climate/")])
def test_a_page_links_the_next_by_cursor_and_the_newest(room: Newsroom, path: str, base: str) -> None:
    room.publishes(*(dated(f"More {number}", number) for number in range(1, 61)))
    second = older(room, path)
    third = older(room, second)
    assert re.fullmatch(rf"{base}before/[0-9]+\.[0-9]+", second)
    assert older(room, third) == ""
    found = [title for address in (path, second, third) for title in headlines(room, address)]
    assert found == ["Second", "First", *(f"More {number}" for number in range(1, 61))]
    page = room.client.get(second).text
    assert f'<a href="{path}">Newest releases</a>' in page
    assert f'<link rel="canonical" href="https://releases.example{second}">' in page
    assert "Releases before 2 February 2026</title>" in page
    assert ("Newest releases" in room.client.get(path).text, "copy.js" in page) == (False, False)


def test_a_page_stays_where_it_is_while_newer_releases_arrive_and_its_cursor_is_withdrawn(
    room: Newsroom,
) -> None:
    room.publishes(*(dated(f"More {number}", number) for number in range(1, 41)))
    second = older(room, "/")
    before = headlines(room, second)
    room.publishes(item("New"))
    room.withdraws("More 28")  # at which the first page ended
    assert headlines(room, second) == before == [f"More {number}" for number in range(29, 41)]


@pytest.mark.parametrize("path", ["/page/1", "/page/02", "/page/x", "/topics/none/page/2", "/before/1.x"])
def test_a_page_named_otherwise_is_404(room: Newsroom, path: str) -> None:
    assert room.client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/page/2", "/before/1.1", "/before/1772445600000.999", "/before/0.1"])
def test_a_page_by_number_and_a_place_where_no_item_stands_lead_to_the_first_page(
    room: Newsroom, path: str
) -> None:
    for base in ("", "/topics/climate"):
        answer = room.client.get(base + path)
        location = f"https://releases.example{base or '/'}"
        assert (answer.status_code, answer.headers["location"]) == (301, location)


def test_a_withdrawn_release_leaves_every_page_at_once(room: Newsroom) -> None:
    room.publishes(item("Old"), item("Wrong"), backlog=True)
    assert headlines(room, "/") == ["Wrong", "Old", "Second", "First"]
    room.withdraws("Wrong")
    assert headlines(room, "/") == headlines(room, "/topics/climate") == ["Old", "Second", "First"]


def test_an_undated_release_of_a_first_import_has_no_date_and_comes_last(room: Newsroom) -> None:
    room.publishes(dated("Old", 40), item("Undated", claimed=None), backlog=True)
    assert (
        headlines(room, "/")
        == headlines(room, "/sources/observatory")
        == [
            "Second",
            "First",
            "Old",
            "Undated",
        ]
    )
    assert "<time" not in room.client.get(room.page("Undated")).text
    assert room.client.get("/").text.count("<time") == 3
    assert room.client.get("/sources/observatory/feed.rss").text.count("<pubDate>") == 3
    assert room.client.get("/sources/observatory/feed.atom").text.count("<published>") == 3
    assert room.client.get("/sources/observatory/feed.json").text.count('"date_published"') == 3
    assert room.client.get("/sources/observatory/feed.json").text.count('"date_modified"') == 3


def test_the_former_addresses_of_a_renamed_source_redirect_for_good(room: Newsroom) -> None:
    renamed = replace(OBSERVATORY, id="coast")
    room.reconfigures(sources=(renamed,))
    for rest in ("", "/feed.rss", "/feed.atom", "/feed.json", "/page/2", "/before/1.1"):
        answer = room.client.get(f"/sources/observatory{rest}")
        assert (answer.status_code, answer.headers["location"]) == (
            301,
            f"https://releases.example/sources/coast{rest}",
        )
    assert room.client.get("/topics/observatory").status_code == 404
    assert room.client.get("/sources/observatory/feed.xml").status_code == 404
    assert headlines(room, "/sources/coast") == ["Second", "First"]
    again = replace(OBSERVATORY, feed="https://other.example/feed")
    room.reconfigures(sources=(renamed, again))
    assert headlines(room, "/sources/observatory") == []  # a new source with that id has it now


def test_an_item_page_links_its_original_and_is_noindex(room: Newsroom) -> None:
    page = room.client.get(room.page("First")).text
    assert '<link rel="canonical" href="https://observatory.example/press/first">' in page
    assert '<meta name="robots" content="noindex, follow">' in page
    assert "<p>The whole of First.</p>" in page
    assert '<div class="pw-disclaimer">Standing text about Coastal Observatory.</div>' in page
    assert "View in full at observatory.example" in page
    assert page.index("The whole of First.</p>") < page.index("pw-disclaimer")
    assert room.client.get(f"/items/{room.ids['First']}").text == page


def test_addresses_never_come_from_the_request(room: Newsroom) -> None:
    for path in (*PAGES, room.page("First"), "/feed.rss", "/feed.atom", "/feed.json", "/none"):
        asked = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        answer = room.client.get(path, asked)
        assert "evil.example" not in answer.text
        assert "evil.example" not in str(answer.headers)


def test_texts_are_escaped_and_links_other_than_http_removed(room: Newsroom) -> None:
    room.publishes(
        item(
            '<script>alert("1")</script>{{ 7 * 7 }}',
            content="<p>Safe.</p>",
            url="javascript:alert(1)",
            authors=("<b>A</b>",),
            categories=("<i>",),
        )
    )
    title = '<script>alert("1")</script>{{ 7 * 7 }}'
    for path in ("/", room.page(title)):
        page = room.client.get(path).text
        assert "<script>" not in page
        assert "{{ 7 * 7 }}" in page
        assert "javascript:" not in page
        assert "<b>A</b>" not in page


def test_pages_are_valid_html_with_one_heading_and_their_landmarks(room: Newsroom) -> None:
    room.publishes(item("Premier", language="fr"), source="ministere")
    for path in (*PAGES, room.page("First"), "/none"):
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(room.client.get(path).text)
        assert len(tree.findall(".//h1")) == 1
        assert len(tree.findall(".//main")) == 1
        assert tree.get("lang") == "en"
    tree = html5lib.parse(room.client.get("/").text, namespaceHTMLElements=False)
    assert [heading.get("lang") for heading in tree.findall(".//article/h3")] == ["fr", "en", "en"]


def test_a_held_item_is_404_and_in_no_response(room: Newsroom) -> None:
    room.publishes(item("Embargoed"), state=State.HELD)
    for path in (room.page("Embargoed"), f"/items/{room.ids['Embargoed']}/history"):
        answer = room.client.get(path)
        assert answer.status_code == 404
        assert "Embargoed" not in answer.text
    for path in (*PAGES, "/feed.rss", "/feed.atom", "/feed.json"):
        assert "Embargoed" not in room.client.get(path).text


def test_a_withdrawn_item_is_410_with_a_notice_only(room: Newsroom) -> None:
    room.corrects("First", item("First", content="<p>New.</p>", text="New.", fingerprint=b"new"))
    room.withdraws("First")
    for path in (room.page("First"), f"/items/{room.ids['First']}", f"/items/{room.ids['First']}/history"):
        answer = room.client.get(path)
        assert answer.status_code == 410
        assert "This release was withdrawn on 2 March 2026" in answer.text
        assert not re.search("First|whole|secret", answer.text)
    for path in (*PAGES, "/feed.rss", "/feed.atom", "/feed.json"):
        assert "First" not in room.client.get(path).text


def test_the_history_shows_what_a_correction_replaced(room: Newsroom) -> None:
    room.corrects("First", item("First, corrected", content="<p>New.</p>", text="New.", fingerprint=b"new"))
    page = room.client.get(room.page("First")).text
    history = room.client.get(f"/items/{room.ids['First']}/history").text
    assert f'href="/items/{room.ids["First"]}/history"' in page
    assert "<p>The whole of First.</p>" in history
    assert "pw-disclaimer" in history
    assert "noindex" in history


def corrected(room: Newsroom, times: int) -> str:
    """Correct the first release; return the address of its history."""
    for number in range(times):
        room.corrects("First", item("First", content=f"<p>{number}</p>", fingerprint=b"%d" % number))
    return f"/items/{room.ids['First']}/history"


def test_a_history_is_served_at_the_addresses_that_its_pages_link_to(room: Newsroom) -> None:
    address = corrected(room, 12)
    older = re.findall(f'href="({address}/[0-9]+)"', room.client.get(address).text)
    assert [room.client.get(path).status_code for path in older] == [200]
    number = int(older[0].rpartition("/")[2])
    invented = (
        number + 1,
        number - 1,
        777_777,
        2**63 - 1,
        2**63,
        f"0{number}",
        f"{number}x",
        "-1",
        "9" * 5_000,
    )
    answers = [room.client.get(f"{address}/{one}") for one in (*invented, "\u0661")]
    assert {answer.status_code for answer in answers} == {404}


def test_the_history_shows_the_link_that_a_correction_replaced(room: Newsroom) -> None:
    former = room.stored("First").item.url
    corrected = item("First", content="<p>New.</p>", text="New.", fingerprint=b"new")
    room.corrects("First", corrected)
    assert "Link: " not in room.client.get(f"/items/{room.ids['First']}/history").text
    room.corrects("First", replace(corrected, url="https://moved.example/<b>"))
    history = room.client.get(f"/items/{room.ids['First']}/history").text
    assert history.count(f'Link: <span dir="ltr">{former}</span>') == 1
    room.corrects("First", replace(corrected, url="https://other.example/"))
    history = room.client.get(f"/items/{room.ids['First']}/history").text
    assert "https://moved.example/&lt;b&gt;</span>" in history


def test_a_struck_version_is_in_no_history(room: Newsroom) -> None:
    address = corrected(room, 2)
    assert "<p>The whole of First.</p>" in room.client.get(address).text
    room.strikes("First", 1)
    history = room.client.get(address).text
    assert "The whole of First" not in history
    assert "The text of this version was removed by" in history
    assert ("Version 2. Replaced" in history, "<p>0</p>" in history) == (True, True)
    assert "secret reason" not in history


def test_a_source_without_history_has_no_such_page_and_no_link_to_it(room: Newsroom) -> None:
    address = corrected(room, 12)
    (older,) = re.findall(f'href="({address}/[0-9]+)"', room.client.get(address).text)
    room.reconfigures(sources=(replace(OBSERVATORY, history=False), room.config.sources[1]))
    assert [room.client.get(path).status_code for path in (address, older)] == [404, 404]
    page = room.client.get(room.page("First")).text
    assert ("Corrected <time" in page, address in page) == (True, False)
    room.reconfigures(sources=())
    assert room.client.get(address).status_code == 404


def test_the_history_of_an_uncorrected_item_is_empty(room: Newsroom) -> None:
    history = room.client.get(f"/items/{room.ids['First']}/history").text
    assert "This release has not been changed since it was published." in history


def test_the_history_respects_the_rights_of_the_source(room: Newsroom) -> None:
    room.corrects("First", item("First, corrected", content="<p>New.</p>", text="New.", fingerprint=b"new"))
    headline = replace(OBSERVATORY, republish=Republish.HEADLINE)
    room.reconfigures(sources=(headline, room.config.sources[1]))
    history = room.client.get(f"/items/{room.ids['First']}/history").text
    assert "Replaced" in history
    assert "The whole of First" not in history


def test_changed_settings_apply_to_pages_at_once(room: Newsroom) -> None:
    path = room.page("First")
    before = room.client.get(path).headers["etag"]
    room.reconfigures(publication=replace(publication(), disclaimer=Text((("", "Other words."),))))
    answer = room.client.get(path, {"If-None-Match": before})
    assert answer.status_code == 200
    assert "Other words." in answer.text


def test_pages_work_below_a_path(room: Newsroom) -> None:
    room.reconfigures(publication=replace(publication(), url="https://portal.example/wire/"))
    page = room.client.get("/").text
    assert 'href="/wire/static/style.css?' in page
    assert f'href="/wire/items/{room.ids["First"]}/first"' in page
    assert 'href="https://portal.example/wire/feed.atom"' in page


def test_robots_txt_healthz_and_static_files_are_served(room: Newsroom) -> None:
    assert room.client.get("/healthz").text == "ok\n"
    licence = f"{room.config.publication.url}license.xml"
    sitemaps = "".join(f"Sitemap: https://releases.example/{name}sitemap.xml\n" for name in ("", "news-"))
    robots = f"User-agent: *\nDisallow:\nLicense: {licence}\n{sitemaps}"
    assert room.client.get("/robots.txt").text == robots
    assert "ai-train" in room.client.get("/license.xml").text
    assert room.client.get("/license.xml").headers["content-type"] == "application/rsl+xml; charset=utf-8"
    (rule,) = room.client.get("/.well-known/tdmrep.json").json()
    assert rule == {"location": "/*", "tdm-reservation": 1}
    style = room.client.get("/static/style.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert style.headers["cache-control"] == "public, max-age=86400"
    assert room.client.get("/static/icon.svg").headers["content-type"] == "image/svg+xml"


def test_an_empty_publication_has_a_page_and_feeds(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    assert "Nothing has been published here yet.\n2 sources are configured." in room.client.get("/").text
    assert room.client.get("/feed.atom").status_code == 200


def test_an_unreadable_store_is_503_and_logged(room: Newsroom) -> None:
    given_a_damaged_store(room)
    with capture_logs() as events:
        answer = room.client.get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert answer.headers["cache-control"] == "no-store"
    assert [event["event"] for event in events] == ["storage unreadable"]


def test_a_page_of_a_history_is_bounded_in_revisions_and_bytes(room: Newsroom) -> None:
    for number in range(1, 25):
        room.corrects("First", item("First", content=f"<p>{'x' * 100_000}{number}</p>"))
    address = f"/items/{room.ids['First']}/history"
    texts = [number for page in pages_of(room, address) for number in re.findall(r"x(\d+)</p>", page)]
    assert texts == [str(number) for number in range(23, 0, -1)]
    assert max(len(page) for page in pages_of(room, address)) < 520_000
    assert room.client.get(f"{address}/1").status_code == 404


def pages_of(room: Newsroom, address: str) -> list[str]:
    """The pages of a history, each found by the link on the one before."""
    pages = []
    following: str | None = address
    while following:
        pages.append(room.client.get(following).text)
        found = re.search(r'href="([^"]+)" rel="next"', pages[-1])
        following = found[1] if found else None
    return pages


def test_a_page_of_a_history_is_rendered_once_until_it_changes(room: Newsroom) -> None:
    site = PublicSite(room.publisher, room.storage, None)
    around = site.site()

    def page() -> Published:
        found = room.publisher.history(room.ids["First"])
        assert found is not None
        return site._history((room.ids["First"], None), (*found, around))

    room.corrects("First", item("First", content="<p>Second text.</p>"))
    first = page()
    assert page() is first
    room.corrects("First", item("First", content="<p>Third text.</p>"))
    assert b"Second text." in page().body


def test_an_item_keeps_a_bounded_history(room: Newsroom) -> None:
    for number in range(1, 9):
        room.corrects("First", item("First", content=f"<p>{'x' * 900_000}{number}</p>"))
    stored = room.stored("First")
    sizes = [size for _, size in room.storage.items.history(stored.number).revisions]
    assert len(room.storage.items.corrections(stored.number)) == 8
    assert sizes[0] > 900_000
    pages = pages_of(room, f"/items/{room.ids['First']}/history")
    assert sum(page.count("xxx</p>") + len(re.findall(r"x\d</p>", page)) for page in pages) == 5
    assert sum(page.count("no longer kept") for page in pages) == 3


def test_topics_have_the_names_that_the_operator_gave_them(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("First"))
    named = Topic("open-data", Text((("en", "Data for all"), ("de", "Daten"))))
    room.reconfigures(publication=replace(publication(), topics=(named,)))
    page = room.client.get("/topics/open-data").text
    assert '<h1 dir="auto" class="heading">Data for all</h1>' in page
    assert ">Data for all</a>" in page
    assert ">Climate</a>" in page
    kept = room.storage.settings.applied()
    assert kept is not None
    assert kept.publication.topics == (named,)


def test_topics_are_described_on_their_page_and_in_the_directory(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("First"))
    said = Topic("open-data", Text(()), Text((("en", "Data & <figures>"), ("de", "Daten"))))
    room.reconfigures(publication=replace(publication(), topics=(said,)))
    for path, count in (("/topics/open-data", 2), ("/topics", 1), ("/topics/climate", 0), ("/", 0)):
        assert room.client.get(path).text.count("Data &amp; &lt;figures&gt;") == count
