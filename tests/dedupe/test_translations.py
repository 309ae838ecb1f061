"""Translations of one release: which items are linked, and which links are shown."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from aggregator.dedupe.translations import (
    TRANSLATED_WITHIN,
    TRANSLATIONS_MAX,
    Linked,
    digests,
    is_restated,
    keys,
    linked,
    shown,
)
from aggregator.model.decision import State
from aggregator.model.item import Item
from aggregator.model.stored import Known
from aggregator.model.translation import Basis, Edition, Pair, TranslationKey, TranslationKind

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAGE, FRENCH_PAGE, UNMARKED = b"en" * 8, b"fr" * 8, b"un" * 8

ENGLISH = Edition(
    number=1,
    source=1,
    organisation="UN",
    publisher="",
    domains=("un.example",),
    language="en",
    shown=NOON,
    url="https://un.example/en/1",
    link=PAGE,
    unmarked=UNMARKED,
    alternates=frozenset(),
)
FRENCH = replace(ENGLISH, number=2, language="fr-CH", url="https://un.example/fr/1", link=FRENCH_PAGE)
PARTNER = replace(
    FRENCH, source=9, organisation="Partner", domains=("partner.example",), url="https://partner.example/fr/1"
)


def naming(edition: Edition, *named: bytes) -> Edition:
    return replace(edition, unmarked=None, alternates=frozenset(named))


def basis(one: Edition, other: Edition) -> Basis | None:
    """Return why two items are linked, which is the same from both sides."""
    forth, back = linked(one, [other]), linked(other, [one])
    assert [each for _, each in forth.others] == [each for _, each in back.others]
    return next((each for _, each in forth.others), None)


def test_items_of_one_source_at_addresses_that_differ_in_their_marks_are_linked() -> None:
    assert linked(ENGLISH, [FRENCH]) == Linked(((2, Basis.ADDRESS),))
    assert basis(ENGLISH, FRENCH) is Basis.ADDRESS


def test_items_of_two_sources_of_one_organisation_are_linked() -> None:
    assert basis(ENGLISH, replace(FRENCH, source=7, domains=("cdn.example",))) is Basis.ADDRESS


@pytest.mark.parametrize(
    "other",
    [
        replace(FRENCH, language="en-GB"),
        replace(FRENCH, language=""),
        replace(FRENCH, shown=NOON - TRANSLATED_WITHIN - timedelta(seconds=1)),
        replace(FRENCH, unmarked=b"xx" * 8),
        replace(FRENCH, unmarked=None),
        replace(FRENCH, source=7, organisation="Another"),
        replace(FRENCH, publisher="Another"),
        replace(FRENCH, number=1),
    ],
)
def test_other_items_are_not_linked(other: Edition) -> None:
    assert basis(ENGLISH, other) is None


def test_sources_that_the_operator_gave_no_organisation_are_not_one() -> None:
    assert basis(replace(ENGLISH, organisation=""), replace(FRENCH, source=7, organisation="")) is None


def test_an_item_names_the_translation_of_its_own_organisation() -> None:
    assert basis(naming(ENGLISH, FRENCH_PAGE), naming(FRENCH)) is Basis.STATED
    assert basis(naming(ENGLISH), naming(FRENCH, PAGE)) is Basis.STATED
    assert basis(naming(ENGLISH, FRENCH_PAGE), naming(FRENCH, PAGE)) is Basis.MUTUAL
    assert basis(naming(ENGLISH, b"xx" * 8), naming(FRENCH)) is None
    assert basis(naming(ENGLISH, FRENCH_PAGE), replace(naming(FRENCH), link=None)) is None


def test_items_of_two_organisations_are_linked_if_each_names_the_other() -> None:
    there = naming(PARTNER, PAGE)
    assert basis(naming(ENGLISH, FRENCH_PAGE), there) is Basis.MUTUAL
    assert basis(naming(ENGLISH), there) is None
    assert basis(naming(ENGLISH, FRENCH_PAGE), naming(PARTNER)) is None
    assert basis(ENGLISH, PARTNER) is None


@pytest.mark.parametrize(
    "hostile",
    [
        {"url": "https://un.example/fr/1"},  # at the address that the victim named
        {"url": "https://un.example/fr/1", "domains": ("partner.example", "un.example")},
        {"url": "https://elsewhere.example/fr/1"},
        {"domains": ()},
    ],
)
def test_no_source_attaches_its_item_by_claiming_an_address_outside_its_domains(
    hostile: dict[str, object],
) -> None:
    attacker = replace(naming(PARTNER, PAGE), **hostile)  # fields of Edition
    assert basis(naming(ENGLISH, FRENCH_PAGE), attacker) is None


def test_a_site_that_two_sources_share_speaks_for_neither() -> None:
    shared = {"domains": ("blogs.example",), "url": "https://blogs.example/1"}
    one, other = replace(naming(ENGLISH, FRENCH_PAGE), **shared), replace(naming(PARTNER, PAGE), **shared)
    assert basis(one, other) is None


@pytest.mark.parametrize(
    ("twin", "named"),
    [
        (replace(ENGLISH, number=3, link=b"zz" * 8), ()),
        (replace(naming(ENGLISH), number=3), ()),
        (replace(naming(ENGLISH, FRENCH_PAGE), number=3, link=None), (FRENCH_PAGE,)),
    ],
)
def test_an_address_of_two_items_in_one_language_is_no_release(
    twin: Edition, named: tuple[bytes, ...]
) -> None:
    english = replace(ENGLISH, alternates=frozenset(named))
    assert linked(english, [FRENCH, twin]) == Linked(parted=(3,))
    apart = replace(twin, shown=NOON - timedelta(days=8))  # a page that shows another release each week
    assert linked(english, [FRENCH, apart]).parted == ()


def test_an_item_without_an_address_has_no_twin() -> None:
    one = replace(naming(ENGLISH), link=None)
    assert linked(one, [replace(one, number=3)]) == Linked()


def test_of_two_translations_by_one_source_in_one_language_neither_is_linked() -> None:
    again = replace(FRENCH, number=3, link=b"f2" * 8)
    assert linked(ENGLISH, [FRENCH, again]) == Linked()
    assert linked(ENGLISH, [FRENCH, replace(again, source=7)]).others == (
        (2, Basis.ADDRESS),
        (3, Basis.ADDRESS),
    )


def test_an_item_is_linked_with_the_first_items_that_are_not_full() -> None:
    others = [replace(FRENCH, number=100 - n, source=n) for n in range(2, TRANSLATIONS_MAX + 9)]
    found = [number for number, _ in linked(ENGLISH, others).others]
    assert found == sorted(found)[:TRANSLATIONS_MAX]
    assert len(found) == TRANSLATIONS_MAX
    assert linked(ENGLISH, [FRENCH], {2: TRANSLATIONS_MAX}) == Linked()
    assert linked(ENGLISH, [FRENCH], {1: TRANSLATIONS_MAX}) == Linked()
    assert linked(ENGLISH, [FRENCH], {1: 99, 2: 99}, {2}) == Linked(((2, Basis.ADDRESS),))


def test_an_item_is_found_by_its_address_and_by_those_it_names() -> None:
    assert keys(naming(ENGLISH)) == frozenset()
    assert keys(ENGLISH) == {TranslationKey(TranslationKind.UNMARKED, UNMARKED)}
    assert keys(naming(ENGLISH, FRENCH_PAGE)) == {
        TranslationKey(TranslationKind.STATED, FRENCH_PAGE, PAGE),
    }
    elsewhere = replace(naming(ENGLISH, FRENCH_PAGE), url="https://other.example/")
    assert keys(elsewhere) == {TranslationKey(TranslationKind.STATED, FRENCH_PAGE)}


def test_packed_digests_are_those_of_the_addresses() -> None:
    assert digests(PAGE + FRENCH_PAGE) == (PAGE, FRENCH_PAGE)
    assert digests(None) == ()


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({}, True),
        ({"unmarked": UNMARKED, "alternates": PAGE}, False),
        ({"unmarked": UNMARKED}, True),
        ({"freed": True}, False),
        ({"pending": 2}, False),
    ],
)
def test_a_document_tells_translations_anew_by_other_digests(
    fields: dict[str, object], is_told: bool
) -> None:
    stored = replace(Known(1, State.LIVE, "t", b"", (), (), NOON), **fields)  # fields of Known
    assert is_restated(Item((), "t", unmarked=UNMARKED, alternates=PAGE), stored) is is_told


def pairs(*languages: tuple[int, str, int, str]) -> list[Pair]:
    """Return pairs both ways."""
    return [
        pair
        for one, language, other, other_language in languages
        for pair in (Pair(one, other, language, other_language), Pair(other, one, other_language, language))
    ]


def test_translations_are_shown_both_ways_in_the_order_of_their_languages() -> None:
    found = shown(pairs((1, "en", 2, "fr"), (1, "en", 3, "es"), (2, "fr", 3, "es")))
    assert found == {1: (3, 2), 2: (1, 3), 3: (1, 2)}


def test_of_a_language_the_oldest_is_shown_and_only_that_one_shows_the_item() -> None:
    found = shown(pairs((1, "en", 3, "fr"), (2, "en-GB", 3, "fr")))
    assert found == {1: (3,), 3: (1,)}


def test_items_in_one_language_as_the_desk_amended_it_are_not_shown() -> None:
    assert shown(pairs((1, "en", 2, "EN-us"), (1, "en", 3, ""))) == {}


def test_an_item_that_may_not_be_shown_shows_nothing() -> None:
    assert shown([Pair(1, 2, "en", "fr")]) == {}
