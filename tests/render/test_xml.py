"""RSS and Atom: documents are valid and parse back to the stored items."""

from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from aggregator import render
from aggregator.model.entry import Origin
from aggregator.model.item import Enclosure, Item
from aggregator.model.release import Release
from aggregator.model.settings import Republish
from aggregator.model.stored import FeedInfo
from aggregator.render import Format, body
from tests.line.valid import atom_mistakes
from tests.render.given import (
    AGGREGATOR,
    ALSO,
    FEED,
    ITEM,
    NOW,
    ORIGIN,
    PUBLICATION,
    PUBLISHED,
    channel,
    document,
    objects,
    read,
    release,
    time,
    tree,
)

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "c": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "m": "http://search.yahoo.com/mrss/",
}
KINDS = (Format.RSS, Format.ATOM)

# Item text has passed `normalise`: legal in XML, single-line fields on one line
legal = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=40
) | st.sampled_from(
    ["<b>R&D</b> ]]>", "a < b", "&amp;lt;i&gt;", "</title><script>x</script>", "{{ 7 * 7 }}", "AT&T &copy;"]
)
hostile = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["]]>", "<script>", "&amp;lt;", '" onx="', "\x00", "\ud800", "</item></channel>", "{{ 7 * 7 }}", "\r\n"]
)
items = st.builds(
    Item,
    keys=st.just(()),
    title=legal.filter(str.strip),
    url=st.just("") | legal.map(lambda path: "https://water.example/" + path),
    content=legal,
    summary=legal,
    text=legal,
    language=st.sampled_from(["", "en", "fr-CA", "not a language"]),
    authors=st.lists(legal, max_size=2).map(tuple),
    organisation=hostile,
    categories=st.lists(legal, max_size=2).map(tuple),
    enclosures=st.lists(
        st.builds(Enclosure, hostile | st.just("https://x.example/a"), hostile), max_size=2
    ).map(tuple),
    rights=legal,
    origin=st.none() | st.builds(Origin, hostile, hostile, hostile),
)
feeds = st.builds(
    FeedInfo,
    id=st.just("water"),
    feed=hostile | st.just(FEED.feed),
    organisation=hostile,
    title=hostile,
    link=hostile | st.just(FEED.link),
    rights=hostile,
    language=hostile,
    republish=st.sampled_from(["full", "excerpt", "headline"]),
    licence=hostile | st.sampled_from(["CC-BY-4.0", "https://licence.example/"]),
)


def texts(element: etree._Element, path: str) -> list[str]:
    return [found.text or "" for found in element.iterfind(path, NAMES)]


def hrefs(element: etree._Element, rel: str) -> list[str]:
    return [link.get("href", "") for link in element.iterfind(f"a:link[@rel='{rel}']", NAMES)]


def only(kind: str, one: Release) -> etree._Element:
    """Return the one item of a document, parsed strictly."""
    found = tree(document(kind, one)).findall("channel/item" if kind == "rss" else "a:entry", NAMES)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("kind", KINDS)
def test_feedparser_reads_the_stored_item_back(kind: Format) -> None:
    one = release()
    found = read(document(kind, one)).entries[0]
    assert {
        "id": found.id,
        "title": found.title,
        "link": found.link,
        "published": time(found.published),
        "updated": time(found.updated),
        "authors": [author.name for author in found.authors],
        "contributors": [person.name for person in found.contributors],
        "content": found.content[0].value,
        "categories": [tag.term for tag in found.tags],
        "files": [file.href for file in found.enclosures],
        "via": [link.href for link in found.links if link.rel == "via"],
    } == {
        "id": one.public_id,
        "title": one.title,
        "link": one.page,
        "published": PUBLISHED,
        "updated": NOW,
        "authors": ["Water Board"],
        "contributors": ["A. Author", "B. Author"],
        "content": body.html(one),
        "categories": ["Water & works"],
        "files": ["https://water.example/a.mp3", "https://water.example/b?c&d"],
        "via": [ITEM.url],
    }


def test_an_rss_item_has_every_field_of_the_release() -> None:
    item = only("rss", release())
    assert (texts(item, "guid"), item.find("guid").get("isPermaLink")) == ([release().public_id], "false")  # type: ignore[union-attr]
    assert texts(item, "pubDate") == [format_datetime(PUBLISHED)]
    assert texts(item, "description") == [f"<p>It is open.</p>\n{release().disclaimer}"]
    assert texts(item, "author") == []  # it would have to be a mail address
    assert texts(item, "c:encoded") == [body.html(release())]
    assert [(s.get("url"), s.text) for s in item.iterfind("source")] == [(FEED.feed, "Water Board news")]
    assert [dict(file.attrib) for file in item.iterfind("enclosure")] == [
        {"url": "https://water.example/a.mp3", "length": "5", "type": "audio/mpeg"}
    ]
    assert texts(item, "dc:language") == ["en-GB"]
    assert texts(item, "dc:rights") == ["(c) Water Board"]
    assert hrefs(item, "license") == ["https://creativecommons.org/licenses/by/4.0/"]
    assert [dict(image.attrib) for image in item.iterfind("m:content", NAMES)] == [
        {"url": "https://water.example/i.png", "medium": "image", "type": "image/png", "fileSize": "7"}
    ]


@pytest.mark.parametrize("kind", Format)
def test_the_topics_of_a_source_stand_before_the_categories_of_an_item_once_each(kind: Format) -> None:
    item = replace(ITEM, categories=("Water & works", "HEALTH"))
    whole = document(kind, release(item, feed=replace(FEED, topics=("health", "human-rights"))))
    if kind is Format.JSON:
        found = objects(whole)["items"][0]["tags"]
    else:
        found = [tag.term for tag in read(whole).entries[0].tags]
    assert found == ["health", "human-rights", "Water & works"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_undated_release_has_no_date_but_what_atom_requires(kind: Format) -> None:
    one = replace(release(), is_dated=False, updated=PUBLISHED)
    dates = ("pubDate", "a:updated") if kind == "rss" else ("a:published", "a:updated")
    assert [texts(only(kind, one), name) for name in dates] == [
        [],
        [] if kind == "rss" else [PUBLISHED.isoformat()],
    ]
    corrected = only(kind, replace(one, corrected=True, updated=NOW))
    assert [texts(corrected, name) for name in dates] == [[], [NOW.isoformat()]]
    modified = corrected.findtext("{http://purl.org/dc/terms/}modified")
    assert modified == (NOW.isoformat() if kind == "rss" else None)


def test_an_atom_entry_names_its_source_in_full() -> None:
    source = only("atom", release()).find("a:source", NAMES)
    assert source is not None
    assert [texts(source, f"a:{tag}") for tag in ("id", "title", "updated", "rights")] == [
        [FEED.feed],
        ["Water Board news"],
        [NOW.isoformat()],
        ["(c) Water Board"],
    ]
    assert (hrefs(source, "self"), hrefs(source, "alternate")) == ([FEED.feed], [FEED.link])


@pytest.mark.parametrize("kind", KINDS)
def test_the_original_feed_of_an_aggregated_entry_is_kept(kind: Format) -> None:
    item = only(kind, release(replace(ITEM, origin=ORIGIN), feed=AGGREGATOR))
    if kind == "rss":
        assert [(s.get("url"), s.text) for s in item.iterfind("source")] == [(ORIGIN.self_url, ORIGIN.title)]
    else:
        assert texts(item, "a:source/a:id") == [ORIGIN.id]
        assert texts(item, "a:source/a:updated") == [ORIGIN.updated]
        assert texts(item, "a:source/a:rights") == [ORIGIN.rights]
        assert texts(item, "a:source/a:author/a:name") == [*ORIGIN.authors]
        (source,) = item.iterfind("a:source", NAMES)
        assert (hrefs(source, "self"), hrefs(source, "alternate")) == ([ORIGIN.self_url], [ORIGIN.link])


@pytest.mark.parametrize("kind", KINDS)
def test_an_origin_is_not_believed_of_a_source_that_speaks_for_itself(kind: Format) -> None:
    claimed = replace(ITEM, origin=ORIGIN, organisation="World Authority")
    assert render.entry(release(claimed), kind) == render.entry(release(), kind)
    assert b"World Authority" not in render.entry(release(claimed), kind)


def test_an_origin_without_address_or_name_falls_back_to_its_source() -> None:
    first = Origin("", "17", "https://first.example/")
    item = only("atom", release(replace(ITEM, origin=first), feed=AGGREGATOR))
    assert texts(item, "a:source/a:id") == ["https://first.example/"]
    assert texts(item, "a:source/a:title") == ["Water Board"]
    item = only("atom", release(replace(ITEM, origin=Origin("First", "", "")), feed=AGGREGATOR))
    assert texts(item, "a:source/a:id") == [FEED.feed]


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_enclosed_is_named_once(kind: Format) -> None:
    one = release(replace(ITEM, enclosures=(Enclosure("https://water.example/p", "image/png"),), images=()))
    assert render.entry(one, kind).count(b"https://water.example/p") == 1


def test_an_atom_entry_has_its_language() -> None:
    assert only("atom", release()).get("{http://www.w3.org/XML/1998/namespace}lang") == "en-GB"


def test_a_headline_is_published_with_its_disclaimer() -> None:
    one = release(
        replace(ITEM, url=""),
        feed=replace(FEED, republish=Republish.HEADLINE, licence="", rights="", language=""),
    )
    bare = replace(one, language="", published=NOW)
    rss = only("rss", bare)
    assert texts(rss, "description") == texts(rss, "c:encoded") == [one.disclaimer]
    assert texts(rss, "a:updated") == []
    atom = only("atom", bare)
    assert texts(atom, "a:content") == [one.disclaimer]
    assert [
        *texts(atom, "a:summary"),
        *texts(atom, "a:rights"),
        *hrefs(atom, "via"),
        *hrefs(atom, "license"),
    ] == []


def test_a_single_file_of_unknown_kind_fits_rss() -> None:
    one = release(replace(ITEM, enclosures=ITEM.enclosures[1:]))
    assert [dict(file.attrib) for file in only("rss", one).iterfind("enclosure")] == [
        {"url": "https://water.example/b?c&d", "length": "0", "type": "application/octet-stream"}
    ]


@pytest.mark.parametrize(
    ("licence", "address"),
    [
        ("CC-BY-NC-ND-3.0", ["https://creativecommons.org/licenses/by-nc-nd/3.0/"]),
        ("cc0-1.0", ["https://creativecommons.org/publicdomain/zero/1.0/"]),
        ("https://licence.example/", ["https://licence.example/"]),
        ("https://licence.example/ but ask first", []),
        ("https://", []),
        ("CC-ALL-RIGHTS-RESERVED", []),
        ("cc-by-us", []),
        ("CC-BY-9.9", []),
        ("CC-4.0", []),
        ("CC-B?-4.0", []),
        ("all rights reserved", []),
    ],
)
def test_a_known_licence_is_linked(licence: str, address: list[str]) -> None:
    assert hrefs(only("atom", release(feed=replace(FEED, licence=licence))), "license") == address


@pytest.mark.parametrize(
    ("licence", "words"),
    [("OGL-3.0", "OGL-3.0 · (c) Water Board"), ("CC-BY-4.0", "(c) Water Board"), ("", "(c) Water Board")],
)
def test_a_licence_without_an_address_is_in_the_rights_text(licence: str, words: str) -> None:
    one = release(feed=replace(FEED, licence=licence))
    assert only("rss", one).findtext("dc:rights", None, NAMES) == words
    assert only("atom", one).findtext("a:rights", None, NAMES) == words


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_of_a_channel(kind: Format) -> None:
    on = replace(channel("sources/water"), hub="https://releases.example/hub")
    whole = document(kind, on=on)
    head = read(whole).feed
    assert (head.title, head.link, head.rights if kind == "atom" else "", head.language) == (
        on.title,
        on.page,
        on.rights if kind == "atom" else "",
        "en",
    )
    assert time(head.updated) == NOW
    root = tree(whole)
    place = root.find("channel") if kind == "rss" else root
    assert place is not None
    assert hrefs(place, "self") == [f"https://releases.example/sources/water/feed.{kind}"]
    assert hrefs(place, "hub") == [on.hub]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_channel_is_valid(kind: Format) -> None:
    on = replace(channel(), changed=None, language="")
    found = read(document(kind, on=on))
    assert (found.entries, time(found.feed.updated).year) == ([], 1970)


@pytest.mark.parametrize("kind", KINDS)
def test_characters_illegal_in_xml_are_an_error_of_that_item(kind: Format) -> None:
    with pytest.raises(ValueError):
        render.entry(replace(release(), title="\x00"), kind)


@pytest.mark.parametrize("kind", KINDS)
@given(items, feeds)
def test_feedparser_reads_any_stored_item_back(kind: Format, item: Item, feed: FeedInfo) -> None:
    one = release(item, feed=feed)
    found = read(document(kind, one)).entries[0]
    assert (found.id, found.title, found.link, found.content[0].value, time(found.published)) == (
        one.public_id,
        repaired(one.title),
        one.page,
        repaired(body.html(one)),
        PUBLISHED,
    )


def repaired(text: str) -> str:
    """Apply feedparser's repair of text whose Latin-1 letters could be UTF-8: "Ã©" becomes "é"."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


@given(items, feeds)
def test_any_item_parses_back_from_rss(item: Item, feed: FeedInfo) -> None:
    one = release(item, feed=feed)
    found = only("rss", one)
    assert (texts(found, "title"), texts(found, "guid"), texts(found, "link")) == (
        [one.title],
        [one.public_id],
        [one.page],
    )
    assert texts(found, "c:encoded") == [body.html(one)]
    assert texts(found, "dc:creator") == [one.organisation]
    assert texts(found, "dc:contributor") == [name for name in one.authors if name != one.organisation]
    assert texts(found, "category") == list(one.categories)


@given(items, feeds)
def test_any_item_parses_back_from_atom(item: Item, feed: FeedInfo) -> None:
    one = release(item, feed=feed)
    whole = document("atom", one)
    found = tree(whole).find("a:entry", NAMES)
    assert found is not None
    assert (texts(found, "a:title"), texts(found, "a:id"), hrefs(found, "alternate")) == (
        [one.title],
        [one.public_id],
        [one.page],
    )
    assert texts(found, "a:content") == [body.html(one)]
    assert texts(found, "a:author/a:name") == [one.organisation]
    assert texts(found, "a:contributor/a:name") == [name for name in one.authors if name != one.organisation]


@given(hostile, hostile)
def test_any_publication_and_channel_name_is_well_formed(name: str, topic: str) -> None:
    publication = replace(PUBLICATION, name=name, description=topic)
    on = channel("topics/" + topic.encode("utf-8", "replace").decode(), publication)
    for kind in KINDS:
        assert on.title in texts(tree(document(kind, on=on)), "channel/title" if kind == "rss" else "a:title")


@pytest.mark.needs("corpus")
@pytest.mark.parametrize(
    "releases", [(), (release(),), (release(also=ALSO), release(replace(ITEM, origin=ORIGIN)))]
)
def test_atom_is_valid(releases: tuple[Release, ...]) -> None:
    assert atom_mistakes(document("atom", *releases)) == []


@pytest.mark.needs("corpus")
@given(items, feeds)
def test_any_item_makes_valid_atom(item: Item, feed: FeedInfo) -> None:
    assert atom_mistakes(document("atom", release(item, feed=feed))) == []
