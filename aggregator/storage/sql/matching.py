"""Stories of items that were beyond the budget of their poll: matched in maintenance, a few at once.

`dedupe.stories` decides, in a snapshot; what has changed meanwhile is left for the next time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.dedupe.similar import signature
from aggregator.dedupe.stories import Matcher
from aggregator.model import Candidate, Item, Key, KeyKind, Knowledge
from aggregator.storage.sql import channels, knowledge
from aggregator.storage.sql.engine import Connection, Engine, Row, as_json, ints
from aggregator.storage.sql.rows import moment

MATCHED_AT_ONCE = 20  # items in one transaction: polls go on between them
MATCHED_MAX = 500  # items in one run of maintenance

# The sources in turn: the items of one do not crowd out those of the others.
WAITING = """SELECT item FROM (
    SELECT u.item, row_number() OVER (PARTITION BY i.source ORDER BY u.item) AS turn
    FROM unmatched u JOIN item i ON i.number = u.item) AS waiting ORDER BY turn, item LIMIT ?"""


@dataclass(frozen=True, slots=True)
class _Found:
    """One item with the member of the story it joins, None for none; `signed` are signatures made for it."""

    item: int
    same: int | None
    signed: tuple[tuple[int, bytes], ...]


def match(engine: Engine, now: datetime) -> int:
    """Match up to MATCHED_MAX items; returns how many."""
    with engine.reading() as db:
        waiting = [row["item"] for row in db.execute(WAITING, (MATCHED_MAX,))]
    for start in range(0, len(waiting), MATCHED_AT_ONCE):
        numbers = waiting[start : start + MATCHED_AT_ONCE]
        with engine.reading() as db:
            seq = knowledge.seq(db)
            found = [_matched(db, number) for number in numbers]
        with engine.writing() as db:
            for each in found:
                _carry_out(db, each, seq, now)
    return len(waiting)


def _matched(db: Connection, number: int) -> _Found:
    row = db.execute(
        """SELECT i.number, i.source, i.link, i.language, i.shown, i.title, g.shingles
        FROM item i JOIN signature g ON g.item = i.number WHERE i.number = ? AND i.state <> 'withdrawn'
        AND i.story IS NULL""",
        (number,),
    ).fetchone()
    if row is None or row["link"] is None:
        return _Found(number, None, ())
    found = knowledge.near(db, row["source"], row["link"])
    unsigned = [each.number for each in found if each.signature is None]
    signed = _signatures(db, unsigned)
    candidates = tuple(_signed(each, dict(signed)) for each in found)
    match = Matcher(Knowledge("", candidates=candidates)).match(_item(row), moment(row["shown"]))
    return _Found(number, match.same.number if match.same else None, signed)


def _item(row: Row) -> Item:
    """Return an item as far as it is matched."""
    key = Key(KeyKind.LINK, row["link"])
    return Item(keys=(key,), title=row["title"], language=row["language"], signature=row["shingles"])


def _signed(candidate: Candidate, signed: dict[int, bytes]) -> Candidate:
    return replace(candidate, signature=signed.get(candidate.number, candidate.signature))


def _signatures(db: Connection, numbers: Sequence[int]) -> tuple[tuple[int, bytes], ...]:
    """Return the signatures of items of a version that made none."""
    if not numbers:
        return ()
    found = db.execute(f"SELECT number, text FROM item WHERE number {ints()}", (as_json(numbers),))
    return tuple((row["number"], signature(row["text"])) for row in found)


def _carry_out(db: Connection, found: _Found, seq: int, now: datetime) -> None:
    """Let an item join a story, unless it or the member has changed since `seq`: then it waits further."""
    db.executemany(
        "INSERT INTO signature (item, shingles) VALUES (?, ?) ON CONFLICT DO NOTHING", found.signed
    )
    if found.same is not None:
        both = as_json((found.item, found.same))
        same = db.execute(f"SELECT seq FROM item WHERE number {ints()} AND seq <= ?", (both, seq))
        if len(same.fetchall()) < 2:
            return
        at = channels.stamp(db, now)
        story = channels.story_of(db, found.same)
        db.execute("UPDATE item SET story = ? WHERE number = ?", (story, found.item))
        channels.resettle_story(db, story, at, newcomer=found.item)
        channels.touch(db, [found.item], at)
    db.execute("DELETE FROM unmatched WHERE item = ?", (found.item,))
