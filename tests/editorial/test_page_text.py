"""The text of a page in place of the summary of the feed."""

import pytest
from msgspec.structs import replace

from aggregator.editorial.page_text import item
from aggregator.editorial.present import present
from aggregator.model.amendment import Amendment
from aggregator.model.house_style import Styled
from aggregator.model.page import PageState, PageText
from aggregator.model.settings import Republish
from tests.render.given import FEED, ITEM, PUBLICATION, stored

SUMMARY = replace(ITEM, content="<p>The dam is open.</p>", text="The dam is open.", summary="")
TAKEN = PageText(
    PageState.TAKEN, "<p>The dam opened at noon.</p><p>More.</p>", "The dam opened at noon.\n\nMore."
)
WANTED = replace(FEED, full_text=True)
STORED = replace(stored(SUMMARY), page=TAKEN)


def test_the_text_of_the_page_is_the_content_and_the_feed_the_summary() -> None:
    said = item(STORED, WANTED)
    assert said == replace(SUMMARY, content=TAKEN.content, text=TAKEN.text, summary="<p>The dam is open.</p>")
    own = replace(STORED, item=replace(SUMMARY, summary="<p>In short.</p>"))
    assert item(own, WANTED).summary == "<p>In short.</p>"


@pytest.mark.parametrize("state", [state for state in PageState if state is not PageState.TAKEN])
def test_in_every_other_state_the_summary_stays(state: PageState) -> None:
    assert item(replace(STORED, page=PageText(state)), WANTED) is SUMMARY


def test_without_a_page_or_the_wish_for_it_the_summary_stays() -> None:
    assert item(replace(STORED, page=None), WANTED) is SUMMARY
    assert item(STORED, FEED) is SUMMARY


def test_a_release_has_the_text_of_the_page_under_the_dates_of_the_feed() -> None:
    before, after = (
        present(each, feed=WANTED, publication=PUBLICATION) for each in (replace(STORED, page=None), STORED)
    )
    assert (after.content, after.summary) == (TAKEN.content, "The dam is open.")
    assert after.text.startswith("The dam opened at noon.\n\nMore.\n\n")
    assert after.excerpt == "<p>The dam opened at noon.</p>"
    assert replace(after, content="", summary="", text="", excerpt="", excerpt_text="") == replace(
        before, content="", summary="", text="", excerpt="", excerpt_text=""
    )


@pytest.mark.parametrize(
    ("rights", "content"),
    [(Republish.EXCERPT, "<p>The dam opened at noon.</p>"), (Republish.HEADLINE, "")],
)
def test_rights_cut_the_text_of_the_page(rights: Republish, content: str) -> None:
    found = present(STORED, feed=replace(WANTED, republish=rights), publication=PUBLICATION)
    assert found.content == content


def test_what_the_desk_wrote_stays() -> None:
    amended = replace(STORED, amended=Amendment(headline="Dam open", summary="Of the desk."))
    found = present(amended, feed=WANTED, publication=PUBLICATION)
    assert (found.title, found.summary, found.content) == ("Dam open", "Of the desk.", TAKEN.content)


def test_the_private_address_of_the_feed_is_removed_from_the_text_of_the_page() -> None:
    feed = replace(WANTED, feed="https://water.example/feed?key=secret")
    page = PageText(
        PageState.TAKEN, '<p><a href="https://water.example/feed?key=secret">Feed</a></p>', "Feed"
    )
    assert "secret" not in present(replace(STORED, page=page), feed=feed, publication=PUBLICATION).content


def test_the_summary_beside_the_text_of_a_page_is_in_the_house_style() -> None:
    styled = Styled("1", title="Dam Opens", is_body=True, content="<p>The dam is open now.</p>")
    said = item(replace(STORED, item=replace(SUMMARY, styled=styled)), WANTED)
    assert (said.content, said.summary) == (TAKEN.content, "<p>The dam is open now.</p>")
    both = replace(styled, summary="<p>In short.</p>")
    own = replace(SUMMARY, summary="<p>In short, call 0123.</p>", styled=both)
    assert item(replace(STORED, item=own), WANTED).summary == "<p>In short.</p>"
    found = present(replace(STORED, item=own), feed=WANTED, publication=PUBLICATION)
    assert (found.title, found.content) == ("Dam Opens", TAKEN.content)


def test_the_text_of_a_page_is_shown_in_the_house_style_with_the_link_to_the_rest() -> None:
    own = Styled("1", is_body=True, is_cut=True, content="<p>The dam opened.</p>", text="The dam opened.")
    page = replace(TAKEN, styled=own)
    found = present(replace(STORED, page=page), feed=WANTED, publication=PUBLICATION)
    assert found.content.startswith("<p>The dam opened.</p><p><a href=")
    assert found.summary == "The dam is open."
    titled = replace(SUMMARY, styled=Styled("1", title="Dam Open"))
    both = present(replace(STORED, item=titled, page=page), feed=WANTED, publication=PUBLICATION)
    assert (both.title, both.content) == ("Dam Open", found.content)
