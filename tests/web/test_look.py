"""The own look of pages: logo, colours, links and templates of blocks."""

import re
from os import mkfifo
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.editorial.blocks import BlockValues
from aggregator.model.look import Block, Brand, Colour, LinkKind
from aggregator.policy.palette import DARK, LIGHT
from aggregator.web.export import export
from aggregator.web.look import FILE_BYTES_MAX, PLAIN, PROPERTIES, SVG_POLICY, read
from aggregator.web.statics import STATIC
from tests.web.newsroom import Newsroom, item, newsroom

pytestmark = pytest.mark.one_engine("pages are made of what a store returns, whatever its engine")

PNG = b"\x89PNG\r\n\x1a\n rest"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'
LINKS = (
    (LinkKind.IMPRINT, "https://coast.example/imprint?a=1&b=2"),
    (LinkKind.TERMS, "https://coast.example/t"),
)
ORANGE = ((Colour.ACCENT, "#9e5f00"),)


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path / "store")
    made.publishes(item("First"))
    return made


def logo(directory: Path, body: bytes) -> Path:
    path = directory / "own-logo"
    path.write_bytes(body)
    return path


def templates(directory: Path, **blocks: str) -> Path:
    made = directory / "blocks"
    made.mkdir(exist_ok=True)
    for name, text in blocks.items():
        (made / f"{name}.html").write_text(text)
    return made


def looks(room: Newsroom, brand: Brand) -> None:
    room.config = replace(room.config, brand=brand)


def test_without_own_look_a_page_has_the_stylesheet_of_the_package_alone(room: Newsroom) -> None:
    page = room.client.get("/").text
    assert page.count('rel="stylesheet"') == 1
    assert 'class="logo"' not in page
    assert 'class="links"' not in page
    assert room.client.get("/static/look.css").status_code == 404


def test_the_palette_is_that_of_the_stylesheet() -> None:
    """Own colours stand in place of these, and their contrast is judged beside the others."""
    style = STATIC["style.css"].body.decode()
    light, dark = (
        dict(re.findall(r"(--[a-z]+): (#[0-9a-f]{6});", each)) for each in style.split(":root")[1:3]
    )
    assert {PROPERTIES[each]: colour for each, colour in LIGHT.items()}.items() <= light.items()
    assert {PROPERTIES[each]: colour for each, colour in DARK.items()}.items() <= dark.items()


def test_own_colours_are_custom_properties_of_screens_in_light_and_dark(room: Newsroom) -> None:
    looks(room, Brand(colours=ORANGE))
    (address,) = re.findall(r'href="(/static/look\.css\?[0-9a-f]{8})"', room.client.get("/").text)
    style = room.client.get(address)
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    light, dark = style.text.split("@media screen and (prefers-color-scheme:dark)")
    assert light.startswith("@media screen{:root{--paper:#fbfaf7;")
    assert "--link:#9e5f00;" in light
    assert "--paper:#15181b;" in dark
    assert "--link:#9e5f00;" not in dark


def test_a_new_colour_has_a_new_address(room: Newsroom) -> None:
    addresses = set()
    for colour in ("#9e5f00", "#9e5f01"):
        looks(room, Brand(colours=((Colour.ACCENT, colour),)))
        addresses |= set(re.findall(r"/static/look\.css\?\w+", room.client.get("/").text))
    assert len(addresses) == 2


@pytest.mark.parametrize(
    ("body", "name", "kind", "policy"),
    [
        (PNG, "logo.png", "image/png", "default-src 'none'; style-src 'self'"),
        (b"\xff\xd8\xff\xe0", "logo.jpg", "image/jpeg", "default-src 'none'; style-src 'self'"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "logo.webp", "image/webp", "default-src 'none'; style-src 'self'"),
        (SVG, "logo.svg", "image/svg+xml", SVG_POLICY),
    ],
)
def test_a_logo_has_the_type_of_its_bytes(
    room: Newsroom, tmp_path: Path, body: bytes, name: str, kind: str, policy: str
) -> None:
    looks(room, Brand(logo=logo(tmp_path, body)))
    (address,) = re.findall(r'<img class="logo" src="(\S+)" alt="">', room.client.get("/").text)
    answer = room.client.get(address)
    assert address.startswith(f"/static/{name}?")
    assert (answer.content, answer.headers["content-type"]) == (body, kind)
    assert answer.headers["content-security-policy"].startswith(policy)
    assert answer.headers["cache-control"] == "public, max-age=86400"


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        (b"GIF89a", "is no PNG, JPEG, WebP or SVG image; save it as one of these"),
        (b"<html>", "is no PNG, JPEG, WebP or SVG image; save it as one of these"),
        (PNG + b"\0" * FILE_BYTES_MAX, "is larger than 200 KB"),
    ],
)
def test_a_file_that_is_no_logo_leaves_the_page_without(
    room: Newsroom, tmp_path: Path, body: bytes, mistake: str
) -> None:
    brand = Brand(logo=logo(tmp_path, body))
    looks(room, brand)
    assert 'class="logo"' not in room.client.get("/").text
    assert read(brand).problems() == (f"{tmp_path}/own-logo: {mistake}",)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    broken = templates(tmp_path)
    (broken / "footer.html").write_bytes(b"\xff")
    mkfifo(broken / "masthead.html")
    brand = Brand(logo=tmp_path / "none.png", templates=broken)
    assert read(brand).problems() == (
        f"{tmp_path}/none.png: cannot be read: No such file or directory",
        f"{broken}/footer.html: is not UTF-8; save the file as UTF-8",
        f"{broken}/masthead.html: is not a regular file",
    )
    (problem,) = read(Brand(templates=tmp_path / "none")).problems()
    assert problem.endswith("none: cannot be read: No such file or directory; see publication.templates")


def test_the_footer_links_to_imprint_privacy_and_terms(room: Newsroom) -> None:
    looks(room, Brand(links=LINKS))
    for path in ("/", room.page("First"), "/none"):
        page = room.client.get(path).text
        assert '<a href="https://coast.example/imprint?a=1&amp;b=2">Imprint</a> · ' in page
        assert '<a href="https://coast.example/t">Terms of use</a>' in page


def test_templates_fill_their_blocks_and_no_others(room: Newsroom, tmp_path: Path) -> None:
    directory = templates(
        tmp_path,
        masthead='<p class="own"><a href="{{ home }}">{{ publication | upper }}</a></p>',
        before_list="<p>List: {{ heading }} ({{ channel }})</p>",
        after_release='<p>More by {{ organisation }}: <a href="{{ item.url }}">{{ item.title }}</a></p>',
        footer='<p><a href="{{ imprint }}">About us</a></p>',
    )
    looks(room, Brand(templates=directory, links=LINKS))
    front, topic = room.client.get("/").text, room.client.get("/topics/climate").text
    assert '<p class="own"><a href="/">EXAMPLE PUBLIC RELEASES</a></p>' in front
    assert 'class="name"' not in front
    assert "<p>List: Climate (topics/climate)</p>" in topic
    assert '<p><a href="https://coast.example/imprint?a=1&amp;b=2">About us</a></p>' in front
    assert "republishes public releases" not in front
    release = room.client.get(room.page("First")).text
    assert (
        '<p>More by Coastal Observatory: <a href="https://observatory.example/press/first">First</a></p>'
        in release
    )
    assert "Standing text about" in release


def test_what_a_feed_says_is_escaped_in_a_template(room: Newsroom, tmp_path: Path) -> None:
    room.publishes(item('<script>alert("x")</script>', content="<p>x</p>"))
    directory = templates(tmp_path, after_release='<p class="own">{{ item.title }}</p>')
    looks(room, Brand(templates=directory))
    page = room.client.get(room.page('<script>alert("x")</script>')).text
    assert '<p class="own">&lt;script&gt;' in page
    assert "<script" not in page
    assert "Standing text about" in page


def test_a_template_with_a_mistake_leaves_the_page_as_it_is(room: Newsroom, tmp_path: Path) -> None:
    before = room.client.get("/").text
    directory = templates(
        tmp_path,
        masthead="a\n{{ name }}",
        before_list="<div>",
        footer="{% for x in y %}{% endfor %}",
        sidebar="x",
    )
    brand = Brand(templates=directory)
    looks(room, brand)
    assert room.client.get("/").text == before
    first, *others = read(brand).problems()
    assert first == f"{directory}/before_list.html: <div> is never closed"
    assert [each.partition("; ")[0] for each in others] == [
        f"{directory}/footer.html:1: a template can insert variables and use if, but not for",
        f"{directory}/masthead.html:2: no variable 'name'",
        f"{directory}/sidebar.html: is no block of pages",
    ]


def test_a_template_that_fails_with_the_values_of_a_page_leaves_that_page_as_it_is(
    room: Newsroom, tmp_path: Path
) -> None:
    before = room.client.get("/topics/climate").text
    directory = templates(tmp_path, before_list='<p>x</p>{% if heading == "Climate" %}<div>{% endif %}')
    looks(room, Brand(templates=directory))
    assert "<p>x</p>" in room.client.get("/").text
    assert room.client.get("/topics/climate").text == before


def test_a_template_that_failed_is_a_problem_until_the_files_are_read_again(tmp_path: Path) -> None:
    look = read(
        Brand(templates=templates(tmp_path, footer='<p>{% if publication == "X" %}<b>{% endif %}</p>'))
    )
    assert look.filled(Block.FOOTER, BlockValues("Y")) == "<p></p>"
    assert look.problems() == PLAIN.problems() == ()
    for _ in range(2):
        assert look.filled(Block.FOOTER, BlockValues("X")) == ""
    assert look.problems() == ("footer.html: </p> closes nothing",)


def test_the_export_has_the_look(room: Newsroom, tmp_path: Path) -> None:
    directory = templates(
        tmp_path, footer='<p><img src="{{ logo }}" alt=""><a href="{{ home }}">Home</a></p>'
    )
    looks(room, Brand(logo=logo(tmp_path, PNG), colours=ORANGE, links=LINKS, templates=directory))
    site = tmp_path / "www"
    export(site, room.publisher, room.storage)
    assert (site / "static/logo.png").read_bytes() == PNG
    assert b"--link:#9e5f00" in (site / "static/look.css").read_bytes()
    page = (site / "topics/climate/index.html").read_text()
    assert '<img class="logo" src="../../static/logo.png?' in page
    assert 'href="../../static/look.css?' in page
    assert re.search(
        r'<p><img src="\.\./\.\./static/logo\.png\?\w+" alt=""><a href="\.\./\.\./index\.html">', page
    )
    assert ">Imprint</a>" in page
