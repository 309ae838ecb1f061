"""Documents are rendered once, and again when anything that shapes them changes."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.decision import State
from aggregator.model.item import Enclosure
from aggregator.model.release import Release
from aggregator.model.settings import Republish, Text
from aggregator.policy.crowding import DOCUMENT_BYTES_MAX
from aggregator.policy.languages import LISTED_ALONE_MAX, codes, primary
from aggregator.policy.paging import Cursor
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher, Withdrawn
from aggregator.render import Format
from tests.events import capture_logs
from tests.web.newsroom import NOON, OBSERVATORY, Newsroom, item, newsroom, publication

pytestmark = pytest.mark.usefixtures("engine")

KINDS = pytest.mark.parametrize("kind", Format)


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return newsroom(tmp_path)


def document(room: Newsroom, name: str = "", kind: Format = Format.ATOM) -> Published:
    published = room.publisher.document(name, kind)
    assert published is not None
    return published


def titles(room: Newsroom, name: str = "") -> list[str]:
    return [release.title for release in room.publisher.releases(name)]


@KINDS
def test_a_document_is_cached_while_nothing_changes(room: Newsroom, kind: Format) -> None:
    room.publishes(item("First"))
    assert document(room, "", kind) is document(room, "", kind)


@KINDS
def test_the_same_data_give_the_same_bytes_in_another_publisher(room: Newsroom, kind: Format) -> None:
    room.publishes(item("First"), item("Second"))
    another = Publisher(room.storage, lambda: room.config).document("", kind)
    assert another is not None
    assert (another.body, another.etag) == (document(room, "", kind).body, document(room, "", kind).etag)


@KINDS
def test_a_new_release_is_in_the_next_document(room: Newsroom, kind: Format) -> None:
    room.publishes(item("First"))
    before = document(room, "", kind)
    room.publishes(item("Second"))
    after = document(room, "", kind)
    assert b"Second" in after.body
    assert after.etag != before.etag


def test_the_newest_releases_come_first(room: Newsroom) -> None:
    room.publishes(item("First"), item("Second"))
    assert titles(room) == ["Second", "First"]
    assert titles(room, "topics/climate") == ["Second", "First"]


@pytest.mark.parametrize("name", ["topics/none", "nonsense", "sources/observatory/more"])
def test_an_unknown_channel_has_no_document_and_no_releases(room: Newsroom, name: str) -> None:
    assert room.publisher.document(name, Format.ATOM) is None
    assert room.publisher.channel(name) is None
    assert room.publisher.releases(name) == ()


@KINDS
def test_a_changed_disclaimer_changes_every_document(room: Newsroom, kind: Format) -> None:
    room.publishes(item("First"))
    before = document(room, "", kind)
    room.reconfigures(publication=replace(publication(), disclaimer=Text((("", "Other words."),))))
    after = document(room, "", kind)
    assert b"Standing text about Coastal Observatory." in before.body
    assert b"Other words." in after.body
    assert b"Standing text" not in after.body


def test_the_disclaimer_of_a_source_applies_to_its_items_only(room: Newsroom) -> None:
    room.publishes(item("First"))
    room.publishes(item("Premier", language="fr"), source="ministere")
    own = replace(OBSERVATORY, disclaimer=Text((("", "Their own words."),)))
    room.reconfigures(sources=(own, room.config.sources[1]))
    said = {release.title: release.disclaimer for release in room.publisher.releases("")}
    assert "Their own words." in said["First"]
    assert "Standing text" in said["Premier"]


def test_a_reload_without_changes_renders_nothing_anew(room: Newsroom) -> None:
    room.publishes(item("First"))
    before = document(room)
    room.config = replace(room.config)
    assert document(room) is before


def test_two_bodies_never_share_a_last_modified_second(room: Newsroom) -> None:
    room.publishes(item("First"))
    first = document(room)
    room.reconfigures(publication=replace(publication(), name="Renamed"))
    second = document(room)
    assert first.last_modified is not None
    assert second.last_modified is not None
    assert second.last_modified > first.last_modified


def test_a_document_rendered_to_the_same_bytes_keeps_its_last_modified(room: Newsroom) -> None:
    room.publishes(item("First"))
    before = document(room, kind=Format.JSON)
    room.reconfigures(publication=replace(publication(), contact="other@releases.example"))
    after = document(room, kind=Format.JSON)
    assert after is not before
    assert (after.body, after.last_modified) == (before.body, before.last_modified)


@KINDS
def test_a_document_holds_the_newest_releases_that_fit(room: Newsroom, kind: Format) -> None:
    large = "<p>" + "x" * 150_000 + "</p>"
    room.publishes(*(item(f"Release {number}", content=large, text="x") for number in range(60)))
    body = document(room, "sources/observatory", kind).body
    assert len(body) <= DOCUMENT_BYTES_MAX
    assert b"Release 59" in body
    assert b"Release 0<" not in body
    assert b'Release 0"' not in body


@KINDS
def test_releases_in_no_archive_yet_are_excerpts_where_they_do_not_fit(room: Newsroom, kind: Format) -> None:
    large = "<p>" + "x" * 150_000 + "</p>"
    room.publishes(*(item(f"Release {number}", content=large, text="x") for number in range(39)))
    body = document(room, "sources/observatory", kind).body
    assert len(body) <= DOCUMENT_BYTES_MAX
    assert all(f"release-{number}".encode() in body for number in range(39))
    assert 11 <= body.count(b"x" * 150_000) <= 13


@KINDS
def test_one_release_larger_than_the_limit_is_still_published(room: Newsroom, kind: Format) -> None:
    large = "<p>" + "x" * (DOCUMENT_BYTES_MAX + 1) + "</p>"
    room.publishes(item("Older"), item("Huge", content=large))
    body = document(room, "sources/observatory", kind).body
    assert b"Huge" in body
    assert b"older" in body


@KINDS
def test_a_large_release_is_an_excerpt_in_shared_channels_and_whole_in_its_own(
    room: Newsroom, kind: Format
) -> None:
    words = "x" * 30_000
    room.publishes(item("Neighbour"), source="ministere")
    room.publishes(item("Large", content=f"<p>First paragraph.</p><p>{words}</p>"))
    for name in ("", "topics/climate", "languages/en"):
        assert words.encode() not in document(room, name, kind).body
        assert b"First paragraph." in document(room, name, kind).body
    assert b"Neighbour" in document(room, "", kind).body
    assert words.encode() in document(room, "sources/observatory", kind).body


@KINDS
def test_of_a_document_beyond_its_limit_the_source_with_most_bytes_gets_excerpts(
    room: Newsroom, kind: Format
) -> None:
    large = "<p>" + "x" * 28_000 + "</p>"
    room.publishes(item("Neighbour", content="<p>Whole text of a neighbour.</p>"), source="ministere")
    for hour in range(5):
        room.publishes(*(item(f"Release {hour}-{n}", content=large, text="x") for n in range(20)))
        room.now += timedelta(hours=1)
    body = document(room, "", kind).body
    assert len(body) <= DOCUMENT_BYTES_MAX
    assert b"Whole text of a neighbour." in body
    assert body.count(b"x" * 28_000) == 0
    assert all(f"Release {hour}-{n}".encode() in body for hour in range(5) for n in range(20))


@KINDS
def test_names_and_files_of_one_source_crowd_out_no_entry_of_another(room: Newsroom, kind: Format) -> None:
    """20 items an hour, each with 30 authors and 30 categories of 190 CJK characters and 30 long files."""
    names = tuple(f"{n:02}{'字' * 190}" for n in range(30))
    files = tuple(Enclosure(f"https://observatory.example/{n}/{'a' * 300}") for n in range(30))
    ours = [f"Ours {n}" for n in range(50)]
    room.publishes(*(item(title, language="en") for title in ours), source="ministere")
    for hour in range(10):
        many = (item(f"Flood {hour}-{n}", content="<p>x</p>", text="x" * 20_000) for n in range(20))
        room.publishes(
            *(replace(one, authors=names, categories=names, enclosures=files, images=files) for one in many)
        )
        room.now += timedelta(hours=1)
    body = document(room, "", kind).body
    assert len(body) <= DOCUMENT_BYTES_MAX
    assert all(f"The whole of {title}.".encode() in body for title in ours)
    assert body.count(names[0][:10].encode()) == 2 * 200
    assert names[5].encode()[:8] not in body
    assert body.count(files[0].url.encode()) == 200
    assert files[1].url.encode() not in body
    assert len(body) < 250 * 3_000


@KINDS
def test_of_excerpts_beyond_the_limit_the_oldest_of_the_heaviest_source_go(
    room: Newsroom, kind: Format
) -> None:
    long = "https://observatory.example/" + "a" * 3_900
    room.publishes(item("Ours"), source="ministere")
    for hour in range(24):
        some = (item(f"Flood {hour}-{n}.", url=f"{long}{hour}-{n}", content="x" * 30_001) for n in range(20))
        room.publishes(*some)
        room.now += timedelta(hours=1)
    body = document(room, "", kind).body
    assert DOCUMENT_BYTES_MAX * 0.9 < len(body) <= DOCUMENT_BYTES_MAX
    assert b"The whole of Ours." in body
    assert b"Flood 23-19." in body
    assert b"Flood 0-0." not in body


def test_an_item_that_cannot_be_presented_is_left_out_and_logged_once(room: Newsroom) -> None:
    room.publishes(item("Good"))
    room.publishes(item("Mauvais"), source="ministere")
    bad = replace(room.config.sources[1], disclaimer=Text((("", "{{ unknown }}"),)))
    room.reconfigures(sources=(OBSERVATORY, bad))
    with capture_logs() as events:
        assert titles(room) == ["Good"]
        room.publishes(item("Better"))
        assert titles(room) == ["Better", "Good"]
        assert b"Mauvais" not in document(room).body
    assert [event["event"] for event in events] == ["item left out"]


def test_an_item_that_cannot_be_serialised_is_left_out_and_logged_once(room: Newsroom) -> None:
    room.publishes(item("Good"))
    room.publishes(item("Bad", content="<p>\x00\x01</p>"))
    with capture_logs() as events:
        assert b"Good" in document(room).body
        room.publishes(item("Meilleur"), source="ministere")
        assert b"Meilleur" in document(room).body
    assert [(event["event"], event["kind"]) for event in events] == [("item left out", "atom")]


def test_a_held_item_is_not_published(room: Newsroom) -> None:
    room.publishes(item("Live"))
    room.publishes(item("Embargoed"), state=State.HELD)
    assert titles(room) == ["Live"]
    assert room.publisher.release(room.ids["Embargoed"]) is None
    assert room.publisher.history(room.ids["Embargoed"]) is None
    assert not any(b"Embargoed" in published.body for _, published in room.publisher.documents())


def test_of_a_withdrawn_item_only_the_withdrawal_is_published(room: Newsroom) -> None:
    room.publishes(item("Stays"), item("Goes"))
    assert titles(room) == ["Goes", "Stays"]
    room.withdraws("Goes")
    assert titles(room) == ["Stays"]
    assert room.publisher.release(room.ids["Goes"]) == Withdrawn(room.now)
    assert not any(b"The whole of Goes" in published.body for _, published in room.publisher.documents())


def test_an_item_is_found_by_its_id_only(room: Newsroom) -> None:
    room.publishes(item("First"))
    found = room.publisher.release(room.ids["First"])
    assert isinstance(found, Release)
    assert found.title == "First"
    assert room.publisher.release(found.url) is None
    assert room.publisher.release("nothing") is None


def test_a_source_with_republish_no_is_in_no_output(room: Newsroom) -> None:
    room.publishes(item("First"))
    assert titles(room) == ["First"]
    room.reconfigures(sources=(replace(OBSERVATORY, republish=Republish.NO), room.config.sources[1]))
    assert titles(room) == []
    assert room.publisher.release(room.ids["First"]) == Withdrawn(room.now)


def test_a_topic_is_listed_once_it_has_held_an_item(room: Newsroom) -> None:
    assert "topics/climate" not in room.publisher.channels()
    room.publishes(item("First"))
    assert "topics/climate" in room.publisher.channels()
    room.withdraws("First")
    assert "topics/climate" in room.publisher.channels()  # it has subscribers


def test_a_language_is_listed_from_three_items_or_two_sources_on(room: Newsroom) -> None:
    room.publishes(item("First", language="fr"), item("Second", language="fr"), item("Third", language="sw"))
    assert not any(name.startswith("languages/") for name in room.publisher.channels())
    room.publishes(item("Fourth", language="fr-CA"))
    room.publishes(item("Fifth", language="sw"), source="ministere")
    listed = [name for name in room.publisher.channels() if name.startswith("languages/")]
    assert listed == ["languages/fr", "languages/sw"]
    paths = {path for path, _ in room.publisher.documents()}
    assert {"languages/fr/feed.rss", "languages/sw/feed.rss"} <= paths


def test_one_source_alone_lists_few_languages_and_hides_none_of_others(room: Newsroom) -> None:
    for code in ("fr", "de"):
        room.publishes(*(item(f"{code} {n}", language=code) for n in range(3)), source="ministere")
    tags = ["fr", "de", *sorted(code for code in codes() if len(code) == 3)[:60]]
    room.publishes(*(item(f"{tag} of many {n}", language=tag) for n in range(3) for tag in tags))
    listed = [name for name in room.publisher.channels() if name.startswith("languages/")]
    assert len(listed) == LISTED_ALONE_MAX + 2
    assert {"languages/fr", "languages/de"} < {*listed}
    assert room.publisher.document(f"languages/{tags[-1]}", Format.RSS) is not None


def test_a_withdrawn_code_is_the_language_of_today(room: Newsroom) -> None:
    room.publishes(item("Old", language="iw"))
    assert titles(room, "languages/he") == ["Old"]
    assert room.publisher.document("languages/iw", Format.RSS) is None


def test_invented_languages_make_no_channel(room: Newsroom) -> None:
    tags = [f"{first}{second}{third}" for first in "qz" for second in "abcxyz" for third in "abcq"]
    invented = [tag for tag in tags if not primary(tag)]
    room.publishes(*(item(f"In {tag}", language=tag) for tag in invented))
    assert len(invented) > 10
    assert [name for name in room.storage.items.channels() if name.startswith("languages/")] == []
    assert room.publisher.document(f"languages/{invented[0]}", Format.RSS) is None


def test_a_language_is_served_from_its_first_item_on(room: Newsroom) -> None:
    room.publishes(item("First", language="fi"))
    assert room.publisher.document("languages/fi", Format.RSS) is not None
    assert room.publisher.document("languages/sw", Format.RSS) is None
    room.withdraws("First")
    left = room.publisher.document("languages/fi", Format.RSS)
    assert left is not None and b"Withdrawn" in left.body  # its subscribers learn of it there
    assert "languages/fi" not in room.publisher.channels()


def test_the_list_of_channels_is_read_again_only_after_a_change(room: Newsroom) -> None:
    room.publishes(item("First"))
    listed = room.publisher.channels()
    assert room.publisher.channels() is listed
    room.publishes(item("Second", language="fr"), item("Third", language="fr"), item("Fourth", language="fr"))
    assert "languages/fr" in room.publisher.channels()


def test_documents_lists_every_channel_in_every_format(room: Newsroom) -> None:
    room.publishes(item("First"), item("Second"), item("Third"))
    names = ("", "languages/en/", "sources/observatory/", "topics/climate/", "topics/open-data/")
    paths = [path for path, _ in room.publisher.documents()]
    expected = {f"{name}feed.{kind}" for name in names for kind in Format}
    assert expected <= set(paths)
    assert len(paths) == len(set(paths))


def test_a_page_of_a_list_is_read_once_until_the_store_changes(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(*(item(f"Release {number}") for number in range(31)))
    first, second = room.publisher.pages("")
    assert first.older is not None
    assert [len(each.releases) for each in (first, second)] == [30, 1]
    assert (room.publisher.page(""), room.publisher.page("", first.older)) == (first, second)
    assert room.publisher.page("") is room.publisher.page("")
    assert (second.behind, second.older) == (first.older, None)
    room.withdraws("Release 30")
    assert [len(each.releases) for each in room.publisher.pages("")] == [30]
    unknown = (
        room.publisher.page("", Cursor(1, 1)),
        room.publisher.page("none"),
        [*room.publisher.pages("none")],
    )
    assert unknown == (None, None, [])


@pytest.mark.parametrize("name", ["", "topics/climate", "sources/observatory", "languages/en"])
def test_pages_by_cursor_show_all_that_a_channel_lists_in_its_order(tmp_path: Path, name: str) -> None:
    room = newsroom(tmp_path)
    at = [NOON - timedelta(hours=number // 2) for number in range(40)]
    room.publishes(*(item(f"New {number}", claimed=at[number]) for number in range(40)))
    room.publishes(*(item(f"Old {number}", claimed=at[number]) for number in range(40)), backlog=True)
    room.publishes(*(item(f"Undated {number}", claimed=None) for number in range(5)), backlog=True)
    whole, page = [*room.publisher.pages(name)], room.publisher.page(name)
    walked = [page]
    while page is not None and page.older is not None:
        walked.append(page := room.publisher.page(name, page.older))
    assert walked == whole
    titles = [release.title for listing in whole for release in listing.releases]
    assert len(titles) == len({*titles}) == 85
    assert {*titles[:4]} == {"New 0", "Old 0", "New 1", "Old 1"} and titles[-1].startswith("Undated")


def test_the_first_page_passes_over_none_for_good(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    flood = (item(f"Flood {number}", claimed=NOON - number * timedelta(minutes=1)) for number in range(50))
    quiet = (
        item(f"Quiet {number}", claimed=NOON - timedelta(hours=2, minutes=number)) for number in range(20)
    )
    room.publishes(*flood)
    room.publishes(*quiet, source="ministere")
    pages = [[release.title for release in listing.releases] for listing in room.publisher.pages("")]
    assert pages[0] == [
        *(f"Flood {number}" for number in range(20)),
        *(f"Quiet {number}" for number in range(10)),
    ]
    assert pages[1][0] == "Flood 20"
    assert {title for page in pages for title in page} == {
        *(f"Flood {number}" for number in range(50)),
        *(f"Quiet {number}" for number in range(20)),
    }


def test_of_withdrawn_releases_lists_name_organisation_and_time_alone(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(*(item(f"Release {number}") for number in range(7)))
    assert room.publisher.departures("") == room.publisher.departures("none") == ()
    for number in range(7):
        room.withdraws(f"Release {number}")
    found = room.publisher.departures("")
    assert [each.organisation for each in found] == ["Coastal Observatory"] * 5
    assert found[0].at == room.now
    assert [each.at for each in found] == sorted((each.at for each in found), reverse=True)
    assert room.publisher.departures("topics/health") == ()
