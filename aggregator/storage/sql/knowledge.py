"""Snapshot for deduplication, and whether it still holds at the commit."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.dedupe.comparing import TEXT_CHARS_MAX
from aggregator.dedupe.damping import EDITS_WITHIN
from aggregator.dedupe.stories import CANDIDATES_MAX, ITEMS_PER_ADDRESS, MEMBERS_MAX
from aggregator.model.changes import Changes
from aggregator.model.document import ReadResult
from aggregator.model.item import FINGERPRINT_VERSION, Item, Key, KeyKind
from aggregator.model.poll import Claim
from aggregator.model.stored import Candidate, Knowledge, Known
from aggregator.storage.sql import (
    decisions,
    fingerprints,
    journal,
    pairings,
    probes,
    referents,
    rows,
    signatures,
    similar_texts,
    sizes,
)
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, Cursor, Row, as_json, ints, one, texts
from aggregator.storage.sql.rows import ms, unpack_keys

ITEMS_PER_KEY = 100  # of one key that are read, the newest: some feeds link all items to one page
KNOWN_MAX = 12_000  # items read of all keys; at least 2 of each key, lest an ambiguous one looks unique
KNOWN = f"""SELECT i.number, i.id, i.state, i.story, coalesce(p.title, i.title) AS title,
    coalesce(p.url, i.url) AS url, coalesce(p.fingerprint, i.fingerprint) AS fingerprint,
    coalesce(p.fingerprint_version, i.fingerprint_version) AS fingerprint_version,
    coalesce(p.queries, i.queries) AS queries, i.unsettled, i.freed, i.claimed, i.keys, i.updated,
    i.first_seen, i.amended, i.expires, i.foretold, i.lapsed, i.release, i.shown, i.says, i.dated,
    i.unmarked, i.alternates,
    i.reinstated, i.flags, i.versions, i.pending, i.url AS approved_url, i.fingerprint AS approved,
    i.queries AS approved_queries, i.fingerprint_version AS approved_version,
    CASE WHEN i.lapsed = 'expiry' THEN (SELECT max(a.at) FROM audit a
        WHERE a.item = i.number AND a.trigger = 'expiry') END AS expired,
    (SELECT count(*) FROM revision WHERE item = i.number AND at > :since) AS edits
    FROM item i LEFT JOIN pending p ON p.item = i.number
    WHERE i.number {ints(":numbers")} ORDER BY i.number"""
CANDIDATE = f"""SELECT i.number, i.id, i.story, i.link, i.url, i.language, i.shown, i.title, i.fingerprint,
    i.source, s.domains, g.pieces AS signature, i.says, substr(i.text, 1, {TEXT_CHARS_MAX + 1}) AS text
    FROM item i JOIN source s ON s.number = i.source
    LEFT JOIN signature g ON g.item = i.number"""
NONE = frozenset[int]()
ELSEWHERE = """i.source <> ? AND i.state <> 'withdrawn' AND i.freed = 0
    AND NOT EXISTS (SELECT 1 FROM item o WHERE o.story = i.story AND o.source = ?)"""


def read(db: Connection, claim: Claim, found: ReadResult, now: datetime, taken: Set[str]) -> Knowledge:
    """Return the stored knowledge about a document's items; `taken` are ids that turned out to be in use."""
    links = [link for item in found.items if (link := item.key(KeyKind.LINK)) is not None]
    addresses = _addresses(db, claim.number, tuple(dict.fromkeys(links)))
    known = () if claim.is_empty or not found.items else _known(db, claim, found, now)
    known = sizes.known(db, known, found.items)
    decided = decisions.read(db, claim, found.items)
    if decided.withdrawn:
        known = signatures.of_known(db, known)
    texts = similar_texts.read(db, claim.number, _unknown(found, known), addresses.candidates)
    candidates = _candidates(db, claim.number, addresses.read, texts.items)
    near = {claim.number, *(each.source for each in candidates)} if texts.items else ()
    repeated = signatures.repeated(db, near)
    candidates = with_repeated(candidates, repeated)
    stories = {each.story for each in known} | {each.story for each in candidates}
    members, unread = members_of(db, claim.number, stories)
    paired = pairings.of(db, [*candidates, *members], [each.id for each in known]) if decided.line else None
    return Knowledge(
        authority=journal.authority(db),
        seq=seq(db),
        known=known,
        members=members,
        candidates=candidates,
        links=addresses.free | addresses.read,
        bands=texts.bands,
        unread=addresses.unread | texts.unread,
        unread_stories=unread,
        apart=paired.apart if paired else frozenset(),
        merged=paired.merged if paired else frozenset(),
        repeated=repeated.get(claim.number, NONE),
        taken=frozenset(taken),
        decisions=decided,
        referents=() if claim.is_empty else referents.read(db, claim, found),
        absences=probes.absences(db, claim, found.document, now),
    )


def seq(db: Connection) -> int:
    return int(one(db.execute("SELECT value FROM counter WHERE name = 'seq'"))["value"])


def _known(db: Connection, claim: Claim, found: ReadResult, now: datetime) -> tuple[Known, ...]:
    """Return items of the source that share a key with any that was found."""
    wanted = {key for item in found.items for key in item.keys}
    # The least number to read is found in the index: of one link, the rows may be a million. The outer LIMIT
    # tells SQLite how few keys there are; else it reads all of the table for a Bloom filter.
    sharing = db.execute(
        f"""WITH wanted (digest, kind) AS (VALUES {", ".join(f"(?, {int(key.kind)})" for key in wanted)}),
        bounded AS (SELECT digest, kind, coalesce((SELECT o.item FROM item_key o
            WHERE o.source = ? AND o.digest = wanted.digest AND o.kind = wanted.kind
            ORDER BY o.item DESC LIMIT 1 OFFSET ?), 0) AS least FROM wanted LIMIT {len(wanted)})
        SELECT k.item, k.kind, k.digest FROM bounded b JOIN item_key k
            ON k.source = ? AND k.digest = b.digest AND k.kind = b.kind AND k.item >= b.least""",
        (
            *(key.digest for key in wanted),
            claim.number,
            max(2, min(ITEMS_PER_KEY, KNOWN_MAX // len(wanted))) - 1,
            claim.number,
        ),
    )
    keys: dict[int, list[Key]] = defaultdict(list)
    for row in sharing:
        keys[row["item"]].append(Key(KeyKind(row["kind"]), row["digest"]))
    seen = dict(claim.seen)
    present = {seen[digest] for digest in found.document.listed if digest in seen}
    stored = db.execute(KNOWN, {"since": ms(now - EDITS_WITHIN), "numbers": as_json(keys)}).fetchall()
    known = [_value(row, keys[row["number"]], is_listed=row["number"] in present) for row in stored]
    shown = [row["number"] for row in stored if row["approved_version"] != FINGERPRINT_VERSION]
    return fingerprints.renewed(db, known, shown)


def _value(row: Row, keys: Sequence[Key], *, is_listed: bool) -> Known:
    return rows.value(
        Known,
        row,
        keys=tuple(keys),
        current=unpack_keys(row["keys"]),
        listed=is_listed,
        signature=b"",
        size=0,
        is_outdated=row["fingerprint_version"] != FINGERPRINT_VERSION,
    )


class _Addresses(Struct, frozen=True):
    """Addresses of a document without items of other sources (`free`), with candidates that are `read`, and
    with candidates beyond CANDIDATES_MAX. Home pages are in none."""

    free: frozenset[bytes]
    read: frozenset[bytes]
    unread: frozenset[bytes]
    candidates: int = 0  # read


def _addresses(db: Connection, source: int, links: Sequence[bytes]) -> _Addresses:
    """Return the addresses to look up of a document, given in its order: the newest first.

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
    candidates = sum(items[link] for link in read)
    free = frozenset(link for link in links if not items[link])
    return _Addresses(free, frozenset(read), frozenset(unread), candidates)


def candidate(row: Row) -> Candidate:
    """Return a row of CANDIDATE."""
    return rows.value(Candidate, row, repeated=NONE)


def with_repeated(
    candidates: Sequence[Candidate], repeated: Mapping[int, frozenset[int]]
) -> tuple[Candidate, ...]:
    """Return candidates with the boilerplate of their sources, given by source."""
    return tuple(replace(each, repeated=repeated.get(each.source, NONE)) for each in candidates)


def _unknown(found: ReadResult, known: Sequence[Known]) -> Sequence[Item]:
    """Return the items of a document that the source has no item of under the first key of each."""
    stored = {key for each in known for key in each.keys}
    return [item for item in found.items if not stored & {*item.keys[:1]}] if stored else found.items


def _candidates(
    db: Connection, source: int, links: Set[bytes], numbers: Set[int] = frozenset()
) -> tuple[Candidate, ...]:
    """Return items of other sources at these addresses, or with these numbers, in no story that this source
    has part in."""
    found: list[Row] = []
    if links:
        found += db.execute(
            f"""{CANDIDATE} WHERE i.link IN ({", ".join("?" * len(links))}) AND {ELSEWHERE}
            ORDER BY i.number""",
            (*links, source, source),
        )
    if numbers:
        found += db.execute(
            f"{CANDIDATE} WHERE i.number {ints()} AND {ELSEWHERE} ORDER BY i.number",
            (as_json(numbers), source, source),
        )
    return tuple({row["number"]: candidate(row) for row in found}.values())


def near(db: Connection, source: int, item: Candidate) -> tuple[Candidate, ...]:
    """Return the candidates of one item of a source, by its address and its sentences."""
    links = frozenset[bytes]() if item.link is None else _addresses(db, source, (item.link,)).read
    texts = similar_texts.of(db, source, item.signature or b"")
    return _candidates(db, source, links, texts)


def members_of(
    db: Connection, source: int, stories: Set[int | None]
) -> tuple[tuple[Candidate, ...], frozenset[int | None]]:
    """Return the members of these stories by other sources whose texts are kept, MEMBERS_MAX at most, and the
    stories that are beyond that.

    Withdrawn and held ones count: they may be published again.
    """
    if not (wanted := stories - {None}):
        return (), frozenset()
    found = db.execute(
        f"""{CANDIDATE} WHERE i.story {ints(":stories")} AND i.source <> :source AND i.freed = 0
        ORDER BY i.story, i.number LIMIT :most""",
        {"stories": as_json(wanted), "source": source, "most": MEMBERS_MAX + 1},
    ).fetchall()
    last = found[-1]["story"] if len(found) > MEMBERS_MAX else None
    members = tuple(candidate(row) for row in found if last is None or row["story"] < last)
    unread = frozenset(story for story in wanted if last is not None and story is not None and story >= last)
    return signatures.signed(members, signatures.made(db, members)), unread


def has_changed(db: Connection, changes: Changes, source: int, at: Stamp) -> bool:
    """Return whether items that the decision was based on have changed since it was read.

    The sequence of changes tells in most cases that nothing has; else the known items and candidates are
    checked, whether other items have come to the addresses, and whether the operator has decided anything.
    All statements are sent before the first result is awaited: no other poll may publish meanwhile.
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
    line = db.execute(decisions.LAST_LINE)
    arrived = []
    if basis.bands:
        arrived.append(signatures.newer(db, source, basis.bands, basis.seq))
    if basis.links:
        links = ", ".join("?" * len(basis.links))
        arrived.append(
            db.execute(
                f"SELECT 1 FROM item WHERE link IN ({links}) AND source <> ? AND seq > ? LIMIT 1",
                (*basis.links, source, basis.seq),
            )
        )
    if one(unchanged)["items"] < len(numbers):  # the others were changed, or erased with their source
        return True
    if one(line)["line"] != basis.decisions.line:
        return True
    return any(each.fetchone() is not None for each in arrived)


def taken(db: Connection, changes: Changes) -> Cursor | None:
    """Read the ids of new items that other items have, in rows of an `id`."""
    if not changes.new:
        return None
    ids = as_json(each for new in changes.new for each in (new.id, new.public_id))
    return db.execute(
        f"""SELECT id FROM item WHERE id {texts(":ids")} UNION
        SELECT public_id FROM item WHERE public_id {texts(":ids")}""",
        {"ids": ids},
    )
