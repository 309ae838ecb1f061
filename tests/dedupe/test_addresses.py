"""Addresses that are signed anew, or vary from poll to poll, are no edit."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from aggregator.dedupe.addresses import VOLATILE_MAX, Difference, Kind, difference, learnt
from aggregator.model.entry import Attachment, Entry
from aggregator.model.item import Item
from aggregator.model.stored import Known
from tests.dedupe.memory import known, said
from tests.given import entry

FILE = "https://files.example/77.pdf"
PAGE = "https://ministry.example/1"


def linking(query: str, more: str = "") -> Entry:
    """An entry whose text links to a file, with a query and any HTML behind it."""
    return entry("Photo", "g1", PAGE, body=f'<p><a href="{FILE}{query}">Large</a></p>{more}')


def attached(query: str) -> Entry:
    """An entry with an enclosure."""
    return replace(linking(""), enclosures=(Attachment(FILE + query),))


def item(of: Entry) -> Item:
    (found,) = said(of)
    return found


def stored(of: Entry, **more: object) -> Known:
    return replace(known(7, of), **more)  # the caller names fields of Known


SIGNATURES = [
    (
        "?X-Amz-Date=1&X-Amz-Expires=3600&X-Amz-Signature=a",
        "?X-Amz-Date=2&X-Amz-Expires=60&X-Amz-Signature=b",
    ),
    ("?AWSAccessKeyId=k&Expires=1&Signature=a", "?AWSAccessKeyId=k&Expires=2&Signature=b"),
    ("?v=1&oh=07&oe=63", "?v=1&oh=0e&oe=c6"),
    ("?sv=2024&se=1&sig=a", "?sv=2024&se=2&sig=b"),
    ("?token=a", "?token=b"),
    ("?hdnea=exp=1~hmac=a", "?hdnea=exp=2~hmac=b"),
    ("?X-Goog-Signature=a#page=2", "?X-Goog-Signature=b#page=2"),
]


@pytest.mark.parametrize(("before", "after"), SIGNATURES)
@pytest.mark.parametrize("made", [linking, attached])
def test_a_known_signature_refreshes_the_item_from_the_first_poll(
    before: str, after: str, made: Callable[[str], Entry]
) -> None:
    found = difference(item(made(after)), stored(made(before)), ())
    assert found == Difference(Kind.REFRESHED)


def test_an_image_that_is_signed_anew_refreshes_the_item() -> None:
    one, two = (linking("", f'<img src="{FILE}?sig={each}" alt="a">') for each in "ab")
    assert difference(item(two), stored(one), ()).kind is Kind.REFRESHED


def test_the_same_addresses_are_the_same_item() -> None:
    for query in ("", "?v=1", "?token=a"):
        assert difference(item(linking(query)), stored(linking(query)), ()) == Difference(Kind.SAME)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "?v=1"),
        ("?v=1", "?w=1"),
        ("?v=1", "?v=1&w=2"),
        ("?v=1#a", "?v=1#b"),
        ("?v=1", "/2?v=2"),
        (f"?{'v' * 200}=1", f"?{'v' * 200}=2"),
        ("?" + "&".join(f"p{n}=1" for n in range(40)), "?" + "&".join(f"p{n}=2" for n in range(40))),
    ],
)
def test_another_path_or_other_parameters_are_an_edit(before: str, after: str) -> None:
    assert difference(item(linking(after)), stored(linking(before)), ("v",)).kind is Kind.EDITED


def test_another_text_with_other_values_is_an_edit() -> None:
    edited = linking("?v=2", "<p>And more.</p>")
    assert difference(item(edited), stored(linking("?v=1")), ("v",)).kind is Kind.EDITED


def test_another_value_counts_when_the_second_poll_shows_it_too() -> None:
    before, after = linking("?v=1"), item(linking("?v=2"))
    assert difference(after, stored(before), ()) == Difference(Kind.UNSETTLED)
    assert difference(after, stored(before, unsettled=after.fingerprint), ()) == Difference(Kind.EDITED)
    taken_back = stored(before, unsettled=after.fingerprint)
    assert difference(item(before), taken_back, ()) == Difference(Kind.REFRESHED)


def test_a_value_that_varies_again_is_learnt_and_means_nothing_from_then_on() -> None:
    before, second, third = linking("?v=1&w=1"), item(linking("?v=2&w=1")), item(linking("?v=3&w=1"))
    waiting = stored(before, unsettled=second.fingerprint)
    assert difference(third, waiting, ()) == Difference(Kind.REFRESHED, frozenset({"v"}))
    assert learnt([(third, waiting)], ("a",)) == ("a", "v")
    assert difference(second, stored(before), ("v",)) == Difference(Kind.REFRESHED)
    assert difference(item(linking("?v=2&w=2")), stored(before), ("v",)) == Difference(Kind.UNSETTLED)


def test_what_is_learnt_of_one_source_is_bounded() -> None:
    full = tuple(f"p{number}" for number in range(VOLATILE_MAX))
    waiting = stored(linking("?v=1"), unsettled=b"other")
    assert learnt([(item(linking("?v=3")), waiting)], full) == full


def test_a_fingerprint_of_a_former_version_alone_is_no_edit() -> None:
    assert difference(item(linking("")), stored(linking(""), is_outdated=True), ()).kind is Kind.REFRESHED
    dropped = stored(linking("?v=1"), is_outdated=True, fingerprint=b"", queries=())
    assert difference(item(linking("?v=2")), dropped, ()).kind is Kind.REFRESHED
