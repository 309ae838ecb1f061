"""Responses of the API."""

import json
from datetime import timedelta

from msgspec.structs import replace

from aggregator.model.api import ApiPage, Unmatched
from aggregator.model.release import Tombstone
from aggregator.render import api
from aggregator.render.channels import search
from tests.given import NOON
from tests.render.given import PUBLICATION, release

PAGE = ApiPage((), (), (), "3.4", "https://releases.example/api/items?since=3.4", has_more=True)


def gone(instead: str = "") -> Tombstone:
    page = "https://releases.example/items/a"
    return Tombstone("tag:a", page, "Gone", "Gone.", "P", "en", NOON, NOON + timedelta(seconds=1), instead)


def test_a_page_has_items_withdrawals_and_a_cursor() -> None:
    shown = replace(PAGE, withdrawn=(gone(), gone("https://releases.example/items/b")))
    document = json.loads(api.page(replace(shown, unmatched=(Unmatched("c", "tag:c"),))))
    withdrawn = {"id": "tag:a", "url": gone().page, "withdrawn": "2026-03-02T12:00:01+00:00"}
    assert document["withdrawn"] == [withdrawn, {**withdrawn, "instead": "https://releases.example/items/b"}]
    assert document["unmatched"] == [{"id": "tag:c", "item": "c"}]
    assert (document["next"], document["has_more"], document["items"]) == ("3.4", True, [])


def test_an_item_has_its_disclaimer_apart() -> None:
    said = replace(release(), disclaimer_text="By the Water Board.")
    (item,) = json.loads(api.page(replace(PAGE, items=(said,))))["items"]
    assert (item["id"], item["item"], item["disclaimer_text"]) == (
        said.public_id,
        said.id,
        "By the Water Board.",
    )
    assert "excerpt" not in item


def test_items_beyond_the_bytes_of_a_response_are_excerpts() -> None:
    large = replace(release(), content="x" * 3_000_000, text="x")
    first, second = json.loads(api.page(replace(PAGE, items=(large, large))))["items"]
    assert ("excerpt" in first, second["excerpt"]) == (False, True)
    assert len(second["content_html"]) < 10_000


def test_an_error_is_a_sentence() -> None:
    assert json.loads(api.error("Wrong.")) == {"error": "Wrong."}


def test_a_search_is_described_as_a_channel() -> None:
    publication = replace(PUBLICATION, name="Releases", language="fr-CA")
    channel = search(publication, 'a "b"', NOON, "releases.example,2026")
    assert channel.current_address("rss") == "https://releases.example/search/feed.rss?q=a%20%22b%22"
    assert (channel.title, channel.language) == ('a "b" · Releases', "fr-CA")
