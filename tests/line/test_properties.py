"""Properties of the pipeline that hold for all feeds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.model.document import Document
from aggregator.model.entry import Entry
from aggregator.model.item import Item
from aggregator.model.settings import Source
from aggregator.normalise.item import normalise
from aggregator.parse import parse
from tests.engines import scratch
from tests.given import DAY, HOUR, NOON, SourceDriver, entry, iso
from tests.line.line import Line, plain

pytestmark = pytest.mark.usefixtures("engine")

ORIGIN, AGENCY, UNIVERSITY = plain("origin"), plain("agency"), plain("university")
FEW = settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
SILENT = settings(FEW, max_examples=25)

# Few names, so that entries meet under them in every way.
titles = st.sampled_from(["Bridge opens", "School closes", "Situation report"])
guids = st.sampled_from(
    ["", "1", "2", "urn:example:3", "https://origin.example/?p=1", "http://origin.example/?p=1"]
)
links = st.sampled_from(
    ["", "https://origin.example/", "https://origin.example/a", "https://origin.example/b?utm_source=x"]
)
bodies = st.sampled_from(
    ["", "<p>One.</p>", "<p>Two &amp; <b>more</b>.</p>", "<p>One.</p><script>x</script>"]
)
dates = st.sampled_from(["", *(iso(NOON - DAY * days) for days in (0, 1, 3, 20))])
entries = st.builds(entry, titles, guids, links, body=bodies, published=dates, updated=dates)
documents = st.lists(entries, max_size=6)
histories = st.lists(documents, min_size=1, max_size=3)
# A source that names its entries in one way, each once in a document: of doubles, one that was read before
# stands until it goes or is dated; and where names come and go it may take a poll more to settle.
clear_histories = st.booleans().flatmap(
    lambda has_guids: st.lists(
        st.lists(
            entries.filter(lambda each: bool(each.guid) is has_guids),
            max_size=6,
            unique_by=lambda each: each.guid or each.link or each.title.value,
        ),
        min_size=1,
        max_size=3,
    )
)


@contextmanager
def given_line(*sources: Source) -> Iterator[Line]:
    with scratch() as directory, Line(directory, *sources, now=NOON - DAY) as line:
        yield line


def says(line: Line, of: Source, history: Sequence[Sequence[Entry]], *, incremental: bool = True) -> None:
    origin = SourceDriver(line.storage, of, incremental=incremental)
    for number, document in enumerate(history):
        origin.says(*document, now=NOON + HOUR * number)


def essence(line: Line) -> set[tuple[object, ...]]:
    """Return identity, content and position of each item."""
    channels = {
        name: {release.id for release in line.publisher.releases(name)}
        for name in line.storage.items.channels()
    }
    return {
        (
            one.source,
            one.id,
            one.item.title,
            one.item.url,
            one.item.text,
            one.shown,
            frozenset(name for name, ids in channels.items() if one.id in ids),
        )
        for one in line.items()
    }


def published(line: Line) -> list[bytes]:
    names = line.storage.items.channels()
    return [line.document(name, kind).body for name in names for kind in ("atom", "rss", "json")]


@FEW
@given(clear_histories, st.booleans())
def test_the_same_document_again_changes_nothing(history: list[list[Entry]], incremental: bool) -> None:
    with given_line(ORIGIN) as line:
        says(line, ORIGIN, history, incremental=incremental)
        before = published(line), line.items()
        outcome = SourceDriver(line.storage, ORIGIN, incremental=incremental).says(
            *history[-1], now=NOON + DAY
        )
        assert (outcome.new, outcome.edited) == (0, 0)
        assert (published(line), line.items()) == before


def test_a_superseded_entry_counts_again_once_the_newer_one_disappears() -> None:
    old = entry("Draft", "1", published=iso(NOON - DAY), body="<p>One.</p>")
    new = entry("Final", "1", published=iso(NOON - HOUR))
    for history in ([[new, old], [old]], [[old], [new, old], [old]]):
        with given_line(ORIGIN) as line:
            says(line, ORIGIN, history)
            assert [one.item.title for one in line.items()] == ["Draft"]


@FEW
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_entries_in_a_document_does_not_matter(
    history: list[list[Entry]], random: st.DataObject
) -> None:
    shuffled = [random.sample(document, len(document)) for document in history]  # type: ignore[attr-defined]
    with given_line(ORIGIN) as line, given_line(ORIGIN) as other:
        says(line, ORIGIN, history)
        says(other, ORIGIN, shuffled)
        assert essence(other) == essence(line)


@FEW
@given(clear_histories)
def test_incremental_parsing_equals_a_full_parse(history: list[list[Entry]]) -> None:
    with given_line(ORIGIN) as parts, given_line(ORIGIN) as whole:
        says(parts, ORIGIN, history)
        says(whole, ORIGIN, history, incremental=False)
        assert essence(parts) == essence(whole)


@FEW
@given(documents, documents, documents, st.permutations([0, 1, 2]))
def test_the_order_of_sources_does_not_change_items(
    one: list[Entry], two: list[Entry], three: list[Entry], order: list[int]
) -> None:
    said = [(ORIGIN, one), (AGENCY, two), (UNIVERSITY, three)]
    found = []
    for turns in ([0, 1, 2], order):
        with given_line(ORIGIN, AGENCY, UNIVERSITY) as line:
            for turn in turns:
                of, document = said[turn]
                says(line, of, [document])
            found.append({row[:-1] for row in essence(line)})
            assert len({stored.public_id for stored in line.items()}) == len(line.items())
    assert found[0] == found[1]


# Without Latin-1: a document whose every such pair reads as UTF-8 is taken to have been encoded twice.
words = st.text(
    st.characters(
        codec="utf-8",
        exclude_characters="".join(map(chr, range(0x80, 0x100))),
        exclude_categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp"],
    ),
    min_size=1,
    max_size=40,
)
told = st.builds(
    lambda title, body, number: entry(
        f"T {title}",
        f"urn:example:{number}",
        f"https://origin.example/{number}",
        body=f"<p>{number}</p>{body}",
    ),
    words,
    words.map(lambda text: text.replace("<", "&lt;").replace("&", "&amp;")),
    st.integers(0, 9),
)


@SILENT
@given(st.lists(told, min_size=1, max_size=4, unique_by=lambda each: each.guid))
def test_published_documents_parse_back_to_the_stored_items(said: list[Entry]) -> None:
    with given_line(ORIGIN) as line:
        SourceDriver(line.storage, ORIGIN).says(
            now=NOON - timedelta(hours=2)
        )  # else undated ones are backlog
        says(line, ORIGIN, [said])
        stored = {one.public_id: one for one in line.items()}
        for kind in ("atom", "rss", "json"):
            read = {item.guid: item for item in parsed_back(line.document("", kind).body)}
            assert read.keys() == stored.keys()
            for name, item in read.items():
                one = stored[name]
                assert (item.title, item.claimed, item.updated or one.updated) == (
                    one.item.title,
                    one.shown,
                    one.updated,
                )
                assert item.text.startswith(one.item.text)
                # Of our page and the original, each format has one address an entry is read by.
                assert item.url.startswith(("https://releases.example/items/", one.item.url))


def parsed_back(body: bytes) -> Iterator[Item]:
    """Return the items of a published document read by the pipeline."""
    url = "https://releases.example/feed"
    document: Document = parse(body, content_type="", url=url)
    for each in document.entries:
        yield normalise(each, document=document, source=plain("reader"), url=url, now=NOON + DAY)
