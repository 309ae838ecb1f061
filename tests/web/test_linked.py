"""Addresses and ids of releases in a sentence are links, and nothing else is."""

import pytest

from aggregator.web.linked import Piece, Run, linked, mentioned

pytestmark = pytest.mark.one_engine("no store")
ID = "abcdefghijkl2"


def test_addresses_end_before_the_punctuation_of_the_sentence() -> None:
    assert linked("see https://a.test/x?y=1, then (http://b.test).", ()) == (
        Run(
            [
                Piece("see "),
                Piece("https://a.test/x?y=1", url="https://a.test/x?y=1"),
                Piece(", then ("),
                Piece("http://b.test", url="http://b.test"),
                Piece(")."),
            ]
        ),
    )


def test_ids_of_known_releases_are_linked_within_code_too() -> None:
    sentence = f"held: {ID}; see `publicwire show {ID}`"
    assert mentioned([sentence, "an international word"]) == {ID, "international"}
    assert linked(sentence, {ID}) == (
        Run([Piece("held: "), Piece(ID, item=ID), Piece("; see ")]),
        Run([Piece("publicwire show "), Piece(ID, item=ID)], is_code=True),
        Run([]),
    )
    assert linked("an international word", {ID}) == (Run([Piece("an international word")]),)


def test_an_id_within_an_address_or_a_word_is_none() -> None:
    assert mentioned([f"https://a.test/items/{ID}/x", f"x{ID}", f"{ID}-y", f"_{ID}"]) == frozenset()


def test_a_single_backtick_is_itself() -> None:
    assert linked("not ` alone", ()) == (Run([Piece("not ")]), Run([Piece("` alone")]))
