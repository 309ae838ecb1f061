"""Decisions of the desk on stories: taken out, merged, kept apart, and withdrawn as a whole."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.decision import State, Trigger
from aggregator.model.item import Item, Key, KeyKind
from tests.web.newsroom import MINISTRY, OBSERVATORY, Newsroom, item, newsroom
from tests.web.test_desk import address, decides, last
from tests.web.test_login import ANA, JO, logged_in

pytestmark = pytest.mark.usefixtures("engine")

AGENCY = replace(OBSERVATORY, id="agency", feed="https://agency.example/rss", organisation="Press Agency")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    """A release of the observatory in a story with that of the ministry, and one of the agency at its side."""
    made = newsroom(tmp_path, OBSERVATORY, MINISTRY, AGENCY)
    made.config = replace(made.config, users=(ANA, JO))
    made.publishes(item("Storm"))
    made.publishes(item("Storm at sea"), source="ministere", same_as="Storm")
    made.publishes(linked("Gale"), source="agency")
    return made


def linked(title: str) -> Item:
    """Return an item at the address that all of these have."""
    made = item(title)
    return replace(made, keys=(*made.keys, Key(KeyKind.LINK, b"the same address")))


def story(room: Newsroom, title: str) -> set[str]:
    """Return the titles of an item's story."""
    return {each.item.title for each in room.storage.items.story(room.stored(title).number)}


def apart(room: Newsroom) -> list[tuple[set[str], bool]]:
    """Return the decisions on pairs of items: their titles, and whether they are apart."""
    titles = {name: title for title, name in room.ids.items()}
    with room.storage.engine.reading() as db:
        found = db.execute("SELECT one, other, apart FROM pairing").fetchall()
    return [({titles[str(row["one"])], titles[str(row["other"])]}, bool(row["apart"])) for row in found]


def test_a_release_is_taken_out_of_its_story(room: Newsroom) -> None:
    assert decides(logged_in(room), room, "Storm at sea", "split") == 303
    assert (story(room, "Storm"), story(room, "Storm at sea")) == ({"Storm"}, {"Storm at sea"})
    reason = f"from {room.ids['Storm']}; as agreed"
    assert last(room, "Storm at sea") == (Trigger.SPLIT, "Ana", reason)
    assert apart(room) == [({"Storm", "Storm at sea"}, True)]


def test_a_release_is_merged_into_a_story_by_id(room: Newsroom) -> None:
    assert decides(logged_in(room), room, "Storm", "merge", other=room.ids["Gale"]) == 303
    assert story(room, "Gale") == {"Storm", "Storm at sea", "Gale"}
    assert last(room, "Gale") == (Trigger.MERGE, "Ana", f"with {room.ids['Storm']}; as agreed")
    assert decides(logged_in(room), room, "Storm", "merge", other=room.ids["Gale"]) == 409  # they are one


@pytest.mark.parametrize(("act", "is_apart"), [("apart", True), ("merge", False)])
def test_a_suggested_story_is_merged_or_kept_apart(room: Newsroom, act: str, is_apart: bool) -> None:
    room.publishes(linked("Gale warning"))
    reader = logged_in(room)
    assert f"/desk/items/{room.ids['Gale warning']}" in reader.get("/desk?of=stories").text
    page = reader.get(address(room, "Gale warning")).text
    assert f'name="near" value="{room.ids["Gale"]}"' in page
    assert f'value="{act}"' in page
    assert decides(reader, room, "Gale warning", act, near=room.ids["Gale"]) == 303
    assert apart(room) == [({"Gale", "Gale warning"}, is_apart)]
    assert story(room, "Gale") == ({"Gale"} if is_apart else {"Gale", "Gale warning"})
    trigger = Trigger.SPLIT if is_apart else Trigger.MERGE
    assert last(room, "Gale warning")[:2] == (trigger, "Ana")
    assert "Nothing waits here." in reader.get("/desk?of=stories").text


@pytest.mark.parametrize(("story_too", "withdrawn"), [("1", {"Storm", "Storm at sea"}), ("", {"Storm"})])
def test_a_withdrawal_takes_all_releases_of_the_story_if_asked(
    room: Newsroom, story_too: str, withdrawn: set[str]
) -> None:
    reader = logged_in(room)
    assert "All releases of its story" in reader.get(address(room, "Storm")).text
    assert "All releases of its story" not in reader.get(address(room, "Gale")).text
    assert decides(reader, room, "Storm", "withdraw", story=story_too) == 303
    assert {title for title in room.ids if room.stored(title).state is State.WITHDRAWN} == withdrawn
    for title in withdrawn:
        assert last(room, title) == (Trigger.WITHDRAW, "Ana", "as agreed")
