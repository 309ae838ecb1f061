"""Live items that match a reader's query, the last stored first; a part at a time, so that each costs a
bounded number of rows, or is ended by the time limit of its connection.
"""

from collections.abc import Sequence, Set
from datetime import UTC, date, datetime
from heapq import merge
from itertools import islice

from aggregator.editorial.terms import licence, licence_key
from aggregator.model.rights import Terms
from aggregator.model.search import Matches
from aggregator.normalise.occurrences import count
from aggregator.normalise.words import Term, words
from aggregator.policy.search_query import SearchQuery
from aggregator.policy.search_shares import READS_MAX, Match, part, size_read, with_their_share
from aggregator.storage.sql import rows
from aggregator.storage.sql.backlog import SELECTIONS
from aggregator.storage.sql.engine import Connection, Index, as_json, ints, one
from aggregator.storage.sql.places import visible
from aggregator.storage.sql.rows import ms

SOURCES_MAX = 20  # whose names match an organisation
SCANNED = 2_000  # items without an index that are looked through for one part
NEVER = 2**62  # more than any number of an item

Condition = tuple[str, tuple[object, ...]]


def matching(
    db: Connection,
    index: Index,
    wanted: SearchQuery,
    before: int | None,
    limit: int,
    *,
    channel: str = "",
    scanned: int = SCANNED,
) -> Matches:
    """Return up to `limit` of the items that match, in a channel, of those with a number below `before`; the
    first part, without `before`, has room for all sources."""
    sources = sources_of(db, wanted, channel)
    is_first = before is None
    start = NEVER if before is None else before
    conditions = conditions_of(db, wanted, channel)
    most = size_read(limit, is_first=is_first)

    def read(left_out: Set[int], start: int) -> tuple[Sequence[Match], int | None]:
        if sources is not None and not wanted.terms:
            parts = (
                _by_source(db, each, conditions, start, most) for each in sources if each not in left_out
            )
            return list(islice(merge(*parts, reverse=True), most)), None
        others = [*conditions, *([_not_of(left_out)] if left_out else [])]
        if not wanted.terms:
            return _scanned(db, others, start, most, scanned)
        by_source = [] if sources is None else [of_sources(sources)]
        return _by_words(db, index, wanted, [*others, *by_source], start, most), None

    found, end = read(frozenset(), start)
    more, reads = found, 1
    while is_first and len(more) == most and reads < READS_MAX:
        if not (left_out := with_their_share(found, limit)):
            break
        more, end = read(left_out, found[-1].number)
        found, reads = [*found, *more], reads + 1
    numbers, older = part(found, limit, is_first=is_first)
    return Matches(numbers, end if older is None else older)


def conditions_of(db: Connection, wanted: SearchQuery, channel: str = "") -> list[Condition]:
    """Return the conditions on a public item `i` of a source `s`: filters but that of its source, and the
    channel."""
    section, _, name = channel.partition("/")
    conditions: list[Condition] = [(visible(), ())]
    for kind, value in ((section, name), ("topics", wanted.topic), ("languages", wanted.language)):
        if value and kind in SELECTIONS:
            condition = SELECTIONS[kind].format(item="i", source="s").replace(":value", "?")
            conditions.append((condition, (value,) * condition.count("?")))
    for comparison, day in ((">=", wanted.after), ("<", wanted.before)):
        if day is not None:
            conditions.append((f"i.shown {comparison} ?", (_midnight(day),)))
    if wanted.licence:
        conditions.append(of_sources(_licensed(db, licence_key(wanted.licence))))
    return conditions


def _licensed(db: Connection, key: str) -> Sequence[int]:
    """Return the sources of which a licence is known, by its key."""
    found = db.execute(
        """SELECT number, licence, terms, site_terms FROM source
        WHERE licence <> '' OR terms <> '{}' OR site_terms <> '{}'"""
    )
    return [
        row["number"]
        for row in found
        if key == licence_key(licence(row["licence"], _stated(row["site_terms"]), _stated(row["terms"])))
    ]


def _stated(terms: str) -> str:
    return rows.unpack(Terms, terms).licence


def _midnight(day: date) -> int:
    return ms(datetime(day.year, day.month, day.day, tzinfo=UTC))


def of_sources(sources: Sequence[int]) -> Condition:
    """Return the condition that an item is of one of these sources."""
    return f"i.source {ints()}", (as_json(sources),)


def _not_of(sources: Set[int]) -> Condition:
    return f"NOT i.source {ints()}", (as_json(sources),)


def _by_words(
    db: Connection, index: Index, wanted: SearchQuery, conditions: Sequence[Condition], start: int, limit: int
) -> Sequence[Match]:
    # SQLite walks the index from its newest row, as a CROSS JOIN keeps the order, and stops at the limit.
    return _matches(
        db,
        f"""SELECT i.number, i.source FROM item_words f CROSS JOIN item i CROSS JOIN source s
        WHERE {index.found} AND {index.number} < ? AND i.number = {index.number} AND s.number = i.source""",
        (index.query(wanted.terms), start),
        conditions,
        f"ORDER BY {index.number} DESC LIMIT ?",
        limit,
    )


def _by_source(
    db: Connection, source: int, conditions: Sequence[Condition], start: int, limit: int
) -> Sequence[Match]:
    return _matches(
        db,
        """SELECT i.number, i.source FROM item i CROSS JOIN source s
        WHERE i.source = ? AND i.number < ? AND s.number = i.source""",
        (source, start),
        conditions,
        "ORDER BY i.number DESC LIMIT ?",
        limit,
    )


def _scanned(
    db: Connection, conditions: Sequence[Condition], start: int, limit: int, scanned: int
) -> tuple[Sequence[Match], int | None]:
    """Return matches among the next numbers, so many as are scanned for one part, and where the next scan
    begins; None when no number is left."""
    last = int(one(db.execute("SELECT coalesce(max(number), 0) AS number FROM item"))["number"])
    start = min(start, last + 1)
    found = _matches(
        db,
        """SELECT i.number, i.source FROM item i CROSS JOIN source s
        WHERE i.number < ? AND i.number >= ? AND s.number = i.source""",
        (start, start - scanned),
        conditions,
        "ORDER BY i.number DESC LIMIT ?",
        limit,
    )
    return found, start - scanned if start - scanned > 1 else None


def _matches(
    db: Connection,
    statement: str,
    parameters: Sequence[object],
    conditions: Sequence[Condition],
    order: str,
    limit: int,
) -> Sequence[Match]:
    where = "".join(f" AND {condition}" for condition, _ in conditions)
    given = (*parameters, *(value for _, values in conditions for value in values), limit)
    return [Match(row["number"], row["source"]) for row in db.execute(f"{statement}{where} {order}", given)]


def sources_of(db: Connection, wanted: SearchQuery, channel: str = "") -> Sequence[int] | None:
    """Return the sources that an item must be of one of, None for any."""
    found = None if wanted.organisation is None else _named(db, wanted.organisation)
    kind, _, value = channel.partition("/")
    if kind != "sources":
        return found
    own = [row["number"] for row in db.execute("SELECT number FROM source WHERE id = ?", (value,))]
    return own if found is None else [each for each in own if each in found]


def _named(db: Connection, name: Term) -> Sequence[int]:
    """Return the sources of organisations whose names, or whose ids, hold these words."""
    found = db.execute("SELECT number, id, organisation FROM source WHERE republish <> 'no' ORDER BY number")
    return [
        row["number"]
        for row in found
        if count(name, words(row["organisation"])) or count(name, words(row["id"]))
    ][:SOURCES_MAX]
