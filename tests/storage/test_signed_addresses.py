"""Contract of every storage engine: addresses that vary from poll to poll are kept current, silently."""

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import Outdated
from aggregator.model.decision import Trigger
from aggregator.model.entry import Attachment, Entry, Markup
from aggregator.storage import Storage
from tests.engines import execute
from tests.given import HOUR, NOON, all_items, entry
from tests.storage.given import claimed, given_origin, move

PAGE = "https://ministry.example/1"


def photo(query: str) -> Entry:
    """A release with a link and an enclosure that have a query."""
    body = f'<p><a href="https://cdn.ministry.example/77.jpg?{query}">Large</a></p>'
    said = entry("Photo", "g1", PAGE, body=body)
    return replace(said, enclosures=(Attachment(f"https://files.ministry.example/77.pdf?{query}"),))


def state(storage: Storage) -> tuple[datetime, int, bool]:
    """When the only item was updated, how many revisions it has, and whether it counts as corrected."""
    (stored,) = all_items(storage)
    page = storage.items.history(stored.number)
    return stored.updated, len(storage.items.revisions(page)), stored.corrected


def test_a_signature_is_served_anew_and_is_no_correction(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(photo("X-Amz-Date=1&X-Amz-Signature=a"))
    before, seq = state(storage), storage.items.channel_seq("")
    outcome = origin.says(photo("X-Amz-Date=2&X-Amz-Signature=b"), now=NOON + HOUR)
    (stored,) = all_items(storage)
    assert outcome.edited == 0
    assert state(storage) == before
    assert "X-Amz-Signature=b" in stored.item.content
    assert stored.item.enclosures[0].url.endswith("X-Amz-Signature=b")
    assert storage.items.channel_seq("") != seq


def test_a_signature_is_served_anew_under_review_and_in_the_version_that_waits(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(photo("sig=1&se=1"))
    move(storage, all_items(storage)[0], Trigger.RELEASE)
    origin.says(photo("sig=2&se=2"), now=NOON + HOUR)
    (shown,) = all_items(storage)
    assert ("sig=2" in shown.item.content, shown.pending, shown.version) == (True, None, 1)
    other = [replace(photo(f"sig={n}&se={n}"), title=Markup("New photo")) for n in (3, 4)]
    for hours, said in enumerate(other, 2):
        origin.says(replace(said, digest=bytes([hours] * 16)), now=NOON + hours * HOUR)
    (stored,) = all_items(storage)
    waits = storage.acts.waiting_version(stored)
    assert ("sig=2" in stored.item.content, stored.pending) == (True, 2)
    assert waits is not None
    assert (waits.title, "sig=4" in waits.content) == ("New photo", True)


def test_a_store_of_before_knows_a_change_that_is_taken_back(storage: Storage, tmp_path: Path) -> None:
    """The fingerprint of the version shown is computed anew, too."""
    origin = given_origin(storage, review=True)
    origin.says(photo("edition=1"))
    move(storage, all_items(storage)[0], Trigger.RELEASE)
    store = tmp_path / "store"
    execute(store, "UPDATE item SET fingerprint_version = 1, queries = '[]', fingerprint = keys")
    other = replace(photo("edition=1"), title=Markup("New photo"))
    origin.says(replace(other, digest=b"2" * 16), now=NOON + HOUR)
    assert all_items(storage)[0].pending == 2
    execute(store, "UPDATE pending SET fingerprint_version = 1, queries = '[]', fingerprint = link")
    origin.says(replace(other, digest=b"3" * 16), now=NOON + 2 * HOUR)
    assert all_items(storage)[0].pending == 2
    origin.says(replace(photo("edition=1"), digest=b"4" * 16), now=NOON + 3 * HOUR)
    assert all_items(storage)[0].pending is None


def test_another_value_is_a_correction_once_the_second_poll_shows_it(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(photo("edition=1"))
    before = state(storage)
    assert origin.says(photo("edition=2"), now=NOON + HOUR).edited == 0
    assert state(storage) == before
    assert claimed(storage).pipeline_version == b""  # the next poll is unconditional
    assert origin.says(photo("edition=2"), now=NOON + 2 * HOUR).edited == 1
    assert state(storage)[1:] == (1, True)
    assert origin.says(photo("edition=2"), now=NOON + 3 * HOUR).edited == 0


def test_a_parameter_that_varies_from_poll_to_poll_is_learnt(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(photo("k=1"))
    before = state(storage)
    for hour, value in enumerate("2345", 1):
        assert origin.says(photo(f"k={value}"), now=NOON + hour * HOUR).edited == 0
    (stored,) = all_items(storage)
    assert state(storage) == before
    assert "k=5" in stored.item.content
    assert claimed(storage).volatile == ("k",)


@pytest.mark.parametrize("freed", ["", ", freed = 1, content = '', text = '', details = '{}'"])
def test_a_fingerprint_of_a_former_version_alone_is_no_edit(
    storage: Storage, tmp_path: Path, freed: str
) -> None:
    origin = given_origin(storage)
    origin.says(photo("edition=1"))
    before = state(storage)
    execute(
        tmp_path / "store",
        f"UPDATE item SET fingerprint_version = 1, fingerprint = keys, queries = '[]'{freed}",
    )
    content = "" if freed else all_items(storage)[0].item.content
    again = replace(photo("edition=1"), digest=b"read anew".ljust(16))
    assert origin.says(again, now=NOON + HOUR).edited == 0
    assert state(storage) == before
    assert all_items(storage)[0].item.content == content
    assert origin.says(photo("edition=2"), now=NOON + 2 * HOUR).edited == 0
    assert origin.says(photo("edition=2"), now=NOON + 3 * HOUR).edited == (0 if freed else 1)


def test_an_edit_beside_a_fingerprint_of_a_former_version_is_an_edit(
    storage: Storage, tmp_path: Path
) -> None:
    origin = given_origin(storage)
    origin.says(photo("edition=1"))
    execute(tmp_path / "store", "UPDATE item SET fingerprint_version = 1, fingerprint = keys, queries = '[]'")
    edited = entry("Photo of the week", "g1", PAGE)
    assert origin.says(edited, now=NOON + HOUR).edited == 1


# ---- under review


def reviewed(query: str, *, alt: str = "A minister", summary: str = "Read", link: str = "u=good") -> Entry:
    """A release with an image and a link that have a query, and a summary."""
    body = (
        f'<p>Photo of the day <a href="https://cdn.ministry.example/go?{link}">Apply</a></p>'
        f'<img src="https://cdn.ministry.example/i.jpg?{query}" alt="{alt}">'
    )
    said = entry("Photo", "g1", PAGE, body=body)
    digest = blake2b(f"{query}{alt}{summary}{link}".encode(), digest_size=16).digest()
    return replace(said, summary=Markup(summary), digest=digest)


UNREAD = (
    reviewed("v=2", alt="Unread"),
    reviewed("sig=2&se=2", alt="Unread"),
    reviewed("sig=2&se=2", summary="Unread"),
    replace(reviewed("sig=2&se=2"), categories=("unread",), digest=b"c" * 16),
)


@pytest.mark.parametrize("said", UNREAD)
def test_what_changes_beside_an_address_waits_under_review(storage: Storage, said: Entry) -> None:
    origin = given_origin(storage, review=True)
    first = reviewed("v=1" if said in UNREAD[:1] else "sig=1&se=1")
    origin.says(first)
    move(storage, all_items(storage)[0], Trigger.RELEASE)
    (before,) = all_items(storage)
    assert origin.says(said, now=NOON + HOUR).edited == 1
    (stored,) = all_items(storage)
    assert (stored.item, stored.seq, stored.version, stored.pending) == (before.item, before.seq, 1, 2)
    origin.says(replace(first, digest=b"d" * 16), now=NOON + 2 * HOUR)
    assert all_items(storage)[0].pending is None  # the origin took it back


@pytest.mark.parametrize("said", UNREAD)
def test_what_changes_beside_an_address_of_a_held_item_is_another_version(
    storage: Storage, said: Entry
) -> None:
    origin = given_origin(storage, review=True)
    origin.says(reviewed("v=1" if said in UNREAD[:1] else "sig=1&se=1"))
    (read,) = all_items(storage)
    origin.says(said, now=NOON + HOUR)
    with pytest.raises(Outdated, match="has version 2 now, not 1"):
        move(storage, read, Trigger.RELEASE)


VARIED = (
    lambda value: reviewed(f"t={value}"),
    lambda value: reviewed(value),
    lambda value: reviewed("t=1", link=f"u={value}"),
    lambda value: replace(reviewed("t=1"), link=f"{PAGE}?u={value}", digest=value.encode() * 8),
    lambda value: replace(reviewed("t=1", link=f"u={value}"), link=f"{PAGE}?u={value}"),
)


@pytest.mark.parametrize("said", VARIED)
@pytest.mark.parametrize("is_live", [True, False])
def test_values_that_vary_from_poll_to_poll_are_no_version_under_review(
    storage: Storage, said: Callable[[str], Entry], is_live: bool
) -> None:
    origin = given_origin(storage, review=True)
    origin.says(said("v0"))
    if is_live:
        move(storage, all_items(storage)[0], Trigger.RELEASE)
    (before,) = all_items(storage)
    for hours in range(1, 6):
        assert origin.says(said(f"v{hours}"), now=NOON + hours * HOUR).edited == 0
        (stored,) = all_items(storage)
        assert (stored.item.content, stored.item.url, stored.version, stored.pending) == (
            before.item.content,
            before.item.url,
            1,
            None,
        )
    assert claimed(storage).pipeline_version != b""  # requests are conditional again


@pytest.mark.parametrize("said", VARIED)
def test_values_that_stay_are_a_version_under_review(storage: Storage, said: Callable[[str], Entry]) -> None:
    origin = given_origin(storage, review=True)
    origin.says(said("v0"))
    move(storage, all_items(storage)[0], Trigger.RELEASE)
    for hours in (1, 2):
        origin.says(replace(said("v1"), digest=bytes([hours]) * 16), now=NOON + hours * HOUR)
        assert all_items(storage)[0].pending == (None if hours == 1 else 2)
    waits = storage.acts.waiting_version(all_items(storage)[0])
    assert waits is not None
    assert "v1" in waits.content + waits.url


def test_a_version_that_waits_stays_while_its_signature_is_made_anew(storage: Storage) -> None:
    """Its text is the one that is shown: only its image is another one."""
    origin = given_origin(storage, review=True)
    origin.says(reviewed("sig=1&se=1"))
    move(storage, all_items(storage)[0], Trigger.RELEASE)
    for n in (2, 3):
        origin.says(reviewed(f"sig={n}&se={n}", alt="Another"), now=NOON + n * HOUR)
        assert all_items(storage)[0].pending == 2
