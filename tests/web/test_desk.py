"""The desk: what waits is shown as it would be published, and decided on with a reason and a name."""

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from aggregator.model.decision import State, Trigger
from aggregator.model.desk import VetoLink
from aggregator.model.item import Item
from aggregator.model.settings import Republish
from aggregator.policy.embargo import VETO
from aggregator.policy.sessions import digest
from aggregator.web.desk_pages import left
from tests.given import DAY, HOUR, MINUTE, NOON
from tests.web.browser import Browser
from tests.web.newsroom import OBSERVATORY, Newsroom, item, newsroom
from tests.web.test_login import ANA, JO, browser, logged_in

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path, replace(OBSERVATORY, review=True))
    made.config = replace(made.config, users=(ANA, JO))
    return made


def under_review(room: Newsroom, *titles: str) -> None:
    """Items that wait for approval."""
    room.publishes(*(item(title) for title in titles), state=State.HELD)


def address(room: Newsroom, title: str) -> str:
    return f"/desk/items/{room.ids[title]}"


def decides(reader: Browser, room: Newsroom, title: str, act: str, **fields: str) -> int:
    """Load the page of an item and send one of its forms; returns the status of the answer."""
    reader.get(address(room, title))
    sent = {"act": act, "reason": "as agreed", "version": str(room.stored(title).newest), **fields}
    return reader.send(address(room, title), sent).status_code


def last(room: Newsroom, title: str) -> tuple[Trigger, str, str]:
    step = room.storage.items.audit(room.stored(title).number)[-1]
    return step.trigger, step.actor, step.reason


def test_what_waits_is_shown_as_it_would_be_published(room: Newsroom) -> None:
    room.publishes(item("Storm", content="<p>Stay <b>ashore</b>.</p>", text="Stay ashore."), state=State.HELD)
    reader = logged_in(room)
    page = reader.get("/desk?of=held").text
    assert ">Storm</a></h2>" in page
    assert "Stay ashore." in page
    assert "Standing text about Coastal Observatory." in page
    assert '<a href="/desk?of=held" aria-current="page">Held <small>1</small></a>' in page
    assert "Nothing waits here." in reader.get("/desk?of=veto").text
    assert "Nothing waits here." in reader.get("/desk?of=nonsense&before=x").text
    page = reader.get(address(room, "Storm")).text
    assert "<p>Stay <b>ashore</b>.</p>" in page
    assert 'value="release"' in page
    assert "Erase for good" not in page  # an editor
    assert "Erase for good" in logged_in(room, "Jo").get(address(room, "Storm")).text


def test_nothing_of_a_source_without_rights_is_previewed(room: Newsroom) -> None:
    under_review(room, "Storm")
    room.reconfigures(sources=(replace(OBSERVATORY, republish=Republish.NO),))
    reader = logged_in(room)
    assert "No preview" in reader.get("/desk?of=held").text
    assert "The whole of Storm." not in reader.get(address(room, "Storm")).text


def test_a_hostile_headline_is_escaped(room: Newsroom) -> None:
    title = '<script>alert(1)</script> "&'
    room.publishes(item(title, content="<p>Harmless.</p>", text=title), state=State.HELD)
    reader = logged_in(room)
    for path in ("/desk?of=held", address(room, title)):
        assert "<script>" not in reader.get(path).text


def test_the_list_goes_on_to_the_last(room: Newsroom) -> None:
    under_review(room, *(f"No {number}" for number in range(23)))
    reader = logged_in(room)
    first = reader.get("/desk?of=held").text
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = reader.get(older).text
    assert (first.count("<article"), second.count("<article")) == (20, 3)
    assert 'rel="next"' not in second


def test_an_editor_decides_and_the_audit_trail_names_the_editor(room: Newsroom) -> None:
    under_review(room, "Storm")
    reader = logged_in(room)
    assert decides(reader, room, "Storm", "release") == 303
    assert (room.stored("Storm").state, last(room, "Storm")) == (
        State.LIVE,
        (Trigger.RELEASE, "Ana", "as agreed"),
    )
    assert decides(reader, room, "Storm", "hold", until="2026-03-03T09:00") == 303
    assert room.stored("Storm").release == NOON + 21 * HOUR
    assert decides(reader, room, "Storm", "publish") == 303
    assert room.stored("Storm").state is State.LIVE
    assert decides(reader, room, "Storm", "withdraw") == 303
    assert last(room, "Storm") == (Trigger.WITHDRAW, "Ana", "as agreed")
    assert decides(reader, room, "Storm", "reinstate") == 303
    assert room.stored("Storm").reinstated
    page = reader.get(address(room, "Storm")).text
    assert '<strong>withdraw</strong> <span dir="auto">Ana</span>: <span dir="auto">as agreed</span>' in page


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"reason": " \n "}, 400, "Give a reason"),
        ({"reason": "x" * 1001}, 400, "up to 1000 characters"),
        ({"act": "explode"}, 400, "Press the button of a decision"),
        ({"act": ""}, 400, "Press the button of a decision"),
        ({"act": "release", "version": "7"}, 409, "has a newer version"),
        ({"act": "release", "version": ""}, 400, "names no version"),
        ({"act": "reinstate"}, 409, "cannot reinstate it"),
        ({"act": "hold", "until": "soon"}, 400, "A time is written as"),
        ({"act": "hold", "until": "9999-12-31T23:59-14:00"}, 400, "A time is written as"),
        ({"act": "hold", "until": "2020-01-01T00:00"}, 409, "is past"),
        ({"act": "strike", "struck": ""}, 400, "Choose a version"),
        ({"act": "split"}, 409, "is in no story"),
        ({"act": "merge", "other": "unknown"}, 400, "no other release with this id"),
        ({"act": "apart", "other": ""}, 400, "no other release with this id"),
        ({"act": "erase", "confirm": "x"}, 403, "Only an admin may erase"),
        ({"act": "amend"}, 409, "is amended so already"),
        ({"act": "amend", "language": "xx"}, 409, "registered code"),
        ({"act": "withdraw", "notice_name": "Eve"}, 400, "a name and an address"),
        (
            {
                "act": "withdraw",
                "notice_name": "Eve",
                "notice_address": "e@x",
                "received": "2030-01-01T00:00",
            },
            400,
            "in the future",
        ),
    ],
)
def test_an_impossible_decision_changes_nothing_and_says_why(
    room: Newsroom, fields: dict[str, str], status: int, says: str
) -> None:
    under_review(room, "Storm")
    reader = logged_in(room)
    before = room.stored("Storm")
    answer = reader.send(
        address(room, "Storm"), {"act": "hold", "reason": "as agreed", "version": "1", **fields}
    )
    assert (answer.status_code, says in answer.text) == (status, True), answer.text
    assert room.stored("Storm") == before


def test_an_unknown_release_is_not_found(room: Newsroom) -> None:
    reader = logged_in(room)
    assert reader.get("/desk/items/unknown").status_code == 404
    assert reader.post("/desk/items/unknown", act="hold", reason="x").status_code == 404


def revised(room: Newsroom, old: Item, new: Item) -> str:
    """Publish an item of which a newer version waits for approval; returns the page of it at the desk."""
    room.publishes(old)
    room.corrects(old.title, new, waits=True)
    return logged_in(room).get(address(room, old.title)).text


def test_a_waiting_version_is_compared_with_the_public_one(room: Newsroom) -> None:
    new = item("Storm", content="<p>Stay <b>&lt;ashore&gt;</b> tonight.</p>", text="x", fingerprint=b"new")
    page = revised(room, item("Storm", content="<p>Stay inside tonight.</p>"), new)
    assert "Stay <del>[−&nbsp;inside&nbsp;−]</del> <ins>[+&nbsp;&lt;ashore&gt;&nbsp;+]</ins> tonight." in page
    assert "Version 2 waits; the public sees version 1." in page


def test_a_waiting_version_of_the_same_words_says_so(room: Newsroom) -> None:
    old = item("Storm")
    page = revised(room, old, replace(old, content=f"{old.content}<hr>", fingerprint=b"new"))
    assert "Both versions have the same words" in page


def test_what_does_not_wait_is_compared_with_nothing(room: Newsroom) -> None:
    under_review(room, "Storm")
    assert "What it changes" not in logged_in(room).get(address(room, "Storm")).text


@pytest.mark.one_engine("no store")
def test_the_script_of_the_list_is_our_own_and_nothing_else_runs(room: Newsroom) -> None:
    under_review(room, "Storm")
    reader = logged_in(room)
    page = reader.get("/desk?of=held")
    policy = page.headers["content-security-policy"]
    assert "; script-src 'self';" in policy
    assert "unsafe" not in policy
    (script,) = re.findall(r'<script src="([^"]+)" defer></script>', page.text)
    assert reader.get(script).headers["content-type"].startswith("text/javascript")
    assert "script-src" not in reader.get(address(room, "Storm")).headers["content-security-policy"]
    assert '<details id="keys" hidden><summary>Keys</summary>' in page.text  # without the script


def test_an_editor_amends_and_clears(room: Newsroom) -> None:
    under_review(room, "Storm")
    reader = logged_in(room)
    fields = {"headline": "Storm tonight", "topics": "sea, climate", "note": "One.\nTwo."}
    assert decides(reader, room, "Storm", "amend", **fields) == 303
    made = room.stored("Storm").amended
    assert (made.headline, made.topics, made.note) == ("Storm tonight", ("sea", "climate"), "One.\nTwo.")
    page = reader.get(address(room, "Storm")).text
    assert 'value="Storm tonight"' in page
    assert 'value="sea, climate"' in page
    assert decides(reader, room, "Storm", "amend", headline="", note="One.") == 303
    made = room.stored("Storm").amended
    assert (made.headline, made.topics, made.note) == ("", (), "One.")


def test_a_former_version_is_struck(room: Newsroom) -> None:
    room.publishes(item("Storm"))
    room.corrects("Storm", item("Storm", content="<p>Calm.</p>", text="Calm.", fingerprint=b"calm"))
    reader = logged_in(room)
    assert '<option value="1">1: Storm</option>' in reader.get(address(room, "Storm")).text
    assert decides(reader, room, "Storm", "strike", struck="1") == 303
    assert last(room, "Storm") == (Trigger.STRIKE, "Ana", "as agreed")


def test_an_admin_erases_with_the_request_that_it_answers(room: Newsroom) -> None:
    room.publishes(item("Storm"))
    reader = logged_in(room, "Jo")
    asked = {"notice_name": "Eve", "notice_address": "eve@example.org", "confirm": room.ids["Storm"]}
    assert decides(reader, room, "Storm", "erase", **{**asked, "confirm": "storm"}) == 400
    assert decides(reader, room, "Storm", "erase", **asked) == 303
    (act,) = [each for each in room.storage.admin.acts() if each.notice is not None]
    assert act.notice is not None
    assert (act.actor, act.notice.name, act.notice.statement) == ("Jo", "Eve", "as agreed")
    page = reader.get(address(room, "Storm")).text
    assert "nothing is left of it" in page
    assert "The whole of Storm" not in page


def in_bulk(reader: Browser, act: str, chosen: list[str], of: str = "held") -> httpx.Response:
    return reader.send("/desk/bulk", {"act": act, "reason": "read all", "item": chosen, "of": of})


def test_several_are_decided_with_one_reason_all_or_none(room: Newsroom) -> None:
    titles = ("Storm", "Calm", "Fog")
    under_review(room, *titles)
    reader = logged_in(room)
    chosen = [f"{room.ids[title]} 1" for title in titles[:2]]
    assert in_bulk(reader, "release", [*chosen, f"{room.ids['Fog']} 2"]).status_code == 409
    assert {room.stored(title).state for title in titles} == {State.HELD}
    answer = in_bulk(reader, "release", chosen)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk?of=held&done=release&count=2")
    assert [room.stored(title).state for title in titles] == [State.LIVE, State.LIVE, State.HELD]
    assert last(room, "Calm") == (Trigger.RELEASE, "Ana", "read all")
    assert in_bulk(reader, "withdraw", chosen).status_code == 303
    assert room.stored("Storm").state is State.WITHDRAWN


@pytest.mark.parametrize(
    ("act", "chosen", "status"),
    [
        ("hold", [], 400),
        ("hold", ["unknown 1"], 404),
        ("amend", ["unknown 1"], 400),
        ("hold", [f"{number} 1" for number in range(101)], 400),
    ],
)
def test_a_choice_that_cannot_be_decided_is_refused(
    room: Newsroom, act: str, chosen: list[str], status: int
) -> None:
    assert in_bulk(logged_in(room), act, chosen).status_code == status


def test_a_veto_link_shows_the_release_and_holds_it_once(room: Newsroom) -> None:
    under_review(room, "Storm")
    stored = room.stored("Storm")
    with room.storage.engine.writing() as db:
        db.execute(
            "UPDATE item SET reason = ?, release = ? WHERE number = ?",
            (VETO, int((NOON + 2 * HOUR).timestamp() * 1000), stored.number),
        )
    room.storage.desk.add_links([VetoLink(digest("token"), stored.id, NOON + 2 * HOUR)], NOON)
    reader = browser(room)  # nobody is logged in
    for _ in range(2):  # a scanner of mail opens it first
        page = reader.get("/veto/token")
        assert (page.status_code, "The whole of Storm." in page.text) == (200, True)
    assert room.stored("Storm").reason == VETO
    assert reader.post("/veto/token", {"Origin": "https://evil.example"}).status_code == 403
    assert reader.get("/veto/other").status_code == 404
    answer = reader.post("/veto/token", reason="")
    assert (answer.status_code, "The release is held." in answer.text) == (200, True)
    assert (room.stored("Storm").state, room.stored("Storm").release) == (State.HELD, None)
    assert last(room, "Storm") == (Trigger.HOLD, "veto link", "stopped by its veto link")
    assert [reader.get("/veto/token").status_code, reader.post("/veto/token").status_code] == [404, 404]


@pytest.mark.one_engine("the limit is in memory")
def test_veto_links_are_tried_at_a_bounded_rate(room: Newsroom) -> None:
    reader = browser(room)
    answers = [reader.get(f"/veto/{number}") for number in range(31)]
    assert [each.status_code for each in answers] == [404] * 30 + [429]
    assert answers[-1].headers["retry-after"] == "10"
    assert dataclasses.replace(reader, client="192.0.2.7").get("/veto/1").status_code == 404


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (timedelta(0), "now"),
        (MINUTE / 2, "in 1 min"),
        (59 * MINUTE, "in 59 min"),
        (90 * MINUTE, "in 1 h 30 min"),
        (3 * DAY, "in 3 days"),
    ],
)
@pytest.mark.one_engine("no store")
def test_the_time_left_is_in_words(after: timedelta, words: str) -> None:
    assert left(NOON + after, NOON) == words


def front(room: Newsroom) -> list[bool]:
    """Return whether the front page shows the older and the newer one of two releases."""
    page = room.client.get("/").text
    return [f">{title}<" in page for title in ("Bridge open", "Bridge opened")]


@pytest.mark.parametrize(
    ("state", "first", "shown"),
    [
        (State.LIVE, "", [True, False]),
        (State.LIVE, "other", [True, False]),
        (State.LIVE, "this", [False, True]),
        (State.HELD, "", [False, True]),
    ],
)
def test_a_merge_shows_the_older_published_release_unless_told_otherwise(
    tmp_path: Path, state: State, first: str, shown: list[bool]
) -> None:
    room = newsroom(tmp_path)
    room.config = replace(room.config, users=(ANA, JO))
    room.publishes(item("Bridge open"), state=state)
    room.publishes(item("Bridge opened"), source="ministere")
    reader = logged_in(room)
    assert decides(reader, room, "Bridge opened", "merge", other=room.ids["Bridge open"], first=first) == 303
    assert room.stored("Bridge open").story == room.stored("Bridge opened").story
    assert front(room) == shown
