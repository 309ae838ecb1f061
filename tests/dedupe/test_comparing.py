"""Comparison of two releases: which may be shown in place of the other, and within which steps."""

import pytest
from msgspec.structs import replace

from aggregator.dedupe import similar
from aggregator.dedupe.comparing import STEPS_CHAR, STEPS_WORD, TEXT_CHARS_MAX, Compared, Comparer
from aggregator.dedupe.stories import Match, Matcher, Standing, kept, standing
from aggregator.model.entry import Markup
from aggregator.model.item import Item
from aggregator.model.stored import Candidate, Known
from tests.dedupe.memory import knowledge, known
from tests.dedupe.test_stories import candidate
from tests.given import NOON, entry, item, source

NAMES = ("northern", "southern", "eastern", "western", "upper", "lower")
SENTENCES = tuple(f"The {name} bridge carries forty-five lorries an hour since Monday." for name in NAMES)
TEXT = " ".join(SENTENCES)
MORE = "The mayor of the town thanked the builders for their patience."


def told(
    of: str = "ministry", text: str = TEXT, title: str = "Bridges", link: str = "", summary: str = ""
) -> Item:
    release = entry(title, "g1", link or f"https://{of}.example/bridges", body=f"<p>{text}</p>")
    return item(replace(release, summary=Markup(summary, is_html=True)), source(of))


def compared(of: str = "ministry", **more: str) -> Compared:
    return Compared.of(told(of, **more), (f"{of}.example",), NOON)


def stored(number: int, of: str = "ministry", **more: str) -> Candidate:
    return candidate(told(of, **more), number, (f"{of}.example",), id=f"id{number}")


def stands_for(shown: Compared, other: Compared) -> bool:
    return Comparer().stands_for(shown, other)


@pytest.mark.parametrize(
    ("text", "shown", "hidden"),
    [
        pytest.param(TEXT.replace("forty-five", "45"), True, True, id="another form"),
        pytest.param(f"{TEXT} {MORE}", False, True, id="adds"),
        pytest.param(" ".join(SENTENCES[:4]), True, False, id="extract"),
        pytest.param(" ".join(SENTENCES[:3]), False, False, id="short extract"),
        pytest.param(" ".join((*SENTENCES[:3], "…")), False, True, id="cut"),
        pytest.param(TEXT.replace("eastern", "inner"), False, False, id="another name"),
    ],
)
def test_a_release_stands_for_another_that_it_adds_nothing_to(text: str, shown: bool, hidden: bool) -> None:
    other = compared("agency", text=text)
    assert (stands_for(other, compared()), stands_for(compared(), other)) == (shown, hidden)


def test_a_release_at_the_other_one_s_site_does_not_stand_for_it() -> None:
    away = compared("agency", text=TEXT.replace("forty-five", "45"), link="https://ministry.example/x")
    assert not stands_for(away, compared())
    assert Comparer().related(away, compared()) is False


def test_a_source_without_domains_is_at_its_own_site() -> None:
    one, other = (Compared.of(told(of), (), NOON) for of in ("ministry", "agency"))
    assert Comparer().related(one, other)
    machine = Compared.of(told("agency"), ("127.0.0.1",), NOON)
    assert Comparer().related(one, machine)


def test_a_headline_of_other_words_or_a_summary_of_its_own_is_shown_beside() -> None:
    assert stands_for(compared(title="Lorries on the bridges"), compared("agency"))
    assert not stands_for(compared(title="Minister lied to everybody"), compared("agency"))
    assert not stands_for(compared(summary=f"<p>{MORE}</p>"), compared("agency"))


def test_equal_texts_with_other_summaries_are_two_releases() -> None:
    assert Comparer().related(compared(summary=f"<p>{MORE}</p>"), compared("agency")) is False


def test_a_text_that_is_too_long_to_compare_agrees_with_none() -> None:
    long = " ".join((TEXT, MORE * (TEXT_CHARS_MAX // len(MORE))))
    assert Comparer().related(compared(text=long), compared("agency", text=f"{long} More.")) is False


def test_a_release_without_a_signature_is_not_known() -> None:
    assert Comparer().related(replace(compared(), signature=None), compared("agency")) is None


def test_few_steps_leave_a_comparison_open() -> None:
    one, other = compared(text=TEXT.replace("45", "forty-five")), compared("agency", text=f"{TEXT} {MORE}")
    assert one.signature is not None and other.signature is not None
    cheap = similar.steps(one.signature, other.signature)
    read = STEPS_CHAR * (len(one.text) + len(other.text) + len(one.title) + len(other.title))
    words = STEPS_WORD * (len(one.text.split()) + len(other.text.split()) + 2 * len(NAMES))
    for budget in (cheap - 1, cheap, cheap + read, cheap + read + words // 2):
        assert Comparer(budget).related(one, other) is None
        assert not Comparer(budget - cheap).stands_for(one, other)
    assert Comparer(cheap + read + 2 * words).related(one, other)


def test_boilerplate_that_a_source_repeats_is_left_out_where_texts_differ() -> None:
    tails = ("Our nine offices are open on weekdays.", "All roads of the country are in our care.")
    one, other = (
        compared(of, text=f"{TEXT}</p><p>{tail}")
        for of, tail in zip(("ministry", "agency"), tails, strict=True)
    )
    assert not Comparer().related(one, other)
    pieces = [
        similar.pieces(similar.signature(tail * 2)) | similar.pieces(one.signature or b"") for tail in tails
    ]
    assert not Comparer().related(replace(one, repeated=pieces[0]), other)
    own = [
        replace(each, repeated=frozenset({*similar.pieces(each.signature or b"")} - {*similar.pieces(bare)}))
        for each, bare in ((one, compared().signature or b""), (other, compared().signature or b""))
    ]
    assert Comparer().related(*own)


# ---- stories


def old(says: bytes | None = None) -> Known:
    said = entry("Bridges", "g1", "https://ministry.example/bridges", body=f"<p>{TEXT}</p>")
    return replace(known(1, said), says=says)


def test_an_edited_lead_still_stands_for_those_that_it_stood_for() -> None:
    before = old()
    behind = replace(stored(2, "agency", text=f"{TEXT} {MORE}"), says=before.fingerprint)
    text = TEXT.replace("forty-five", "45", 1)
    found = standing(told(text=text), before, ("ministry.example",), [behind], Comparer())
    assert found == Standing(parts=False, says=None, stands_for=(2,))
    found = standing(told(text=TEXT + MORE * 3), before, ("ministry.example",), [behind], Comparer())
    assert found.parts or not found.stands_for


def test_an_edited_member_stays_behind_the_lead() -> None:
    lead = stored(2, "agency", text=TEXT.replace("forty-five", "45", 1))
    found = standing(
        told(text=f"{TEXT} {MORE}"), old(says=lead.fingerprint), ("ministry.example",), [lead], Comparer()
    )
    assert found == Standing(parts=False, says=lead.fingerprint)


def test_an_edit_does_not_part_what_the_operator_has_merged() -> None:
    before = old(says=b"lead")
    behind = replace(stored(2, "agency", text=MORE * 3), says=before.fingerprint)
    assert kept(before, [behind, stored(3, "wire")]) == Standing(False, b"lead", (2,))


def test_an_item_joins_no_story_of_a_member_that_it_was_split_from() -> None:
    near = stored(2, "agency")
    known = replace(knowledge(candidates=[near]), apart=frozenset([("id2", "id9")]))
    for name, expected in (("id9", Match()), ("id8", Match(near, says=near.fingerprint))):
        matcher = Matcher(known, ("ministry.example",), Comparer())
        assert matcher.match(told(text=f"{TEXT} {MORE}"), NOON, name) == expected


def test_an_item_whose_candidates_were_not_read_is_matched_later() -> None:
    release = told()
    known = replace(knowledge(), unread=frozenset([release.fingerprint]))
    assert Matcher(known, (), Comparer()).match(release, NOON) == Match(decided=False)
