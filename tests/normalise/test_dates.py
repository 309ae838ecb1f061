"""Reading dates as feeds write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise import dates
from tests.normalise.samples import NOW

FIRST = datetime(1971, 1, 1, tzinfo=UTC)
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
    "raw",
    [
        "2024-01-30",
        "20240130",
        "2024-01-30+01:00",
        "2024-01-30+01:00[Asia/Tokyo]",
        "30 Jan 2024 12:00 AM",
        "30 Jan 2024",
        "30/01/2024",
        "January 30, 2024",
        "30 de ene de 2024",
    ],
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
        "1899-12-31T00:00:00Z",
        "Wed, 31 Dec 1969 19:00:00 -0500",
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
    ("raw", "expected"),
    [
        ("11/5/2026, 2:00:00 PM", datetime(2026, 11, 5, 14, tzinfo=UTC)),
        ("11/5/2026, 12:00:00\u202fAM EST", datetime(2026, 11, 5, 5, tzinfo=UTC)),
        ("1/2/2026, 9:05 AM", datetime(2026, 1, 2, 9, 5, tzinfo=UTC)),
        ("11/5/2026, 2:00:00 pm", datetime(2026, 5, 11, 14, tzinfo=UTC)),  # India, New Zealand
        ("05/11/2026, 2:00:00 PM", datetime(2026, 11, 5, 14, tzinfo=UTC)),  # Australia
        ("11/5/2026 2:00:00 PM", datetime(2026, 5, 11, 14, tzinfo=UTC)),
        ("13/5/2026, 2:00:00 PM", datetime(2026, 5, 13, 14, tzinfo=UTC)),
        ("Mon, 11/5/2026, 2:00:00 PM", datetime(2026, 5, 11, 14, tzinfo=UTC)),
    ],
)
def test_the_form_of_javascript_in_american_english_has_the_month_first(raw: str, expected: datetime) -> None:
    assert dates.read(raw, now=NOW) == expected
    assert dates.read("11/5/2026, 2:00:00 PM", month_first=False, now=NOW) == datetime(
        2026, 5, 11, 14, tzinfo=UTC
    )


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
    assert dates.is_month_first(language, zone) is is_first


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


@pytest.mark.parametrize(
    "raw",
    [
        # comments (RFC 5322 section 3.2.2)
        "Tue (Tuesday), 30 Jan (January) 2024 14:00:00 (nested (comment)) +0100",
        "(sent on) Tue, 30 Jan 2024 14:00 +0100",
        "Tue, 30 (thirty) Jan 2024 14:00 CET (winter)",
        "Tue, 30 Jan 2024 14:00 (Vienna (Austria))",
        "Tue, 30 Jan 2024 (first edition) 14:00:00 +0100",
        "Tue, 30 Jan 2024 14:00:00 (CET)",
        # JavaScript: toString, toDateString, toLocaleString, toJSON of expanded years
        "Tue Jan 30 2024 14:00:00 GMT+0100 (Mitteleuropäische Normalzeit)",
        "1/30/2024, 2:00:00\u202fPM",
        "30.1.2024, 14:00:00",
        "+002024-01-30T13:00:00.000Z",
        # ISO 8601: weeks, ordinal days, basic format; RFC 3339 in small letters
        "2024-W05-2T13:00Z",
        "2024-030T13:00:00Z",
        "20240130T140000+0100",
        "2024-01-30T13Z",
        "2024-01-30t13:00:00z",
        "2024-01-30T11:00:00\u221202:00",
        # zones by name, with an offset or without (RFC 9557)
        "2024-01-30T14:00[Europe/Vienna]",
        "2024-01-30T13:00:00Z[Europe/London]",
        "2024-01-30T13:00:00Z[Europe/Vienna]",
        "20240130T130000Z[Europe/Vienna]",
        "20240130T140000[Europe/Vienna]",
        "20240130T1400+0100[!Europe/Vienna]",
        "20240130T140000.5 CET",
        "2024-01-30t13:00:00z[America/New_York]",
        "2024-01-30T13:00Z[!Asia/Tokyo]",
        "2024-01-30T13:00:00-00:00[!Asia/Tokyo]",
        "2024-01-30T13:00:00+00:00[Europe/Vienna]",
        "2024-01-30T14:00:00+01:00[Asia/Tokyo]",
        "2024-01-30T13:00:00Z[Mars/Olympus]",
        "2024-01-30T13:00:00Z (Europe/Vienna)",
        "2024-01-30T14:00:00+01:00[Europe/Vienna][u-ca=gregory]",
        "2024-01-30T14:00:00+01:00[!Europe/Vienna]",
        "2024-01-30T14:00:00[+01:00]",
        "2024-01-30T08:00[-05:00]",
        "2024-01-30T08:00 (-0500)",
        "Tue, 30 Jan 2024 22:00:00 (+09)",
        "Tue, 30 Jan 2024 22:00:00 (UTC+9, Tokyo)",
        "2024-01-30T08:00 (-05:00 Eastern)",
        "2024-01-30T22:00:00 Asia/Tokyo",
        "Tue, 30 Jan 2024 10:00 America/Argentina/Buenos_Aires",
        "Tue, 30 Jan 2024 8:00 Etc/GMT+5",
        "Tue, 30 Jan 2024 08:00 Eastern Standard Time",
        "January 30, 2024 8 a.m. ET",
        "30 Jan 2024 14:00 heure normale d’Europe centrale",
        "30 января 2024 г., 16:00:00 Москва, стандартное время",
        "30 января 2024 г. в 16:00 МСК",
        "Tue, 30 Jan 2024 13:00 K",
        # short hours, minutes and seconds beside a zone
        "Tue, 30 Jan 2024 13:0 GMT",
        "Tue, 30 Jan 2024 14:0:0 CET",
        "30 Jan 2024 2 PM +0100",
        "30 Jan 2024 8AM EST",
        "Tue, 30 Jan 2024 14.00 CET",
        # ranges of time begin
        "30 Jan 2024 14:00 – 16:00",
        # eras
        "令和6年1月30日 14:00",
        "中華民國113年1月30日 下午2:00",
        "2024. 1. 30. 오후 2시",
        "2024/1/30(火) 14:00",
        "2024-01-30 下午2:00",
        "2024年1月30日午後2時",
        "2024年1月30日 +0100 14:00",
        "20240130 14:00",
        # digits and marks of other scripts
        "٣٠ يناير ٢٠٢٤، ٢:٠٠ م",
        "３０／０１／２０２４ １４：００",
    ],
)
def test_variants_of_a_moment_are_read_alike(raw: str) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) == AT_ONE


@pytest.mark.parametrize(
    "raw",
    [
        "الثلاثاء، 30 يناير 2024 14:00",  # Arabic
        "30 كانون الثاني 2024 14:00",  # Arabic of the Levant
        "вторник, 30 януари 2024 г., 14:00 ч.",  # Bulgarian
        "úterý 30. ledna 2024 14:00",  # Czech
        "tirsdag den 30. januar 2024 kl. 14.00",  # Danish
        "Dienstag, 30. Jänner 2024 um 14:00 Uhr",  # German
        "Τρίτη 30 Ιανουαρίου 2024, 2:00 μ.μ.",  # Greek
        "ΤΡΙΤΗ 30 ΙΑΝΟΥΑΡΙΟΥ 2024 14:00",
        "teisipäev, 30. jaanuar 2024 14:00",  # Estonian
        "tiistai 30. tammikuuta 2024 klo 14.00",  # Finnish
        "Dé Máirt 30 Eanáir 2024 14:00",  # Irish
        "utorak, 30. siječnja 2024. 14:00",  # Croatian
        "2024. január 30., kedd 14:00",  # Hungarian
        "2024 m. sausio 30 d., antradienis 14:00",  # Lithuanian
        "otrdiena, 2024. gada 30. janvāris plkst. 14.00",  # Latvian
        "It-Tlieta, 30 ta’ Jannar 2024 14:00",  # Maltese
        "dinsdag 30 januari 2024 14.00 uur",  # Dutch
        "tirsdag 30. januar 2024 kl. 14:00",  # Norwegian
        "tysdag 30. januar 2024 kl. 14:00",
        "maŋŋebárga ođđajagemánnu 30. 2024 14:00",  # Northern Sami
        "wtorek, 30 stycznia 2024 r., godz. 14.00",  # Polish
        "terça-feira, 30 de janeiro de 2024 às 14h00",  # Portuguese
        "marți, 30 ianuarie 2024, 14:00",  # Romanian
        "Вт, 30 янв. 2024 г., 14:00",  # Russian
        "utorok 30. januára 2024 14:00",  # Slovak
        "torek, 30. januar 2024 ob 14:00",  # Slovenian
        "tisdag den 30 januari 2024 kl. 14:00",  # Swedish
        "30 Ocak 2024 Salı, ÖS 2:00",  # Turkish
        "вівторок, 30 січня 2024 р. о 14:00",  # Ukrainian
        "2024年1月30日星期二下午2:00",  # Chinese
        "2024年1月30日(火) 14時00分",  # Japanese
        "2024년 1월 30일 (화) 오후 2:00",  # Korean
    ],
)
def test_the_official_languages_of_many_countries_are_read(raw: str) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) == AT_ONE


@pytest.mark.parametrize(
    ("raw", "language", "expected"),
    [
        ("30. listopada 2024", "hr", datetime(2024, 10, 30, tzinfo=UTC)),
        ("30 listopada 2024", "pl-PL", datetime(2024, 11, 30, tzinfo=UTC)),
        ("Wed, 30 listopada 2024", "", datetime(2024, 10, 30, tzinfo=UTC)),
        ("sobota, 30 listopada 2024", "", datetime(2024, 11, 30, tzinfo=UTC)),
        ("30 listopada 2024", "", None),
        ("31 listopada 2024", "", datetime(2024, 10, 31, tzinfo=UTC)),  # November has 30 days
        ("32 listopada 2024", "", None),
        ("mar. 5 mar. 2024", "fr", datetime(2024, 3, 5, tzinfo=UTC)),
    ],
)
def test_a_name_of_several_months_is_told_by_language_or_weekday(
    raw: str, language: str, expected: datetime | None
) -> None:
    assert dates.read(raw, language=language, now=NOW) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Thu, 11/05/2026", (2026, 11, 5)),
        ("Monday 11/05/2026", (2026, 5, 11)),
        ("Thu 11-05-2026", (2026, 11, 5)),
        ("Thu, 11.05.2026", (2026, 11, 5)),
        ("Do, 11/05/26", (2026, 11, 5)),
        ("jeudi 11/05/2026", (2026, 11, 5)),
        ("11/05/2026 (Thu)", (2026, 11, 5)),
        ("четверг, 11.05.2026", (2026, 11, 5)),
        ("perşembe, 11/05/2026", (2026, 11, 5)),
        ("Fri, 11/05/2026", (2026, 5, 11)),  # neither is a Friday
        ("11/05/2026, Thursday", (2026, 11, 5)),
        ("2026/11/05 Mon", (2026, 11, 5)),
        ("30-01-24", (2024, 1, 30)),
        ("24-01-30", (2024, 1, 30)),
    ],
)
def test_the_weekday_says_which_number_is_the_month(raw: str, expected: tuple[int, int, int]) -> None:
    assert dates.read(raw, now=NOW) == datetime(*expected, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Tue, 05 Mar 1974 08:00:00 GMT", datetime(1974, 3, 5, 8, tzinfo=UTC)),
        ("1986-04-14T12:00:00+01:00", datetime(1986, 4, 14, 11, tzinfo=UTC)),
        ("5 March 1901", datetime(1901, 3, 5, tzinfo=UTC)),
        ("1900-01-02", datetime(1900, 1, 2, tzinfo=UTC)),
        ("31 Dec 1989", datetime(1989, 12, 31, tzinfo=UTC)),
        ("3 January 1970", datetime(1970, 1, 3, tzinfo=UTC)),
        ("1. märts 1950", datetime(1950, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_stated_date_of_the_last_century_is_read(raw: str, expected: datetime) -> None:
    assert dates.read(raw, now=NOW) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "Tue, 30 Jan 2024 14:00:00 NWT",
        "Tue, 30 Jan 2024 14:00 Europe/Atlantis",
        "2024-01-30T14:00 (Mars/Olympus)",
        "2024-01-30T14:00[Mars/Olympus]",
        "2024-01-30T14:00 (+2500)",
        "2024-01-30T14:00[+25:00]",
        "2024-01-30T14:00+02:00[!Europe/Vienna]",
        "2024-01-30T14:00Z[!Mars/Olympus]",
        "2024-01-30T14:00+00:00[!Europe/Vienna]",
        "2024-01-30T14:00+01:00[!u-ca=hebrew]",
        "2024-01-30T14:00[Europe/Vienna][Europe/Paris]",
        "30 Jan 2024 14:00 по московскому времени",
        "Tue, 30 Jan 2024 14:00 +2500",
        "Tue, 30 Jan 2024 14:61 GMT",
    ],
)
def test_a_zone_that_is_named_is_never_passed_over(raw: str) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) is None


@pytest.mark.parametrize(
    "raw",
    [
        "Tue, 30 Jan 2024 14:00:00 XYZ",
        "Tuesday, 30-Jan-24 14:00:00 Atlantis Time",
        "2024-01-30T14:00:00 Mars/Olympus",
        "2024-01-30T14:00[Mars/Olympus]",
        "2024-01-30T14:00+25:00",
        "2024-01-30T14:00+02:00[!Europe/Vienna]",
        "2024-01-30T14:00Z[!Mars/Olympus]",
        "2024-01-30T14:00+00:00[!Europe/Vienna]",
        "2024-01-30T14:00+01:00[!u-ca=hebrew]",
        "2024-01-30T14:00[Europe/Vienna][Europe/Paris]",
        "30 Jan 2024 14:00 по московскому времени",
        "30.01.2024 14:00 Musterzeit",
        "30 Jan 2024 Atlantis 14:00",
    ],
)
def test_a_date_in_an_unknown_zone_is_at_the_latest_that_of_the_last_zone(raw: str) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) is None
    assert dates.latest(raw, zone=VIENNA, now=NOW) == datetime(2024, 1, 31, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw", ["Tue, 30 Jan 2024 25:00:00 GMT", "2024-01-30T12:60:00Z", "2024-01-30 12:00:61", "30.1.2024 99:99"]
)
def test_a_date_with_a_time_that_no_day_has_is_at_the_latest_the_end_of_the_day_in_the_last_zone(
    raw: str,
) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) is None
    assert dates.latest(raw, zone=VIENNA, now=NOW) == datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    ["soon", "", "2024-13-30T14:00 XYZ", "1 Jan 1970 00:00 XYZ", "20241332", "30 Jan 2024 " + "X" * 120],
)
def test_text_that_is_no_date_in_any_zone_has_no_latest_moment(raw: str) -> None:
    assert dates.latest(raw, now=NOW) is None


@pytest.mark.parametrize(
    "raw",
    [
        "2300-01-01",
        "2300-001T00:00Z",
        "2300-W01-1",
        "9999-12-31T00:00:00Z",
        "9999-12-31T23:59:59",
        "9999-12-31T23:59:59-12:00",
        "9999-12-31T24:00:00",
        "9999-12-31T23:59:59[Europe/Vienna]",
        "9999-12-31T23:59:59Z[!Europe/Vienna]",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "31 Dec 9999 23:59 EST",
        "31 Dec 9999 23:59 XYZ",
        "31 décembre 9999",
        "31.12.9999",
        "12/31/9999",
        "99991231235959",
        "9999999999",  # seconds: 2286
        "9999999999999",
        "2200-12-31T23:30:00-05:00",  # 2201 in UTC
        "+010000-01-01T00:00:00Z",  # JavaScript
        "99999999999999999999-01-01",
    ],
)
def test_a_date_after_the_last_plausible_year_is_at_the_latest_far_ahead(raw: str) -> None:
    assert dates.read(raw, zone=VIENNA, now=NOW) is None
    found = dates.latest(raw, zone=VIENNA, now=NOW)
    assert found is not None
    assert found.year == dates.LATEST


def test_a_day_of_20_digits_shows_no_order() -> None:
    assert dates.month_first(["(11/11/2024) 1/99999999999999999999/2024"], NOW) is None


@pytest.mark.parametrize(
    ("raw", "language", "expected"),
    [
        ("27 listopada 2026", "", datetime(2026, 11, 26, 23, tzinfo=UTC)),
        ("27 listopada 2026", "en", datetime(2026, 11, 26, 23, tzinfo=UTC)),
        ("Mon, 27 listopada 2026", "", datetime(2026, 11, 26, 23, tzinfo=UTC)),  # in no language
        ("27 listopada 2026 10:00 EST", "", datetime(2026, 11, 27, 15, tzinfo=UTC)),
        ("27 listopada 2026 10:00 XYZ", "", datetime(2026, 11, 27, 22, tzinfo=UTC)),
        ("27 listopada 2026 10:00 XYZ", "hr", datetime(2026, 10, 27, 22, tzinfo=UTC)),
        ("Tue, 27 listopada 2026 10:00 XYZ", "", datetime(2026, 10, 27, 22, tzinfo=UTC)),
    ],
)
def test_a_month_that_means_several_is_at_the_latest_the_last_of_them(
    raw: str, language: str, expected: datetime
) -> None:
    assert dates.read(raw, zone=VIENNA, language=language, now=NOW) is None
    assert dates.latest(raw, zone=VIENNA, language=language, now=NOW) == expected


def test_a_date_in_an_unknown_zone_has_the_order_of_its_source() -> None:
    for month_first, day in ((None, 2), (True, 3), (False, 2)):
        found = dates.latest("02/03/2024 01:00 XYZ", now=NOW, month_first=month_first)
        assert found is not None
        assert found.day == day


@pytest.mark.parametrize(
    ("raw", "hour"),
    [
        ("30 Jul 2024 14:00 MEZ", 13),  # winter time, as it is named
        ("30 Jul 2024 14:00 MESZ", 12),
        ("30 Jul 2024 14:00 Mitteleuropäische Zeit", 12),  # by the rules of the zone
        ("30 Jan 2024 14:00 Mitteleuropäische Sommerzeit", 12),
        ("30 Jul 2024 14:00 British Summer Time", 13),
        ("30 Jul 2024 14:00 Irish Standard Time", 13),
        ("30 Jul 2024 14:00 Irish Summer Time", 13),
        ("30 Iúil 2024 14:00 Am Caighdeánach na hÉireann", 13),
        ("30 Iúil 2024 2:00 pm Am Caighdeánach na hÉireann", 13),
        ("30 Iúil 2024 12:00 Am na hÉireann", 11),
        ("30 Eanáir 2024 14:00 Am na hÉireann", 14),
        ("30 Iúil 2024 14:00 Am Samhraidh na Breataine", 13),
        ("30 Iúil 2024 14:00 Meán-Am Greenwich", 14),
        ("30 Jul 2024 14:00 GMT Daylight Time", 13),
        ("30 Jul 2024 14:00 Greenwich Mean Time", 14),
        ("30 Jul 2024 14:00 日本標準時", 5),
        ("30 Jul 2024 14:00 Moskova Saati", 11),
        ("30 Jul 2010 14:00 Moscow Standard Time", 11),
        ("30 Jan 2012 14:00 Moscow Standard Time", 10),
    ],
)
def test_a_name_of_a_zone_means_what_it_did_in_that_year(raw: str, hour: int) -> None:
    found = dates.read(raw, now=NOW)

    assert found is not None and found.hour == hour


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

    assert found is None or (found.tzinfo is UTC and 1900 <= found.year <= 2200)


@given(st.integers(0, 7_220_000_000_000).map(lambda thousandths: FIRST + timedelta(milliseconds=thousandths)))
def test_standard_dates_round_trip(moment: datetime) -> None:
    second = moment.replace(microsecond=0)

    assert dates.read(moment.isoformat(), now=NOW) == moment
    assert dates.read(second.strftime("%a, %d %b %Y %H:%M:%S GMT"), now=NOW) == second


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("20260301", datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("2026-03-29", datetime(2026, 3, 29, 22, tzinfo=UTC)),  # summer time begins
        ("Sun, 01 Mar 2026 12:00:00 GMT", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("", None),
        ("never", None),
    ],
)
def test_a_period_ends_with_its_last_day(text: str, ends: datetime | None) -> None:
    assert dates.end(text, zone="Europe/Vienna", now=datetime(2026, 3, 1, tzinfo=UTC)) == ends
