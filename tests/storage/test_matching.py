"""Matching across sources has a budget: no document makes a poll compare more, and nothing is lost by it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.dedupe.similar import SIGNATURE_BYTES_MAX, STEPS_MAX, signature
from aggregator.dedupe.stories import CANDIDATES_MAX, ITEMS_PER_ADDRESS, Matcher
from aggregator.model import Candidate, Document, Entry, KeyKind, ReadResult
from aggregator.model.settings import Retention
from aggregator.storage import Storage
from aggregator.storage.sql.knowledge import KNOWN_MAX
from tests.dedupe.memory import knowledge, said
from tests.given import HOUR, MINUTE, NOON, SourceDriver, all_items, entry, item, titles
from tests.storage.given import claimed, given_origin

PER_ADDRESS = ITEMS_PER_ADDRESS - 1  # the most that make candidates
ADDRESSES = CANDIDATES_MAX // PER_ADDRESS + 3


def release(name: str, address: int, words: str = "") -> Entry:
    """Return a release of twenty words at one of the shared addresses."""
    body = " ".join(f"{words or name}{number}" for number in range(20))
    link = f"https://agency.example/{address}"
    return entry(f"Release {name}", f"{name}-{address}", link, body=f"<p>{body}</p>")


def given_crowded_addresses(storage: Storage) -> SourceDriver:
    """The agency has as many items as make candidates at each address; the ministry has none yet."""
    agency, ministry = given_origin(storage, "agency"), given_origin(storage)
    agency.says(*(release(f"a{n}", at) for at in range(ADDRESSES) for n in range(PER_ADDRESS)))
    return ministry


def storage_read(storage: Storage, *entries: Entry) -> ReadResult:
    items = tuple(item(each, given_origin(storage).source) for each in entries)
    return ReadResult(Document("rss20", listed=tuple(each.digest for each in entries)), items)


def test_a_poll_reads_no_more_candidates_than_its_budget(storage: Storage) -> None:
    given_crowded_addresses(storage)
    read = storage_read(storage, *(release("m", at) for at in range(ADDRESSES)))
    known = storage.polls.knowledge(claimed(storage), read, NOON, frozenset())
    assert len(known.candidates) == CANDIDATES_MAX // PER_ADDRESS * PER_ADDRESS
    assert known.unread == {each.key(KeyKind.LINK) for each in read.items[CANDIDATES_MAX // PER_ADDRESS :]}


def test_an_item_beyond_the_budget_is_published_and_joins_its_story_in_maintenance(storage: Storage) -> None:
    ministry = given_crowded_addresses(storage)
    ministry.says(*(release("m", at, words="a0") for at in range(ADDRESSES)))
    shown = titles(storage.items.select(""))
    assert shown.count("Release m") == 3
    storage.admin.maintain(Retention(), NOON + HOUR)
    shown = titles(storage.items.select(""))
    assert (shown.count("Release m"), shown.count("Release a0")) == (0, ADDRESSES)
    assert all(each.story is not None for each in all_items(storage) if each.source == "ministry")
    before = storage.items.channel_seq("")
    storage.admin.maintain(Retention(), NOON + 2 * HOUR)
    assert storage.items.channel_seq("") == before


def test_an_item_beyond_the_budget_that_is_no_copy_stays_alone(storage: Storage) -> None:
    ministry = given_crowded_addresses(storage)
    ministry.says(*(release("m", at) for at in range(ADDRESSES)))
    storage.admin.maintain(Retention(), NOON + HOUR)
    assert {each.story for each in all_items(storage)} == {None}


def test_comparisons_of_one_document_end_with_their_steps() -> None:
    """2,000 items at the address of nine of the longest texts: 18,000 comparisons of 500 shingles."""
    texts = [" ".join(chr(0x4E00 + (n * (k + 1)) % 9_000) for n in range(2_000)) for k in range(PER_ADDRESS)]
    (plain,) = said(release("m", 0))
    link = plain.key(KeyKind.LINK) or b""
    candidates = [
        Candidate(number, None, link, "", NOON, f"Release {number}", signature(text))
        for number, text in enumerate(texts)
    ]
    assert all(len(each.signature or b"") <= SIGNATURE_BYTES_MAX for each in candidates)
    hostile = replace(plain, signature=signature(" ".join(str(n) for n in range(2_000))))
    matcher = Matcher(knowledge(candidates=candidates))
    decided = [matcher.match(hostile, NOON).decided for _ in range(2_000)]
    assert decided == sorted(decided, reverse=True)
    assert 0 < decided.count(True) < STEPS_MAX // 500 // PER_ADDRESS


@pytest.mark.parametrize("listed", [1_500])
def test_known_items_that_share_their_keys_are_read_within_a_bound(storage: Storage, listed: int) -> None:
    """One link for all, in documents that grow: each item shares it with all others."""
    ministry = given_origin(storage)
    home = "https://ministry.example/"
    for batch in range(4):
        now = NOON + batch * timedelta(minutes=1)
        ministry.says(*(entry(f"Release {n}", f"{batch}-{n}", home) for n in range(listed // 4)), now=now)
    read = storage_read(storage, *(entry(f"Release {n}", f"new-{n}", home) for n in range(listed)))
    known = storage.polls.knowledge(claimed(storage), read, NOON + 9 * MINUTE, frozenset()).known
    assert sum(len(each.keys) for each in known) <= KNOWN_MAX
