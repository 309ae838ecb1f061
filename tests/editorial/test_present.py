"""Stored items to published releases."""

from html import escape

import pytest
from msgspec.structs import replace

from aggregator.editorial.present import EXCERPT_TRANSLATIONS_MAX, excerpted, present, slug
from aggregator.model.entry import Origin
from aggregator.model.item import LANGUAGE_DETECTED, Enclosure
from aggregator.model.release import AlsoReleased, Release, Translated
from aggregator.model.rights import Terms, Use
from aggregator.model.settings import Republish, Text
from aggregator.model.stored import StoryMember, Translation
from tests.render.given import (
    ALSO,
    ALSO_RELEASED,
    FEED,
    ITEM,
    NOW,
    ORIGIN,
    PUBLICATION,
    PUBLISHED,
    release,
    stored,
)

ENGLISH = "by {{ organisation }}"


def test_a_release_is_the_item_with_attribution_and_disclaimer() -> None:
    publication = replace(PUBLICATION, disclaimer=Text((("", ENGLISH),)))
    assert present(stored(also=ALSO, corrected=True), feed=FEED, publication=publication) == Release(
        id="abcdefghijklm",
        public_id="tag:water.example,2026:1",
        page="https://releases.example/items/abcdefghijklm/dam-bridge-reopened",
        url=ITEM.url,
        title=ITEM.title,
        organisation="Water Board",
        content=ITEM.content,
        summary="It is open.",
        disclaimer='<div class="pw-disclaimer">by Water Board</div>',
        disclaimer_text="by Water Board",
        line='<div class="pw-disclaimer">Released by Water Board, not by Example Releases. '
        f'<a href="{escape(ITEM.url)}">Original</a>.</div>',
        lead="",
        text="The dam is open.\n\nby Water Board",
        excerpt="<p>The dam is open.</p>",
        excerpt_text="The dam is open.\n\nby Water Board",
        published=PUBLISHED,
        updated=NOW,
        language="en-GB",
        source=FEED,
        authors=ITEM.authors,
        categories=ITEM.categories,
        enclosures=ITEM.enclosures,
        images=ITEM.images,
        rights="(c) Water Board",
        terms=Terms("CC-BY-4.0", train=Use.PROHIBIT),
        also=ALSO_RELEASED,
        corrected=True,
    )


def test_a_detected_language_is_marked() -> None:
    detected = replace(stored(), flags=(LANGUAGE_DETECTED, "damped"))
    releases = [present(each, feed=FEED, publication=PUBLICATION) for each in (detected, stored())]
    assert [each.is_language_detected for each in releases] == [True, False]


def test_dates_and_licence_reach_the_disclaimer() -> None:
    own = Text((("", "{{ item.published }} {{ item.retrieved }} {{ licence }} {{ item.authors }}"),))
    found = present(stored(), feed=FEED, publication=PUBLICATION, text=own)
    assert found.text.endswith("\n\n2026-11-24 2026-11-24 CC-BY-4.0 A. Author, B. Author")


def test_the_disclaimer_is_in_the_items_language() -> None:
    own = Text((("de", "von {{ organisation }}"),))
    german, french, other = (
        present(stored(replace(ITEM, language=tag)), feed=FEED, publication=PUBLICATION, text=own).text
        for tag in ("de-AT", "fr", "ja")
    )
    assert german.endswith("von Water Board")
    assert "Communiqué public" in french
    assert "Public release" in other


def test_an_item_of_unknown_language_gets_the_publications_disclaimer() -> None:
    item, feed = stored(replace(ITEM, language="")), replace(FEED, language="")
    found = present(item, feed=feed, publication=replace(PUBLICATION, language="fr"))
    assert found.language == ""
    assert "Communiqué public" in found.text


def test_without_a_general_text_the_default_disclaimer_is_used() -> None:
    publication = replace(PUBLICATION, disclaimer=Text((("fr", "par {{ organisation }}"),)))
    assert "Public release" in present(stored(), feed=FEED, publication=publication).text


@pytest.mark.parametrize(
    ("republish", "content", "paragraphs", "files"),
    [
        ("full", ITEM.content, "The dam is open.\n\n", ITEM.enclosures),
        ("excerpt", "<p>The dam is open.</p>", "The dam is open.\n\n", ()),
        ("headline", "", "", ()),
    ],
)
def test_rights_limit_body_text_and_files(
    republish: str, content: str, paragraphs: str, files: tuple[Enclosure, ...]
) -> None:
    found = release(feed=replace(FEED, republish=Republish(republish)))
    assert (found.content, found.enclosures, found.images) == (content, files, ITEM.images if files else ())
    assert found.text.startswith(f"{paragraphs}Public release.")
    assert found.url in found.disclaimer.replace("&amp;", "&")


def test_without_rights_nothing_is_presented() -> None:
    with pytest.raises(ValueError, match="forbid"):
        release(feed=replace(FEED, republish=Republish.NO))


def test_the_organisation_of_the_entry_takes_precedence_over_an_aggregating_source_only() -> None:
    item = replace(ITEM, organisation="Fire\x00 Brigade")
    assert release(item, feed=replace(FEED, from_entry=True)).organisation == "Fire Brigade"
    assert release(item).organisation == "Water Board"
    assert release(feed=replace(FEED, organisation="")).organisation == "Water Board news"
    assert release(feed=replace(FEED, organisation="", title="")).organisation == "water"


def test_a_file_source_has_the_address_of_its_page_here() -> None:
    assert release(feed=replace(FEED, feed="")).source.feed == "https://releases.example/sources/water"


def test_feed_metadata_is_sanitised() -> None:
    feed = replace(
        FEED,
        feed="https://user:pass@water.example/feed?token=1",
        title="W\x00\nB",
        link="javascript:alert(1)",
        language="en_GB",
        rights="\ud800(c)",
    )
    expected = replace(
        FEED, feed="https://releases.example/sources/water", title="W B", link="", language="", rights="(c)"
    )
    assert release(feed=feed).source == expected


def test_addresses_other_than_http_are_dropped() -> None:
    files = (Enclosure("javascript:x"), Enclosure("https://water.example/a", 'a"b'))
    item = replace(ITEM, url="javascript:x", enclosures=files, origin=replace(ORIGIN, link="file:///x"))
    found = release(item, also=(StoryMember("X", "klmnopqrstuvw"),))
    assert (found.url, found.enclosures, found.also, found.origin) == (
        "",
        (Enclosure("https://water.example/a"),),
        (AlsoReleased("X", "https://releases.example/items/klmnopqrstuvw"),),
        replace(ORIGIN, link=""),
    )
    assert "javascript" not in found.disclaimer


def test_without_an_item_address_the_disclaimer_links_to_the_organisation() -> None:
    item = replace(ITEM, url="")
    assert '<a href="https://water.example/">' in release(item).disclaimer
    assert "<a " not in release(item, feed=replace(FEED, link="")).disclaimer


def test_an_origin_without_title_and_address_is_none() -> None:
    assert release(replace(ITEM, origin=Origin(id="1"))).origin is None
    assert release(replace(ITEM, origin=ORIGIN)).origin == ORIGIN


def test_the_address_of_an_original_feed_is_not_published_with_a_query() -> None:
    origin = replace(ORIGIN, link="https://first.example/feed?key=1")
    assert release(replace(ITEM, origin=origin)).origin == replace(ORIGIN, link="")
    assert release(replace(ITEM, origin=replace(origin, title="", self_url=origin.link))).origin is None


def test_a_missing_title_or_language_falls_back_to_text_and_source() -> None:
    found = release(replace(ITEM, title=" ", language=""))
    assert (found.title, found.language) == ("The dam is open.", "en")
    assert release(replace(ITEM, title="", text="")).title == "Water Board"


@pytest.mark.parametrize(
    ("republish", "title"),
    [
        (Republish.FULL, "Secret body of the dam… and its gates"),
        (Republish.EXCERPT, "The dam is open."),
        (Republish.HEADLINE, "water.example/dam?a=1&b=2"),
    ],
)
def test_a_derived_title_is_derived_from_what_the_rights_permit(republish: Republish, title: str) -> None:
    untitled = replace(ITEM, title="Secret body of the dam… and its gates", untitled=True)
    feed = replace(FEED, republish=republish)
    found = present(
        stored(replace(untitled, url="https://water.example/dam?a=1&b=2")), feed=feed, publication=PUBLICATION
    )
    assert found.title == title
    if republish is not Republish.FULL:
        assert "Secret" not in repr(found)
    assert (
        release(replace(untitled, url=""), feed=replace(feed, republish=Republish.HEADLINE)).title
        == "Water Board"
    )


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Café: déjà vu!", "cafe-deja-vu"), ("日本語", "release"), ("a" * 59 + " b", "a" * 59), ("", "release")],
)
def test_a_slug_is_short_ascii_and_never_empty(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_pictures_of_embedded_videos_make_a_content_long() -> None:
    video = '<p><a href="https://www.youtube.com/embed/abcDEF123-_">Film</a></p>'
    content = video * 20
    assert release(replace(ITEM, content=content)).lead != ""
    assert release(replace(ITEM, content=content.replace("/embed/", "/watch/"))).lead == ""
    assert release(replace(ITEM, content=video * 3)).lead != ""  # the height of 3 pictures
    assert release(replace(ITEM, content=video)).lead == ""


def test_a_long_content_is_led_by_the_disclaimer_in_one_line() -> None:
    long = replace(ITEM, content=f"<p>{'x' * 3_000}</p>")
    found = release(long)
    lead = (
        '<div class="pw-disclaimer">Released by Water Board, not by Example Releases. '
        f'<a href="{ITEM.url.replace("&", "&amp;")}">Original</a>.</div>'
    )
    assert found.lead == lead
    assert found.text.startswith("Released by Water Board, not by Example Releases. Original (")
    assert release(replace(ITEM, content=f"<p>{'x' * 2_900}</p>")).lead == ""
    assert (excerpted(found).lead, excerpted(found).content) == ("", found.excerpt)


@pytest.mark.parametrize(
    "high",
    [
        "<p>.</p>" * 40,
        "<li>.</li>" * 40,
        "." + "<br>." * 40,
        "<pre>" + ".\n" * 40 + "</pre>",
        '<img src="https://water.example/a.png" height="1000">',
        '<img src="https://water.example/a.png">' * 3,
        '<video controls="" preload="none"></video>' * 3,
    ],
)
def test_a_high_content_is_led_by_the_disclaimer_too(high: str) -> None:
    assert release(replace(ITEM, content=high)).lead
    assert not release(replace(ITEM, content=high[: len(high) // 8])).lead


def test_the_line_is_the_operators_and_may_be_switched_off() -> None:
    long = stored(replace(ITEM, content="<br>" * 1_000, language="fr"))
    own = replace(PUBLICATION, disclaimer_line=Text((("fr", "De {{ organisation }}."),)))
    assert (
        present(long, feed=FEED, publication=own).lead == '<div class="pw-disclaimer">De Water Board.</div>'
    )
    assert present(long, feed=FEED, publication=PUBLICATION).lead.startswith(
        '<div class="pw-disclaimer">Diffusé par Water Board'
    )
    assert present(long, feed=FEED, publication=replace(own, disclaimer_lead=False)).lead == ""


def test_an_excerpt_has_first_words_few_names_and_one_file() -> None:
    long = replace(
        ITEM,
        title="字" * 1_000,
        content=f"<p>{'字' * 1_000}</p>",
        text="字" * 1_000,
        authors=tuple(f"{n}{'字' * 100}" for n in range(30)),
        categories=tuple(f"{n}{'字' * 100}" for n in range(30)),
        rights="字" * 1_000,
        origin=replace(ORIGIN, title="字" * 1_000),
    )
    found = excerpted(release(long, feed=replace(FEED, title="字" * 200, rights="字" * 20_000)))
    name, words = "字" * 18 + "…", "字" * 199 + "…"
    short = "字" * 65 + "…"
    assert found.content == f"<p>{words}</p>"
    assert found.text.startswith(f"{words}\n\nPublic release. ")
    assert (found.title, found.summary, found.rights) == (short, "", short)
    assert found.authors == tuple(f"{n}{name}" for n in range(3))
    assert found.categories == tuple(f"{n}{name}" for n in range(5))
    assert (found.enclosures, found.images) == (ITEM.enclosures[:1], ())
    assert (found.source.title, found.source.rights) == (short, short)
    assert found.origin == replace(ORIGIN, title=short)


def test_translations_are_linked_with_their_pages_and_ids() -> None:
    private = replace(FEED, feed="https://water.example/feed?key=secret", addresses=())
    found = (
        Translation("fffffffffffff", "tag:water.example,2026:2", "Barrage", "fr", FEED),
        Translation("sssssssssssss", "https://water.example/feed?key=secret", "", "es", private),
        Translation("xxxxxxxxxxxxx", "tag:x", "X", '"><script>', FEED),
    )
    shown = present(replace(stored(), translations=found), feed=FEED, publication=PUBLICATION)
    page = "https://releases.example/items/"
    assert shown.translations == (
        Translated("fr", f"{page}fffffffffffff/barrage", "tag:water.example,2026:2"),
        Translated("es", f"{page}sssssssssssss", f"{page}sssssssssssss"),
    )
    many = replace(shown, translations=shown.translations * 20)
    assert len(excerpted(many).translations) == EXCERPT_TRANSLATIONS_MAX


def test_a_short_release_loses_only_its_other_files_as_an_excerpt() -> None:
    whole = release()
    assert excerpted(whole) == replace(
        whole,
        content="<p>The dam is open.</p>",
        summary="",
        text=whole.excerpt_text,
        enclosures=whole.enclosures[:1],
        images=(),
    )


def test_a_headline_stays_one_as_an_excerpt() -> None:
    found = excerpted(release(feed=replace(FEED, republish=Republish.HEADLINE)))
    assert (found.content, "The dam" in found.text) == ("", False)


def test_an_enclosed_picture_is_an_image_once() -> None:
    picture, film = (
        Enclosure("https://a.example/p", "image/png", 3),
        Enclosure("https://a.example/f", "video/mp4"),
    )
    found = release(
        replace(ITEM, enclosures=(film, picture), images=(*ITEM.images, replace(picture, type="")))
    )
    assert (found.images, found.enclosures) == (
        (replace(picture, type="", size=3), *ITEM.images),
        (film, picture),
    )


def test_the_time_of_a_first_import_is_no_date_of_an_undated_item() -> None:
    words = Text((("", "{{ organisation }} on {{ item.published or 'an unknown day' }}."),))
    one = stored()
    undated = replace(one, backlog=True, shown=one.first_seen)
    for each, day in (
        (one, "2026-11-24"),
        (undated, "an unknown day"),
        (replace(one, backlog=True), "2026-11-24"),
    ):
        found = present(each, feed=FEED, publication=PUBLICATION, text=words)
        assert (f"on {day}." in found.disclaimer, found.is_dated) == (True, each is not undated)
