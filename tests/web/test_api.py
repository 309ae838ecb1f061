"""The API: newest items, a copy kept by a cursor, and responses as described."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from aggregator.model.decision import State
from aggregator.model.rights import Terms
from aggregator.model.settings import Republish
from aggregator.policy.token_bucket import Rate
from aggregator.web.api import DESCRIPTION
from aggregator.web.app import public_app
from aggregator.web.clients import ClientLimits
from tests.web.newsroom import MINISTRY, NOON, OBSERVATORY, Client, Newsroom, item, newsroom

pytestmark = pytest.mark.usefixtures("engine")
SPECIFIED = json.loads(DESCRIPTION.read_text())
ORIGIN = "https://releases.example"


def validated(body: bytes, schema: str) -> Mapping[str, Any]:
    document = json.loads(body)
    whole = {"$ref": f"#/components/schemas/{schema}", "components": SPECIFIED["components"]}
    Draft202012Validator(whole).validate(document)
    return document  # type: ignore[no-any-return]


@dataclass
class Copy:
    """A copy of a channel that a program keeps."""

    room: Newsroom
    asked: str = ""
    address: str = ""
    items: dict[str, str] = field(default_factory=dict)
    requests: int = 0

    def __post_init__(self) -> None:
        self.address = f"/api/items?since=0{self.asked}"

    def update(self) -> None:
        has_more = True
        while has_more:
            answer = self.room.client.get(self.address)
            assert answer.status_code == 200, answer.text
            page = validated(answer.content, "Page")
            self.items |= {each["id"]: each["title"] for each in page["items"]}
            for each in (*page["withdrawn"], *page["unmatched"]):
                self.items.pop(each["id"], None)
            assert page["next_url"].startswith(f"{ORIGIN}/api/items?since={page['next']}&")
            self.address, has_more = page["next_url"].removeprefix(ORIGIN), page["has_more"]
            self.requests += 1

    @property
    def titles(self) -> list[str]:
        return sorted(self.items.values())


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.publishes(item("First"), item("Second"))
    made.publishes(item("Bulletin", language="fr"), source="ministere")
    return made


def test_without_a_cursor_the_newest_come_first_with_the_cursor_of_what_will_come(room: Newsroom) -> None:
    answer = room.client.get("/api/items?limit=2")
    page = validated(answer.content, "Page")
    assert [each["title"] for each in page["items"]] == ["Bulletin", "Second"]
    assert (page["has_more"], page["withdrawn"]) == (False, [])
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    following = validated(room.client.get(page["next_url"].removeprefix(ORIGIN)).content, "Page")
    assert following["items"] == []
    room.publishes(item("Third"))
    following = validated(room.client.get(page["next_url"].removeprefix(ORIGIN)).content, "Page")
    assert [each["title"] for each in following["items"]] == ["Third"]


def test_an_item_has_its_organisation_and_disclaimer(room: Newsroom) -> None:
    (found,) = validated(room.client.get("/api/items?channel=languages/fr").content, "Page")["items"]
    assert found["organisation"] == "Ministère de l’Exemple"
    assert found["disclaimer_text"] == "Standing text about Ministère de l’Exemple."
    assert found["disclaimer_text"] in found["content_text"]
    assert found["disclaimer_html"] in found["content_html"]
    assert found["republish"] == "full"
    assert found["url"].startswith(f"{ORIGIN}/items/{found['item']}/")


def test_a_copy_learns_of_all_that_happened_meanwhile(room: Newsroom) -> None:
    copy = Copy(room, "&limit=2")
    copy.update()
    assert copy.titles == ["Bulletin", "First", "Second"]
    assert copy.requests >= 2
    room.publishes(item("Held"), state=State.HELD)
    room.publishes(item("Old"), backlog=True)
    room.corrects("First", item("First, corrected"))
    room.withdraws("Second")
    room.publishes(item("Third"))
    room.withdraws("Third")
    copy.update()
    assert copy.titles == ["Bulletin", "First, corrected", "Old"]
    room.reconfigures(sources=(replace(OBSERVATORY, republish=Republish.NO), MINISTRY))
    copy.update()
    assert copy.titles == ["Bulletin"]
    room.reconfigures(sources=(OBSERVATORY, MINISTRY))
    copy.update()
    assert copy.titles == ["Bulletin", "First, corrected", "Old"]
    fresh = Copy(room)
    fresh.update()
    assert fresh.items == copy.items


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ("&channel=all", ["Bulletin", "First", "Second"]),
        ("&channel=topics/health", ["Bulletin"]),
        ("&channel=sources/observatory", ["First", "Second"]),
        ("&channel=languages/en", ["First", "Second"]),
        ("&q=second", ["Second"]),
        ("&q=organisation:minist%C3%A8re", ["Bulletin"]),
        ("&q=second&channel=topics/health", []),
        ("&q=before:2000-01-01", []),
    ],
)
def test_a_copy_of_a_part_holds_that_part(room: Newsroom, asked: str, titles: list[str]) -> None:
    copy = Copy(room, asked)
    copy.update()
    assert copy.titles == titles
    newest = validated(room.client.get(f"/api/items?{asked[1:]}").content, "Page")["items"]
    assert sorted(each["title"] for each in newest) == titles


def test_what_matches_no_more_leaves_the_copy_of_a_search(room: Newsroom) -> None:
    copy = Copy(room, "&q=second")
    copy.update()
    assert copy.titles == ["Second"]
    room.corrects("Second", item("Other", text="Other.", content="<p>Other.</p>"))
    copy.update()
    assert copy.titles == []


def test_a_copy_of_a_licence_holds_no_release_under_another(tmp_path: Path) -> None:
    room = newsroom(tmp_path, replace(OBSERVATORY, licence="CC-BY-4.0"), MINISTRY)
    own = item("Own terms", terms=Terms("https://creativecommons.org/licenses/by-nc/4.0/"))
    room.publishes(item("Open"), own)
    room.publishes(item("Unlicensed"), source="ministere")
    copy = Copy(room, "&q=licence:cc-by-4.0")
    copy.update()
    assert copy.titles == ["Open"]
    room.corrects("Open", item("Open", terms=own.terms, text="New.", fingerprint=b"new"))
    copy.update()
    assert copy.titles == []


def test_the_rights_of_a_source_hold(tmp_path: Path) -> None:
    room = newsroom(tmp_path, replace(OBSERVATORY, republish=Republish.HEADLINE), MINISTRY)
    room.publishes(item("Sea level", text="A dolphin.", content="<p>A dolphin.</p>"))
    body = room.client.get("/api/items?since=0").content
    assert b"Sea level" in body
    assert b"dolphin" not in body
    assert validated(room.client.get("/api/items?since=0&q=dolphin").content, "Page")["items"] == []


@pytest.mark.one_engine("parameters are read before the store")
@pytest.mark.parametrize(
    "asked",
    ["since=x", "since=-1", "since=1.2.3", "limit=0", "limit=101", "limit=x", "channel=topics", "q=after:x"],
)
def test_a_wrong_parameter_is_named(room: Newsroom, asked: str) -> None:
    answer = room.client.get(f"/api/items?{asked}")
    assert answer.status_code == 400
    assert validated(answer.content, "Error")["error"].endswith(".")


@pytest.mark.one_engine("validators know no store")
def test_requests_are_conditional(room: Newsroom) -> None:
    for path in ("/api/items", "/api/items?since=0", "/api/openapi.json"):
        tag = room.client.get(path).headers["etag"]
        assert room.client.get(path, {"If-None-Match": tag}).status_code == 304
    tag = room.client.get("/api/items").headers["etag"]
    room.publishes(item("Third"))
    assert room.client.get("/api/items", {"If-None-Match": tag}).status_code == 200


@pytest.mark.one_engine("the limit knows no store")
def test_requests_of_one_client_are_limited(room: Newsroom) -> None:
    limits = ClientLimits(Rate(burst=4, every=timedelta(seconds=1)), now=lambda: NOON)
    client = Client(public_app(room.publisher, room.storage, limits=limits))
    assert [client.get("/api/items").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.one_engine("the description knows no store")
def test_the_description_names_the_publication_and_every_parameter(room: Newsroom) -> None:
    described = json.loads(room.client.get("/api/openapi.json").content)
    assert described["servers"] == [{"url": "https://releases.example/"}]
    operation = described["paths"]["/api/items"]["get"]
    assert {each["name"] for each in operation["parameters"]} == {"since", "channel", "q", "limit"}
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
