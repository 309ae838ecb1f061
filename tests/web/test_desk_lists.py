"""Lists of the desk whose items are decided on one by one."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.amendment import Amendment
from aggregator.model.decision import Trigger
from aggregator.model.item import Item, Key, KeyKind
from aggregator.policy.amendments import amended
from aggregator.policy.lifecycle import amend
from tests.web.browser import Browser, Value
from tests.web.newsroom import Newsroom, item, newsroom
from tests.web.test_login import ANA, JO, browser, logged_in

pytestmark = pytest.mark.usefixtures("engine")
SAME = Key(KeyKind.LINK, b"one address here")


def bridge(title: str) -> Item:
    """A release at the same address as the others."""
    made = item(title)
    return replace(made, keys=(*made.keys, SAME))


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.config = replace(made.config, users=(ANA, JO))
    made.publishes(bridge("Bridge open"))
    made.publishes(bridge("Bridge <opened>"), source="ministere")
    return made


def decides(room: Newsroom, reader: Browser, act: str) -> tuple[int, str]:
    """Decide on the suggestion; returns the status and where the answer leads."""
    sent = {"of": "stories", "act": act, "reason": "one bridge", "near": room.ids["Bridge open"]}
    answer = reader.send(f"/desk/items/{room.ids['Bridge <opened>']}", sent)
    return answer.status_code, answer.headers["location"].partition("&")[0]


def test_a_suggestion_names_what_it_resembles_and_is_decided_in_the_list(room: Newsroom) -> None:
    reader = logged_in(room)
    page = reader.get("/desk?of=stories").text
    assert f'value="{room.ids["Bridge open"]}" required checked' in page
    assert f"Coastal Observatory · Live · {room.ids['Bridge open']}</small>" in page
    assert f'href="/desk/items/{room.ids["Bridge open"]}">Open' in page
    acts = [
        each for each in ("merge", "apart", "release", "hold", "withdraw") if f'"act" value="{each}"' in page
    ]
    assert acts == ["merge", "apart"]
    assert decides(room, reader, "merge") == (303, "/desk?of=stories")
    assert room.stored("Bridge open").story == room.stored("Bridge <opened>").story
    assert "Nothing waits here." in reader.get("/desk?of=stories").text


def test_a_suggestion_is_declared_not_one_story_in_the_list(room: Newsroom) -> None:
    reader = logged_in(room)
    assert decides(room, reader, "apart") == (303, "/desk?of=stories")
    assert room.storage.items.audit(room.stored("Bridge open").number)[-1].trigger is Trigger.SPLIT
    assert "Nothing waits here." in reader.get("/desk?of=stories").text


def test_a_page_without_suggestions_says_how_many_releases_were_looked_through(room: Newsroom) -> None:
    room.publishes(*(item(f"No {number}", text=f"Number {number}.") for number in range(250)))
    page = logged_in(room).get("/desk?of=stories").text
    assert "None of the 200 newest releases looked through belongs here" in page
    assert 'rel="next"' in page


@pytest.mark.parametrize(("of", "refused"), [("conflicts", "release"), ("stories", "hold")])
def test_several_are_not_decided_on_at_once_where_it_makes_no_sense(
    room: Newsroom, of: str, refused: str
) -> None:
    reader = logged_in(room)
    sent: dict[str, Value] = {
        "of": of,
        "act": refused,
        "reason": "x",
        "item": [f"{room.ids['Bridge open']} 1"],
    }
    answer = reader.send("/desk/bulk", sent)
    assert (answer.status_code, "not for several releases" in answer.text) == (400, True)


def test_amend_conflicts_are_held_or_withdrawn_at_once_and_not_released(room: Newsroom) -> None:
    stored = room.stored("Bridge open")
    made = amended(stored, Amendment(headline="Bridge opens"))
    room.storage.acts.apply_transitions([amend(stored, made, reason="", actor="Ana", at=room.now)])
    room.corrects("Bridge open", bridge("Bridge open again"))
    page = logged_in(room).get("/desk?of=conflicts").text
    assert [f'"act" value="{each}"' in page for each in ("release", "hold", "withdraw")] == [
        False,
        True,
        True,
    ]


def test_without_a_session_nothing_is_offered(room: Newsroom) -> None:
    room.config = replace(room.config, users=())
    page = browser(room).get("/desk?of=stories").text
    assert ("Coastal Observatory · Live" in page, '<button name="act"' in page) == (True, False)
