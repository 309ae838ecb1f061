"""What a nested or foreign element says is not the entry's: each element is read in its place alone."""

import pytest

from aggregator.model.document import Document
from aggregator.model.entry import Entry, Origin
from aggregator.parse import parse
from aggregator.parse.places import HEAD, ITEM, Place, Places

URL = "https://found.example/dir/feed"
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:x="urn:x-office:own"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)
RELEASE = (
    "<title>Release</title><link>https://office.example/1</link><guid>g1</guid><author>Ada</author>"
    "<description>The release.</description><category>Ports</category>"
    "<pubDate>Fri, 27 Nov 2026 10:00:00 +0000</pubDate>"
)
ATOM = (
    "<id>g1</id><title>Release</title><link href='https://office.example/1'/><author><name>Ada</name></author>"
    "<summary>The release.</summary><category term='Ports'/><published>2026-11-27T10:00:00Z</published>"
)


def rss(item: str, head: str = "") -> Document:
    body = (
        f'<rss version="2.0" {SPACES}><channel><title>Office</title><link>https://office.example/</link>{head}'
        f"<item>{item}</item></channel></rss>"
    )
    return parse(body.encode(), content_type="", url=URL)


def atom(entry: str, head: str = "", space: str = "http://www.w3.org/2005/Atom") -> Document:
    body = (
        f'<feed xmlns="{space}" {SPACES}><title>Office</title><link href="https://office.example/"/>{head}'
        f"<entry>{entry}</entry></feed>"
    )
    return parse(body.encode(), content_type="", url=URL)


def said(entry: Entry) -> tuple[object, ...]:
    return (
        entry.title.value,
        entry.link,
        entry.guid,
        entry.authors,
        entry.content.value or entry.summary.value,
        entry.categories,
        bool(entry.published),
        entry.rights,
        entry.updated,
    )


SAID = ("Release", "https://office.example/1", "g1", ("Ada",), "The release.", ("Ports",), True, "", "")
FOREIGN = (
    "<title>Other</title><link href='https://other.example/'>https://other.example/</link><guid>g9</guid>"
    "<id>g9</id><author><name>Eve</name></author><description>A much longer text than the release has.</description>"
    "<summary>A much longer text than the release has.</summary><category term='X'>X</category><rights>Eve</rights>"
    "<content:encoded>A much longer text than the release has.</content:encoded><dc:creator>Eve</dc:creator>"
    "<content type='html'>A much longer text than the release has.</content><updated>2001-01-01</updated>"
    "<pubDate>2001-01-01</pubDate><published>2001-01-01</published><enclosure url='https://other.example/a.mp3'/>"
    "<item><title>Inner</title></item><entry><title>Inner</title></entry>"
)
NESTED = [
    f"<image>{FOREIGN}</image>",
    f"<textInput>{FOREIGN}</textInput>",
    f"<x:meta>{FOREIGN}</x:meta>",
    f"<x:a><x:b>{FOREIGN}</x:b></x:a>",
    f"<contributor>{FOREIGN}</contributor>",
    f"<related xmlns='urn:x-other'>{FOREIGN}</related>",
    f"<itunes:owner>{FOREIGN}</itunes:owner>",
    f"<media:credit>{FOREIGN}</media:credit>",
    f"<media:community>{FOREIGN}</media:community>",
    f"<media:content url='https://office.example/a.jpg' type='image/jpeg'>{FOREIGN}</media:content>",
    f"<media:group>{FOREIGN}</media:group>",
    f"<x:item>{FOREIGN}</x:item>",
    f"<comments>{FOREIGN}</comments>",
    "<title xmlns='urn:x-other'>Other</title><link xmlns='urn:x-other'>https://other.example/</link>",
    "<media:title>Other</media:title><media:description>A much longer text than it has.</media:description>",
    "<itunes:title>Other</itunes:title><itunes:summary>A much longer text than it has.</itunes:summary>",
    "<dc:title>Other</dc:title><dc:description>A much longer text than it has.</dc:description>",
    "<dc:identifier>g9</dc:identifier>",
    "<media:thumbnail url='https://office.example/a.jpg'><title>Other</title></media:thumbnail>",
    "<media:content url='https://office.example/a.jpg'><media:title>Other</media:title></media:content>",
]


@pytest.mark.parametrize("nested", NESTED)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_a_nested_element_says_is_not_the_entrys(nested: str, is_first: bool) -> None:
    for document in (
        rss(nested + RELEASE if is_first else RELEASE + nested),
        atom(nested + ATOM if is_first else ATOM + nested),
    ):
        assert [said(entry) for entry in document.entries] == [SAID]
        assert document.entries[0].enclosures == ()
        assert (document.title, document.link) == ("Office", "https://office.example/")


@pytest.mark.parametrize("nested", NESTED)
def test_what_a_nested_element_says_is_not_the_feeds(nested: str) -> None:
    if nested.startswith(("<dc:title", "<title", "<media:", "<itunes:t", "<dc:i", "<media")):
        pytest.skip("stands directly in the feed")
    for document in (rss(RELEASE, head=nested), atom(ATOM, head=nested)):
        assert (document.title, document.link, document.rights) == ("Office", "https://office.example/", "")
        assert (document.authors, [said(entry) for entry in document.entries]) == ((), [SAID])


def test_an_author_is_not_an_entry() -> None:
    document = atom(f"{ATOM}<author><name>Eve</name><title>Other</title><id>g9</id><link href='x'/></author>")
    assert said(document.entries[0]) == (*SAID[:3], ("Ada", "Eve"), *SAID[4:])


def test_atom_source_keeps_what_it_says_and_no_more() -> None:
    source = (
        "<source><id>urn:s</id><title>Bay</title><updated>2026-11-20</updated><rights>CC BY</rights>"
        "<link rel='self' href='https://bay.example/feed'/><link href='https://bay.example/'/>"
        "<author><name>Bay Press</name></author><entry><title>Left over</title></entry><x:a><title>Y</title></x:a>"
        "</source>"
    )
    for document in (atom(source + ATOM), atom(ATOM + source)):
        (entry,) = document.entries
        assert said(entry) == SAID
        assert entry.origin == Origin(
            "Bay",
            "urn:s",
            "https://bay.example/",
            "https://bay.example/feed",
            "2026-11-20",
            "CC BY",
            ("Bay Press",),
        )


@pytest.mark.parametrize(
    ("inside", "title", "text"),
    [
        ("<media:title>M</media:title><media:description>D</media:description>", "M", "D"),
        ("<media:group><media:title>M</media:title><media:description>D</media:description></media:group>", "M", "D"),
        ("<dc:title>M</dc:title><dc:description>D</dc:description>", "M", "D"),
        ("<itunes:title>M</itunes:title><itunes:summary>D</itunes:summary>", "M", "D"),
        ("<media:content url='u'><media:title>M</media:title><media:description>D</media:description></media:content>", "M", "D"),
        ("<dc:description>D</dc:description><media:description>E</media:description>", "", "D"),
    ],
)  # fmt: skip
def test_what_extensions_say_stands_for_what_an_item_does_not(inside: str, title: str, text: str) -> None:
    (entry,) = rss(f"<guid>g</guid>{inside}").entries
    assert (entry.title.value, entry.content.value or entry.summary.value) == (title, text)


@pytest.mark.parametrize(
    "link",
    [
        "<link uri='at://x'>https://office.example/1</link>",
        "<link href='https://go.example/1' type='text/html'>https://office.example/1</link>",
        "<link url='https://go.example/1'>\n https://office.example/1\n</link>",
        "<link rel='self'>https://office.example/1</link>",
        "<link rel='enclosure' type='x/y'>https://office.example/1</link>",
        "<link xml:lang='en'><![CDATA[https://office.example/1]]></link>",
        "<link>&lt;![CDATA[https://office.example/1]]&gt;</link>",
        "<link href='https://office.example/1'/>",
        "<atom:link href='https://office.example/1'/>",
        "<atom:link rel='self' href='https://feed.example/'/><link>https://office.example/1</link>",
        "<link>https://office.example/1</link><atom:link rel='http://www.iana.org/assignments/relation/self' href='x'/>",
        "<feedburner:origLink>https://office.example/1</feedburner:origLink><link>https://go.example/~3/a</link>",
        "<link>https://go.example/~3/a</link><feedburner:origLink>https://office.example/1</feedburner:origLink>",
        "<dc:identifier>https://office.example/1</dc:identifier>",
        "<guid>https://office.example/1</guid>",
    ],
)
def test_the_link_of_an_rss_item(link: str) -> None:
    assert [entry.link for entry in rss(f"<title>x</title>{link}").entries] == ["https://office.example/1"]


@pytest.mark.parametrize(
    "image",
    [
        "<image>https://office.example/i.jpg</image>",
        "<image>\n <url>https://office.example/i.jpg</url><title>Not the item's</title><link>https://x.example/</link></image>",
        "<itunes:image href='https://office.example/i.jpg'/>",
    ],
)
def test_the_image_of_an_item_is_its_image_and_says_nothing_else_of_it(image: str) -> None:
    (entry,) = rss(f"<title>T</title>{image}<link>https://office.example/1</link>").entries
    assert (entry.title.value, entry.link) == ("T", "https://office.example/1")
    assert [file.url for file in entry.images] == ["https://office.example/i.jpg"]


@pytest.mark.parametrize(
    ("media", "urls"),
    [
        ("<media:content medium='video'><media:player url='https://p.example/1'/></media:content>", ["https://p.example/1"]),
        ("<media:content url='https://v.example/1.mp4'><media:player url='https://p.example/1'/></media:content>", ["https://v.example/1.mp4"]),
        ("<media:content url='https://v.example/1' medium='video'/>", ["https://v.example/1"]),
        ("<media:content url='https://v.example/1' medium='image'/>", []),
    ],
)  # fmt: skip
def test_media_are_offered_without_a_type_and_a_player_where_it_stands_alone(
    media: str, urls: list[str]
) -> None:
    (entry,) = rss(f"<title>T</title>{media}").entries
    assert [file.url for file in entry.enclosures] == urls


def test_the_original_address_of_an_enclosure_is_its_address() -> None:
    original = "<feedburner:origEnclosureLink>https://office.example/a.mp3</feedburner:origEnclosureLink>"
    enclosure = "<enclosure url='https://go.example/a.mp3' type='audio/mpeg' length='3'/>"
    (entry,) = rss(f"<title>x</title>{enclosure}{original}").entries
    assert [(file.url, file.type) for file in entry.enclosures] == [
        ("https://office.example/a.mp3", "audio/mpeg")
    ]


@pytest.mark.parametrize(
    ("language", "links", "chosen"),
    [
        ("en", "en fr ar", "en"), ("fr", "en fr ar", "fr"), ("ar", "en fr ar", "ar"), ("fr-CH", "en fr ar", "fr"),
        ("en", "de-AT en-GB", "en-GB"), ("pt-BR", "pt pt-BR", "pt-BR"), ("it", "en - fr", "-"), ("", "- fr", "-"),
        ("FR", "en fr", "fr"), ("en_GB", "fr en-GB", "en-GB"), ("", "en fr", "en"),
    ],
)  # fmt: skip
def test_the_alternate_of_the_own_language_is_the_link(language: str, links: str, chosen: str) -> None:
    alternates = "".join(
        f"<link rel='alternate' href='https://o.example/{each}'{'' if each == '-' else f' hreflang={each!r}'}/>"
        for each in links.split()
    )
    document = parse(
        f"<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><entry xml:lang='{language}'><id>a</id>"
        f"<title>x</title>{alternates}</entry></feed>".encode(),
        content_type="",
        url=URL,
    )
    assert document.entries[0].link == f"https://o.example/{chosen}"


@pytest.mark.parametrize(
    "space",
    [
        "https://www.w3.org/2005/Atom",
        "http://www.w3.org/2005/atom",
        "http://www.w3.org/2005/Atom/",
        "http://w3.org/2005/Atom",
        " http://www.w3.org/2005/Atom",
        "http://www.w3.org/2005/Atom#",
        "http://www.w3.org/2006/Atom10",
    ],
)
def test_a_slip_in_the_namespace_of_atom_costs_nothing(space: str) -> None:
    (entry,) = atom(ATOM, space=space).entries
    assert said(entry) == SAID


@pytest.mark.parametrize(
    ("prefix", "space"),
    [
        ("dc", "https://purl.org/dc/elements/1.1/"),
        ("c", "http://purl.org/dc/elements/1.1"),
        ("c", "HTTP://PURL.ORG/dc/elements/1.1/"),
        ("dc", "http://purl.org/dc/elements/1.2/"),
        ("dc", "http://dublincore.org/documents/dcmi-namespace/"),
        ("c", "http://dublincore.org/documents/dcmi-namespace/"),
    ],
)
def test_a_slip_in_the_namespace_of_an_extension_costs_nothing(prefix: str, space: str) -> None:
    inside = f"<title>x</title><{prefix}:creator xmlns:{prefix}='{space}'>Ada</{prefix}:creator>"
    assert [entry.authors for entry in rss(inside).entries] == [("Ada",)]


@pytest.mark.parametrize(
    ("category", "label"),
    [
        ("<category term='news/17' label='Ports'/>", "Ports"),
        ("<category term='ports'/>", "ports"),
        ("<media:category label='Ports' scheme='urn:s'>a/b/17</media:category>", "Ports"),
    ],
)
def test_the_label_of_a_category_is_its_name(category: str, label: str) -> None:
    assert atom(f"<id>a</id><title>x</title>{category}").entries[0].categories == (label,)


def test_cdata_that_arrives_escaped_is_unwrapped() -> None:
    item = "".join(
        f"<{name}>&lt;![CDATA[{text}]]&gt;</{name}>"
        for name, text in {
            "title": "Ports &amp; harbours",
            "description": "&lt;p&gt;Open.&lt;/p&gt;",
            "guid": "g1",
            "category": "Sea",
            "author": "Ada",
            "pubDate": "2026-11-27",
        }.items()
    )
    (entry,) = rss(item).entries
    assert (entry.title.value, entry.summary.value, entry.guid) == ("Ports & harbours", "<p>Open.</p>", "g1")
    assert (entry.categories, entry.authors, entry.published) == (("Sea",), ("Ada",), "2026-11-27")


def test_the_base_of_an_element_ends_with_it() -> None:
    entry = (
        "<id>a</id><title xml:base='https://t.example/'>x</title><link href='1'/>"
        "<link rel='enclosure' xml:base='https://e.example/' href='a.pdf'/>"
        "<summary type='html' xml:base='https://s.example/'>&lt;a href='2'></summary><content>x</content>"
    )
    (found,) = atom(entry).entries
    assert (found.link, found.base, found.enclosures[0].url) == ("1", URL, "https://e.example/a.pdf")
    assert (found.summary.base, found.content.base) == ("https://s.example/", URL)


def test_a_div_in_a_text_ends_the_base_of_the_text() -> None:
    item = (
        "<description xml:base='https://d.example/'><div>a</div></description><link>1</link><title>x</title>"
    )
    (entry,) = rss(item).entries
    assert (entry.link, entry.base) == ("1", URL)


def test_text_inside_a_date_is_the_date() -> None:
    (entry,) = rss("<title>x</title><pubDate><time datetime='x'>Fri, 27 Nov 2026</time></pubDate>").entries
    assert entry.published == "Fri, 27 Nov 2026"


def every_place(places: Places, seen: set[int]) -> list[Place]:
    if id(places) in seen:
        return []
    seen.add(id(places))
    return [
        each
        for place in places.values()
        for each in (place, *(every_place(place.children, seen) if place.children else []))
    ]


def test_an_item_stands_in_the_feed_and_beside_nothing_else() -> None:
    assert {name for name, place in HEAD.items() if place.children is ITEM} == {"item", "entry"}
    assert {name for name, place in ITEM.items() if place.children is HEAD} == set()
    holders = [
        place.field for place in every_place(HEAD, set()) if place.children and "entry" in place.children
    ]
    assert set(holders) == {"channel", "items", "item", "entry"}


@pytest.mark.parametrize(
    "name", ["summary", "title", "content", "link", "item", "description", "svg", "media:title"]
)
def test_markup_in_a_text_ends_no_field(name: str) -> None:
    document = rss(
        f"<title>T</title><description>D <p>P</p><{name}>E</{name}> F</description></item>"
        "<item><title>After</title><guid>a</guid><description>Whole.</description>"
    )
    entry, after = document.entries
    tag = name.partition(":")[2] or name
    assert (entry.title.value, entry.summary.value) == ("T", f"D <p>P</p><{tag}>E</{tag}> F")
    assert (after.title.value, after.guid, after.summary.value) == ("After", "a", "Whole.")


def test_the_alternates_in_a_stated_language_are_translations() -> None:
    links = (
        "<link rel='alternate' hreflang='fr' href='/fr/1'/><link rel='alternate' hreflang='en' href='/1'/>"
        "<link rel='alternate' hreflang='es' type='application/pdf' href='/es.pdf'/>"
        "<link rel='related' hreflang='de' href='/de/1'/><link rel='alternate' hreflang='it'/>"
    )
    (entry,) = atom(ATOM + links).entries
    assert entry.alternates == (("fr", "/fr/1"), ("en", "/1"))
    (item,) = rss(RELEASE + links.replace("<link", "<atom:link")).entries
    assert (item.alternates, item.link) == (entry.alternates, "https://office.example/1")
    (plain,) = rss(RELEASE).entries
    assert plain.alternates == ()
