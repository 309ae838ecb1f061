"""The desk's own fields of a release as published."""

import pytest
from msgspec.structs import replace

from aggregator.editorial.desk import words
from aggregator.editorial.present import present
from aggregator.model.amendment import AmendedField, Amendment
from aggregator.model.house_style import Styled
from aggregator.model.item import LANGUAGE_DETECTED
from aggregator.model.release import Release
from aggregator.model.settings import Republish, Text
from aggregator.render import Format, entry
from tests.render.given import FEED, ITEM, PUBLICATION, stored

EVERY = Amendment(
    "Dam open again", "The dam is open, says the board.", ("dams",), "fr", "Not <b>yet</b>.\nSoon."
)
HEADLINE = Amendment(headline="Dam open again")


def shown(amended: Amendment, *, rights: Republish = Republish.FULL, untitled: bool = False) -> Release:
    item = replace(stored(replace(ITEM, untitled=untitled)), amended=amended, flags=(LANGUAGE_DETECTED,))
    publication = replace(PUBLICATION, disclaimer=Text((("", "by {{ organisation }}: {{ item.title }}"),)))
    return present(item, feed=replace(FEED, republish=rights), publication=publication)


def test_the_desks_fields_stand_in_place_of_the_origins() -> None:
    release = shown(EVERY)
    assert (release.title, release.summary, release.language) == (
        "Dam open again",
        "The dam is open, says the board.",
        "fr",
    )
    assert (release.source.topics, release.categories[0]) == (("dams",), "dams")
    assert release.page.endswith("/dam-open-again")
    assert (release.edited_by, release.original_title) == (PUBLICATION.name, ITEM.title)
    assert not release.is_language_detected
    assert release.text.endswith(
        "The dam is open.\n\nÉdité par Example Releases : titre, résumé, thèmes, langue.\n\n"
        "Note de Example Releases : Not <b>yet</b>.\nSoon.\n\nby Water Board: Dam open again"
    )


def test_the_content_is_never_the_desks() -> None:
    assert shown(EVERY).content == shown(Amendment()).content == ITEM.content


def test_a_release_without_amendments_names_no_editor() -> None:
    plain = shown(Amendment())
    assert (plain.edited, plain.edited_by, plain.original_title, plain.note) == ((), "", "", "")
    assert plain.is_language_detected
    assert "Edited" not in plain.text


def test_an_original_headline_is_shown_with_a_headline_of_the_desk_alone() -> None:
    assert shown(Amendment(note="A note.")).original_title == ""
    assert shown(Amendment(note="A note.")).edited == ()
    assert shown(HEADLINE).original_title == ITEM.title


@pytest.mark.parametrize("rights", [Republish.EXCERPT, Republish.HEADLINE])
def test_a_headline_of_the_desk_is_shown_where_a_derived_title_is_not(rights: Republish) -> None:
    release = shown(HEADLINE, rights=rights, untitled=True)
    assert release.title == "Dam open again"
    assert release.original_title != ITEM.title


@pytest.mark.parametrize("kind", Format)
def test_every_format_says_who_edited_and_the_note_outside_the_content(kind: Format) -> None:
    made = entry(replace(shown(replace(EVERY, language="en"))), kind).decode()
    assert "Edited by Example Releases: headline, summary, topics, language." in made
    assert "Note by Example Releases:" in made
    assert "Not <b>" not in made.partition('"content_text"')[0]


def test_the_words_are_english_in_other_languages() -> None:
    both = words([AmendedField.HEADLINE], "So.", "Desk", "ja")
    assert both == ("Edited by Desk: headline.", "Note by Desk: So.")
    assert words([AmendedField.TOPICS], "", "Desk", "de-AT") == ("Bearbeitet von Desk: Themen.",)
    assert words([], "", "Desk", "en") == ()


def test_topics_that_rules_add_stand_after_those_of_the_source_and_give_way_to_the_desks() -> None:
    item = replace(ITEM, styled=Styled(topics=("sea", "law")))
    feed = replace(FEED, topics=("law",))
    assert present(stored(item), feed=feed, publication=PUBLICATION).source.topics == ("law", "sea")
    amended = replace(stored(item), amended=EVERY)
    assert present(amended, feed=feed, publication=PUBLICATION).source.topics == ("dams",)
