"""The house style of an item, when it is read and when the rules change."""

import pytest
from msgspec.structs import replace

from aggregator.editorial import shown
from aggregator.editorial.house_style import restyled, styled
from aggregator.editorial.rights import permitted
from aggregator.model.house_style import (
    RULES_VERSION,
    UNSTYLED,
    Headline,
    HouseStyle,
    Replacement,
    Styled,
    TopicRule,
)
from aggregator.model.item import Item
from aggregator.model.settings import Republish

BODY = "<p>GENEVA – The fund grows.</p><p>It is per cent.</p>"
SAID = Item(
    keys=(),
    title="The fund Grows",
    url="https://one.example/a",
    content=BODY,
    summary="<p>per cent</p>",
    text="GENEVA – The fund grows.\n\nIt is per cent.",
    language="en",
)
PERCENT = Replacement("per cent", "percent")


def rules(**given: object) -> HouseStyle:
    return HouseStyle(version=RULES_VERSION, **given)  # type: ignore[arg-type]  # fields of HouseStyle


def applied(style: HouseStyle, said: Item = SAID, kept: Item | None = None) -> Item:
    """Return an item with its house style."""
    return replace(said, styled=styled(said, kept or said, style))


def test_digests_are_of_the_rules() -> None:
    one, other = rules(drop=("a",)), rules(drop=("a",), max_words=50)
    assert HouseStyle().digest == HouseStyle().drop_digest == rules().digest == ""
    assert one.digest != other.digest
    assert one.drop_digest == other.drop_digest != replace(one, version=RULES_VERSION + 1).drop_digest
    assert [
        bool(rules(**{name: value})) for name, value in (("dateline", "drop"), ("replace", (PERCENT,)))
    ] == [True, True]


def test_an_item_stays_as_its_origin_said_it_and_is_shown_in_the_house_style() -> None:
    style = rules(headline=Headline.TITLE_CASE, replace=(PERCENT,), dateline="drop")
    made = applied(style)
    assert replace(made, styled=UNSTYLED) == SAID
    after = shown.item(made)
    assert (after.title, after.content) == ("The Fund Grows", "<p>The fund grows.</p><p>It is percent.</p>")
    assert (after.summary, after.text) == ("<p>percent</p>", "The fund grows.\n\nIt is percent.")
    assert made.styled.rules == style.digest


def test_rules_that_change_nothing_keep_no_text() -> None:
    style = rules(replace=(Replacement("nowhere", "x"),), max_words=50)
    assert styled(SAID, SAID, style) == Styled(rules=style.digest)
    assert shown.item(SAID) is SAID


def test_a_headline_alone_keeps_no_body() -> None:
    made = applied(rules(headline=Headline.TITLE_CASE))
    assert (made.styled.title, made.styled.is_body, made.styled.content) == ("The Fund Grows", False, "")
    assert shown.item(made) == replace(made, title="The Fund Grows")


def test_a_replacement_is_not_undone_by_the_capitals_of_the_headline() -> None:
    made = applied(rules(headline=Headline.TITLE_CASE, replace=(Replacement("fund", "eFund"),)))
    assert made.styled.title == "The eFund Grows"


def test_a_replacement_in_a_headline_is_made_once() -> None:
    for headline in Headline:
        made = applied(
            rules(headline=headline, replace=(Replacement("fund", "UN fund"), Replacement("fund", "x")))
        )
        assert shown.item(made).title.casefold() == "the un fund grows"


def test_sentence_case_keeps_the_capitals_of_a_replacement() -> None:
    made = applied(rules(headline=Headline.SENTENCE_CASE, replace=(Replacement("fund Grows", "Fund grows"),)))
    assert made.styled.title == "The Fund grows"


def test_a_headline_of_which_nothing_is_left_stays() -> None:
    assert applied(rules(replace=(Replacement("The fund Grows", ""),))).styled.title == ""


def test_a_derived_headline_is_derived_from_the_text_as_shown() -> None:
    derived = replace(SAID, title="GENEVA – The fund grows. It is per cent.", untitled=True)
    assert applied(rules(dateline="drop"), derived).styled.title == "The fund grows. It is per cent."
    empty = replace(derived, content="", text="", summary="")
    assert applied(rules(dateline="drop"), empty).styled.title == ""


def test_what_the_selectors_left_is_kept_for_other_rules() -> None:
    kept = replace(SAID, content="<p>It is per cent.</p>", summary="", text="It is per cent.")
    style = rules(drop=(".lead",), replace=(PERCENT,))
    made = applied(style, kept=kept)
    assert made.styled == Styled(
        rules=style.digest,
        is_body=True,
        content="<p>It is percent.</p>",
        text="It is percent.",
        drops=style.drop_digest,
        is_dropped=True,
        kept_content="<p>It is per cent.</p>",
    )
    other = rules(drop=(".lead",))
    assert shown.item(replace(made, styled=restyled(made, other))).text == "It is per cent."


def test_selectors_that_would_leave_nothing_are_not_applied() -> None:
    nothing = replace(SAID, content="", summary="", text="")
    assert styled(SAID, nothing, rules(drop=("p",))).is_body is False


def test_other_selectors_are_applied_to_the_stored_content() -> None:
    made = applied(rules(drop=(".lead",)))
    after = restyled(made, rules(drop=("p:first-child",)))
    assert (after.content, after.summary, after.drops, after.is_dropped) == (
        "<p>It is per cent.</p>",
        "",
        "",
        False,
    )
    assert (
        restyled(made, rules(drop=("p",))).content == BODY or not restyled(made, rules(drop=("p",))).is_body
    )


def test_without_rules_an_item_is_shown_as_its_origin_said_it() -> None:
    assert restyled(applied(rules(dateline="drop")), HouseStyle()) == UNSTYLED


def test_items_without_dropped_elements_are_styled_anew_from_their_content() -> None:
    made = applied(rules(drop=(".lead",), replace=(PERCENT,)))
    again = restyled(made, rules(drop=(".lead",), dateline="drop"))
    assert again.content == "<p>The fund grows.</p><p>It is per cent.</p>"


LONG = replace(SAID, content="<p>word</p>" * 60, text="\n\n".join(["word"] * 60), summary="")


def test_a_long_text_is_cut_and_leads_on_to_its_origin() -> None:
    made = applied(rules(max_words=50), LONG)
    after = shown.item(made)
    assert (made.styled.is_cut, after.content.count("<p>")) == (True, 50)
    part = shown.permitted(
        after, Republish.FULL, organisation="R&D <b>", url="https://one.example/?a&b", language="en"
    )
    assert part.content == after.content + (
        '<p><a href="https://one.example/?a&amp;b" rel="noopener">Continue reading at R&amp;D &lt;b&gt;</a></p>'
    )
    assert part.text.endswith("word\n\nContinue reading at R&D <b>: https://one.example/?a&b")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr-CA", "Lire la suite chez A"),
        ("de", "Weiterlesen bei A"),
        ("es", "Seguir leyendo en A"),
        ("", "Continue"),
    ],
)
def test_the_link_is_in_the_language_of_the_item(language: str, words: str) -> None:
    after = shown.item(applied(rules(max_words=50), LONG))
    part = shown.permitted(
        after, Republish.FULL, organisation="A", url="https://one.example/", language=language
    )
    assert words in part.content


def test_a_text_without_a_link_is_not_cut() -> None:
    assert applied(rules(max_words=50), replace(LONG, url="")).styled.is_cut is False
    assert applied(rules(max_words=50), replace(LONG, url="mailto:a@b")).styled.is_cut is False


@pytest.mark.parametrize("republish", [Republish.EXCERPT, Republish.HEADLINE])
def test_an_excerpt_has_no_link_of_its_own(republish: Republish) -> None:
    after = shown.item(applied(rules(max_words=50), LONG))
    part = shown.permitted(after, republish, organisation="A", url="https://one.example/", language="en")
    assert part == permitted(after, republish)


def test_without_a_usable_link_the_text_ends() -> None:
    after = shown.item(applied(rules(max_words=50), LONG))
    assert (
        "Continue"
        not in shown.permitted(after, Republish.FULL, organisation="A", url="", language="en").content
    )


def test_html_that_cannot_be_made_safe_is_shown_unstyled(hostile: str) -> None:
    said = replace(SAID, content=hostile)
    assert applied(rules(replace=(Replacement("x", "y"),)), said).styled.is_body is False


@pytest.fixture
def hostile() -> str:
    """HTML of a compromised worker, which the sanitiser does not settle."""
    from aggregator.normalise.bounds import BODY_HTML_CHARS_MAX

    return f"<p>x {'a ' * (BODY_HTML_CHARS_MAX + 1)}</p>"


def test_rules_for_topics_alone_change_nothing_that_is_shown() -> None:
    rules = HouseStyle(topics=(TopicRule((("title", "x"),), ("sea",)),), version=RULES_VERSION)
    said = Item(keys=(), title="x", content="<p>x</p>", text="x")
    assert styled(said, said, rules) == Styled(rules=rules.digest)
    assert restyled(said, rules) == Styled(rules=rules.digest)
    assert rules.digest != replace(rules, topics=()).digest
