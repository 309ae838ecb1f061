"""Images of releases on pages and in documents."""

import html
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.entry import Markup
from aggregator.model.image import Images
from aggregator.model.item import Enclosure
from aggregator.normalise.html import sanitise
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


VIDEO = "https://www.youtube.com/embed/abcDEF123-_"
PICTURE = "https://i.ytimg.com/vi/abcDEF123-_/hqdefault.jpg"


def embeds(room: Newsroom) -> list[str]:
    """Publish a release with an embedded video; returns its page and the documents that hold it."""
    frame = Markup(f'<p>Watch.</p><iframe title="The film" src="{VIDEO}"></iframe>', is_html=True)
    room.publishes(item("Film", content=sanitise(frame, ORIGIN).html))
    paths = (room.page("Film"), "/feed.rss", "/feed.atom", "/feed.json")
    return [html.unescape(room.client.get(path).text).replace('\\"', '"') for path in paths]


def test_an_embedded_video_is_a_link_with_its_picture(room: Newsroom) -> None:
    for text in embeds(room):
        link = text.partition(f'href="{VIDEO}"')[2].partition("</a>")[0]
        assert (f'<img src="{PICTURE}"' in link, "The film" in link) == (True, True)
        assert "<iframe" not in text


def test_without_images_an_embedded_video_is_a_link_alone(room: Newsroom) -> None:
    shows(room, Images.NONE)
    for text in embeds(room):
        assert ("i.ytimg.com" in text, f'href="{VIDEO}"' in text, "The film</a>" in text) == (
            False,
            True,
            True,
        )
