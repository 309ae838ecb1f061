"""Stories of items that were beyond the budget of their poll: matched in maintenance, a few at once.

`dedupe.stories` decides, in a snapshot; what has changed meanwhile is left for the next time.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.dedupe.comparing import Comparer
from aggregator.dedupe.stories import Matcher
from aggregator.model.item import Item, Key, KeyKind
from aggregator.model.stored import Candidate, Knowledge
from aggregator.storage.sql import channels, knowledge, pairings, signatures
from aggregator.storage.sql.engine import Connection, Engine, as_json, ints

MATCHED_AT_ONCE = 20  # items in one transaction: polls go on between them
MATCHED_MAX = 500  # items in one run of maintenance

# The sources in turn: the items of one do not crowd out those of the others.
WAITING = """SELECT item FROM (
    SELECT u.item, row_number() OVER (PARTITION BY i.source ORDER BY u.item) AS turn
    FROM unmatched u JOIN item i ON i.number = u.item) AS waiting ORDER BY turn, item LIMIT ?"""


class _Found(Struct, frozen=True):
    """One item with the member of the story it joins, None for none, and the fingerprint of the one that may
    be shown in its place; `signed` are signatures made for it, `own` its own."""

    item: int
    same: int | None = None
    signed: Mapping[int, bytes] = field(default_factory=dict)
    source: int = 0
    own: bytes = b""
    says: bytes | None = None


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
        f"{knowledge.CANDIDATE} WHERE i.number = ? AND i.state <> 'withdrawn'", (number,)
    ).fetchone()
    if row is None:
        return _Found(number)
    stored, source = knowledge.candidate(row), row["source"]
    made = signatures.made(db, (stored,))
    (itself,) = signatures.signed((stored,), made)
    found = _Found(number, None, made, source, itself.signature or b"")
    if itself.story is not None:
        return found
    near = knowledge.near(db, source, itself)
    more = signatures.made(db, near)
    members, unread = knowledge.members_of(db, source, {each.story for each in near})
    candidates = signatures.signed(near, more)
    apart = pairings.of(db, [*candidates, *members], [itself.id]).apart
    known = Knowledge("", candidates=candidates, members=members, unread_stories=unread, apart=apart)
    repeated = signatures.repeated(db, {source, *(each.source for each in candidates)} if candidates else ())
    known = replace(
        known,
        candidates=knowledge.with_repeated(candidates, repeated),
        repeated=repeated.get(source, frozenset()),
    )
    match = Matcher(known, itself.domains, Comparer()).match(_item(itself), itself.shown, itself.id)
    same = match.same.number if match.same else None
    return replace(found, same=same, signed={**made, **more}, says=match.says)


def _item(of: Candidate) -> Item:
    """Return an item as far as it is matched."""
    return Item(
        keys=() if of.link is None else (Key(KeyKind.LINK, of.link),),
        title=of.title,
        url=of.url,
        language=of.language,
        fingerprint=of.fingerprint,
        signature=of.signature or b"",
        text=of.text,
    )


def _carry_out(db: Connection, found: _Found, seq: int, now: datetime) -> None:
    """Let an item join a story, unless it or the member has changed since `seq`: then it waits further."""
    signatures.keep_missing(db, found.signed)
    if found.own:
        signatures.sketch(db, found.item, found.source, found.own)
    if found.same is not None:
        both = as_json((found.item, found.same))
        same = db.execute(f"SELECT seq FROM item WHERE number {ints()} AND seq <= ?", (both, seq))
        if len(same.fetchall()) < 2:
            return
        at = channels.stamp(db, now)
        story = channels.story_of(db, found.same)
        db.execute("UPDATE item SET story = ?, says = ? WHERE number = ?", (story, found.says, found.item))
        channels.resettle_story(db, story, at, newcomer=found.item)
        channels.touch(db, [found.item], at)
    db.execute("DELETE FROM unmatched WHERE item = ?", (found.item,))
