"""Formats of the pages, and optional parts of a release."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.amendment import AmendedField
from aggregator.model.entry import Origin
from aggregator.model.item import Enclosure
from aggregator.model.release import AlsoReleased, Release
from aggregator.model.stored import FeedInfo
from aggregator.publish.listings import Listing
from aggregator.web.pages import Site, channel_page, host, is_web, item_page, site, size
from aggregator.web.statics import STATIC
from tests.web.newsroom import NOON, Newsroom, item, newsroom, publication

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize(
    ("count", "said"),
    [(999, "999 bytes"), (2_400, "2 kB"), (2_400_000, "2 MB"), (3_000_000_000, "3 GB")],
)
def test_sizes_are_in_powers_of_a_thousand(count: int, said: str) -> None:
    assert size(count) == said


def test_hosts_are_shown_without_www() -> None:
    assert host("https://www.agency.example/x") == "agency.example"


def test_only_http_links_are_allowed() -> None:
    assert [is_web(url) for url in ("https://a.example", "http://a.example", "javascript:1", "")] == [
        True,
        True,
        False,
        False,
    ]


def test_the_navigation_names_configured_organisations_in_order() -> None:
    feeds = tuple(
        FeedInfo(id=own, feed="", organisation=organisation, configured=configured)
        for own, organisation, configured in (
            ("z", "agency", True),
            ("b", "Bureau", True),
            ("c", "Closed", False),
        )
    )
    around = site(publication(), ("", "topics/b", "topics/a", "languages/en", "sources/b"), feeds)
    assert [feed.organisation for feed in around.feeds] == ["agency", "Bureau"]
    assert (around.topics, around.languages) == (("a", "b"), ("en",))


def release(directory: Path) -> Release:
    room = newsroom(directory)
    room.publishes(item("First"))
    (made,) = room.publisher.releases("")
    return made


def shown(made: Release) -> str:
    return item_page(made, Site(publication())).body.decode()


def test_files_authors_rights_and_other_publishers_are_shown(tmp_path: Path) -> None:
    made = release(tmp_path)
    page = shown(
        replace(
            made,
            terms=replace(made.terms, licence="CC-BY-4.0"),
            authors=("Ana Example",),
            enclosures=(
                Enclosure("https://a.example/report.pdf?x=1", "application/pdf", 2_400_000),
                Enclosure("javascript:alert(1)"),
            ),
            images=(Enclosure("https://a.example/picture.jpg"),),
            rights="© Observatory",
            also=(AlsoReleased("Ministry", "https://releases.example/items/b"),),
        )
    )
    assert "By Ana Example" in page
    assert '<a href="https://a.example/report.pdf?x=1" rel="external">report.pdf</a>' in page
    assert "<small>PDF, 2 MB</small>" in page
    assert (
        '<img class="lead" src="https://a.example/picture.jpg" alt="" referrerpolicy="no-referrer">' in page
    )
    licence = '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license external">CC-BY-4.0</a>'
    assert f'<p class="rights" dir="auto">{licence} · © Observatory</p>' in page
    unlinked = replace(made, terms=replace(made.terms, licence="https://a.example/ if asked"), rights="")
    assert '<p class="rights" dir="auto">https://a.example/ if asked</p>' in shown(unlinked)
    assert '<a href="/items/b" dir="auto">Ministry</a>' in page
    assert "javascript:" not in page


def test_pictures_sound_and_films_are_shown_and_other_files_linked(tmp_path: Path) -> None:
    page = shown(
        replace(
            release(tmp_path),
            content='<p><img src="http://a.example/in-text.png"></p>',
            enclosures=(
                Enclosure("http://a.example/more.png", "image/png"),
                Enclosure("http://a.example/in-text.png", "image/png"),
                Enclosure("http://a.example/horn.mp3", "audio/mpeg"),
                Enclosure("http://a.example/launch.mp4", "video/mp4"),
                Enclosure("https://player.example/v/8", "text/html"),
            ),
        )
    )
    assert '<p><img src="https://a.example/in-text.png"></p>' in page
    assert '<img src="https://a.example/more.png" alt="" loading="lazy" referrerpolicy="no-referrer">' in page
    assert page.count("in-text.png") == 3  # once as picture, once as link and its name
    assert '<audio controls preload="none" src="https://a.example/horn.mp3"></audio>' in page
    assert '<video controls preload="none" src="https://a.example/launch.mp4"></video>' in page
    assert '<a href="http://a.example/launch.mp4" rel="external">launch.mp4</a>' in page
    assert '<a href="https://player.example/v/8" rel="external">player.example</a>' in page


def test_a_picture_that_leads_the_page_is_not_shown_again_among_its_files(tmp_path: Path) -> None:
    picture = Enclosure("http://a.example/lead.png", "image/png")
    page = shown(replace(release(tmp_path), enclosures=(picture,), images=(picture,)))
    assert page.count('src="https://a.example/lead.png"') == 1


def test_an_organisation_is_not_named_again_as_author(tmp_path: Path) -> None:
    made = release(tmp_path)
    assert "By " not in shown(replace(made, authors=(made.organisation,)))


def test_a_release_without_an_address_has_no_link_to_it(tmp_path: Path) -> None:
    page = shown(replace(release(tmp_path), url=""))
    assert "View in full" not in page
    assert '<link rel="canonical" href="https://releases.example/items/' in page


def test_of_many_sources_pages_link_the_directory(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    channel = room.publisher.channel("")
    assert channel is not None
    feeds = tuple(FeedInfo(id=f"s{n}", feed="", organisation=f"Agency {n}") for n in range(13))
    around = Site(publication(), feeds, languages=("en", "fr"))
    empty = Listing(())
    page = channel_page(replace(channel, changed=NOON), empty, around).body.decode()
    assert "Nothing has been published here yet." in page
    assert '<a href="/organisations">All 13 organisations</a>' in page
    assert "Agency 12" not in page
    assert 'hreflang="fr"' in page


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("topics/climate", "Climate"),
        ("languages/en", "English"),
        ("sources/observatory", "Coastal Observatory"),
    ],
)
def test_a_channel_page_is_headed_by_topic_language_or_organisation(
    tmp_path: Path, name: str, heading: str
) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("First"))
    assert f'<h1 dir="auto" class="heading">{heading}</h1>' in room.client.get(f"/{name}").text


def test_the_origin_that_a_source_claims_is_on_the_items_page_as_a_claim(tmp_path: Path) -> None:
    made = release(tmp_path)
    claimed = replace(made, origin=Origin("World <Authority>", "urn:x:1", "https://world.example/feed"))
    page = shown(claimed)
    assert "The feed of this release names as its source:" in page
    assert '<q dir="auto">World &lt;Authority&gt;</q>' in page
    assert '(<a href="https://world.example/feed" rel="external nofollow">world.example</a>)' in page
    believed = replace(claimed, source=replace(made.source, from_entry=True))
    assert "names as its source" not in shown(believed)
    assert "href" not in page_part(shown(replace(claimed, origin=Origin("World", "", ""))))


def page_part(page: str) -> str:
    return page.partition('<p class="provenance">')[2].partition("</p>")[0]


def test_edits_of_the_desk_and_its_note_stand_apart_from_the_release(tmp_path: Path) -> None:
    made = replace(
        release(tmp_path),
        edited=(AmendedField.HEADLINE, AmendedField.TOPICS),
        edited_by="Example <Releases>",
        original_title="First & only",
        note="Once.\nTwice.",
    )
    page = shown(made)
    assert '<p class="edited">Original headline: <q dir="auto">First &amp; only</q></p>' in page
    assert '<p class="edited">Edited by Example &lt;Releases&gt;: headline, topics.</p>' in page
    assert page.index("</div>") < page.index('<aside class="note"') < page.index('<aside class="standing"')
    assert "<p>Once.</p>\n<p>Twice.</p>" in page
    plain = shown(release(tmp_path / "plain"))
    assert ('class="edited"' in plain, 'class="note"' in plain) == (False, False)


def test_a_page_of_a_release_describes_it_to_other_sites_and_lists_documents_first(tmp_path: Path) -> None:
    files = (
        Enclosure("https://a.example/a.mp3", "audio/mpeg"),
        Enclosure("https://a.example/b.zip", "application/zip"),
        Enclosure("https://a.example/c.pdf", "application/pdf"),
    )
    made = replace(release(tmp_path), title='A "title"', images=(Enclosure("http://a.example/p.jpg"),))
    page = shown(replace(made, enclosures=files))
    assert '<meta property="og:title" content="A &#34;title&#34;">' in page
    assert '<meta property="og:image" content="https://a.example/p.jpg">' in page
    assert '<meta property="article:published_time" content="2026-03-02T10:00:00+00:00">' in page
    assert re.findall(r">([abc]\.[a-z0-9]+)</a>", page) == ["c.pdf", "b.zip", "a.mp3"]


def test_own_markup_and_style_of_a_page_of_thirty_releases_take_at_most_60_kb(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(*(item(f"Release {number}") for number in range(31)))
    page = room.client.get("/").content
    assert page.count(b"<article") == 30
    assert len(page) + sum(len(STATIC[name].body) for name in ("style.css", "copy.js")) < 60_000


def test_a_picture_of_a_list_has_its_room_before_it_is_loaded(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("Pictured", enclosures=(Enclosure("http://a.example/p.jpg", "image/jpeg"),)))
    assert (
        '<img class="thumb" src="https://a.example/p.jpg" alt="" width="144" height="96" loading="lazy" '
        'decoding="async" referrerpolicy="no-referrer">'
    ) in room.client.get("/").text


def test_a_list_tells_of_a_withdrawal_without_a_word_of_the_release(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("Stays"), item("Goes"))
    room.withdraws("Goes")
    page = room.client.get("/").text
    when = '<time datetime="2026-03-02T12:02:00+00:00">2 March 2026</time>'
    assert f"A release of <bdi>Coastal Observatory</bdi> was withdrawn on {when}." in page
    assert "Goes" not in page
    assert "Withdrawn lately" not in room.client.get("/topics/health").text


def test_the_history_marks_what_a_correction_removed_and_added_by_signs(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("First", content="<p>The gauge read 3 metres.</p>"))
    address = f"/items/{room.ids['First']}/history"
    room.corrects(
        "First", item("First", content="<p>The gauge read <b>4</b> &lt;metres.</p>", fingerprint=b"n")
    )
    page = room.client.get(address).text
    removed, added = "<del>[−&nbsp;3 metres.&nbsp;−]</del>", "<ins>[+&nbsp;4 &lt;metres.&nbsp;+]</ins>"
    assert f'dir="ltr">The gauge read {removed} {added} </p>' in page
    room.corrects(
        "First", item("First", content="<p>The gauge read <i>4</i> &lt;metres.</p>", fingerprint=b"o")
    )
    assert "The words are the same." in room.client.get(address).text
    assert room.client.get(address).text.count('<div class="changes">') == 1


def articles(html: str) -> dict[str, str]:
    """Return the releases of a list by their titles."""
    parts = [part.partition("</article>")[0] for part in html.split("<article")[1:]]
    plain = [re.findall(r"<h[23][^>]*>(.*?)</h[23]>", part)[0] for part in parts]
    return {re.sub(r"<[^>]*>", "", title): part for title, part in zip(plain, parts, strict=True)}


@pytest.mark.parametrize("path", ["/", "/topics/climate", "/languages/en", "/search?q=storm"])
def test_a_release_in_a_list_names_the_others_that_released_it(tmp_path: Path, path: str) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("Storm"), item("Storm ends"))
    room.publishes(item("Orage", language="fr"), source="ministere", same_as="Storm")
    listed = articles(room.client.get(path).text)
    also = listed["Storm"].partition('<p class="also">')[2].partition("</p>")[0]
    assert " ".join(re.sub(r"<[^>]*>", "", also).split()) == "Also released by Ministère de l’Exemple"
    assert re.findall(r'<a href="(/items/[^"]*)"', also) == [f"/items/{room.ids['Orage']}"]
    assert "Also released by" not in listed["Storm ends"]


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.publishes(item("First"), item("Second"))
    made.corrects("First", item("First", content="<p>New.</p>", text="New.", fingerprint=b"new"))
    return made


LISTS = ("topics", "sources", "languages")


def kinds(room: Newsroom) -> list[str]:
    """Return an address of each kind of page."""
    lists = ["/", "/topics/climate", "/sources/observatory", "/languages/en", "/search?q=second"]
    release = [room.page("First"), f"/items/{room.ids['First']}/history", f"/report/{room.ids['First']}"]
    return [*lists, *release, "/organisations", "/topics", "/licences", "/search", "/report", "/none"]


def feeds(prefix: str, query: str = "") -> list[str]:
    address = f"https://releases.example/{prefix}feed"
    return [f"{address}.{kind}{query}" for kind in ("rss", "atom", "json")]


def test_every_page_says_how_to_subscribe_to_its_feeds(room: Newsroom) -> None:
    of = {"/": "", "/search?q=second": "search/"}
    for path in kinds(room):
        prefix = of.get(path, path[1:] + "/" if path.count("/") > 1 and path.split("/")[1] in LISTS else "")
        page = room.client.get(path).text
        assert page.count('id="subscribe"') == 1, path
        part = page.partition('id="subscribe"')[2].partition("</section>")[0]
        named = feeds(prefix, "?q=second" if "q=" in path else "")
        assert f'<input id="feed" type="text" readonly value="{named[0]}"' in part, path
        assert re.findall(r'<a href="([^"]*)">', part) == named, path


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/", feeds("")),
        ("/topics/climate", feeds("topics/climate/")),
        ("/sources/observatory", feeds("sources/observatory/")),
        ("/languages/en", feeds("languages/en/")),
        ("/search?q=second", feeds("search/", "?q=second")),
        ("First", feeds("")),
    ],
)
def test_a_page_names_its_feeds_to_feed_readers(room: Newsroom, path: str, own: list[str]) -> None:
    head = room.client.get(path if path.startswith("/") else room.page(path)).text.partition("</head>")[0]
    named = re.findall(r'<link rel="alternate" type="([^"]*)" title="[^"]+" href="([^"]*)">', head)
    kinds = ("application/rss+xml", "application/atom+xml", "application/feed+json")
    assert named == list(zip(kinds, own, strict=True))


def test_a_page_of_a_release_has_its_summary_and_its_publication_for_other_sites(room: Newsroom) -> None:
    room.publishes(
        item('A "storm"', content='<p>Stay "ashore" &amp; warm.</p>', text='Stay "ashore" & warm.')
    )
    page = room.client.get(room.page('A "storm"')).text
    summary = 'content="Stay &#34;ashore&#34; &amp; warm."'
    assert f'<meta property="og:description" {summary}>' in page
    assert f'<meta name="description" {summary}>' in page
    assert '<meta property="og:site_name" content="Example Public Releases">' in page
