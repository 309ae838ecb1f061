"""Matching across sources has a budget: no document makes a poll compare more, and nothing is lost by it."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.dedupe.comparing import Comparer
from aggregator.dedupe.similar import SIGNATURE_BYTES_MAX, signature
from aggregator.dedupe.stories import CANDIDATES_MAX, ITEMS_PER_ADDRESS, MEMBERS_MAX, Matcher
from aggregator.model.document import Document, ReadResult
from aggregator.model.entry import Entry
from aggregator.model.item import KeyKind
from aggregator.model.settings import Retention
from aggregator.model.stored import Candidate
from aggregator.storage import Storage
from aggregator.storage.sql.knowledge import KNOWN_MAX
from aggregator.storage.sql.matching import MATCHED_MAX
from tests.dedupe.memory import knowledge, said
from tests.engines import execute
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
    assert len(known.candidates) == 198  # 22 addresses of 9
    assert known.unread == {each.key(KeyKind.LINK) for each in read.items[CANDIDATES_MAX // PER_ADDRESS :]}


def test_an_item_beyond_the_budget_is_published_and_joins_its_story_in_maintenance(storage: Storage) -> None:
    ministry = given_crowded_addresses(storage)
    ministry.says(*(release("a0", at) for at in range(ADDRESSES)))
    assert [each.source for each in storage.items.select("")].count("ministry") == 3
    storage.admin.maintain(Retention(), NOON + HOUR)
    shown = storage.items.select("")
    assert {each.source for each in shown} == {"agency"}
    assert titles(shown).count("Release a0") == ADDRESSES
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
    """500 items at the address of nine of the longest texts: 4,500 comparisons of 4,000 sentences."""
    texts = [". ".join(f"{n * (k + 1)} bridges" for n in range(2_000)) for k in range(PER_ADDRESS + 1)]
    (plain,) = said(release("m", 0))
    plain = replace(plain, signature=signature(texts.pop()))
    candidates = [
        Candidate(
            number=number,
            story=None,
            link=plain.key(KeyKind.LINK),
            url=plain.url,
            domains=("agency.example",),
            language="",
            shown=NOON,
            title=plain.title,
            fingerprint=bytes([number]),
            signature=signature(text),
        )
        for number, text in enumerate(texts)
    ]
    assert {len(each.signature or b"") for each in candidates} == {SIGNATURE_BYTES_MAX}
    matcher = Matcher(knowledge(candidates=candidates), (), Comparer())
    decided = [matcher.match(plain, NOON).decided for _ in range(500)]
    assert decided == sorted(decided, reverse=True)
    assert decided.count(True) == 500_000 // (4_000 + 100) // PER_ADDRESS


def copied(guid: str, more: str = "") -> Entry:
    body = "".join(f"<p>Bridge {n} is open again after nine months of careful work.</p>" for n in range(10))
    return entry("Bridge", guid, "https://ministry.example/bridge", body=body + more)


def test_items_without_a_signature_are_signed_when_they_are_compared(
    storage: Storage, tmp_path: Path
) -> None:
    """Of a version whose signatures are dropped: a candidate in maintenance, a member at an edit."""
    ministry, copyist = given_origin(storage), given_origin(storage, "copyist")
    ministry.says(copied("m"))
    execute(tmp_path / "store", "DELETE FROM signature")
    copyist.says(copied("c"), now=NOON + MINUTE)
    assert sorted(each.source for each in storage.items.select("")) == ["copyist", "ministry"]
    storage.admin.maintain(Retention(), NOON + HOUR)
    assert [each.source for each in storage.items.select("")] == ["ministry"]
    execute(tmp_path / "store", "DELETE FROM signature")
    copyist.says(copied("c", "<p>Bring your lunch.</p>"), now=NOON + HOUR)
    (shown,) = storage.items.select("")
    assert (shown.source, [also.organisation for also in shown.also]) == ("ministry", ["Copyist"])


def test_a_story_of_more_members_than_are_read_is_left_and_joined_by_no_more(
    storage: Storage, tmp_path: Path
) -> None:
    wire = given_origin(storage, "wire")
    names = [f"s{n}" for n in range(3)]
    origins = [wire, *(given_origin(storage, name) for name in names)]
    for origin in origins:
        origin.says(release("r", 0, words="same"))
    crowd = given_origin(storage, "crowd")
    crowd.says(*(entry(f"Other {n}", f"o{n}", f"https://crowd.example/{n}") for n in range(MEMBERS_MAX)))
    (story,) = {each.story for each in all_items(storage) if each.story is not None}
    crowd_items = "(SELECT number FROM item WHERE title LIKE 'Other %')"
    execute(tmp_path / "store", f"UPDATE item SET story = {story} WHERE number IN {crowd_items}")
    read = storage_read(storage, release("r", 0, words="same"))
    known = storage.polls.knowledge(claimed(storage), read, NOON, frozenset())
    assert (known.members, known.unread_stories) == ((), frozenset([story]))


def test_the_sources_are_matched_in_turn(storage: Storage, tmp_path: Path) -> None:
    flood, other = given_origin(storage, "flood"), given_origin(storage, "other")
    flood.says(*(entry(f"Flood {n}", f"f{n}") for n in range(MATCHED_MAX + 1)))
    other.says(entry("Other", "o"))
    execute(
        tmp_path / "store", "INSERT INTO unmatched SELECT number FROM item WHERE 1 = 1 ON CONFLICT DO NOTHING"
    )
    storage.admin.maintain(Retention(), NOON + HOUR)
    left = execute(tmp_path / "store", "SELECT i.title FROM unmatched u JOIN item i ON i.number = u.item")
    assert len(left) == 2
    assert "Other" not in {title for (title,) in left}


def test_known_items_of_many_keys_are_read_within_a_bound(storage: Storage, tmp_path: Path) -> None:
    """150 items that have had each other's links: 22,500 keys."""
    ministry = given_origin(storage)
    entries = [entry(f"Release {n}", f"g{n}", f"https://ministry.example/{n}") for n in range(150)]
    ministry.says(*entries)
    execute(
        tmp_path / "store",
        f"""INSERT INTO item_key (source, digest, kind, item) SELECT k.source, k.digest, k.kind, i.number
        FROM item_key k JOIN item i ON i.source = k.source WHERE k.kind = {int(KeyKind.LINK)}
        ON CONFLICT DO NOTHING""",
    )
    read = storage_read(storage, *entries)
    known = storage.polls.knowledge(claimed(storage), read, NOON + MINUTE, frozenset()).known
    counts = Counter(key for each in known for key in each.keys if key.kind is KeyKind.LINK)
    assert set(counts.values()) == {KNOWN_MAX // len({key for each in read.items for key in each.keys})}
    assert {each.number for each in known if len(each.keys) > 100} == set(
        sorted(each.number for each in known)[-max(counts.values()) :]
    )


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
