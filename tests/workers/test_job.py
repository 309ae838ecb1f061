"""The text of a document is bounded wherever it may grow: encodings, entities, addresses, inherited fields."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from aggregator.errors import ParseError
from aggregator.model.document import ReadJob, ReadResult
from aggregator.model.settings import Source
from aggregator.model.size import text_bytes
from aggregator.workers.job import work

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LIMIT = 200_000


def read(body: str | bytes, limit: int = LIMIT) -> ReadResult:
    source = Source(id="one", feed="https://one.example/feed")
    data = body.encode() if isinstance(body, str) else body
    return work(ReadJob(data, "", source.feed, source, frozenset(), b"", NOW, limit))


def rss(items: str, prolog: str = "") -> str:
    return f'{prolog}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'


def item(text: str, number: int = 1) -> str:
    return f"<item><guid>{number}</guid><description>{text}</description></item>"


def short_entities(references: int) -> str:
    """Return a document of 4 bytes a reference, each to 63 bytes of text."""
    declared = f'<!DOCTYPE rss [<!ENTITY a "{"x" * 63}">]>'
    return rss("".join(item("&a; " * (references // 10), number) for number in range(10)), declared)


def long_base(links: int) -> str:
    base = "https://one.example/" + "b" * 3_900 + "/"
    links_of = "&lt;a href='x'&gt;l&lt;/a&gt;" * (links // 10)
    return rss("".join(item(links_of, number) for number in range(10))).replace(
        "<channel>", f"<channel xml:base='{base}'>"
    )


def inherited_authors(entries: int) -> str:
    authors = "".join(f"<author><name>{number:0>190}</name></author>" for number in range(30))
    many = "".join(f"<entry><id>{number}</id><title>t</title></entry>" for number in range(entries))
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{authors}{many}</feed>'


def escapes(count: int) -> str:
    return rss(item("<![CDATA[" + "&" * count + "]]>"))


@pytest.mark.parametrize(
    "body",
    [
        short_entities(6_000),
        long_base(100),
        inherited_authors(100),
        escapes(60_000),
        b"<?xml version='1.0' encoding='windows-1252'?>" + rss(item("\x80" * 90_000)).encode("latin-1"),
    ],
    ids=["entities", "base", "authors", "escapes", "encoding"],
)
def test_a_document_that_expands_to_more_than_its_bound_is_refused(body: str | bytes) -> None:
    assert len(body) < LIMIT / 2
    with pytest.raises(ParseError, match="of text") as caught:
        read(body)
    assert caught.value.cause == "limit"


def test_a_document_is_refused_for_text_that_is_in_no_item() -> None:
    with pytest.raises(ParseError, match=r"the document expands to \d{6} bytes of text, over 200000"):
        read(rss(f"<!--{'x' * LIMIT}-->" + item("text")))


def test_an_entity_that_expands_beyond_the_bound_is_refused_before_it_is_expanded() -> None:
    with pytest.raises(ParseError, match=r"the document expands to \d{7} bytes of text, over 200000"):
        read(short_entities(40_000))


@pytest.mark.parametrize("text", ["<![CDATA[" + "Release of the ministry. " * 3_900 + "]]>", "Ж " * 32_000])
def test_an_honest_document_as_large_as_it_may_be_is_read(text: str) -> None:
    body = rss(item(text))
    assert 0.95 * LIMIT / 2 < len(body.encode()) <= LIMIT / 2
    (made,) = read(body).items
    assert len(body.encode()) * 0.9 < text_bytes(made) < LIMIT


def test_the_first_declaration_of_an_entity_binds() -> None:
    twice = f'<!DOCTYPE rss [<!ENTITY a "x"><!ENTITY a "{"y" * 60}">]>'
    (made,) = read(rss(item("&a;" * 5_000), twice)).items
    assert made.text == "x" * 5_000


def test_references_to_undeclared_entities_expand_to_nothing() -> None:
    declared = '<!DOCTYPE rss [<!ENTITY a "x">]>'
    (made,) = read(rss(item("&a;&amp;&amp;"), declared), limit=165).items
    assert made.text == "x&&"


def test_a_text_counts_by_its_bytes_in_utf_8() -> None:
    (made,) = read(rss(item("text"))).items
    latin, cyrillic = (text_bytes(replace(made, title=title)) for title in ("Release", "Выпуск!"))
    assert cyrillic - latin == len("Выпуск")
