"""Public reports that came out wrong once, with what is right (`expected.txt` in each folder)."""

import html
import re
from dataclasses import replace

import pytest

from aggregator.model import Item
from aggregator.model.settings import Source
from aggregator.normalise.item import normalise
from aggregator.parse import parse
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
