"""Language, authors, categories and files of an item."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.entry import Attachment
from aggregator.model.item import Enclosure
from aggregator.normalise import labels


@pytest.mark.parametrize(
    ("raw", "tag"),
    [
        (("en",), "en"),
        (("EN-us",), "en-US"),
        (("en_US.UTF-8",), "en-US"),
        (("zh-hant-tw",), "zh-Hant-TW"),
        (("es-419",), "es-419"),
        (("de-CH-1996",), "de-CH-1996"),
        ((" fr ",), "fr"),
        (("", "und", "english", "x-default", "de"), "de"),
        (("en us",), ""),
        ((), ""),
    ],
)
def test_a_language_is_the_first_tag_as_bcp_47_writes_it(raw: tuple[str, ...], tag: str) -> None:
    assert labels.language(*raw) == tag


def test_authors_are_names_once_each_without_the_organisation() -> None:
    raw = (
        "jane@example.org (Jane Doe)",
        "JANE DOE",
        "John Roe <john@example.org>",
        "press@example.org",
        "council",
        "O&#8217;Neill",
        "  ",
        "(Ann) Lee",
        "Council of Lighthouses (CoL)",
        "Ole Strand (North Pier), Ada Reef (South Pier)",
        "desk@example.org (Desk (North))",
        "Harbour (HO) <ho@example.org>",
        "(Mira Quill) mira@example.org",
    )

    assert labels.people(raw, "Council") == (
        "Jane Doe",
        "John Roe",
        "O’Neill",
        "(Ann) Lee",
        "Council of Lighthouses (CoL)",
        "Ole Strand (North Pier), Ada Reef (South Pier)",
        "Desk (North)",
        "Harbour (HO)",
        "Mira Quill",
    )


def test_categories_are_once_each_and_not_too_many() -> None:
    assert labels.categories([" News ", "news", "", "R&amp;D", "a\nb"]) == ("News", "R&D", "a b")
    assert len(labels.categories(str(number) for number in range(500))) == labels.LABELS_MAX


def test_files_have_a_url_a_type_and_a_size() -> None:
    raw = (
        Attachment("/a.PDF?x=1", "", "1200"),
        Attachment("https://example.org/b", "Audio/MPEG; rate=1", "0"),
        Attachment("https://example.org/c.jpg", "nonsense", "-1"),
        Attachment("https://example.org/c.jpg", "image/jpeg", "5"),
        Attachment("javascript:x"),
        Attachment("https://example.org/d", "", "²"),
    )

    assert labels.files(raw, "https://example.org/feed") == (
        Enclosure("https://example.org/a.PDF?x=1", "application/pdf", 1200),
        Enclosure("https://example.org/b", "audio/mpeg"),
        Enclosure("https://example.org/c.jpg", "image/jpeg"),
        Enclosure("https://example.org/d"),
    )


def test_a_known_counter_is_no_file() -> None:
    raw = (Attachment("https://stats.wp.com/g.gif", "image/gif"), Attachment("https://mc.yandex.ru/watch/1"))
    assert labels.files(raw, "https://example.org/feed") == ()


@given(st.lists(st.text()))
def test_no_text_raises_and_labels_are_distinct(raw: list[str]) -> None:
    for found in (labels.people(raw, "Council"), labels.categories(raw)):
        assert len({label.casefold() for label in found}) == len(found)
    assert labels.language(labels.language(*raw)) == labels.language(*raw)


@pytest.mark.parametrize(
    ("declared", "name", "told"),
    [
        ("application/octet-stream", "a.JPG", "image/jpeg"),
        ("application/octet-stream", "a", "application/octet-stream"),
        ("mp4", "a.mp4", "video/mp4"),
        ("", "a", ""),
    ],
)
def test_a_type_that_says_nothing_gives_way_to_that_of_the_name(declared: str, name: str, told: str) -> None:
    (file,) = labels.files([Attachment(f"https://example.org/{name}", declared)], "")
    assert file.type == told
