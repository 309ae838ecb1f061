"""Responses that are kept for the time that the database is away."""

from pathlib import Path
from time import monotonic

import pytest
from msgspec.structs import replace

from aggregator.model.settings import Republish
from aggregator.web.app import public_app
from aggregator.web.remembered import Remembered
from tests.engines import remove
from tests.web.newsroom import Client, item, newsroom

pytestmark = pytest.mark.usefixtures("engine")
PATHS = ("/", "/feed.atom", "/sources/observatory")


def test_a_withdrawn_release_is_not_served_from_memory(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("Stays"), item("Goes"))
    remembered = Remembered(room.storage.items, 1_000_000, monotonic=monotonic)
    client = Client(public_app(room.publisher, room.storage, remembered=remembered))
    address = f"/items/{room.ids['Goes']}"
    assert all(b"Goes" in client.get(path).content for path in (*PATHS, address))
    remembered.forget_removed()
    assert all(remembered.get(path) is not None for path in (*PATHS, address))
    room.withdraws("Goes")
    remembered.forget_removed()
    assert [remembered.get(path) for path in (*PATHS, address)] == [None] * 4
    assert b"Goes" not in client.get("/feed.atom").content
    remembered.forget_removed()
    assert remembered.get("/feed.atom") is not None


def test_no_response_is_kept_from_before_rights_turned_to_no(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("Goes"))
    remembered = Remembered(room.storage.items, 1_000_000, monotonic=monotonic)
    client = Client(public_app(room.publisher, room.storage, remembered=remembered))
    assert client.get("/feed.atom").status_code == 200
    remembered.forget_removed()
    assert remembered.get("/feed.atom") is not None
    first, *others = room.config.sources
    room.reconfigures(sources=(replace(first, republish=Republish.NO), *others))
    remembered.forget_removed()
    assert remembered.get("/feed.atom") is None


def test_no_response_is_kept_from_before_a_version_was_struck(tmp_path: Path) -> None:
    room = newsroom(tmp_path / "store")
    room.publishes(item("Goes"))
    room.corrects("Goes", item("Goes", content="<p>New.</p>", fingerprint=b"new"))
    remembered = Remembered(room.storage.items, 1_000_000, monotonic=monotonic)
    client = Client(public_app(room.publisher, room.storage, remembered=remembered))
    address = f"/items/{room.ids['Goes']}/history"
    assert b"The whole of Goes" in client.get(address).content
    room.strikes("Goes", 1)
    remembered.forget_removed()
    assert remembered.get(address) is None


def test_invented_addresses_of_an_item_are_kept_once(tmp_path: Path) -> None:
    room = newsroom(tmp_path / "store")
    room.publishes(item("Stays"), item("Goes"))
    room.withdraws("Goes")
    remembered = Remembered(room.storage.items, 40_000, monotonic=monotonic)
    client = Client(public_app(room.publisher, room.storage, remembered=remembered))
    stays, goes = (f"/items/{room.ids[title]}" for title in ("Stays", "Goes"))
    assert client.get("/").status_code == 200
    for number in range(1, 50):
        assert client.get(f"{stays}/slug-{number}").status_code == 200
        assert client.get(f"{goes}/history/{number}").status_code == 410
        assert client.get(f"{goes}/slug-{number}").status_code == 410
    assert remembered.get("/") is not None
    assert remembered.get(stays) is not None
    assert remembered.get(f"{stays}/slug-1") is remembered.get(stays)


def test_an_unknown_address_is_503_while_the_store_cannot_be_read(tmp_path: Path) -> None:
    room = newsroom(tmp_path / "store")
    room.storage.close()  # a removed SQLite file can be read by who has it open
    remove(tmp_path / "store")
    assert room.client.get("/no/such/page").status_code in (404, 503)
    assert room.client.get("/sources/nobody").status_code == 503
