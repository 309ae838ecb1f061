"""Pictures of embedded videos."""

import pytest
from msgspec.structs import replace

from aggregator.editorial.images import illustrated, of
from aggregator.editorial.videos import PICTURES_MAX, pictured
from aggregator.model.entry import Markup
from aggregator.model.image import Images
from aggregator.normalise.html import sanitise
from tests.render.given import release

PLAYER = "https://www.youtube.com/embed/abcDEF123-_"
PICTURE = '<img src="https://i.ytimg.com/vi/abcDEF123-_/hqdefault.jpg" alt="" width="480" height="360" loading="lazy">'


def test_a_frame_becomes_a_named_link_with_the_picture_of_its_video() -> None:
    frame = f'<p>See</p><iframe title="Bridge &amp; tolls" src="{PLAYER}?rel=0"></iframe>'
    shown = pictured(sanitise(Markup(frame, is_html=True), "https://ministry.example/").html)
    assert f">{PICTURE} Bridge &amp; tolls</a>" in shown
    assert shown.count("<img") == 1


@pytest.mark.parametrize(
    "link",
    [
        f'<a href="https://elsewhere.example/?{PLAYER}">x</a>',
        '<a href="https://www.youtube.com/watch?v=abcDEF123-_">x</a>',
        '<a href="https://www.youtube.com/embed/videoseries?list=PL1">x</a>',
        f'<a href="{PLAYER}"><img src="https://a.example/own.jpg" alt=""></a>',
        '<a href="https://www.youtube.com/embed/live_stream?channel=C1">x</a>',
        f"<p>{PLAYER}</p>",
    ],
)
def test_other_links_stay(link: str) -> None:
    assert pictured(link) == link


def test_a_release_has_a_bounded_number_of_pictures() -> None:
    assert pictured(f'<a href="{PLAYER}">x</a>' * 500).count("<img") == PICTURES_MAX


def test_a_publication_without_images_keeps_the_link_alone() -> None:
    link = f'<a href="{PLAYER}">Bridge</a>'
    made = replace(release(), content=pictured(link), images=(), enclosures=())
    assert of(made) == ("https://i.ytimg.com/vi/abcDEF123-_/hqdefault.jpg",)
    assert illustrated(made, Images.NONE, {}, "https://releases.example/").content.replace("> ", ">") == link
