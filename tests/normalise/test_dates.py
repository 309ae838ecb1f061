"""Reading dates as feeds write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise import dates
from tests.normalise.samples import NOW

FIRST = datetime(1990, 1, 1, tzinfo=UTC)
VIENNA = "Europe/Vienna"
AT_ONE = datetime(2024, 1, 30, 13, tzinfo=UTC)  # 14:00 in Vienna
DAY = datetime(2024, 1, 29, 23, tzinfo=UTC)  # its first moment in Vienna


@pytest.mark.parametrize(
    "raw",
    [
        "Tue, 30 Jan 2024 14:00:00 +0100",
        "Tue, 30 Jan 2024 13:00:00 GMT",
        "Tue, 30 Jan 2024 13:00:00 Z",
        "Tue, 30 Jan 2024 13:00:00 -0000",
        "30 Jan 24 08:00 EST",
        "Tue, 30 Jan 2024 14:00:00 CET",
        "Tue, 30 Jan 2024 15:00:00 CEST",
        "Wed, 31 Jan 2024 00:00:00 AEDT",
        "Tue, 30 Jan 2024 14:00:00 GMT+1",
        "Tue, 30 Jan 2024 15:00:00 UTC+02:00",
        "Tue, 30 Jan 2024 14:00:00 GMT+0100 (Central European Standard Time)",
        "Tue, 30 Jan 2024 14:00:00 (CET)",
        "Tue, 30 Jan 2024 14:00:00 NWT",
        "Tue, 30 Jan 2024 14:00",
        "Tuesday, 30-Jan-24 13:00:00 GMT",
        "Tue Jan 30 14:00:00 2024",
        "Tue Jan 30 14:00:00 CET 2024",
        "Tue Jan 30 13:00:00 +0000 2024",
        "2024-01-30T13:00:00Z",
        "2024-01-30T14:00:00+01:00",
        "2024-01-30T14:00:00.0000000+01:00",
        "2024-01-30T14:00:00 +0100",
        "2024-01-30 13:00:00 UTC",
        "2024-01-30T14:00",
        "2024/01/30 14:00",
        "2024-1-30 14:00",
        "24-01-30 14:00",
        "20240130140000",
        "202401301400",
        "1706619600",
        "1706619600000",
        "30/01/2024 14:00",
        "30/01/2024 - 14:00",
        "30.01.2024, 14.00 Uhr",
        "30.01.24 14 Uhr",
        "mardi 30 janvier 2024 à 14h00",
        "mardi 30 janvier 2024 à 14h",
        "mar. 30 janv. 2024 14:00:00 +0100",
        "Dienstag, 30. Januar 2024 um 14:00 Uhr",
        "Dienstag, den 30. Januar 2024 14:00",
        "Di, 30 Jän 2024 14:00:00 MEZ",
        "martes, 30 de enero de 2024 - 14:00",
        "30 de janeiro de 2024 às 14:00",
        "martedì 30 gennaio 2024 ore 14:00",
        "Tuesday, January 30, 2024 - 14:00",
        "January 30th, 2024 at 2:00 PM",
        "30 Jan 2024 2:00 PM",
        "30 Jan 2024 8:00 AM EST",
        "Tue, 30\tJan  2024 14:00:00   +0100 ",
    ],
)
def test_every_format_of_a_moment_is_read_alike(raw: str) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) == AT_ONE


@pytest.mark.parametrize(
    "raw", ["2024-01-30", "20240130", "30 Jan 2024", "30/01/2024", "January 30, 2024", "30 de ene de 2024"]
)
def test_a_day_is_its_first_moment_where_the_source_is(raw: str) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) == DAY


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2024-01-30T24:00:00Z", datetime(2024, 1, 31, tzinfo=UTC)),
        ("Tue, 30 Jan 2024 24:00:00 GMT", datetime(2024, 1, 31, tzinfo=UTC)),
        ("2024-01-30 24:00", datetime(2024, 1, 30, 23, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2024-01-30T13:00:00.25Z", datetime(2024, 1, 30, 13, 0, 0, 250_000, tzinfo=UTC)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("11/06/94 08:49", datetime(1994, 6, 11, 6, 49, tzinfo=UTC)),
        ("Thu, 1 Jan 2099 00:00:00 GMT", datetime(2099, 1, 1, tzinfo=UTC)),
        ("1er août 2024", datetime(2024, 7, 31, 22, tzinfo=UTC)),
        ("AOU\u0302T 1, 2024", datetime(2024, 7, 31, 22, tzinfo=UTC)),
    ],
)
def test_edges_of_the_calendar_and_the_clock(raw: str, expected: datetime) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "today",
        "Tuesday",
        "May",
        "2024",
        "12",
        "14:00",
        "January 2024",
        "30 January",
        "0000-00-00 00:00:00",
        "1970-01-01T00:00:00Z",
        "1989-12-31T00:00:00Z",
        "2999-01-01T00:00:00Z",
        "Tue, 31 Feb 2024 14:00:00 GMT",
        "Mon, 1 Jan 2024 00:00 +9999",
        "30 Brumaire 2024",
        "99999999999999999999",
        "99999999",
        "²",
        "Tue, 30 Jan 2024 14:00:00 GMT" + " " * 100 + "x",
    ],
)
def test_text_without_a_plausible_date_is_none(raw: str) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) is None


def test_a_slash_date_is_read_in_the_order_of_its_region() -> None:
    assert dates.read("03/02/2024", now=NOW) == datetime(2024, 2, 3, tzinfo=UTC)
    assert dates.read("03/02/2024", month_first=True, now=NOW) == datetime(2024, 3, 2, tzinfo=UTC)
    assert dates.read("2024/03/02", now=NOW) == datetime(2024, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "is_first"),
    [
        ("en-US", "UTC", True),
        ("en", "America/New_York", True),
        ("", "US/Eastern", True),
        ("en-GB", "America/New_York", False),
        ("pt-BR", "America/Sao_Paulo", False),
        ("en", "Europe/London", False),
    ],
)
def test_the_month_comes_first_where_american_english_is_written(
    language: str, zone: str, is_first: bool
) -> None:
    assert dates.month_first(language, zone) is is_first


@pytest.mark.parametrize(
    ("raw", "zone", "hour"),
    [
        ("Tue, 30 Jan 2024 14:00 IST", "Asia/Jerusalem", 12),
        ("Tue, 30 Jan 2024 14:00 CST", "Asia/Shanghai", 6),
        ("Tue, 30 Jan 2024 14:00 CST", "UTC", 20),
    ],
)
def test_a_zone_abbreviation_is_looked_up_in_the_sources_zone_first(raw: str, zone: str, hour: int) -> None:
    assert dates.read(raw, zone=zone, now=NOW) == datetime(2024, 1, 30, hour, tzinfo=UTC)


def test_an_unknown_zone_of_the_source_is_no_date_rather_than_a_wrong_one() -> None:
    assert dates.read("2024-01-30", zone="Mars/Olympus", now=NOW) is None


PIECES = st.sampled_from(
    [
        "Tue,",
        "30",
        "Jan",
        "2024",
        "14:00",
        ":60",
        "24:00",
        "GMT+",
        "+9999",
        "-",
        "/",
        ".",
        "à",
        "h",
        "PM",
        "T",
        "99",
    ]
)


@given(st.text(max_size=60) | st.lists(PIECES).map(" ".join) | st.lists(PIECES).map("".join))
def test_no_text_raises_and_every_date_is_in_the_window(raw: str) -> None:
    found = dates.read(raw, zone=VIENNA, now=NOW)

    assert found is None or (found.tzinfo is UTC and 1989 <= found.year <= 2201)


@given(st.integers(0, 6_650_000_000_000).map(lambda thousandths: FIRST + timedelta(milliseconds=thousandths)))
def test_standard_dates_round_trip(moment: datetime) -> None:
    second = moment.replace(microsecond=0)

    assert dates.read(moment.isoformat(), now=NOW) == moment
    assert dates.read(second.strftime("%a, %d %b %Y %H:%M:%S GMT"), now=NOW) == second
