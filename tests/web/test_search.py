"""The search page and searches as channels."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from lxml import etree
from msgspec.structs import replace
from starlette.applications import Starlette

from aggregator.errors import StoreSlow
from aggregator.model.rights import UNSAID, Terms
from aggregator.model.settings import Republish, Source
from aggregator.policy.token_bucket import Rate
from aggregator.publish.publisher import Publisher
from aggregator.web.api import ApiEndpoints
from aggregator.web.app import public_app
from aggregator.web.clients import ClientLimits
from aggregator.web.export import export
from aggregator.web.pages import Site
from aggregator.web.search import SearchBusy, SearchPages, SearchSlots
from tests.roles import altered
from tests.web.newsroom import MINISTRY, NOON, OBSERVATORY, Client, Newsroom, item, newsroom

pytestmark = pytest.mark.one_engine("searches of both engines are compared in tests/storage")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.publishes(
        item("Flood warning", text="A flood at the coast.", content="<p>A flood at the coast.</p>"),
        item("Budget", text="After the flood <b>.", content="<p>After the flood &lt;b&gt;.</p>"),
        item("Sea level"),
    )
    return made


def titles(html: str) -> list[str]:
    main = html.partition("<main")[2].partition("</main>")[0]
    return [re.sub(r"<[^>]*>", "", each) for each in re.findall(r"<h2[^>]*><a [^>]*>(.*?)</h2>", main)]


def test_results_are_ranked_and_their_matches_marked(room: Newsroom) -> None:
    answer = room.client.get("/search?q=FLOOD")
    assert answer.status_code == 200
    main = answer.text.partition("<main")[2].partition("<footer")[0]
    assert titles(answer.text) == ["Flood warning", "Budget"]
    assert "After the <mark>flood</mark> &lt;b&gt;." in main
    assert "<mark>Flood</mark> warning" in main
    assert main.count("Released by Coastal Observatory, not by Example Public Releases.") == 2
    assert main.count(">2 March 2026</time>") == 2
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["etag"]


def test_every_served_page_has_one_labelled_form_and_an_export_none(room: Newsroom, tmp_path: Path) -> None:
    form = '<form class="search" role="search" action="/search" method="get">'
    label = '<label class="unseen" for="q">Search releases</label>'
    for path in (
        "/",
        room.page("Budget"),
        "/organisations",
        "/report",
        "/none",
        "/search",
        "/search?q=flood",
    ):
        page = room.client.get(path).text
        assert [page.count(each) for each in (form, label, 'id="q"', 'name="q"')] == [1] * 4
        assert "form-action &#39;self&#39;" in page
    assert 'value="flood"' in page
    export(tmp_path / "site", room.publisher, room.storage)
    assert 'role="search"' not in (tmp_path / "site" / "index.html").read_text()


def test_a_query_is_escaped_wherever_it_stands(room: Newsroom) -> None:
    answer = room.client.get("/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status_code == 200
    assert re.findall(r"<script[^>]*>", answer.text) == re.findall(
        r'<script src="/static/copy\.js\?\w+" defer>', answer.text
    )
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("after:soon", "“soon” is no date; write it as 2026-03-31."),
        ("topic:a topic:b", "topic: stands twice; keep one."),
        ("x" * 300, "A search has up to 200 characters."),
        ("%26", "Write a word to search for, or a filter such as topic:health."),
        ("a b c d e f g h i j k", "A search has up to 10 words or phrases."),
        ("language:%3Cb%3E", "“&lt;b&gt;” is no language; write its code, such as fr."),
    ],
)
def test_a_query_that_cannot_be_carried_out_is_answered_with_the_cure(
    room: Newsroom, query: str, sentence: str
) -> None:
    answer = room.client.get(f"/search?q={query}")
    assert answer.status_code == 400
    assert sentence in answer.text.replace("&#34;", '"')
    assert 'name="q"' in answer.text
    assert room.client.get(f"/search/feed.rss?q={query}").status_code == 400


@pytest.mark.parametrize("path", ["/search", "/search?q=", "/search?q=%20"])
def test_without_a_query_the_page_helps(room: Newsroom, path: str) -> None:
    answer = room.client.get(path)
    assert answer.status_code == 200
    assert "organisation:osce" in answer.text
    assert "feed.rss?q=" not in answer.text


@pytest.mark.parametrize("more", ["&page=0", "&page=1", "&page=6", "&page=x", "&page=2", "&before=x"])
def test_pages_that_no_other_leads_to_are_not_found(room: Newsroom, more: str) -> None:
    assert room.client.get(f"/search?q=flood{more}").status_code == 404


def test_every_match_is_on_one_of_the_pages(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(*(item(f"Flood {n}") for n in range(130)))
    seen, path = [], "/search?q=flood"
    for _ in range(20):
        answer = room.client.get(path)
        seen += titles(answer.text)
        following = re.search(r'<a href="([^"]*)" rel="next">', answer.text)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
    assert sorted(seen) == sorted(f"Flood {n}" for n in range(130))
    assert room.client.get("/search?q=flood&page=2").text.count('rel="prev"') == 1


def test_what_is_withdrawn_is_found_no_more(room: Newsroom) -> None:
    assert titles(room.client.get("/search?q=flood").text) == ["Flood warning", "Budget"]
    room.withdraws("Flood warning")
    assert titles(room.client.get("/search?q=flood").text) == ["Budget"]
    assert b"Flood warning" not in room.client.get("/search/feed.json?q=flood").content


@pytest.mark.parametrize("republish", [Republish.HEADLINE, Republish.EXCERPT])
def test_a_search_tells_nothing_of_what_rights_keep_back(tmp_path: Path, republish: Republish) -> None:
    room = newsroom(tmp_path, replace(OBSERVATORY, republish=republish), MINISTRY)
    text = "The beginning. " + "Words of the middle. " * 200 + "The hidden dolphin."
    room.publishes(item("Sea level", text=text, content=f"<p>{text}</p>"))
    assert titles(room.client.get("/search?q=sea").text) == ["Sea level"]
    assert titles(room.client.get("/search?q=dolphin").text) == []
    assert json.loads(room.client.get("/search/feed.json?q=dolphin").content)["items"] == []


def found(room: Newsroom, query: str) -> list[set[str]]:
    """Return what a query finds: on its page, in its feed, and in the API."""
    page = titles(room.client.get(f"/search?q={query}").text)
    documents = [room.client.get(f"{path}?q={query}").content for path in ("/search/feed.json", "/api/items")]
    return [set(page), *({each["title"] for each in json.loads(body)["items"]} for body in documents)]


LICENSED = replace(OBSERVATORY, licence="CC-BY-4.0")
KEPT_BACK = [
    # The words that match are none that its rights let be shown.
    (replace(MINISTRY, republish=Republish.HEADLINE), UNSAID, "dolphin"),
    (replace(MINISTRY, licence="CC-BY-4.0"), Terms("CC-BY-NC-4.0"), "dolphin%20licence:cc-by-4.0"),
    (replace(MINISTRY, licence="CC-BY-4.0"), Terms("CC-BY-NC-4.0"), "licence:cc-by-4.0"),
]


@pytest.mark.parametrize(("other", "terms", "query"), KEPT_BACK)
def test_many_newer_releases_that_a_search_may_not_show_take_no_places(
    tmp_path: Path, other: Source, terms: Terms, query: str
) -> None:
    room = newsroom(tmp_path, LICENSED, other)
    text = "A dolphin."
    older = [item(f"Sea {n}", text=text, content=f"<p>{text}</p>") for n in range(5)]
    newer = (item(f"News {n}", text=text, content=f"<p>{text}</p>", terms=terms) for n in range(300))
    room.publishes(*older)
    room.publishes(*newer, source="ministere")
    assert found(room, query) == [{each.title for each in older}] * 3


def test_the_snippet_of_a_long_release_is_of_its_own_text(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    text = "Tides of the year. " * 200 + "The original gauge is gone."
    room.publishes(item("Tides", text=text, content=f"<p>{text}</p>"))
    (made,) = room.publisher.releases("")
    assert "Original" in made.lead_text
    main = room.client.get("/search?q=original").text.partition("<main")[2]
    snippet = main.partition('<p class="summary"')[2].partition(">")[2].partition("</p>")[0]
    assert snippet.endswith("The <mark>original</mark> gauge is gone.")
    assert "Released by" not in snippet
    main = room.client.get("/search?q=tides").text.partition('<p class="summary"')[2]
    assert main.partition(">")[2].startswith("<mark>Tides</mark> of the year.")


@pytest.mark.parametrize("kind", ["rss", "atom", "json"])
def test_a_search_is_a_channel_to_subscribe_to(room: Newsroom, kind: str) -> None:
    page = room.client.get("/search?q=flood+topic%3Aclimate")
    address = f"https://releases.example/search/feed.{kind}?q=flood%20topic%3Aclimate"
    assert f'href="{address}"' in page.text
    answer = room.client.get(address.removeprefix("https://releases.example"))
    assert answer.status_code == 200
    assert answer.headers["Link"] == f'<{address}>; rel="self"'
    assert (answer.headers["X-Robots-Tag"], answer.headers["Access-Control-Allow-Origin"]) == ("noindex", "*")
    again = room.client.get(
        f"/search/feed.{kind}?q=flood%20topic:climate", {"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    if kind == "json":
        document = json.loads(answer.content)
        assert [each["title"] for each in document["items"]] == ["Budget", "Flood warning"]
        assert document["feed_url"] == address
        assert document["home_page_url"] == "https://releases.example/search?q=flood%20topic%3Aclimate"
    else:
        tree = etree.fromstring(answer.content)
        entries = [*tree.iter("item"), *tree.iter("{*}entry")]
        assert [each.findtext("{*}title") or each.findtext("title") for each in entries] == [
            "Budget",
            "Flood warning",
        ]
        assert address in {each.get("href") for each in tree.iter("{http://www.w3.org/2005/Atom}link")}


def test_a_search_channel_holds_no_tombstone_entry(room: Newsroom) -> None:
    room.withdraws("Budget")
    assert (
        room.stored("Budget").public_id.encode() not in room.client.get("/search/feed.atom?q=flood").content
    )


@pytest.mark.parametrize("path", ["/search/feed.xml?q=flood", "/search/other"])
def test_other_addresses_are_not_found(room: Newsroom, path: str) -> None:
    assert room.client.get(path).status_code == 404


class Slow:
    """Searches of a store each of whose statements takes too long."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        return self._ended

    def _ended(self, *_: object, **__: object) -> NoReturn:
        raise StoreSlow("a query took longer than 2 s")


def slow(room: Newsroom) -> Client:
    storage = altered(room.storage, searches=Slow())
    publisher = Publisher(storage, lambda: room.config, now=lambda: NOON)
    return Client(public_app(publisher, storage))


@contextmanager
def busy(room: Newsroom) -> Iterator[Client]:
    """A client of endpoints all of whose slots are taken."""
    slots, limits = SearchSlots(1, wait=0), ClientLimits(now=lambda: NOON)
    pages = SearchPages(room.publisher, lambda: Site(room.config.publication), limits, slots)
    api = ApiEndpoints(room.publisher, room.storage.items, limits, slots)
    with slots.one():
        yield Client(Starlette(routes=[*pages.routes(), *api.routes()]))


SLOW, BUSY = "This search takes too long.", "There are too many searches at the moment."
OF_THE_API = "This takes too long at the moment."
SEARCHES = [
    ("/search?q=flood", SLOW, BUSY),
    ("/search/feed.rss?q=flood", SLOW, BUSY),
    ("/api/items?q=flood", OF_THE_API, OF_THE_API),
    ("/api/items?since=0&q=flood", OF_THE_API, OF_THE_API),
]


@pytest.mark.parametrize(("path", "is_slow", "is_busy"), SEARCHES)
def test_a_search_that_cannot_be_answered_now_is_503_with_a_time_to_try_again(
    room: Newsroom, path: str, is_slow: str, is_busy: str
) -> None:
    with busy(room) as client:
        answers = [(slow(room).get(path), is_slow), (client.get(path), is_busy)]
    for answer, sentence in answers:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.headers["Cache-Control"] == "no-store"
        assert sentence in answer.text
        assert "A flood at the coast" not in answer.text
    page = slow(room).get("/search?q=flood").text
    assert ('role="alert"' in page, 'value="flood"' in page) == (True, True)
    assert room.client.get(path).status_code == 200


def test_a_slot_is_free_again_after_a_search() -> None:
    slots = SearchSlots(1, wait=0)
    for _ in range(2):
        with slots.one(), pytest.raises(SearchBusy), slots.one():
            pass


def test_searches_of_one_client_are_limited(room: Newsroom) -> None:
    limits = ClientLimits(Rate(burst=4, every=timedelta(seconds=1)), now=lambda: NOON)
    client = Client(public_app(room.publisher, room.storage, limits=limits))
    answers = [client.get(path) for path in ("/search?q=a", "/search/feed.rss?q=a", "/search?q=a")]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "2"
    assert client.get("/feed.rss").status_code == 200
