"""Words, dates and directions of pages."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import html5lib
import httpx
import pytest
from msgspec.structs import replace

from aggregator.editorial import words
from aggregator.model.look import Brand, LinkKind
from aggregator.model.settings import Text, Topic
from aggregator.policy.token_bucket import Rate
from aggregator.web import report
from aggregator.web.app import public_app
from aggregator.web.clients import ClientLimits
from aggregator.web.wording import direction, wording
from tests.web.newsroom import NOON, OBSERVATORY, Client, Newsroom, item, newsroom, publication

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.one_engine("no SQL of its own")]
Words = tuple[tuple[str, str], ...]
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


RUSSIAN = replace(
    OBSERVATORY, id="obs1", organisation="Обсерватория", language="ru", topics=("t1",), licence="Л"
)
OURS = replace(
    publication(),
    name="Издание",
    url="https://и.example/",
    description="О нас",
    contact="1@2.3",
    disclaimer=Text((("", "Текст о {{ organisation }}."),)),
    topics=(Topic("t1", Text((("", "Тема"),)), Text((("", "О теме"),))),),
)
REPORT = {"about": "1", "name": "1", "ground": "error", "words": "1", "good_faith": "1"}
TOO_LONG = "1" * (report.WORDS_CHARS_MAX + 1)
LINKS = tuple((kind, "https://и.example/") for kind in LinkKind)


def given_every_kind_of_page(tmp_path: Path, language: str, own: Words = ()) -> Newsroom:
    """Return a newsroom with Cyrillic releases in all states that pages tell of."""
    room = newsroom(tmp_path, RUSSIAN)
    room.reconfigures(publication=replace(OURS, language=language, words=own), brand=Brand(links=LINKS))
    room.publishes(
        *(item(f"{number} Ю", language="ru", content="<p>Э</p>", text="Э") for number in range(32)),
        source="obs1",
    )
    room.corrects(
        "1 Ю",
        item("1 Ю", content="<table><tr><td>Я</table>", text="Я", fingerprint=b"new", language="ru"),
        source="obs1",
    )
    room.withdraws("2 Ю")
    return room


FAULTS = (
    "1 " * 11,
    "1" * 300,
    "%",
    "after:1",
    "topic:!",
    "language:1",
    "topic:1 topic:1",
    "organisation:-",
    "after:2026-01-02 before:2026-01-01",
)


def served(room: Newsroom, limits: Rate, wait: timedelta = timedelta(0)) -> Client:
    """Return a client of an application with these limits."""
    of_clients = ClientLimits(limits, now=lambda: NOON)
    return Client(public_app(room.publisher, room.storage, limits=of_clients, allowed=lambda _: wait))


def pages(room: Newsroom) -> Iterator[tuple[str, httpx.Response]]:
    """Yield every kind of public page."""
    client = served(room, Rate(burst=999, every=timedelta(seconds=1)))
    (older,) = re.findall(r'href="(/before/[^"]*)"', client.get("/").text)[-1:]
    for path in (
        "/",
        older,
        "/organisations",
        "/topics",
        "/licences",
        "/sources/obs1",
        "/topics/t1",
        room.page("1 Ю"),
        room.page("2 Ю"),
        f"/items/{room.ids['1 Ю']}/history",
        f"/items/{room.ids['3 Ю']}/history",
        "/search",
        "/search?q=Ю",
        "/embed/all",
        f"/report/{room.ids['1 Ю']}",
        "/none",
    ):
        yield path, client.get(path)
    yield "report", client.post("/report", {**REPORT, "address": "1@2.3"})


def refusals(room: Newsroom) -> Iterator[tuple[str, httpx.Response]]:
    """Yield responses to requests that are not carried out."""
    client = served(room, Rate(burst=999, every=timedelta(seconds=1)))
    for path in ("/search?q=Ю&page=2", "/search?q=Ъ", *(f"/search?q={quote(query)}" for query in FAULTS)):
        yield path, client.get(path)
    yield "empty", client.post("/report", {})
    yield "long", client.post("/report", {**REPORT, "address": "1@2.3", "words": TOO_LONG})
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Content-Type": "text/plain"}):
        yield "refused", client.post("/report", REPORT, headers)
    yield "large", client.post("/report", {**REPORT, "words": "1" * 99_000})
    yield "method", client.request("POST", "/feed.rss")
    limited = served(room, Rate(burst=1, every=timedelta(minutes=9)), timedelta(minutes=1))
    for path in ("/embed/all", "/embed/all", "/search", "/search/feed.rss?q=Ю"):
        yield "rate-limited", limited.get(path)
    yield "too many", limited.post("/report", {**REPORT, "address": "1@2.3"})


def shown(response: httpx.Response) -> set[str]:
    """Return the texts that a page shows and speaks, but for disclaimers, which releases bring along."""
    if response.headers["content-type"].startswith("text/plain"):
        return {response.text}
    tree = html5lib.parse(response.text, namespaceHTMLElements=False)
    for unspoken in ("code", "q", "input"):
        for each in tree.iter(unspoken):
            each.text = ""
    for each in [*tree.iter("div")]:
        if each.get("class") == "pw-disclaimer":
            each.clear()
    texts = {" ".join(text.split()) for text in tree.itertext()}
    spoken = ("aria-label", "title", "placeholder", "alt", "data-done")
    return texts | {value for each in tree.iter() for name, value in each.items() if name in spoken}


# Every text in place of which a translation stands, recognisable by its script. Names of formats, of zones and
# of hosts are the same in every language.
STRANGE: Words = tuple(
    (
        key,
        "|".join(["Ж"] * words.LISTS[key])
        if key in words.LISTS
        else "Ж" + "".join(map("{{{}}}".format, sorted(words.placeholders(text)))),
    )
    for key, text in words.ENGLISH.items()
)
NAMES = re.compile(r"RSS|Atom|JSON Feed|UTC|[a-z0-9.]+\.example|[a-z]+:\S*|2026-[0-9A-F]+|(?<=Ж)topic")


def test_every_text_of_every_page_is_of_the_catalogue(tmp_path: Path) -> None:
    room = given_every_kind_of_page(tmp_path, "ru", STRANGE)
    for path, answer in chain(pages(room), refusals(room)):
        foreign = {each for each in shown(answer) if re.search("[A-Za-z]{2}", NAMES.sub("", each))}
        assert (path, foreign) == (path, set())


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_no_page_has_words_in_another_language(tmp_path: Path, language: str) -> None:
    room = given_every_kind_of_page(tmp_path, language)
    own = words.CATALOGUES[language]
    english = {
        text for key, text in words.ENGLISH.items() if own[key] != text and "{" not in text and len(text) > 1
    }
    for path, answer in pages(room):
        assert (path, shown(answer) & english) == (path, set())
        if answer.headers["content-type"].startswith("text/html"):
            assert f'<html lang="{language}" dir="ltr"' in answer.text


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
