"""Forms of the desk with a mistake keep what was entered and name the field; decisions are confirmed."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.decision import State
from tests.web.browser import Value
from tests.web.newsroom import NOON, OBSERVATORY, Newsroom, item, newsroom
from tests.web.test_desk import address, in_bulk, under_review
from tests.web.test_login import ANA, JO, logged_in

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path, replace(OBSERVATORY, review=True))
    made.config = replace(made.config, users=(ANA, JO))
    under_review(made, "Storm", "Calm")
    return made


@pytest.mark.parametrize(
    ("fields", "faulty", "kept"),
    [
        ({"act": "hold", "reason": "", "until": "2026-03-03T09:00"}, "decide-reason", "2026-03-03T09:00"),
        ({"act": "hold", "until": "2020-01-01T00:00"}, "decide-until", "2020-01-01T00:00"),
        ({"act": "withdraw", "notice_name": "Eve"}, "decide-notice_address", "Eve"),
        ({"act": "withdraw", "notice_address": "e@x.test"}, "decide-notice_name", "e@x.test"),
        ({"act": "amend", "note": "My <note>", "topics": "Öl"}, "amend-topics", "My &lt;note&gt;"),
        ({"act": "amend", "headline": "Gale", "language": "xx"}, "amend-language", "Gale"),
        ({"act": "amend", "headline": "x" * 501}, "amend-headline", "x" * 501),
        ({"act": "merge", "other": "nothing"}, "merge-other", "nothing"),
        ({"act": "strike", "struck": ""}, "strike-struck", "as agreed"),
        ({"act": "erase", "confirm": "storm"}, "erase-confirm", "storm"),
    ],
)
def test_a_form_with_a_mistake_is_shown_again_with_the_fault_at_its_field(
    room: Newsroom, fields: dict[str, str], faulty: str, kept: str
) -> None:
    reader = logged_in(room, "Jo")
    if faulty.startswith("strike"):
        room.corrects("Storm", item("Storm", fingerprint=b"new"), waits=True)
    page = reader.send(address(room, "Storm"), {"reason": "as agreed", "version": "1", **fields}).text
    assert f'aria-invalid="true" aria-describedby="fault-{faulty}' in page
    (fault,) = re.findall(rf'<small class="fault" id="fault-{faulty}">([^\n]+)', page)
    assert fault
    assert "".join(fault.split()) in "".join(page.partition('role="alert">')[2].split())
    assert kept in page
    assert "<h1 lang" in page  # the preview


def test_backticks_of_a_fault_are_code(room: Newsroom) -> None:
    reader = logged_in(room)
    page = reader.send(address(room, "Storm"), {"act": "amend", "reason": "x", "topics": "Öl"}).text
    assert "write <code>l</code>" in page


def test_a_list_with_a_mistake_keeps_the_choice_and_the_reason(room: Newsroom) -> None:
    reader = logged_in(room)
    page = in_bulk(reader, "hold", []).text
    assert "Choose at least one release. Nothing was changed." in page.partition('role="alert">')[2]
    assert ">Storm</a></h2>" in page
    assert 'value="read all"' in page
    chosen = f"{room.ids['Calm']} 1"
    sent: dict[str, Value] = {"act": "hold", "reason": " ", "item": [chosen], "of": "held"}
    page = reader.send("/desk/bulk", sent).text
    assert [f'value="{room.ids[each]} 1" checked' in page for each in ("Calm", "Storm")] == [True, False]
    assert 'id="fault-decide-reason"' in page


def test_decisions_are_confirmed(room: Newsroom) -> None:
    reader = logged_in(room)
    sent = {"act": "release", "reason": "read", "version": "1"}
    answer = reader.send(address(room, "Storm"), sent)
    assert answer.headers["location"] == f"{address(room, 'Storm')}?done=release"
    assert '<p class="done" role="status">Released.</p>' in reader.get(answer.headers["location"]).text
    page = reader.get(in_bulk(reader, "hold", [f"{room.ids['Calm']} 1"]).headers["location"]).text
    assert 'role="status">Held.</p>' in page
    both = [f"{room.ids[each]} 1" for each in ("Storm", "Calm")]
    assert (
        'role="status">2 releases withdrawn.'
        in reader.get(in_bulk(reader, "withdraw", both).headers["location"]).text
    )


@pytest.mark.parametrize(
    "asked", ["done=explode", "done=hold&count=<b>", "done=hold&count=99999", "done=&wait=x"]
)
def test_only_known_words_are_confirmed(room: Newsroom, asked: str) -> None:
    assert 'role="status"' not in logged_in(room).get(f"/desk?{asked}").text


def test_a_release_under_an_embargo_is_confirmed_as_approved(room: Newsroom) -> None:
    room.publishes(item("Later", claimed=NOON + timedelta(days=2)), state=State.HELD)
    reader = logged_in(room)
    answer = reader.send(address(room, "Later"), {"act": "release", "reason": "read", "version": "1"})
    assert answer.headers["location"].endswith("?done=approved")
    assert "Approved: it goes live when its embargo ends." in reader.get(answer.headers["location"]).text
    page = reader.get(
        in_bulk(reader, "release", [f"{room.ids['Later']} 1", f"{room.ids['Storm']} 1"]).headers["location"]
    ).text
    assert 'role="status">Released. Approved: it goes live' in page
