"""Sources on the admin side: lists, health, findings, actions."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.config import Addition
from aggregator.errors import UsageError
from aggregator.model.decision import Errand, State
from aggregator.model.document import Fetched
from aggregator.model.finding import Finding, Rule
from aggregator.model.poll import Relocation
from aggregator.model.schedule import DueReason
from aggregator.model.settings import FOREVER, Republish
from aggregator.web.editing import Preview
from tests.given import HOUR, source, succeeded
from tests.web.browser import Browser
from tests.web.newsroom import NOON, OBSERVATORY, Newsroom, item, newsroom
from tests.web.test_login import ANA, JO, browser, logged_in

pytestmark = pytest.mark.usefixtures("engine")
PREVIEW = Preview(
    "https://new.example/feed?key=secret",
    "New <b>feed</b>",
    7,
    (("First <i>one</i>", NOON), ("", None)),
    (Finding(Rule.ZONES, 2, 7, "<script>"),),
)


@dataclass
class Notebook:
    """Edits that are noted and not made."""

    done: list[object] = field(default_factory=list)

    def pause(self, source: str, *, paused: bool) -> None:
        self.done.append((source, paused))

    def add(self, addition: Addition) -> str:
        if addition.id == "taken":
            raise UsageError("there is already a source with the id taken")
        self.done.append(addition)
        return "new"

    def preview(self, url: str) -> Awaitable[Preview]:
        async def found() -> Preview:
            if "none" in url:
                raise UsageError("no feed found there")
            return PREVIEW

        return found()


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.config = replace(made.config, users=(ANA, JO))
    return made


def desk(room: Newsroom, edits: Notebook | None = None, name: str = "Jo") -> Browser:
    return logged_in(room, name, edits or Notebook())


def audited(room: Newsroom) -> list[tuple[Errand | None, str, str]]:
    return [(each.noted, each.source, each.actor) for each in room.storage.admin.acts()]


def names(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('<a href="/sources/')[1:]]


def test_sources_are_listed_by_pages_searched_and_filtered(room: Newsroom) -> None:
    many = tuple(source(f"s{number:03}") for number in range(205))
    room.reconfigures(sources=(OBSERVATORY, *many))
    room.fails("s007", "no answer")
    client = desk(room)
    first = client.get("/sources").text
    assert (names(first)[0], len(names(first))) == ("observatory", 100)
    assert 'href="/sources?after=s098"' in first
    last = client.get("/sources?after=s198").text
    assert (names(last), 'rel="next"' in last) == ([f"s{n}" for n in range(199, 205)], False)
    assert names(client.get("/sources?q=COASTAL").text) == ["observatory"]
    assert names(client.get("/sources?q=%25").text) == names(client.get("/sources?q=_").text) == []
    assert names(client.get("/sources?state=failing").text) == ["s007"]
    assert "No source is found" in client.get("/sources?state=working").text
    assert len(names(client.get("/sources?state=none").text)) == 100
    assert 'href="/sources?after=s099&amp;q=s&amp;state=waiting"' in client.get(
        "/sources?q=s&state=waiting"
    ).text.replace("s100&", "s099&")


def test_a_source_shows_its_health_and_what_its_feed_does_badly(room: Newsroom) -> None:
    room.publishes(item("Storm <b>", flags=("unknown-zone",)), item("Calm"))
    page = desk(room).get("/sources/observatory").text
    assert "<dt>State</dt><dd><strong>Working</strong>" in page
    assert "1 kept: 0 % unchanged, 0 % failed" in page
    assert "2 new items in 30 days" in page
    assert "Dates have no time zone that is known.</strong> 1 of 2 items." in page
    assert "Storm &lt;b&gt;" in page
    assert "Cure: Write the zone as an offset such as +0100." in page
    room.fails("observatory", "https://observatory.example/press.xml answered <503>")
    page = desk(room).get("/sources/observatory").text
    assert "The feed could not be read." in page
    assert "answered &lt;503&gt;" in page
    assert "2 kept: 0 % unchanged, 50 % failed" in page


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ("Climate, Open data", "English", "republish: full", "live")),
        (
            {
                "topics": (),
                "language": "",
                "licence": "CC-BY-4.0",
                "attribution": "Credit: us",
                "republish": Republish.EXCERPT,
                "review": True,
            },
            ("none", "as its feed or its text says", "republish: excerpt, CC-BY-4.0, Credit: us", "review"),
        ),
        ({"veto": timedelta(hours=2)}, ("Climate, Open data", "English", "republish: full", "after 2h")),
        ({"veto": timedelta(minutes=90)}, ("Climate, Open data", "English", "republish: full", "after 90m")),
    ],
)
def test_a_source_shows_its_topics_language_rights_and_how_it_is_published(
    room: Newsroom, settings: dict[str, object], words: tuple[str, ...]
) -> None:
    room.reconfigures(sources=(replace(OBSERVATORY, **settings),))
    page = desk(room).get("/sources/observatory").text
    for heading, said in zip(("Topics", "Language", "Rights", "Publish"), words, strict=True):
        assert f'<dt>{heading}</dt><dd dir="auto">{said}</dd>' in page


def test_items_that_all_wait_have_no_delay_and_the_page_says_so(room: Newsroom) -> None:
    room.publishes(item("Storm"), item("Calm"), state=State.HELD)
    page = desk(room).get("/sources/observatory").text
    assert "Newest items with a date that wait: 2. None is published yet." in page


def test_an_unknown_source_is_404(room: Newsroom) -> None:
    client = desk(room)
    assert client.get("/sources/nothing").status_code == 404
    assert client.send("/sources/nothing", {"act": "poll"}).status_code == 404


def test_actions_are_off_without_users(room: Newsroom) -> None:
    room.config = replace(room.config, users=())
    client = browser(room, Notebook())
    assert "<button>Poll now" not in client.get("/sources/observatory").text
    for path in ("/sources/observatory", "/add-source"):
        answer = client.send(path, {"act": "poll", "url": "https://new.example/"})
        assert (answer.status_code, "Actions are off until users are set" in answer.text) == (403, True)


def test_without_a_session_sources_are_read_and_not_acted_on(room: Newsroom) -> None:
    client = browser(room, Notebook())
    page = client.get("/sources/observatory").text
    assert ('href="/login"' in page, "<button>" in page) == (True, False)
    assert client.get("/add-source").headers["location"] == "/login"
    answer = client.send("/sources/observatory", {"act": "poll"})
    assert (answer.status_code, "log in again" in answer.text) == (403, True)


def test_forms_of_other_sites_and_sessions_are_refused(room: Newsroom) -> None:
    client = desk(room)
    answer = client.send("/sources/observatory", {"act": "poll"}, {"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, "<!doctype html>" in answer.text) == (403, True)
    answer = client.send("/sources/observatory", {"act": "poll", "form": "another"})
    assert (answer.status_code, "another session" in answer.text) == (403, True)


def test_editors_poll_and_only_admins_edit_sources(room: Newsroom) -> None:
    edits = Notebook()
    client = desk(room, edits, "Ana")
    page = client.get("/sources/observatory").text
    assert (">Poll now<" in page, ">Pause<" in page) == (True, False)
    assert client.send("/sources/observatory", {"act": "poll"}).status_code == 303
    for act in ("pause", "resume", "unmove"):
        answer = client.send("/sources/observatory", {"act": act})
        assert (answer.status_code, "Only an admin may edit sources" in answer.text) == (403, True)
    assert "Add a source" not in client.get("/sources").text
    assert client.get("/add-source").status_code == 403
    for confirmed in ("", "yes"):
        fields = {"url": "https://new.example/", "confirmed": confirmed}
        assert client.send("/add-source", fields).status_code == 403
    assert edits.done == []


def test_a_source_is_polled_now(room: Newsroom) -> None:
    room.publishes(item("First"))
    answer = desk(room).send("/sources/observatory", {"act": "poll"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sources/observatory?done=poll")
    health = room.storage.overview.source("observatory")
    assert health is not None
    assert (health.due.reason, health.due.at) == (DueReason.OPERATOR, room.now)
    assert audited(room) == [(Errand.POLL, "observatory", "Jo")]
    assert "It is polled within seconds." in desk(room).get("/sources/observatory?done=poll").text


def test_a_source_is_paused_and_a_paused_one_is_not_polled(room: Newsroom) -> None:
    edits = Notebook()
    client = desk(room, edits)
    client.send("/sources/observatory", {"act": "pause"})
    room.reconfigures(sources=(replace(OBSERVATORY, paused=FOREVER),))
    page = client.get("/sources/observatory").text
    assert ("End the pause" in page, "<dt>State</dt><dd><strong>Paused</strong>" in page) == (True, True)
    assert "<strong>Paused</strong>" in client.get("/sources").text
    refused = client.send("/sources/observatory", {"act": "poll"})
    assert (refused.status_code, "end its pause first" in refused.text) == (409, True)
    client.send("/sources/observatory", {"act": "resume"})
    assert edits.done == [("observatory", True), ("observatory", False)]
    assert audited(room) == [(Errand.PAUSE, "observatory", "Jo"), (Errand.RESUME, "observatory", "Jo")]


def moves(room: Newsroom, to: str) -> None:
    """Record a poll of the observatory, whose feed has moved for good."""
    (claim,) = room.storage.polls.claim(room.now, limit=1, lease=HOUR, ids=("observatory",))
    moved = replace(claim, relocation=Relocation(at=to, since=room.now))
    polled = succeeded(moved, OBSERVATORY, room.now, fetched=Fetched(to, 304, None))
    room.storage.polls.record(replace(polled, claim=claim))


def test_a_moved_source_returns_to_its_configured_address(room: Newsroom) -> None:
    moves(room, "https://new.example/feed")
    client = desk(room)
    page = client.get("/sources/observatory").text
    assert "moved for good, polled at https://new.example/feed" in page
    assert "Return to the configured address" in page
    assert "Return to the configured address" not in desk(room, name="Ana").get("/sources/observatory").text
    answer = client.send("/sources/observatory", {"act": "unmove"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sources/observatory?done=unmove")
    health = room.storage.overview.source("observatory")
    assert health is not None
    assert (health.relocation.at, health.due.reason) == ("", DueReason.UNMOVED)
    assert audited(room) == [(Errand.UNMOVE, "observatory", "Jo")]
    page = client.get("/sources/observatory?done=unmove").text
    assert "It is polled at its configured address again." in page
    assert "moved for good" not in page
    assert client.send("/sources/observatory", {"act": "unmove"}).status_code == 409  # once


@pytest.mark.parametrize("act", ["unmove", "explode", ""])
def test_an_action_that_cannot_be_done_is_said(room: Newsroom, act: str) -> None:
    answer = desk(room).send("/sources/observatory", {"act": act})
    assert (answer.status_code, 'role="alert"' in answer.text) == (409, True)


def test_a_feed_is_previewed_and_added(room: Newsroom) -> None:
    edits = Notebook()
    client = desk(room, edits)
    assert client.get("/add-source").status_code == 200
    page = client.send("/add-source", {"url": "https://new.example/"}).text
    assert "New &lt;b&gt;feed&lt;/b&gt;</h1>" in page
    assert "First &lt;i&gt;one&lt;/i&gt;" in page
    assert "<script>" not in page
    assert "key=secret" not in page.partition('type="hidden"')[0]
    whole = {"confirmed": "yes", "url": PREVIEW.address, "organisation": "New feed", "topics": "sea, air"}
    done = client.send("/add-source", {**whole, "id": "new"})
    assert (done.status_code, done.headers["location"]) == (303, "/sources?added=new")
    assert edits.done == [Addition(PREVIEW.address, "new", "New feed", ("sea", "air"))]
    assert audited(room) == [(Errand.ADD, "new", "Jo")]
    refused = client.send("/add-source", {**whole, "id": "taken"})
    assert (refused.status_code, "already a source" in refused.text) == (400, True)
    assert "no feed found" in client.send("/add-source", {"url": "https://none.example/"}).text
