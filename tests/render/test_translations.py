"""Links to the translations of a release in every format."""

import pytest
from msgspec.structs import replace

from aggregator.model.release import Release, Translated
from tests.line.valid import ATOM, atom_mistakes, json_mistakes, rss_mistakes
from tests.render.given import document, objects, read, release, tree

FRENCH = Translated("fr", "https://releases.example/items/fffffffffffff/barrage", "tag:water.example,2026:2")
SPANISH = Translated("es", "https://releases.example/items/sssssssssssss/presa", "tag:water.example,2026:3")


def translated(**fields: object) -> Release:
    return replace(release(), translations=(SPANISH, FRENCH), **fields)  # of Release


def test_a_json_feed_lists_language_address_and_id() -> None:
    body = document("json", translated())
    assert objects(body)["items"][0]["_publicwire"]["translations"] == [
        {"language": "es", "url": SPANISH.page, "id": SPANISH.public_id},
        {"language": "fr", "url": FRENCH.page, "id": FRENCH.public_id},
    ]
    assert json_mistakes(body) == []
    assert "translations" not in objects(document("json", release()))["items"][0]["_publicwire"]


@pytest.mark.parametrize(("language", "own"), [("en-GB", ["en-GB"]), ("", [])])
def test_no_two_alternates_of_an_atom_entry_have_one_type_and_language(language: str, own: list[str]) -> None:
    body = document("atom", translated(language=language))
    links = tree(body).findall("a:entry/a:link[@rel='alternate']", ATOM)
    assert [link.get("hreflang") for link in links] == [None, "es", "fr", *own]
    assert {link.get("type") for link in links} == {"text/html"}
    assert atom_mistakes(body) == []


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_a_reader_that_takes_the_first_or_the_last_alternate_has_the_own_page(kind: str) -> None:
    body = document(kind, translated())
    (entry,) = read(body).entries
    pages = [link.href for link in entry.links if link.rel == "alternate"]
    assert (pages[0], pages[-1], entry.link) == (translated().page,) * 3
    assert pages[1:3] == [SPANISH.page, FRENCH.page]
    assert rss_mistakes(document("rss", translated())) == []
