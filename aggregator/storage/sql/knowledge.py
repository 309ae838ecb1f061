"""Snapshot for deduplication, and whether it still holds at the commit."""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from aggregator.dedupe.changes import EDITS_WITHIN
from aggregator.dedupe.similar import signature
from aggregator.dedupe.stories import CANDIDATES_MAX, ITEMS_PER_ADDRESS
from aggregator.model import Candidate, Changes, Claim, Key, KeyKind, Knowledge, Known, ReadResult
from aggregator.storage.sql import journal, rows
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, as_json, ints, one, texts
from aggregator.storage.sql.rows import ms, unpack_keys

ITEMS_PER_KEY = 100  # of one key that are read, the newest: some feeds link all items to one page
KNOWN_MAX = 12_000  # items read of all keys; at least 2 of each key, lest an ambiguous one looks unique
ELSEWHERE = """i.source <> ? AND i.state <> 'withdrawn' AND i.freed = 0
    AND NOT EXISTS (SELECT 1 FROM item o WHERE o.story = i.story AND o.source = ?)"""


def read(db: Connection, claim: Claim, found: ReadResult, now: datetime, taken: Set[str]) -> Knowledge:
    """Return what the store knows of a document's items; `taken` are ids that turned out to be in use."""
    links = [link for item in found.items if (link := item.key(KeyKind.LINK)) is not None]
    addresses = _addresses(db, claim.number, tuple(dict.fromkeys(links)))
    known = () if claim.first_import or not found.items else _known(db, claim, found, now)
    return Knowledge(
        authority=journal.authority(db),
        seq=seq(db),
        known=known,
        members=_members(db, claim.number, {each.story for each in known if each.story is not None}),
        candidates=_candidates(db, claim.number, addresses.read) if addresses.read else (),
        links=addresses.free | addresses.read,
        unread=addresses.unread,
        taken=frozenset(taken),
        withdrawn=journal.withdrawn_before(db),
    )


def seq(db: Connection) -> int:
    return int(one(db.execute("SELECT value FROM counter WHERE name = 'seq'"))["value"])


def _known(db: Connection, claim: Claim, found: ReadResult, now: datetime) -> tuple[Known, ...]:
    """Return items of the source that share a key with any that was found."""
    digests = {key.digest for item in found.items for key in item.keys}
    sharing = db.execute(
        f"""SELECT item, kind, digest FROM (
            SELECT item, kind, digest,
            row_number() OVER (PARTITION BY digest, kind ORDER BY item DESC) AS place
            FROM item_key WHERE source = ? AND digest IN ({", ".join("?" * len(digests))})) AS sharing
        WHERE place <= ?""",
        (claim.number, *digests, max(2, min(ITEMS_PER_KEY, KNOWN_MAX // len(digests)))),
    )
    keys: dict[int, list[Key]] = defaultdict(list)
    for row in sharing:
        keys[row["item"]].append(Key(KeyKind(row["kind"]), row["digest"]))
    seen = dict(claim.seen)
    present = {seen[digest] for digest in found.document.listed if digest in seen}
    stored = db.execute(
        f"""SELECT number, id, state, story, title, url, fingerprint, keys, updated, release, reinstated,
        flags, (SELECT count(*) FROM revision WHERE item = i.number AND at > :since) AS edits
        FROM item i WHERE number {ints(":numbers")} ORDER BY number""",
        {"since": ms(now - EDITS_WITHIN), "numbers": as_json(keys)},
    )
    return tuple(
        rows.value(
            Known,
            row,
            keys=tuple(keys[row["number"]]),
            current=unpack_keys(row["keys"]),
            listed=row["number"] in present,
        )
        for row in stored
    )


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Addresses of a document without items of other sources (`free`), with candidates that are `read`, and
    with candidates beyond CANDIDATES_MAX. Home pages are in none."""

    free: frozenset[bytes]
    read: frozenset[bytes]
    unread: frozenset[bytes]


def _addresses(db: Connection, source: int, links: Sequence[bytes]) -> _Addresses:
    """Return what is to be read of a document's addresses, given in its order: the newest first.

    Counting the items at an address stops at ITEMS_PER_ADDRESS: a home page has any number of them (100,000
    in 500 ms; this 0.7 ms).
    """
    if not links:
        return _Addresses(frozenset(), frozenset(), frozenset())
    found = db.execute(
        f"""WITH address (link) AS (VALUES {", ".join(["(?)"] * len(links))})
        SELECT a.link, (SELECT count(*) FROM
            (SELECT 1 FROM item i WHERE i.link = a.link AND {ELSEWHERE} LIMIT ?) AS sharing) AS items
        FROM address a""",
        (*links, source, source, ITEMS_PER_ADDRESS),
    )
    items = {row["link"]: row["items"] for row in found}
    read, unread, candidates = set[bytes](), set[bytes](), 0
    for link in links:
        if 0 < items[link] < ITEMS_PER_ADDRESS:
            candidates += items[link]
            (read if candidates <= CANDIDATES_MAX else unread).add(link)
    free = frozenset(link for link in links if not items[link])
    return _Addresses(free, frozenset(read), frozenset(unread))


def _candidates(db: Connection, source: int, links: Set[bytes]) -> tuple[Candidate, ...]:
    """Return items of other sources at these addresses, in no story that this source has part in."""
    found = db.execute(
        f"""SELECT i.number, i.story, i.link, i.language, i.shown, i.title, g.shingles AS signature
        FROM item i LEFT JOIN signature g ON g.item = i.number
        WHERE i.link IN ({", ".join("?" * len(links))}) AND {ELSEWHERE} ORDER BY i.number""",
        (*links, source, source),
    )
    return tuple(rows.value(Candidate, row) for row in found)


def near(db: Connection, source: int, link: bytes) -> tuple[Candidate, ...]:
    """Return the candidates of one item of a source, by its address."""
    read = _addresses(db, source, (link,)).read
    return _candidates(db, source, read) if read else ()


def _members(db: Connection, source: int, of: Set[int]) -> tuple[Candidate, ...]:
    """Return the members of these stories by other sources whose texts are kept.

    Withdrawn and held ones count: they may be published again.
    """
    if not of:
        return ()
    found = db.execute(
        f"""SELECT i.number, i.story, i.link, i.language, i.shown, i.title, i.text, g.shingles AS signature
        FROM item i LEFT JOIN signature g ON g.item = i.number
        WHERE i.story {ints(":stories")} AND i.source <> :source AND i.freed = 0 ORDER BY i.number""",
        {"stories": as_json(of), "source": source},
    )
    return tuple(
        rows.value(Candidate, row, signature=row["signature"] or signature(row["text"])) for row in found
    )


def has_changed(db: Connection, changes: Changes, source: int, at: Stamp) -> bool:
    """Return whether items that the decision was based on have changed since it was read.

    The sequence of changes tells in most cases that nothing has; else the known items and candidates are
    checked, and whether other items have come to the addresses.
    """
    basis = changes.basis
    if at.seq == basis.seq + 1:
        return False
    others = (*basis.candidates, *basis.members)
    numbers = {each.number for each in basis.known} | {each.number for each in others}
    unchanged = db.execute(
        f"SELECT count(*) AS items FROM item WHERE seq <= ? AND number {ints()}",
        (basis.seq, as_json(numbers)),
    )
    if one(unchanged)["items"] < len(numbers):  # the others were changed, or erased with their source
        return True
    if not basis.links:
        return False
    found = db.execute(
        f"""SELECT 1 FROM item WHERE link IN ({", ".join("?" * len(basis.links))})
        AND source <> ? AND seq > ? LIMIT 1""",
        (*basis.links, source, basis.seq),
    )
    return found.fetchone() is not None


def taken(db: Connection, changes: Changes) -> frozenset[str]:
    """Return those of the new items' ids that other items have."""
    ids = as_json(each for new in changes.new for each in (new.id, new.public_id))
    found = db.execute(
        f"""SELECT id FROM item WHERE id {texts(":ids")} UNION
        SELECT public_id FROM item WHERE public_id {texts(":ids")}""",
        {"ids": ids},
    )
    return frozenset(row["id"] for row in found)
