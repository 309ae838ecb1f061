"""Images of releases: our copies in place of those of the origin, or none."""

import pytest
from msgspec.structs import replace

from aggregator.editorial import images
from aggregator.editorial.images import IMAGES_MAX
from aggregator.model.image import ImageCopy, Images
from aggregator.model.item import Enclosure
from aggregator.model.release import Release
from tests.render.given import release

URL = "https://releases.example/"
BRIDGE = "https://origin.example/bridge.jpg?w=1&h=2"
COPIES = {BRIDGE: ImageCopy("ab12", 640, 480, 9_000)}
COPIED = (
    '<img src="https://releases.example/images/ab12.webp" alt="{}" width="640" height="480" loading="lazy">'
)
PDF = Enclosure("https://origin.example/a.pdf", "application/pdf", 7)


def made(content: str, *, images: tuple[str, ...] = (), files: tuple[Enclosure, ...] = ()) -> Release:
    return replace(
        release(), content=content, images=tuple(Enclosure(each) for each in images), enclosures=files
    )


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>No image.</p>", "<p>No image.</p>"),
        (
            '<p>A <img src="https://a.example/b.jpg" alt="The &quot;new&quot; bridge"> B</p>',
            "<p>A [The &quot;new&quot; bridge] B</p>",
        ),
        ('<p>A<img src="https://a.example/b.jpg"></p>', "<p>A</p>"),
        ('<p><img src="https://a.example/b.jpg" alt="DSC_0012.jpg"></p>', "<p></p>"),
        (
            '<a href="https://a.example/"><img src="https://a.example/x/b.jpg?a=1" alt=""></a>',
            '<a href="https://a.example/">b.jpg</a>',
        ),
        ('<a href="https://a.example/"> <img src="data:x"> </a>', '<a href="https://a.example/">data:x</a>'),
        ('<a href="https://a.example/"><img alt=""></a>', '<a href="https://a.example/">…</a>'),
        (
            '<a href="https://a.example/">Read<img src="https://a.example/b.jpg"></a>',
            '<a href="https://a.example/">Read</a>',
        ),
        (
            '<picture><source srcset="https://a.example/b.webp" type="image/webp"><img srcset="https://a.example/c.jpg 2x" alt="C"></picture>',
            "[C]",
        ),
        (
            '<video poster="https://a.example/p.jpg" controls><source src="https://a.example/v.mp4"></video>',
            '<video controls><source src="https://a.example/v.mp4"></video>',
        ),
        ("<img src='\x00'>\x00a\x00", "a"),
    ],
)
def test_without_copies_no_image_is_left_and_its_description_stands(html: str, expected: str) -> None:
    assert images.rewritten(html, {}, URL) == expected


def test_a_copy_stands_in_place_of_its_image_with_its_size() -> None:
    html = (
        '<p><img src="https://origin.example/bridge.jpg?w=1&amp;h=2" srcset="https://origin.example/2.jpg 2x" '
        'width="9" alt="Bridge"><img src="https://origin.example/other.jpg" alt="Other"></p>'
    )
    assert images.rewritten(html, COPIES, URL) == f"<p>{COPIED.format('Bridge')}[Other]</p>"


def test_title_and_class_of_an_image_stay() -> None:
    html = '<img src="https://origin.example/bridge.jpg?w=1&amp;h=2" alt="B" title="T" class="wide">'
    expected = COPIED.format("B")[:-1] + ' title="T" class="wide">'
    assert images.rewritten(html, COPIES, URL) == expected


def test_images_of_the_origin_stay_where_they_are_wanted() -> None:
    shown = made('<img src="https://a.example/b.jpg">', images=(BRIDGE,))
    assert images.illustrated(shown, Images.ORIGIN, {}, URL) is shown


def test_without_images_links_to_files_stay() -> None:
    file = Enclosure(BRIDGE, "image/jpeg", 5)
    found = images.illustrated(made("<img>", images=(BRIDGE,), files=(file, PDF)), Images.NONE, {}, URL)
    assert (found.content, found.images, found.enclosures) == ("", (), (file, PDF))


def test_files_that_are_images_are_our_copies_or_left_out() -> None:
    files = (Enclosure(BRIDGE, "image/jpeg", 5), PDF, Enclosure("https://origin.example/x.png", "image/png"))
    found = images.illustrated(made("", images=(BRIDGE,), files=files), Images.PROXY, COPIES, URL)
    copy = Enclosure(f"{URL}images/ab12.webp", "image/webp", 9_000)
    assert (found.images, found.enclosures) == ((copy,), (copy, PDF))


def test_a_release_names_its_images_once_each_up_to_a_limit() -> None:
    content = (
        f'<img src="{BRIDGE.replace("&", "&amp;")}"><img src="data:image/png;base64,AA"><img>'
        f'<img src="https://origin.example/{"x" * 2_000}.jpg"><img srcset="https://origin.example/s.jpg, b 2x">'
    )
    files = (Enclosure("https://origin.example/f.png", "image/png"), PDF)
    assert images.of(made(content, images=(BRIDGE, "https://origin.example/i.jpg"), files=files)) == (
        BRIDGE,
        "https://origin.example/s.jpg",
        "https://origin.example/i.jpg",
        "https://origin.example/f.png",
    )
    many = "".join(f'<img src="https://origin.example/{n}.jpg">' for n in range(IMAGES_MAX + 5))
    assert len(images.of(made(many))) == IMAGES_MAX
