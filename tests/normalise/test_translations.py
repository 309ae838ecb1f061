"""Digests by which translations are found: addresses without language marks, and addresses named by origins."""

import pytest
from msgspec.structs import replace

from aggregator.dedupe.translations import digests
from aggregator.model.item import KeyKind
from aggregator.model.translation import STATED_MAX
from aggregator.normalise import translations
from aggregator.normalise.identity import link_digest
from tests.normalise.samples import entry, normalised

PAGE = "https://un.example/en/press/1"


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("https://un.example/en/press/1", "https://un.example/fr/press/1"),
        ("https://www.un.example/EN/press/1/", "http://un.example/fr/press/1"),
        ("https://un.example/press/1/en", "https://un.example/press/1/fr"),
        ("https://un.example/press/ip_23_en", "https://un.example/press/ip_23_fr"),
        ("https://un.example/press-en.html", "https://un.example/press-fr.html"),
        ("https://un.example/press.en.pdf?a=1#b", "https://un.example/press.fr.pdf?a=1#b"),
        ("https://en.un.example/press/1", "https://fr.un.example/press/1"),
        ("https://un.example/press?id=1&lang=en", "https://un.example/press?id=1&lang=fr"),
        ("https://un.example/?lang=EN", "https://un.example/?lang=fr"),
        ("https://en.un.example/en/a_en.html?l=en", "https://fr.un.example/fr/a_fr.html?l=fr"),
    ],
)
def test_addresses_that_differ_in_the_mark_of_their_language_alone_have_one_digest(
    english: str, french: str
) -> None:
    found = translations.unmarked(english, "en")
    assert found is not None
    assert len(found) == 16
    assert found == translations.unmarked(french, "fr")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://un.example/en/press/1", "https://un.example/fr/press/2"),
        ("https://un.example/en/press/1", "https://who.example/fr/press/1"),
        ("https://un.example/en/press/1", "https://un.example/press/fr/1"),
        ("https://un.example/press?lang=en", "https://un.example/press?l=fr"),
        ("https://un.example/a-en.html", "https://un.example/a_fr.html"),
        ("https://en.un.example/press", "https://un.example/fr/press"),
    ],
)
def test_other_addresses_have_other_digests(one: str, other: str) -> None:
    first, second = translations.unmarked(one, "en"), translations.unmarked(other, "fr")
    assert first is not None
    assert second is not None
    assert first != second


@pytest.mark.parametrize(
    ("regional", "url"),
    [
        ("pt-BR", "https://un.example/pt-br/press/1"),
        ("pt-BR", "https://un.example/pt_BR/press/1"),
        ("pt-BR", "https://un.example/pt/press/1"),
        ("pt-BR", "https://un.example/press/1_pt-BR.html"),
    ],
)
def test_a_mark_is_the_whole_tag_or_its_primary_subtag(regional: str, url: str) -> None:
    assert translations.unmarked(url, regional) is not None


@pytest.mark.parametrize(
    ("url", "language"),
    [
        ("https://un.example/fr/press/1", "en"),  # a mark, but of another language
        ("https://un.example/press/1", "en"),
        ("https://un.example/english/press/1", "en"),
        ("https://un.example/press/listen", "en"),
        ("https://un.example/press?when=1", "en"),
        ("https://en.example/press/1", "en"),  # the name of the site, not a label before it
        ("https://en.example", "en"),
        ("https://un.example/en/press/1", ""),
        ("", "en"),
    ],
)
def test_an_address_without_a_mark_of_its_own_language_has_no_digest(url: str, language: str) -> None:
    assert translations.unmarked(url, language) is None


def test_the_addresses_that_an_origin_names_have_the_digests_of_their_links() -> None:
    links = (
        ("fr", "/fr/press/1?utm_source=feed"),
        ("fr-CH", "https://un.example/fr/press/1"),  # the same once more
        ("es", "https://un.example/es/prensa/1"),
        ("en-GB", "https://un.example/gb/press/1"),  # its own language
        ("de", PAGE),  # its own address
        ("x-default", "https://un.example/press/1"),
        ("ru", "javascript:alert(1)"),
    )
    found = translations.alternates(links, PAGE, url=PAGE, language="en")
    named = ("https://un.example/fr/press/1", "https://un.example/es/prensa/1")
    assert digests(found) == tuple(link_digest(each) for each in named)


def test_an_item_without_an_address_names_translations_too() -> None:
    found = translations.alternates([("fr", "/fr/1")], PAGE, url="", language="")
    assert digests(found) == (link_digest("https://un.example/fr/1"),)


def test_of_too_many_named_addresses_the_first_count() -> None:
    links = [("fr", f"https://un.example/fr/{number}") for number in range(STATED_MAX + 9)]
    found = digests(translations.alternates(links, PAGE, url=PAGE, language="en"))
    assert found == tuple(link_digest(link) for _, link in links[:STATED_MAX])
    assert translations.alternates([], PAGE, url=PAGE, language="en") is None


def test_an_item_has_the_digests_of_its_entry() -> None:
    said = replace(
        entry("Release", link=PAGE), language="en", alternates=(("fr", "https://un.example/fr/2"),)
    )
    item = normalised(said)
    assert item.unmarked == translations.unmarked(PAGE, "en")
    assert digests(item.alternates) == (link_digest("https://un.example/fr/2"),)
    assert item.key(KeyKind.LINK) == link_digest(PAGE)
    unmarked = normalised(replace(said, link="https://un.example/press", alternates=()))
    assert (unmarked.unmarked, unmarked.alternates) == (None, None)
    named = normalised(replace(said, link="https://un.example/press"))
    assert named.unmarked is None
    assert named.alternates == item.alternates
    assert normalised(replace(said, alternates=())).alternates is None
