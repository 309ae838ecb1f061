"""Reports: the public form, and decisions at the desk."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.decision import Errand, State
from aggregator.model.report import Answer, Ground, Report
from aggregator.model.websub import TaskKind
from aggregator.storage.sql import reports
from aggregator.web.app import public_app
from aggregator.web.report import WORDS_CHARS_MAX, item_of
from tests.engines import execute
from tests.web.browser import Browser
from tests.web.newsroom import NOON, Client, Newsroom, item, newsroom
from tests.web.test_login import ANA, JO, PROXY, browser, logged_in

pytestmark = pytest.mark.usefixtures("engine")
WHOLE = {
    "about": "https://releases.example/items/abcdefgh",
    "name": "Jane <b>Doe</b>",
    "address": "jane@example.org",
    "ground": "privacy",
    "words": "It names\r\na patient.\x00",
    "good_faith": "yes",
}


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.config = replace(made.config, users=(ANA, JO))
    return made


def site(room: Newsroom, wait: timedelta = timedelta(0)) -> Client:
    return Client(public_app(room.publisher, room.storage, allowed=lambda request: wait, now=lambda: NOON))


def desk(room: Newsroom) -> Browser:
    return logged_in(room, "Ana")


def reported(room: Newsroom, title: str = "") -> Report:
    """Return the report that a reader has sent about a release."""
    if title:
        room.publishes(item(title))
        about = f"https://releases.example{room.page(title)}"
        assert site(room).post("/report", {**WHOLE, "about": about}).status_code == 200
    else:
        assert site(room).post("/report", {**WHOLE, "about": "a page elsewhere"}).status_code == 200
    (found,) = room.storage.reports.waiting(0, 9)
    return found


def letters(room: Newsroom) -> list[str]:
    due = room.now + timedelta(days=1)
    found = room.storage.tasks.claim_tasks(due, kinds=[TaskKind.LETTER], limit=9, lease=timedelta(0))
    return [task.subject for task in found]


def test_a_release_links_to_the_form_which_permits_itself(room: Newsroom) -> None:
    room.publishes(item("First"))
    client = site(room)
    for path in ("/report", f"/report/{room.ids['First']}"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert "form-action 'self'; frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "form-action &#39;self&#39;" in answer.text
    assert f'value="https://releases.example/items/{room.ids["First"]}"' in answer.text
    page = client.get(room.page("First"))
    assert f'href="/report/{room.ids["First"]}"' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]


def test_a_report_is_stored_and_acknowledged_by_its_reference(room: Newsroom) -> None:
    answer = site(room).post("/report", WHOLE)
    (found,) = room.storage.reports.waiting(0, 9)
    assert answer.status_code == 200
    assert f"<strong>{found.reference}</strong>" in answer.text
    assert found == Report(
        found.reference,
        NOON,
        "Jane <b>Doe</b>",
        "jane@example.org",
        WHOLE["about"],
        "abcdefgh",
        Ground.PRIVACY,
        "It names\na patient.",
        number=1,
    )
    assert found.reference.startswith("2026-")
    assert letters(room) == [found.reference]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"about": " \x00"}, "Say which release"),
        ({"name": ""}, "Give your name"),
        ({"address": "jane@example.org, all@example.org"}, "Give an e-mail address"),
        ({"address": "ja..ne@example.org"}, "Give an e-mail address"),
        ({"address": "jane@example.org\r\nBcc: all@example.org"}, "Give an e-mail address"),
        ({"ground": "spite"}, "Choose one"),
        ({"words": ""}, "Say why"),
        ({"words": "x" * (WORDS_CHARS_MAX + 2)}, "This is 2 characters too long"),
        ({"good_faith": ""}, "Confirm this"),
    ],
)
def test_a_report_with_a_fault_is_asked_for_again_and_not_stored(
    room: Newsroom, changed: dict[str, str], said: str
) -> None:
    answer = site(room).post("/report", {**WHOLE, **changed})
    assert answer.status_code == 400
    assert said in answer.text
    assert "1 field needs your attention" in answer.text
    assert "Jane &lt;b&gt;Doe&lt;/b&gt;" in answer.text or "name" in changed
    assert room.storage.reports.waiting(0, 9) == ()


def test_abuse_of_children_may_be_reported_without_a_name(room: Newsroom) -> None:
    anonymous = {**WHOLE, "ground": "children", "name": "", "address": ""}
    assert site(room).post("/report", anonymous).status_code == 200
    assert letters(room) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none", "Origin": "null"}, 200),
        ({"Sec-Fetch-Site": "", "Origin": "https://other.example"}, 403),
        ({"Sec-Fetch-Site": "", "Origin": "http://["}, 403),
        ({"Content-Type": "application/json"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
    ],
)
def test_forms_of_other_sites_and_other_bodies_are_refused(
    room: Newsroom, headers: dict[str, str], status: int
) -> None:
    assert site(room).post("/report", WHOLE, headers).status_code == status


def test_a_body_beyond_the_limit_is_not_read(room: Newsroom) -> None:
    assert site(room).post("/report", {**WHOLE, "words": "x" * 70_000}).status_code == 413


def test_a_client_with_too_many_reports_is_told_when_to_come_back(room: Newsroom) -> None:
    answer = site(room, timedelta(seconds=61)).post("/report", WHOLE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "120")
    assert "in 2 min" in answer.text


def test_by_itself_a_client_sends_five_reports_at_once(room: Newsroom) -> None:
    client = Client(public_app(room.publisher, room.storage, now=lambda: NOON))
    assert [client.post("/report", WHOLE).status_code for _ in range(6)] == [200] * 5 + [429]
    assert len(letters(room)) == reports.LETTERS_A_DAY


def test_waiting_reports_are_bounded(room: Newsroom, tmp_path: Path) -> None:
    execute(
        tmp_path,
        f"""INSERT INTO report (reference, received, name, address, about, ground, words)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {reports.OPEN_MAX})
        SELECT 'r' || i, 0, '', '', '', 'other', '' FROM n""",
    )
    assert site(room).post("/report", WHOLE).status_code == 503


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ("https://releases.example/items/abcdefgh", "abcdefgh"),
        ("https://releases.example/items/abcdefgh/slug?x", "abcdefgh"),
        ("abcdefgh", "abcdefgh"),
        ("https://elsewhere.example/items/abcdefgh", ""),
        ("https://releases.example/", ""),
        ("../items/abcdefgh", ""),
    ],
)
def test_the_release_of_a_report_is_read_from_its_address(about: str, found: str) -> None:
    assert item_of(about, "https://releases.example/") == found


def test_without_users_no_decision_is_taken(room: Newsroom) -> None:
    report = reported(room, "First")
    room.config = replace(room.config, users=())
    client = browser(room)
    assert "Decide</button>" not in client.get(f"/reports/{report.number}").text
    answer = client.send(f"/reports/{report.number}", {"answer": "withdrawn", "statement": "x"})
    assert (answer.status_code, "Actions are off until users are set" in answer.text) == (403, True)
    assert room.stored("First").state is State.LIVE


def test_once_there_are_users_only_they_read_reports_and_decide(room: Newsroom) -> None:
    path = f"/reports/{reported(room, 'First').number}"
    client = browser(room)
    for page in ("/reports", path):
        assert client.get(page).headers["location"] == "/login"
    room.config = replace(room.config, admin_proxy=PROXY)
    stranger = browser(room, client="192.0.2.7", headers={"X-Remote-User": "Eve"})
    for page in ("/reports", path):
        assert stranger.get(page).status_code == 403
    fields = {"answer": "withdrawn", "statement": "x"}
    answers = [client.send(path, fields), desk(room).send(path, {**fields, "form": "another"})]
    assert [each.status_code for each in answers] == [403, 403]
    assert room.stored("First").state is State.LIVE


def test_open_reports_are_counted_in_the_navigation_and_on_the_desk(room: Newsroom) -> None:
    reported(room, "First")
    page = desk(room).get("/desk").text
    assert 'accesskey="p">Reports <small>1<span class="unseen"> wait</span></small></a>' in page
    assert '<a href="/reports">Reports <small>1</small></a>' in page
    assert "<small>1<" not in browser(room).get("/status").text


def test_a_withdrawal_carries_the_notice_and_reaches_the_reporter(room: Newsroom) -> None:
    report = reported(room, "First")
    letters(room)
    client = desk(room)
    assert report.reference in client.get("/reports").text
    shown = client.get(f"/reports/{report.number}").text
    assert "Jane &lt;b&gt;Doe&lt;/b&gt;" in shown
    assert ">First</a><br>" in shown
    assert f'amend it on <a href="/desk/items/{room.ids["First"]}">its page</a>' in shown
    answer = client.send(
        f"/reports/{report.number}", {"answer": "withdrawn", "statement": "Privacy.\nSorry."}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/reports/{report.number}")
    assert room.stored("First").state is State.WITHDRAWN
    act, answered = room.storage.admin.acts()
    assert (answered.noted, answered.actor, answered.item) == (Errand.REPORT, "Ana", room.ids["First"])
    assert answered.reason == f"{report.reference}: withdrawn"
    assert act.notice is not None
    assert (act.actor, act.reason, act.notice.address) == (
        "Ana",
        f"report {report.reference}: Privacy. Sorry.",
        "jane@example.org",
    )
    assert room.storage.reports.waiting(0, 9) == ()
    (decided,) = room.storage.reports.decided(None, 9)
    assert (decided.answer, decided.actor, decided.statement) == (Answer.WITHDRAWN, "Ana", "Privacy.\nSorry.")
    assert letters(room) == [report.reference]
    assert "by Ana on" in client.get(f"/reports/{report.number}").text
    assert "Waiting</h2>" not in client.get("/reports").text


def test_a_report_is_decided_once(room: Newsroom) -> None:
    report = reported(room, "First")
    client = desk(room)
    for answer in ("kept", "withdrawn"):
        client.send(f"/reports/{report.number}", {"answer": answer, "statement": "Reasons"})
    assert room.stored("First").state is State.LIVE
    assert [each.answer for each in room.storage.reports.decided(None, 9)] == ["kept"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"answer": "withdrawn", "statement": "Reasons"}, 409),  # no release of the store
        ({"answer": "forwarded", "statement": "Reasons"}, 303),
        ({"answer": "forwarded", "statement": " "}, 400),
        ({"answer": "burnt", "statement": "Reasons"}, 400),
        ({"answer": "kept", "statement": "x" * 5_001}, 400),
    ],
)
def test_a_decision_has_reasons_and_can_be_carried_out(
    room: Newsroom, given: dict[str, str], status: int
) -> None:
    report = reported(room)
    assert desk(room).send(f"/reports/{report.number}", given).status_code == status
    assert len(room.storage.reports.waiting(0, 9)) == (0 if status == 303 else 1)


def test_waiting_reports_are_listed_by_pages_oldest_first(room: Newsroom) -> None:
    for number in range(1, 53):
        room.storage.reports.receive(Report(f"ref{number}", NOON, "Jane", "", "x", "", Ground.OTHER, "words"))
    client = desk(room)
    first, second = client.get("/reports").text, client.get("/reports?after=50").text
    assert ("ref50<" in first, "ref51<" in first, 'href="/reports?after=50"' in first) == (True, False, True)
    assert ("ref50<" in second, "ref51<" in second, 'rel="next"' in second) == (False, True, False)


def test_decided_reports_are_listed_by_pages(room: Newsroom) -> None:
    store = room.storage.reports
    for number in range(1, 53):
        given = Report(f"ref{number}", NOON, "Jane", "", "x", "", Ground.OTHER, "words")
        store.receive(given)
        store.decide(replace(given, number=number, decided=NOON, statement="s", actor="Ana"), Answer.KEPT)
    client = desk(room)
    first, second = client.get("/reports"), client.get("/reports?before=3")
    assert ("ref3<" in first.text, "ref2<" in first.text) == (True, False)
    assert 'href="/reports?before=3"' in first.text
    assert ("ref2<" in second.text, "ref3<" in second.text, 'rel="next"' in second.text) == (
        True,
        False,
        False,
    )
    assert [client.get(f"/reports/{name}").status_code for name in ("99", "0", "x")] == [404] * 3
