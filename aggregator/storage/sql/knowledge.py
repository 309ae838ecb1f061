"""Snapshot for deduplication, and whether it still holds at the commit."""

from collections import defaultdict
from collections.abc import Set
from datetime import datetime

from aggregator.dedupe.changes import EDITS_WITHIN
from aggregator.dedupe.stories import ITEMS_PER_ADDRESS
from aggregator.model import Candidate, Changes, Claim, Key, KeyKind, Knowledge, Known, ReadResult
from aggregator.storage.sql import journal, rows
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, as_json, ints, one, texts
from aggregator.storage.sql.rows import ms, unpack_keys

ITEMS_PER_KEY = 100  # of one key that are read, the newest: some feeds link all items to one page
ELSEWHERE = """i.source <> ? AND i.state <> 'withdrawn' AND i.freed = 0
    AND NOT EXISTS (SELECT 1 FROM item o WHERE o.story = i.story AND o.source = ?)"""


def read(db: Connection, claim: Claim, found: ReadResult, now: datetime, taken: Set[str]) -> Knowledge:
    """Return what the store knows of a document's items; `taken` are ids that turned out to be in use."""
    links = frozenset(link for item in found.items if (link := item.key(KeyKind.LINK)) is not None)
    known = () if claim.first_import or not found.items else _known(db, claim, found, now)
    return Knowledge(
        authority=journal.authority(db),
        seq=_seq(db),
        known=known,
        members=_members(db, claim.number, {each.story for each in known if each.story is not None}),
        candidates=_candidates(db, claim.number, links) if links else (),
        links=links,
        taken=frozenset(taken),
        withdrawn=journal.withdrawn_before(db),
    )


def _seq(db: Connection) -> int:
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
        (claim.number, *digests, ITEMS_PER_KEY),
    )
    keys: dict[int, list[Key]] = defaultdict(list)
    for row in sharing:
        keys[row["item"]].append(Key(KeyKind(row["kind"]), row["digest"]))
    seen = dict(claim.seen)
    present = {seen[digest] for digest in found.document.listed if digest in seen}
    stored = db.execute(
        f"""SELECT number, id, state, story, title, url, fingerprint, keys, updated, release, flags,
        (SELECT count(*) FROM revision WHERE item = i.number AND at > :since) AS edits
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


def _candidates(db: Connection, source: int, links: Set[bytes]) -> tuple[Candidate, ...]:
    """Return items of other sources at these addresses, in no story that this source has part in.

    Counting the items at an address stops at ITEMS_PER_ADDRESS: a home page has any number of them, and a
    window function reads them all (100,000 in 500 ms; this 0.7 ms).
    """
    found = db.execute(
        f"""WITH address (link) AS (VALUES {", ".join(["(?)"] * len(links))})
        SELECT i.number, i.story, i.link, i.language, i.shown, i.title, i.text
        FROM address a JOIN item i ON i.link = a.link WHERE {ELSEWHERE}
        AND (SELECT count(*) FROM
            (SELECT 1 FROM item i WHERE i.link = a.link AND {ELSEWHERE} LIMIT ?) AS sharing) < ?
        ORDER BY i.number""",
        (*links, *[source] * 4, ITEMS_PER_ADDRESS, ITEMS_PER_ADDRESS),
    )
    return tuple(rows.value(Candidate, row) for row in found)


def _members(db: Connection, source: int, of: Set[int]) -> tuple[Candidate, ...]:
    """Return the members of these stories by other sources whose texts are kept.

    Withdrawn and held ones count: they may be published again.
    """
    if not of:
        return ()
    found = db.execute(
        f"""SELECT number, story, link, language, shown, title, text FROM item
        WHERE story {ints(":stories")} AND source <> :source AND freed = 0 ORDER BY number""",
        {"stories": as_json(of), "source": source},
    )
    return tuple(rows.value(Candidate, row) for row in found)


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
