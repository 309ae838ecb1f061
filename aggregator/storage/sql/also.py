"""Other members of the story of each item, and its translations. Called inside transactions."""

from collections.abc import Sequence

from msgspec.structs import replace

from aggregator.model.stored import Stored, StoryMember
from aggregator.storage.sql import translated, values
from aggregator.storage.sql.engine import Connection, as_json, ints
from aggregator.storage.sql.places import visible


def with_story(db: Connection, items: list[Stored]) -> tuple[Stored, ...]:
    """Return the items, each with the other members of its story that are shown, and its
    translations."""
    told = {item.story for item in items if item.story is not None}
    if not told:
        return translated.named(db, items)
    others: dict[int | None, list[tuple[int, StoryMember]]] = {}
    for row in db.execute(
        f"""SELECT i.number, i.story, i.id, s.organisation, s.title, s.id AS source_id FROM item i
        JOIN source s ON s.number = i.source
        WHERE i.story {ints()} AND {visible()} ORDER BY i.number""",
        (as_json(told),),
    ):
        also = StoryMember(values.organisation(row, row["source_id"]), row["id"])
        others.setdefault(row["story"], []).append((row["number"], also))
    shared = [replace(item, also=_besides(item.number, others.get(item.story, ()))) for item in items]
    return translated.named(db, shared)


def _besides(number: int, members: Sequence[tuple[int, StoryMember]]) -> tuple[StoryMember, ...]:
    return tuple(also for member, also in members if member != number)
