"""Words, dates and directions of pages."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import html5lib
import pytest

from aggregator.web.wording import direction, wording
from tests.web.newsroom import OBSERVATORY, item, newsroom, publication

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.one_engine("no SQL of its own")]
LATE = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "date", "day", "moment"),
    [
        ("en", "UTC", "28 February 2026", "Saturday, 28 February 2026", "28 February 2026, 23:30 UTC"),
        ("de-AT", "Europe/Vienna", "1. März 2026", "Sonntag, 1. März 2026", "1. März 2026, 00:30 CET"),
        ("fr", "Europe/Paris", "1er mars 2026", "Dimanche 1er mars 2026", "1er mars 2026, 00:30 CET"),
        (
            "es",
            "America/Lima",
            "28 de febrero de 2026",
            "Sábado, 28 de febrero de 2026",
            "28 de febrero de 2026, 18:30 -05",
        ),
        ("zz", "UTC", "28 February 2026", "Saturday, 28 February 2026", "28 February 2026, 23:30 UTC"),
    ],
)
def test_dates_are_in_the_language_and_zone_of_the_publication(
    language: str, zone: str, date: str, day: str, moment: str
) -> None:
    words = wording(replace(publication(), language=language, timezone=zone))
    assert (words.date(LATE), words.day(words.local_day(LATE)), words.moment(LATE)) == (date, day, moment)


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("en", "ltr"),
        ("ar-EG", "rtl"),
        ("iw", "rtl"),
        ("he", "rtl"),
        ("az-Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("de-1996", "ltr"),
        ("zh-Hant-TW", "ltr"),
        ("", "auto"),
        ("qqq-x", "auto"),
    ],
)
def test_the_direction_follows_script_and_language(tag: str, found: str) -> None:
    assert direction(tag) == found


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_no_page_has_words_in_another_language(tmp_path: Path, language: str) -> None:
    room = newsroom(tmp_path, OBSERVATORY)
    room.reconfigures(publication=replace(publication(), language=language, description=""))
    room.publishes(item("Erste", language=language), item("Zweite", language=language))
    room.corrects("Erste", item("Erste", content="<p>Neu.</p>", fingerprint=b"new", language=language))
    room.withdraws("Zweite")
    history = f"/items/{room.ids['Erste']}/history"
    for path in (
        "/",
        "/organisations",
        "/topics",
        "/licences",
        "/sources/observatory",
        room.page("Erste"),
        history,
        "/none",
    ):
        tree = html5lib.parse(room.client.get(path).text, namespaceHTMLElements=False)
        text = " ".join("".join(tree.itertext()).split())
        labels = {value for each in tree.iter() for name, value in each.items() if name == "aria-label"}
        assert tree.get("lang") == language
        for english in (
            "Releases",
            "release",
            "Corrected",
            "Subscribe",
            "Skip",
            "March",
            "Earlier",
            "Monday",
        ):
            assert english not in text.replace("Example Public Releases", "").replace("releases.example", "")
            assert not [each for each in labels if english in each]


def test_pages_in_a_language_from_right_to_left_are_so(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    own = replace(publication(), language="ar", words=(("latest", "أحدث <البيانات>"),))
    room.reconfigures(publication=own)
    room.publishes(item("بيان", language="ar"), item("Second"))
    page = room.client.get("/").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "أحدث &lt;البيانات&gt;" in page
    assert '<h3 lang="ar" dir="rtl">' in page
    assert '<h3 lang="en" dir="ltr">' in page
