"""Stories: items of several sources that are the same release."""

from dataclasses import replace

import pytest

from aggregator.dedupe.similar import SHINGLE_BYTES, STEPS_EACH, Comparer
from aggregator.dedupe.stories import MATCHED_WITHIN, Match, Matcher, parts
from aggregator.model import Candidate, Item, KeyKind
from tests.dedupe.memory import knowledge, said
from tests.given import MINUTE, NOON, entry

LINK = "https://ministry.example/bridge"
WORDS = "the bridge is open again after nine months of careful work by many hands"
EXTRACT = f"<p>{WORDS}</p>"
FULL = f"<p>{WORDS} and it will be paid for by a toll that ends in twelve years from now</p>"


def release(title: str = "Bridge opens", body: str = FULL, link: str = LINK, language: str = "en") -> Item:
    (item,) = said(entry(title, "g1", link, body=body))
    return replace(item, language=language)


def candidate(item: Item, number: int = 3, **more: object) -> Candidate:
    plain = Candidate(
        number=number,
        story=None,
        link=item.key(KeyKind.LINK) or b"",
        language=item.language,
        shown=NOON,
        title=item.title,
        signature=item.signature,
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # the caller names fields of Candidate


def is_same(item: Item, other: Candidate) -> bool:
    return Matcher(knowledge(candidates=[other])).match(item, NOON) == Match(other)


def test_the_same_text_at_the_same_address_is_the_same_release() -> None:
    assert is_same(release(), candidate(release(title="Bridge open again")))


def test_an_extract_is_the_same_release_on_either_side() -> None:
    assert is_same(release(), candidate(release(body=EXTRACT)))
    assert is_same(release(body=EXTRACT), candidate(release()))


def test_other_words_at_the_same_address_are_another_release() -> None:
    other = (
        "<p>" + "nobody was hurt when the old harbour crane fell into the river this morning at six" + "</p>"
    )
    assert not is_same(release(), candidate(release(body=other)))


def test_the_same_words_elsewhere_are_not_looked_at() -> None:
    assert not is_same(release(), candidate(release(link="https://agency.example/bridge")))


@pytest.mark.parametrize(("title", "same"), [("bridge  OPENS", True), ("Bridge closes", False)])
def test_texts_too_short_to_prove_anything_need_the_same_title(title: str, same: bool) -> None:
    short = "<p>Read more.</p>"
    assert is_same(release(body=short), candidate(release(title, short))) is same


def test_fourteen_days_apart_is_the_same_release_and_a_minute_more_is_not() -> None:
    for shown in (NOON - MATCHED_WITHIN, NOON + MATCHED_WITHIN):
        assert is_same(release(), candidate(release(), shown=shown))
    assert not is_same(release(), candidate(release(), shown=NOON - MATCHED_WITHIN - MINUTE))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("en", "en-GB", True), ("en", "fr", False), ("", "fr", True), ("fr", "", True)],
)
def test_a_translation_is_another_release(one: str, other: str, same: bool) -> None:
    assert is_same(release(language=one), candidate(release(language=other))) is same


def test_of_several_the_oldest_is_joined() -> None:
    old, new = candidate(release(), 3), candidate(release(), 4)
    assert Matcher(knowledge(candidates=[new, old])).match(release(), NOON) == Match(old)


def test_a_candidate_without_a_signature_leaves_the_match_open() -> None:
    unsigned = candidate(release(), signature=None)
    assert Matcher(knowledge(candidates=[unsigned])).match(release(), NOON) == Match(decided=False)


def test_an_address_beyond_what_is_read_leaves_the_match_open() -> None:
    (link,) = (release().key(KeyKind.LINK),)
    known = replace(knowledge(), unread=frozenset([link or b""]))
    assert Matcher(known).match(release(), NOON) == Match(decided=False)


def test_a_comparison_beyond_the_budget_is_not_made() -> None:
    known = knowledge(candidates=[candidate(release())])
    steps = STEPS_EACH + 2 * len(release().signature) // SHINGLE_BYTES
    assert Matcher(known, steps).match(release(), NOON).same is not None
    assert Matcher(known, steps - 1).match(release(), NOON) == Match(decided=False)


OTHER = "<p>" + "nobody was hurt when the old harbour crane fell into the river this morning at six" + "</p>"


def test_an_edited_item_parts_unless_it_agrees_with_each_other_member() -> None:
    lead, accomplice = candidate(release(), 3), candidate(release(body=OTHER), 4)
    assert not parts(release(title="Bridge open"), [lead], Comparer())
    assert parts(release(body=OTHER), [lead], Comparer())
    assert parts(release(body=OTHER), [accomplice, lead], Comparer())
    assert parts(replace(release(), language="fr"), [lead], Comparer())
    assert not parts(release(body=OTHER), [], Comparer())


def test_after_a_change_of_link_short_texts_prove_nothing() -> None:
    short, elsewhere = "<p>Read more.</p>", "https://agency.example/bridge"
    assert parts(release(body=short, link=elsewhere), [candidate(release(body=short))], Comparer())
    assert not parts(release(link=elsewhere), [candidate(release())], Comparer())
