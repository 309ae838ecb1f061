"""Archives and withdrawals as documents: a subscriber that was away learns of everything."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree
from msgspec.structs import replace

from aggregator.model.decision import Trigger
from aggregator.model.settings import Republish
from aggregator.policy.lifecycle import step
from aggregator.publish.publisher import Withdrawn
from tests.line.valid import ATOM, atom_mistakes, json_mistakes
from tests.web.newsroom import MINISTRY, OBSERVATORY, Newsroom, item, newsroom

pytestmark = pytest.mark.usefixtures("engine")

AT = "{http://purl.org/atompub/tombstones/1.0}"
UNLIMITED = replace(OBSERVATORY, burst=100_000)


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return newsroom(tmp_path, UNLIMITED, MINISTRY)


def feed(room: Newsroom, address: str) -> etree._Element:
    reply = room.client.get(address.removeprefix("https://releases.example"))
    assert reply.status_code == 200, address
    return etree.fromstring(reply.content)


def link(of: etree._Element, relation: str) -> str:
    return next(
        (str(each.get("href")) for each in of.iterfind("a:link", ATOM) if each.get("rel") == relation), ""
    )


def titles(of: etree._Element) -> list[str]:
    return [each.findtext("a:title", namespaces=ATOM) or "" for each in of.iterfind("a:entry", ATOM)]


def walk(room: Newsroom, address: str) -> list[etree._Element]:
    """Return the current document and all archives, as a subscriber follows them."""
    documents = [feed(room, address)]
    while older := link(documents[-1], "prev-archive"):
        documents.append(feed(room, older))
    return documents


def publish(room: Newsroom, count: int, at_once: int = 50, first: int = 0) -> None:
    for start in range(first, first + count, at_once):
        room.publishes(*(item(f"Release {n}") for n in range(start, min(start + at_once, first + count))))


@pytest.mark.parametrize("count", [300, pytest.param(2_500, marks=pytest.mark.soak)])
def test_a_subscriber_reaches_every_release_through_prev_archive(room: Newsroom, count: int) -> None:
    publish(room, count)
    for name in ("", "topics/climate/", "sources/observatory/"):
        documents = walk(room, f"/{name}feed.atom")
        assert len(documents) == count // 40 + 1
        assert {title for each in documents for title in titles(each)} == {
            f"Release {n}" for n in range(count)
        }
        assert all(
            each.find("{http://purl.org/syndication/history/1.0}archive") is not None
            for each in documents[1:]
        )


def test_archives_link_each_other_and_the_current_document(room: Newsroom) -> None:
    publish(room, 90)
    archive = feed(room, "/archive/1.atom")
    assert link(archive, "self") == "https://releases.example/archive/1.atom"
    assert link(archive, "current") == "https://releases.example/feed.atom"
    assert link(archive, "next-archive") == "https://releases.example/archive/2.atom"
    assert link(archive, "prev-archive") == ""
    assert link(feed(room, "/archive/2.atom"), "next-archive") == ""
    assert (
        json.loads(room.client.get("/feed.json").content)["next_url"]
        == "https://releases.example/archive/2.json"
    )
    second = json.loads(room.client.get("/archive/2.json").content)
    assert second["feed_url"] == "https://releases.example/archive/2.json"
    assert second["next_url"] == "https://releases.example/archive/1.json"


def test_an_archive_changes_with_its_entries_alone(room: Newsroom) -> None:
    publish(room, 90)
    before = room.client.get("/archive/1.atom")
    publish(room, 5, first=90)
    after = room.client.get("/archive/1.atom", {"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 304
    room.withdraws("Release 7")
    after = room.client.get("/archive/1.atom", {"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert b"Release 7<" not in after.content
    (deleted,) = etree.fromstring(after.content).findall(f"{AT}deleted-entry")
    assert deleted.get("ref") == "https://observatory.example/press/release-7"
    assert len(titles(etree.fromstring(after.content))) == 40


@pytest.mark.needs("corpus")
def test_archives_are_valid(room: Newsroom) -> None:
    publish(room, 45)
    room.withdraws("Release 7")
    assert atom_mistakes(room.client.get("/archive/1.atom").content) == []
    assert json_mistakes(room.client.get("/archive/1.json").content) == []
    assert atom_mistakes(room.client.get("/feed.atom").content) == []
    assert atom_mistakes(room.client.get("/withdrawals.atom").content) == []
    assert json_mistakes(room.client.get("/withdrawals.json").content) == []


@pytest.mark.parametrize(
    "path",
    ["/archive/1.rss", "/archive/0.atom", "/archive/01.atom", "/archive/2.atom", "/archive/1.txt",
     "/topics/none/archive/1.atom", "/withdrawals.rss", "/withdrawals.json?after=x", "/withdrawals/archive/1.atom"],
)  # fmt: skip
def test_other_addresses_are_unknown(room: Newsroom, path: str) -> None:
    publish(room, 45)
    assert room.client.get(path).status_code == 404


def test_rights_that_turned_to_no_answer_410_and_what_was_never_public_404(room: Newsroom) -> None:
    room.publishes(item("First"))
    room.reconfigures(sources=(replace(UNLIMITED, republish=Republish.NO), MINISTRY))
    room.publishes(item("Second"))
    assert room.client.get(room.page("First")).status_code == 410
    assert room.client.get(room.page("Second")).status_code == 404
    assert isinstance(room.publisher.release(room.ids["First"]), Withdrawn)


def followed(room: Newsroom, cursor: int = 0) -> tuple[list[str], int]:
    """Return the ids that a reader of the cursor learns of, and its next cursor."""
    ids: list[str] = []
    address = f"/withdrawals.json?after={cursor}"
    while address:
        page = json.loads(room.client.get(address).content)
        ids += [each["id"] for each in page["items"]]
        cursor = page["_publicwire"]["last"] if "_publicwire" in page else cursor
        address = page.get("next_url", "").removeprefix("https://releases.example")
    return ids, cursor


@pytest.mark.parametrize("count", [350, pytest.param(10_000, marks=pytest.mark.soak)])
def test_a_subscriber_that_was_away_learns_of_each_withdrawal_and_correction(
    room: Newsroom, count: int
) -> None:
    publish(room, count)
    learnt, cursor = followed(room)
    assert (learnt, cursor) == ([], 0)
    stored = {each.public_id: each for each in map(room.stored, room.ids)}
    withdrawn = [
        step(each, Trigger.WITHDRAW, reason="", actor="desk", at=room.now) for each in stored.values()
    ]
    room.storage.acts.apply_transitions(withdrawn[: count // 2])
    first, cursor = followed(room)
    room.storage.acts.apply_transitions(withdrawn[count // 2 :])
    second, _ = followed(room, cursor)
    assert sorted([*first, *second]) == sorted(stored)
    paged = walk(room, "/withdrawals.atom")
    refs = {each.get("ref") for page in paged for each in page.iterfind(f"{AT}deleted-entry")}
    assert refs == set(stored)
    assert all(len(page) < 2 * 200 + 20 for page in paged)


def test_of_each_release_its_last_change_is_told(room: Newsroom) -> None:
    room.publishes(item("First"), item("Second"))
    changed = item("First", content="<p>New.</p>", text="New.", fingerprint=b"new")
    room.corrects("First", changed)
    room.corrects("Second", item("Second", content="<p>New.</p>", text="New.", fingerprint=b"new2"))
    room.withdraws("First")
    page = json.loads(room.client.get("/withdrawals.json?after=0").content)
    assert [(each["title"], "_withdrawn" in each) for each in page["items"]] == [
        ("Second", False),
        ("Withdrawn", True),
    ]
    newest = json.loads(room.client.get("/withdrawals.json").content)
    assert [each["id"] for each in newest["items"]] == [each["id"] for each in reversed(page["items"])]
    assert room.now - timedelta(minutes=1) < room.now
