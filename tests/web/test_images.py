"""Images of releases on pages and in documents."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.model.image import Images
from aggregator.model.item import Enclosure
from aggregator.web.export import export
from tests.web.newsroom import Newsroom, item, newsroom

pytestmark = pytest.mark.one_engine("pages are made of what a store returns, whatever its engine")

ORIGIN = "https://observatory.example/"
CONTENT = (
    f'<p>Read <a href="{ORIGIN}full.png"><img src="{ORIGIN}small.png" alt="Rainfall"></a></p>'
    f'<video poster="{ORIGIN}poster.png" controls src="{ORIGIN}film.mp4"></video>'
)
PICTURED = item(
    "Pictured",
    content=CONTENT,
    images=(Enclosure(f"{ORIGIN}beside.png", "image/png"),),
    enclosures=(Enclosure(f"{ORIGIN}enclosed.png", "image/png", 7),),
)
PATHS = ("/", "/feed.rss", "/feed.atom", "/feed.json", "/archive/1.atom")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path / "store")
    made.publishes(PICTURED)
    return made


def shows(room: Newsroom, images: Images) -> None:
    room.config = replace(room.config, publication=replace(room.config.publication, images=images))


def loaded(text: str) -> set[str]:
    """Return the files that a reader is sent to load as images."""
    found = re.findall(
        r'(?:<img[^>]*? src|poster|srcset|url)=\\?"([^"\\]*)',
        text.replace("&lt;", "<").replace("&#34;", '"').replace("&quot;", '"'),
    )
    return {each.rpartition("/")[2] for each in found if each.endswith((".png", ".webp"))}


def test_images_are_those_of_the_origin(room: Newsroom) -> None:
    assert loaded(room.client.get(room.page("Pictured")).text) >= {"small.png", "poster.png", "enclosed.png"}
    assert "small.png" in loaded(room.client.get("/feed.atom").text)


def test_without_images_nothing_loads_any(room: Newsroom, tmp_path: Path) -> None:
    shows(room, Images.NONE)
    page = room.client.get(room.page("Pictured")).text
    for text in (page, *(room.client.get(path).text for path in PATHS)):
        assert loaded(text) <= {"enclosed.png"}  # the enclosure of RSS
        assert "small.png" not in text
        assert "poster.png" not in text
        assert "beside.png" not in text
    assert loaded(page) == set()
    assert "[Rainfall]" in page
    assert f'href="{ORIGIN}enclosed.png"' in page
    assert "img-src &#39;self&#39;;" in page
    export(tmp_path / "www", room.publisher, room.storage)
    for file in (tmp_path / "www").rglob("*"):
        assert not file.is_file() or b"small.png" not in file.read_bytes()


def test_earlier_versions_have_no_images_either(room: Newsroom) -> None:
    room.corrects("Pictured", replace(PICTURED, content="<p>New.</p>", text="New.", fingerprint=b"new"))
    shows(room, Images.NONE)
    assert "small.png" not in room.client.get(f"/items/{room.ids['Pictured']}/history").text
