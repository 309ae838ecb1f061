"""Normalising one entry through all steps."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator.model.document import Document
from aggregator.model.entry import Attachment, Entry, Markup, Origin
from aggregator.model.item import Enclosure, Item
from tests.normalise.samples import SOURCE, URL, document, entry, normalised


def test_an_entry_becomes_an_item() -> None:
    raw = Entry(
        guid=" https://example.org/?p=1 ",
        link="/releases/1?utm_source=rss",
        title=Markup("Council &amp; <i>Parliament</i>", is_html=True),
        content=Markup("<p>They <b>agreed</b>.</p>", is_html=True),
        summary=Markup("An agreement"),
        published="30/01/2024 14:00",
        updated="2024-01-31T00:00:00Z",
        authors=("jane@example.org (Jane Doe)", "Council"),
        categories=("News", "news"),
        enclosures=(Attachment("/a.pdf", "application/pdf", "12"),),
        images=(Attachment("/a.png"),),
        language="en_gb",
        rights="&copy; Council",
        origin=Origin("<b>Desk</b>", "urn:x:1", "/desk"),
        digest=b"raw",
    )

    item = normalised(raw, source=replace(SOURCE, timezone="Europe/Vienna"))

    assert item == Item(
        keys=item.keys,
        title="Council & Parliament",
        url="https://example.org/releases/1",
        raw_url="https://example.org/releases/1?utm_source=rss",
        guid="https://example.org/?p=1",
        content="<p>They <b>agreed</b>.</p>",
        summary="<p>An agreement</p>",
        text="They agreed.",
        language="en-GB",
        claimed=datetime(2024, 1, 30, 13, tzinfo=UTC),
        updated=datetime(2024, 1, 31, tzinfo=UTC),
        authors=("Jane Doe",),
        categories=("News",),
        enclosures=(Enclosure("https://example.org/a.pdf", "application/pdf", 12),),
        images=(Enclosure("https://example.org/a.png", "image/png"),),
        rights="© Council",
        origin=Origin("Desk", "urn:x:1", "https://example.org/desk"),
        fingerprint=item.fingerprint,
        queries=item.queries,
        digest=b"raw",
        signature=item.signature,
        summarised=item.summarised,
    )


@pytest.mark.parametrize(
    "raw", [Entry(), entry(content="<p></p>", guid="1"), entry("\x01", link="javascript:x")]
)
def test_an_entry_without_title_link_and_content_is_rejected(raw: Entry) -> None:
    with pytest.raises(ValueError, match="no title, no link and no content"):
        normalised(raw)


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (Markup("AT&amp;T &lt;b&gt;"), "AT&amp;T &lt;b&gt;"),
        (Markup("<b>a</b> < b & c"), "<b>a</b> < b & c"),
        (Markup("&lt;b&gt; in &amp;amp;", is_html=True), "<b> in &amp;"),
        (Markup(" two\nlines\u202e\x00 "), "two lines"),
    ],
)
def test_a_title_is_plain_text_unescaped_once(raw: Markup, title: str) -> None:
    assert normalised(Entry(title=raw)).title == title


def test_titles_of_json_are_unescaped_too() -> None:
    assert normalised(entry("It&#8217;s AT&T &copy"), document(form="json11")).title == "It’s AT&T &copy"


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (entry(content="<p>word</p>" * 40), "word " * 15 + "word…"),
        (entry(link="https://example.org/releases/1"), "example.org/releases/1"),
        (entry(content="<img src=/a.png>"), "…"),
        (Entry(enclosures=(Attachment("https://example.org/a.mp3"),)), "example.org/a.mp3"),
    ],
)
def test_an_item_without_a_title_is_given_one(raw: Entry, title: str) -> None:
    found = normalised(raw)
    assert (found.title, found.untitled) == (title, True)


LINKED = entry("a", content="<a href='2'>b</a>", link="https://example.org/news/1")


@pytest.mark.parametrize(
    ("raw", "within", "address"),
    [
        (replace(LINKED, base="/base/"), document(), "https://example.org/base/2"),
        (LINKED, document(base="https://y.org/"), "https://y.org/2"),
        (LINKED, document(base=URL), "https://example.org/news/2"),
        (replace(LINKED, base=URL + "#fragment"), document(), "https://example.org/news/2"),
        (replace(LINKED, link=""), document(link="https://z.org/home/"), "https://z.org/home/2"),
        (replace(LINKED, link=""), document(), "https://example.org/press/2"),
    ],
)
def test_relative_urls_resolve_against_base_then_entry_then_feed_then_document(
    raw: Entry, within: Document, address: str
) -> None:
    files = (Attachment("2"),)
    found = normalised(replace(raw, enclosures=files, images=files), within)
    assert f'href="{address}"' in found.content
    assert [file.url for file in (*found.enclosures, *found.images)] == [address, address]


def test_the_base_of_a_text_holds_for_this_text_alone() -> None:
    raw = replace(
        LINKED,
        content=replace(LINKED.content, base="https://x.org/b/"),
        summary=Markup("<a href='3'>c</a>", is_html=True, base="https://x.org/c/"),
        enclosures=(Attachment("4"),),
    )
    found = normalised(raw)
    assert 'href="https://x.org/b/2"' in found.content
    assert 'href="https://x.org/c/3"' in found.summary
    assert found.enclosures[0].url == "https://example.org/news/4"


def test_a_relative_reference_of_atom_is_resolved_against_the_address_of_the_document() -> None:
    raw = replace(LINKED, link="1")
    within = replace(document(link="https://z.org/home/"), format="atom10")
    found = normalised(raw, within)
    assert (found.url, 'href="https://example.org/press/2"' in found.content) == (
        "https://example.org/press/1",
        True,
    )


@pytest.mark.parametrize(
    ("within", "address"),
    [
        (document(base="https://x.org/b/"), "https://x.org/b/1"),
        (document(link="https://z.org/home/"), "https://z.org/home/1"),
        (document(), "https://example.org/press/1"),
    ],
)
def test_a_relative_link_resolves_against_base_then_feed_then_document(
    within: Document, address: str
) -> None:
    assert normalised(entry("a", link="1"), within).url == address


def test_a_summary_stands_in_for_content_and_beside_it_only_when_it_differs() -> None:
    both = Entry(content=Markup("<p>a</p>", is_html=True), summary=Markup("a"))
    alone = Entry(summary=Markup("a"))

    assert (normalised(both).content, normalised(both).summary) == ("<p>a</p>", "")
    assert (normalised(alone).content, normalised(alone).summary) == ("<p>a</p>", "")


def test_unreadable_dates_are_flagged_and_the_update_replaces_a_date() -> None:
    bad = replace(entry("a", published="soon"), updated="2024-01-30T00:00:00Z")

    assert (normalised(bad).claimed, normalised(bad).flags) == (
        datetime(2024, 1, 30, tzinfo=UTC),
        ("bad-date",),
    )
    assert normalised(replace(bad, updated="later")).claimed is None
    assert normalised(entry("a")).flags == ()


def test_the_latest_moment_of_a_date_in_an_unknown_zone_is_that_of_the_date_that_counts() -> None:
    unzoned, known = "30 Jan 2024 14:00 XYZ", "2024-01-30T00:00:00Z"
    for published, updated, hour in ((unzoned, known, 2), ("", unzoned, 2), (known, unzoned, None)):
        found = normalised(replace(entry("a", published=published), updated=updated)).latest
        assert found == (None if hour is None else datetime(2024, 1, 31, hour, tzinfo=UTC))


def test_a_date_in_no_plausible_year_is_a_bad_one_far_ahead() -> None:
    found = normalised(entry("a", published="9999-12-31T23:59:59"))
    assert (found.claimed, found.flags, found.latest) == (
        None,
        ("bad-date",),
        datetime(2200, 12, 31, tzinfo=UTC),
    )


def test_bodies_that_cost_too_much_are_flagged() -> None:
    assert normalised(entry("a", content="<i>b" * 5_000)).flags == ("plain-text-only",)


def test_slash_dates_go_by_the_language_of_the_source() -> None:
    american = replace(SOURCE, language="en-US")

    assert normalised(entry("a", published="02/03/2024"), source=american).claimed == datetime(
        2024, 2, 3, tzinfo=UTC
    )


def test_the_language_is_of_the_entry_then_the_feed_then_the_source() -> None:
    source = replace(SOURCE, language="de")
    english = replace(entry("a", content="b"), content=Markup("b", is_html=True, language="en"))

    assert normalised(english, document(language="fr"), source).language == "en"
    assert normalised(entry("a"), document(language="fr"), source).language == "fr"
    assert normalised(entry("a"), document(), source).language == "de"


@pytest.mark.parametrize(
    ("raw", "organisation", "authors"),
    [
        (Entry(title=Markup("a"), origin=Origin(title="Desk"), authors=("Jane",)), "Desk", ("Jane",)),
        (Entry(title=Markup("a"), authors=("Desk", "Jane")), "Desk", ("Jane",)),
        (Entry(title=Markup("a"), origin=Origin()), "", ()),
        (Entry(title=Markup("a"), origin=Origin("Desk", authors=("Ada",))), "Desk", ("Ada",)),
        (Entry(title=Markup("a"), origin=Origin("Desk", authors=("Ada",)), authors=("J",)), "Desk", ("J",)),
    ],
)
def test_entries_of_an_aggregating_feed_name_their_organisation(
    raw: Entry, organisation: str, authors: tuple[str, ...]
) -> None:
    item = normalised(raw, source=replace(SOURCE, organisation="", from_entry=True))

    assert (item.organisation, item.authors) == (organisation, authors)


def test_authors_of_an_atom_feed_are_those_of_its_entries() -> None:
    feed = replace(document(form="atom10", title="Feed"), authors=("Jane", "feed"))
    unnamed = replace(SOURCE, organisation="")

    assert normalised(entry("a"), feed, unnamed).authors == ("Jane",)
    assert normalised(replace(entry("a"), authors=("John",)), feed, unnamed).authors == ("John",)
    assert normalised(replace(entry("a"), origin=Origin("Other")), feed, unnamed).authors == ("Jane",)
    provenance = Origin("Other", authors=("Ada Marsh",))
    assert normalised(replace(entry("a"), origin=provenance), feed, unnamed).authors == ()
    assert normalised(entry("a"), replace(feed, format="rss20"), unnamed).authors == ()


TEXTS = st.text(max_size=30)
MARKUPS = st.builds(Markup, TEXTS, st.booleans(), TEXTS, TEXTS)
FILES = st.lists(st.builds(Attachment, TEXTS, TEXTS, TEXTS), max_size=2).map(tuple)
NAMES = st.lists(TEXTS, max_size=3).map(tuple)
ENTRIES = st.builds(
    Entry,
    guid=TEXTS,
    link=TEXTS,
    title=MARKUPS,
    content=MARKUPS,
    summary=MARKUPS,
    published=TEXTS,
    updated=TEXTS,
    authors=NAMES,
    categories=NAMES,
    enclosures=FILES,
    images=FILES,
    language=TEXTS,
    base=TEXTS,
    rights=TEXTS,
    origin=st.none() | st.builds(Origin, TEXTS, TEXTS, TEXTS),
)


@given(ENTRIES)
def test_any_entry_becomes_an_item_of_clean_text_or_is_rejected(raw: Entry) -> None:
    try:
        item = normalised(raw)
    except ValueError as refusal:
        assert str(refusal) == "the entry has no title, no link and no content"
        return
    texts = [
        item.title,
        item.guid,
        item.content,
        item.summary,
        item.text,
        item.rights,
        *item.authors,
        *item.categories,
    ]
    "".join(texts).encode()
    assert not any(ord(character) < 32 and character not in "\t\n\r" for each in texts for character in each)
    assert item.title
