"""Stories: items of several sources that are the same release."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from aggregator.dedupe.comparing import Comparer
from aggregator.dedupe.similar import (
    PIECES_MAX,
    SHORT_BYTES,
    STEPS_EACH,
    folded,
    is_sound,
    joined,
    pieces,
    resembles,
    signature,
    steps,
)
from aggregator.dedupe.stories import MATCHED_WITHIN, Match, Matcher, may_match, standing
from aggregator.model.entry import Markup
from aggregator.model.item import Item, KeyKind
from aggregator.model.stored import Candidate
from tests.dedupe.memory import knowledge, known, said
from tests.given import MINUTE, NOON, entry

LINK = "https://ministry.example/bridge"
HOME, AWAY = ("ministry.example",), ("agency.example",)
SENTENCES = tuple(f"The {name} bridge is open again after careful work." for name in "abcdefghij")
TEXT = " ".join(SENTENCES)
OTHER = "Nobody was hurt when the old harbour crane fell into the river this morning at six."
CHINESE = "\u4e1c\u5c4f\u5927\u5b66\u4eca\u5929\u5ba3\u5e03\u4efb\u547d\u90b5\u82e5\u5170\u4e3a\u9662\u957f\uff0c\u4efb\u671f\u4e09\u5e74\u3002"


def release(body: str = TEXT, title: str = "Bridge opens", link: str = LINK, summary: str = "") -> Item:
    said_by = entry(title, "g1", link, body=f"<p>{body}</p>")
    (item,) = said(replace(said_by, summary=Markup(summary, is_html=True)))
    return item


def candidate(item: Item, number: int = 3, domains: tuple[str, ...] = (), **more: object) -> Candidate:
    plain = Candidate(
        number=number,
        story=None,
        link=item.key(KeyKind.LINK),
        url=item.url,
        domains=domains,
        language=item.language,
        shown=NOON,
        title=item.title,
        fingerprint=item.fingerprint,
        signature=item.signature,
        text=item.text,
    )
    return replace(plain, **more)  # the caller names fields of Candidate


def match(item: Item, *others: Candidate, domains: tuple[str, ...] = ()) -> Match:
    return Matcher(knowledge(candidates=others), domains, Comparer()).match(item, NOON)


def is_same(item: Item, other: Candidate, domains: tuple[str, ...] = ()) -> bool:
    return match(item, other, domains=domains).same == other


def is_shown_instead(other: Candidate, item: Item, domains: tuple[str, ...] = ()) -> bool:
    """Whether the one that the store has is shown and the new one is not."""
    found = match(item, other, domains=domains)
    return found.same == other and other.fingerprint in (found.says, item.fingerprint)


def parts(
    item: Item, domains: tuple[str, ...], story: Sequence[Candidate], comparer: Comparer | None = None
) -> bool:
    (old,) = (known(1, entry("Bridge opens", "g1", LINK)),)
    return standing(item, old, domains, story, comparer or Comparer()).parts


# ---- nobody at home: any member may be shown in place of the others


def test_the_same_title_text_and_link_are_the_same_release() -> None:
    assert is_same(release(), candidate(release()))
    assert is_same(release("Read more."), candidate(release("Read more.")))


@pytest.mark.parametrize(
    "altered",
    [
        pytest.param(release(title="Minister lied"), id="title"),
        pytest.param(release(TEXT + " Minister lied." + TEXT), id="foreign text in the middle"),
        pytest.param(release(TEXT * 5 + " Minister lied."), id="beyond 1,000 characters"),
        pytest.param(release(" ".join((*SENTENCES[:9], OTHER))), id="a tenth replaced"),
        pytest.param(release(f"{OTHER} {TEXT}"), id="prepended"),
        pytest.param(release(f"{TEXT} {OTHER}"), id="appended"),
        pytest.param(release(SENTENCES[0]), id="extract"),
        pytest.param(release("Minister of the ministry has lied."), id="a few words"),
        pytest.param(release(f'<a href="https://phish.example/">{TEXT}</a>'), id="link in the text"),
        pytest.param(release(summary=f"<p>{OTHER}</p>"), id="summary"),
        pytest.param(release(""), id="no text"),
    ],
)
def test_an_altered_copy_is_not_shown_in_place_of_a_release(altered: Item) -> None:
    for one, other in ((altered, release()), (release(), altered)):
        assert not is_shown_instead(candidate(other), one)


def test_a_text_without_blanks_agrees_with_no_other() -> None:
    one, other = release(CHINESE * 9), release(CHINESE * 9 + CHINESE[::-1])
    assert not is_same(one, candidate(other))
    assert not is_same(one, candidate(release(CHINESE[::-1] * 9), domains=HOME), domains=AWAY)
    assert is_same(one, candidate(other, domains=HOME), domains=AWAY)


def test_an_edited_item_parts_unless_it_agrees_with_each_other_member() -> None:
    lead, accomplice = candidate(release(), 3, language="en"), candidate(release(OTHER), 4)
    assert not parts(release(), (), [lead], Comparer())
    assert parts(release(OTHER), (), [accomplice, lead], Comparer())
    assert parts(release(), (), [lead, accomplice], Comparer())
    assert parts(replace(release(), language="fr"), (), [lead], Comparer())
    assert not parts(release(OTHER), (), [], Comparer())


@pytest.mark.parametrize("link", ["https://elsewhere.example/bridge", "https://ministry.example/other"])
def test_a_link_that_the_others_do_not_have_parts(link: str) -> None:
    assert parts(release(link=link), AWAY, [candidate(release())], Comparer())


def test_an_item_joins_a_story_whose_members_elsewhere_it_agrees_with_too() -> None:
    here, elsewhere = candidate(release(), 3, story=7), candidate(release(OTHER), 4, story=7)
    known = replace(knowledge(candidates=[here]), members=(here, elsewhere))
    assert Matcher(known, (), Comparer()).match(release(), NOON) == Match()
    known = replace(known, members=(here,))
    assert Matcher(known, (), Comparer()).match(release(), NOON) == Match(here)


# ---- a member at home: it is shown, the others are not


ALTERED = " ".join((*SENTENCES[:8], OTHER, "It costs nothing."))


@pytest.mark.parametrize(
    ("copy", "same"),
    [
        (release(title="Bridge  OPENS"), True),
        (release(title="Minister lied"), False),
        (release(ALTERED), True),
        (release(" ".join((*SENTENCES[:7], OTHER, OTHER[9:], "It costs."))), False),
        (release(" ".join(SENTENCES[:3])), True),
        (release("Read more."), True),
        (release(""), True),
        (release(summary=f"<p>{OTHER}</p>"), True),
    ],
)
def test_a_copy_may_differ_by_a_fifth_from_the_release_at_home(copy: Item, same: bool) -> None:
    assert is_same(copy, candidate(release(), domains=HOME), domains=AWAY) is same
    assert is_same(release(), candidate(copy, domains=AWAY), domains=HOME) is same


def test_a_short_text_at_home_does_not_hide_a_long_one() -> None:
    assert not is_same(release("Read more."), candidate(release(), domains=AWAY), domains=HOME)


def test_copies_that_differ_are_in_the_story_of_the_release_at_home() -> None:
    home = candidate(release(), 3, HOME, story=7)
    copy = candidate(release(ALTERED), 4, AWAY, story=7)
    for others in ([home, copy], [copy, home]):
        assert not parts(release(), AWAY, others, Comparer())
    assert not parts(release(), HOME, [candidate(release(), 3, AWAY), copy], Comparer())
    assert parts(release(), AWAY, [copy], Comparer())
    assert parts(release(), AWAY, [replace(home, url="https://third.example/x"), copy], Comparer())


def test_a_link_on_its_own_site_does_not_make_a_copy_the_release_at_home() -> None:
    moved = release(ALTERED, link="https://agency.example/bridge")
    assert parts(moved, AWAY, [candidate(release(), domains=HOME)], Comparer())
    assert parts(moved, AWAY, [candidate(release())], Comparer())


# ---- candidates


def test_fourteen_days_apart_is_the_same_release_and_a_minute_more_is_not() -> None:
    for shown in (NOON - MATCHED_WITHIN, NOON + MATCHED_WITHIN):
        assert is_same(release(), candidate(release(), shown=shown))
    assert not is_same(release(), candidate(release(), shown=NOON - MATCHED_WITHIN - MINUTE))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("en", "en-GB", True), ("en", "fr", False), ("", "fr", True), ("fr", "", True)],
)
def test_a_translation_is_another_release(one: str, other: str, same: bool) -> None:
    assert is_same(replace(release(), language=one), candidate(release(), language=other)) is same


def test_of_several_the_oldest_is_joined() -> None:
    old, new = candidate(release(), 3), candidate(release(), 4)
    assert match(release(), new, old) == Match(old)


def test_what_is_not_read_leaves_the_match_open() -> None:
    unsigned = candidate(release(), signature=None)
    assert match(release(), unsigned) == Match(decided=False)
    assert match(release(), replace(unsigned, domains=HOME), domains=AWAY) == Match(decided=False)
    (link,) = (release().key(KeyKind.LINK),)
    known = replace(knowledge(), unread=frozenset([link or b""]))
    assert Matcher(known, (), Comparer()).match(release(), NOON) == Match(decided=False)
    known = replace(knowledge(candidates=[candidate(release(), story=7)]), unread_stories=frozenset([7]))
    assert Matcher(known, (), Comparer()).match(release(), NOON) == Match(decided=False)


def test_a_comparison_beyond_the_budget_is_not_made() -> None:
    for domains, few in ((), STEPS_EACH), (HOME, STEPS_EACH + 2 * len(SENTENCES)):
        known = knowledge(candidates=[candidate(release(), domains=domains)])
        for budget, expected in (few, True), (few - 1, False):
            found = Matcher(known, AWAY, Comparer(budget)).match(release(), NOON)
            assert (found.same is not None, found.decided) == (expected, expected)


# ---- signatures


def test_typography_does_not_change_what_is_compared() -> None:
    plain = 'The "bridge" - it\'s open. Again, 100 hands\nworked'
    typeset = "The \u201cbridge\u201d \u2013 it\u2019s open. Again, 100\u00a0hands\nworked"
    assert folded(plain) == folded(typeset) == b"thebridgeitsopen\nagain100hands\nworked"


def test_the_last_piece_is_all_the_rest() -> None:
    long = "A bridge. " * 40 + " ".join(f"{n}." for n in range(2 * PIECES_MAX))
    assert is_sound(signature(long))
    assert signature(long) != signature(long + " No")


def test_a_summary_of_the_first_paragraphs_says_nothing_more_than_none() -> None:
    text = f"{OTHER}\n\n{TEXT}"
    assert signature(text, OTHER) == signature(text, text) == signature(text)
    assert signature(text, OTHER[:-9]) != signature(text)


def test_a_signature_has_a_bounded_form() -> None:
    short, long = signature("x" * (SHORT_BYTES - 1)), signature("x" * SHORT_BYTES)
    assert (len(long) - len(short), is_sound(short), is_sound(long), is_sound(b"")) == (4, True, True, True)
    assert not any(is_sound(each) for each in (short[1:], long + b"x", short + bytes(4 * (PIECES_MAX + 1))))


def test_an_empty_signature_is_that_of_a_short_text() -> None:
    """A taken worker may send one, and another source's poll compares it."""
    whole = signature("The bridge is open again after nine months of careful work by the hands of many.")
    assert is_sound(b"")
    assert resembles(b"", b"") and resembles(whole, b"") and not resembles(b"", whole)
    assert steps(b"", b"") == 0


def test_a_joined_signature_has_the_sentences_of_both_texts_and_a_bounded_form() -> None:
    one, other = ("the bridge is open again " * 3, "the ferry sails no more to the islands " * 3)
    both = joined(signature(one), other)
    assert pieces(both) == pieces(signature(one)) | pieces(signature(other))
    many = ".".join(f"this is the sentence of number {n}" for n in range(2 * PIECES_MAX))
    assert is_sound(joined(signature(many), f"{many} of another text"))


def test_releases_of_other_languages_and_of_times_far_apart_are_not_suggested() -> None:
    one = candidate(release(), language="en")
    assert may_match(one, replace(one, language="en-GB", shown=NOON + MATCHED_WITHIN))
    assert not may_match(one, replace(one, language="fr"))
    assert not may_match(one, replace(one, shown=NOON + MATCHED_WITHIN + MINUTE))
