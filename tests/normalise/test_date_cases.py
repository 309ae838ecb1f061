"""Dates of feeds in the field, whole documents: `expected.txt` of each case says by which rule they are read."""

from datetime import UTC, datetime

import pytest

from aggregator.model.document import ReadJob
from aggregator.model.item import Item
from aggregator.model.settings import Source
from aggregator.workers.job import work
from tests.corpus import CASES

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SOURCE = Source(id="tides", feed="https://www.office.example/feed.xml", domains=("office.example",))


def read(body: bytes, month_first: bool | None = None) -> tuple[Item, ...]:
    job = ReadJob(body, "", SOURCE.feed, SOURCE, frozenset(), b"", NOW, month_first=month_first)
    return work(job).items


def feed(*dates: str, element: str = "pubDate") -> bytes:
    items = "".join(
        f"<item><title>Notice {number}</title><guid>{number}</guid><{element}>{date}</{element}></item>"
        for number, date in enumerate(dates)
    )
    head = '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Tides</title>'
    return f"{head}{items}</channel></rss>".encode()


def claimed(items: tuple[Item, ...]) -> list[str]:
    """The dates as text, "" for none; a flag would be an error of its own."""
    assert [item.flags for item in items if item.claimed is not None and item.flags] == []
    return [item.claimed.strftime("%Y-%m-%dT%H:%M:%SZ") if item.claimed else "" for item in items]


@pytest.mark.needs("cases")
@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (
            "c13/feed.xml",
            ["2026-11-20T09:00:00Z", "2026-11-16T14:30:00Z", "2026-11-05T08:00:00Z", "2026-10-06T08:00:00Z"],
        ),
        ("c14/feed.xml", ["2026-11-05T14:00:00Z", "2026-10-06T09:00:00Z", "2026-06-11T09:00:00Z"]),
        (
            "c14/hold.xml",
            ["2026-11-05T14:00:00Z", "2026-10-06T09:00:00Z", "2026-06-11T09:00:00Z", "2026-05-12T09:00:00Z"],
        ),
        ("c31/feed.xml", ["2026-12-09T15:00:00Z", "2026-12-20T15:00:00Z", "2026-11-27T10:00:00Z"]),
        ("g03/feed.xml", ["2025-11-12T02:35:00Z", "2025-11-12T17:07:09Z", "2025-11-12T21:00:00Z"]),
        ("m04/feed.xml", ["2026-11-06T08:00:00Z", "2026-11-06T08:30:00Z", "2026-11-06T09:00:00Z"]),
        ("w02/feed.xml", ["1974-03-05T08:00:00Z", "1986-04-14T11:00:00Z", "2026-11-26T10:00:00Z"]),
    ],
)
def test_a_case_of_the_field_has_its_dates(case: str, expected: list[str]) -> None:
    assert claimed(read((CASES / case).read_bytes())) == expected


MONTH_FIRST, DAY_FIRST = "2026-11-05T00:00:00Z", "2026-05-11T00:00:00Z"


@pytest.mark.parametrize(
    ("sibling", "expected"),
    [
        ("11/20/2026 9:00:00 AM", MONTH_FIRST),
        ("10/13/26", MONTH_FIRST),
        ("Thu, 11/05/2026 - 14:00", MONTH_FIRST),
        ("Fri 06-05-2026", MONTH_FIRST),
        ("7.31.2026 14:00", MONTH_FIRST),
        ("20/11/2026 09:00", DAY_FIRST),
        ("31.12.2025", DAY_FIRST),
        ("Donnerstag, 05.11.2026", DAY_FIRST),
        ("jeu. 5/11/2026 à 14h", DAY_FIRST),
        ("26-11-20", DAY_FIRST),
        ("2026-11-20", DAY_FIRST),  # says nothing: without a language, the day comes first
        ("5 November 2026", DAY_FIRST),
        ("11/11/2026", DAY_FIRST),
    ],
)
def test_one_date_shows_the_order_of_all_dates_of_its_document(sibling: str, expected: str) -> None:
    ambiguous = "11/05/2026" if expected == MONTH_FIRST else "11/5/2026"

    assert claimed(read(feed(ambiguous, sibling)))[0] == expected
    assert claimed(read(feed(sibling, ambiguous, element="dc:date")))[1] == expected


def test_the_majority_of_dates_shows_the_order() -> None:
    wrong_weekday = "Tue, 05/11/2026"  # a Tuesday only with the day first

    assert claimed(read(feed("11/20/2026", "11/21/2026", "Wed, 11/05/2026", "10/05/2026")))[3] == (
        "2026-10-05T00:00:00Z"
    )
    assert claimed(read(feed("11/20/2026", "11/21/2026", wrong_weekday, "11/05/2026")))[3] == MONTH_FIRST


@pytest.mark.parametrize(("before", "expected"), [(True, MONTH_FIRST), (False, DAY_FIRST), (None, DAY_FIRST)])
def test_the_order_shown_before_is_kept_where_a_document_shows_none(
    before: bool | None, expected: str
) -> None:
    assert claimed(read(feed("11/05/2026"), before)) == [expected]
    assert claimed(read(feed("11/05/2026", "20/11/2026"), before))[0] == DAY_FIRST


@pytest.mark.parametrize(
    "date", ["12 Nov 2025 18:07 NWT", "12 Nov 2025 18:07 Europe/Atlantis", "2025-11-12T18:07[Mars/Olympus]"]
)
def test_a_date_in_an_unknown_zone_is_a_bad_one(date: str) -> None:
    (item,) = read(feed(date))

    assert (item.claimed, item.flags) == (None, ("bad-date",))
    assert item.latest == datetime(2025, 11, 13, 6, 7, tzinfo=UTC)
