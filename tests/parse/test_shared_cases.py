"""Public reports that came out wrong once, with what is right (`expected.txt` in each folder)."""

import html
import re

import pytest
from msgspec.structs import replace

from aggregator.model.item import Item
from aggregator.model.settings import Source
from aggregator.normalise.item import normalise
from aggregator.parse import parse
from aggregator.parse.autodiscovery import find_feeds
from tests.corpus import CASES
from tests.dedupe.memory import resolved
from tests.given import NOON, source

pytestmark = pytest.mark.needs("cases")
URL = "https://www.office.example/dir/feed.xml"
OFFICE = source("office", feed=URL)
FROM_ENTRY = replace(OFFICE, organisation="", from_entry=True)


def items(name: str, file: str = "feed.xml", *, of: Source = OFFICE) -> tuple[Item, ...]:
    document = parse((CASES / name / file).read_bytes(), content_type="", url=URL)
    assert document.complete
    return tuple(
        normalise(entry, document=document, source=of, url=URL, now=NOON) for entry in document.entries
    )


def titles(*arguments: str) -> list[str]:
    return [item.title for item in items(*arguments)]


def test_c03_the_caption_of_a_photo_is_not_the_release() -> None:
    (item,) = items("c03")
    assert item.text == "The third caisson was set on Friday. Work on the fourth begins in spring."


def test_c16_the_link_is_the_alternate_of_the_own_language() -> None:
    assert [item.url for item in items("c16")] == ["https://www.office.example/en/16"]


@pytest.mark.parametrize("file", ["feed.xml", "feed2.xml", "feed3.xml"])
def test_c17_a_bad_reference_costs_itself(file: str) -> None:
    spoilt, whole = items("c17", file)
    assert whole.text == "Untouched text."
    expected = {
        "feed.xml": "Bring a lamp \U0001f64f and a coat.",
        "feed2.xml": "Value . out of range.",
        "feed3.xml": "Lone . half.",
    }[file]
    assert re.fullmatch(expected.replace("Value .", "Value .?").replace("Lone .", "Lone .?"), spoilt.text)


def test_c21_a_relative_reference_of_atom_is_resolved_against_the_document() -> None:
    (item,) = items("c21")
    assert item.url == "https://www.office.example/dir/survey-of-the-bay/"
    assert 'src="https://www.office.example/dir/images/bay.png"' in item.content
    assert 'href="https://www.office.example/dir/map/"' in item.content


@pytest.mark.parametrize(
    ("file", "title"),
    [
        ("sjis.xml", "髙橋港湾局長、①号岸壁を公開"),
        ("euckr.xml", "펲시 항만 뷁 공개"),
        ("big5.xml", "港務局嘅新碼頭"),
    ],
)
def test_c22_labels_are_those_of_browsers(file: str, title: str) -> None:
    assert titles("c22", file) == [title]


def test_c27_an_entry_without_authors_has_those_of_its_source() -> None:
    (item,) = items("c27", of=FROM_ENTRY)
    assert (item.organisation, item.authors) == ("Bay Institute", ("Ada Marsh",))


@pytest.mark.parametrize(("file", "count"), [("feed.xml", 4), ("t2.xml", 2), ("t3.xml", 3), ("t4.xml", 4)])
def test_c32_every_entry_is_kept(file: str, count: int) -> None:
    document = parse((CASES / "c32" / file).read_bytes(), content_type="", url=URL)
    assert len(resolved(document.entries).new) == count


def test_g01_the_text_of_an_rss_link_is_the_address() -> None:
    assert [item.url for item in items("g01")] == [
        f"https://www.office.example/notices/{n}" for n in (41, 42, 43)
    ]


def test_g02_xml_base_counts_for_its_element_alone() -> None:
    first, second = items("g02")
    assert 'href="https://charts.example/bay/sheet-3.html"' in first.content
    assert 'href="https://charts.example/dues/table.html"' in second.content
    assert second.url == "https://www.office.example/notices/52"
    assert [file.url for file in second.enclosures] == ["https://www.office.example/files/dues.pdf"]


def test_w01_an_entry_inside_a_source_costs_itself() -> None:
    assert [(item.title, item.text) for item in items("w01")] == [
        ("Spring tide barrier passes its test", "All nine gates closed within four minutes."),
        ("Gauge at the old mole moved", "The gauge stands forty metres further north."),
    ]


def test_w03_a_relation_in_its_long_form_is_known() -> None:
    (item,) = items("w03")
    assert item.url == "https://www.office.example/notices/71"
    assert [file.url for file in item.enclosures] == ["https://www.office.example/files/71.pdf"]


def test_x57_addresses_keep_their_parameters() -> None:
    first, second = items("x57")
    assert first.title == "Ports & harbours: fees"
    assert first.url == "https://www.office.example/view.aspx?id=7&lang=en&section=3"
    assert "https://www.office.example/doc.aspx?id=7&page=2&copy=1" in html.unescape(first.content)
    assert second.guid == second.url == "https://www.office.example/view.aspx?id=8&page=2&part=1"


@pytest.mark.parametrize("file", ["feed.xml", "feed2.xml", "feed3.xml"])
def test_x58_the_title_of_an_image_is_not_the_items(file: str) -> None:
    (item,) = items("x58", file)
    assert (item.title, item.url) == ("Wharf reopens after repair", "https://www.office.example/notices/1")


def test_x59_atom_source_keeps_what_the_origin_said() -> None:
    (item,) = items("x59", of=FROM_ENTRY)
    assert item.origin is not None
    assert (item.origin.id, item.origin.title) == ("tag:bay.example,2026:feed", "Bay Institute")
    assert (item.origin.updated, item.origin.rights) == ("2026-11-20T10:00:00+00:00", "CC BY 4.0")
    assert (item.origin.self_url, item.origin.link) == (
        "https://bay.example/feed.atom",
        "https://bay.example/",
    )
    assert (item.origin.authors, item.organisation, item.authors) == (
        ("Bay Press Office",),
        "Bay Institute",
        ("Ada Marsh",),
    )
    (item,) = items("x59")
    assert (item.organisation, item.authors) == ("", ("Ada Marsh",))


def test_c25_media_without_a_type_are_offered_with_the_type_of_their_name() -> None:
    assert [[file.type for file in item.enclosures] for item in items("c25")] == [
        ["video/mp4"],
        ["video/mp4", "video/webm"],
        ["audio/mpeg"],
    ]


def test_w04_a_film_given_by_its_player_alone_is_offered_by_it() -> None:
    (item,) = items("w04")
    assert [(file.url, file.type) for file in item.enclosures] == [
        ("https://player.films.example/v/8", "text/html")
    ]


def test_c02_a_line_break_in_a_title_parts_words() -> None:
    assert titles("c02") == [
        "New pier for the north harbour",
        "Storm warning lifted & ferries run",
        "Dredging begins in the east basin",
    ]


def test_c05_an_embedded_film_leaves_a_link() -> None:
    speech, hearing, levels = items("c05")
    assert 'href="https://www.youtube.com/embed/AbCdEfGhIjK"' in speech.content
    assert 'href="https://player.vimeo.com/video/123456789"' in hearing.content
    assert 'href="https://www.office.example/levels.pdf"' in levels.content


def test_c06_a_plain_description_keeps_its_lines_and_no_film_of_flash() -> None:
    (item,) = items("c06")
    assert "Chapters:\n0:00 Start\n2:10 Depth < 5 m and > 2 m\n4:00 End\n\nMore:" in item.text
    assert [file.url for file in item.enclosures] == []


def test_c08_exponents_stay_apart() -> None:
    (item,) = items("c08")
    assert item.text == "The bay holds 10²¹ diatoms on 25 km², up 3¹ percent.\n\n¹ provisional."


def test_c19_what_is_struck_out_is_marked() -> None:
    (item,) = items("c19")
    assert "<s>12 million</s>" in item.content
    assert item.text == (
        "The office paid ~~12 million~~ 7 million; ~~nine~~ eleven ships were late. ~~Nobody~~ Two people were hurt."
    )


def test_c20_a_description_without_markup_is_plain_text() -> None:
    hearing, commit = items("c20")
    assert hearing.text.split("\n\n")[1:3] == ["Where: Silver Hall", "Agenda:\n- Dredging\n- Fees"]
    assert commit.text == "Fix depth of <basin-3> in the chart.\nSecond line <see changelog> of text."


def test_c24_lazily_loaded_images_are_shown_once() -> None:
    (item,) = items("c24")
    assert re.findall(r'<img src="https://img.office.example/(\S+)"', item.content) == [
        "gate-400.jpg",
        "crew.jpg",
        "key.jpg",
    ]


def test_m02_candidates_of_images_are_read_as_browsers_do() -> None:
    srcsets = [re.findall(r'srcset="([^"]*)"', item.content) for item in items("m02")]
    maps = "https://www.office.example/maps"
    assert srcsets == [
        [f"{maps}/high-320.jpg 320w, {maps}/high-640.jpg 640w"],
        [f"{maps}/low-2.jpg 2x"],
        [f"{maps}/neap.jpg 1x, {maps}/neap-3.jpg 3x"],
    ]


def test_m03_what_the_origin_hides_is_not_published() -> None:
    assert [item.text for item in items("m03")] == [
        "The weir closes in June.",
        "The lock opens in May.\n\nBoats wait.",
    ]


def test_x62_a_script_is_no_part_of_a_body_or_page() -> None:
    widget, styled = items("x62")
    assert (widget.text, widget.flags) == ("First map.\n\nSecond.\n\n[A]\n\n- One\n- Two", ())
    assert styled.text == "Para one.\n\nTwo."
    page = (CASES / "x62" / "page.html").read_bytes()
    assert find_feeds(page, URL)


def test_m01_a_name_keeps_its_brackets() -> None:
    expected = [
        ("Council of Lighthouses (CoL)",),
        ("Ole Strand (North Pier), Ada Reef (South Pier)",),
        ("Mira Quill",),
    ]
    assert [item.authors for item in items("m01")] == expected
    assert [(item.organisation,) for item in items("m01", of=FROM_ENTRY)] == expected
