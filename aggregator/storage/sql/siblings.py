"""Siblings of an item: what the operator may have to withdraw besides it. For commands, not for polls."""

from collections.abc import Iterable

from msgspec.structs import replace

from aggregator.dedupe.copies import Copies
from aggregator.model.decision import Decision, State, Trigger
from aggregator.model.stored import Stored
from aggregator.storage.sql import decisions, signatures, values
from aggregator.storage.sql.engine import Connection, as_json, ints
from aggregator.storage.sql.selection import ITEM

SEARCHED_MAX = 100  # items with the words of the title, the newest


def read(db: Connection, item: Stored, titled: Iterable[Stored]) -> tuple[Stored, ...]:
    """Return other items that are not withdrawn, of the story of an item, at its address, or with a text that
    says the same; the last are found among the items `titled` with the words of its title."""
    marks = decisions.described(db, {item.number: Trigger.WITHDRAW})[item.number]
    copies = Copies((Decision(item.id, Trigger.WITHDRAW, "", "", item.updated, **marks),))
    found = db.execute(
        f"""{ITEM} WHERE i.story = :story OR i.link = :link OR i.number {ints(":titled")}
        ORDER BY i.number""",
        {
            "story": item.story,
            "link": bytes.fromhex(marks["link"]) or None,
            "titled": as_json(each.number for each in titled),
        },
    )
    others = [values.stored(row) for row in found]
    known = signatures.kept(db, [each.number for each in others])
    return tuple(
        each
        for each in others
        if each.number != item.number
        and each.state is not State.WITHDRAWN
        and (
            (item.story is not None and each.story == item.story)
            or copies.of(replace(each.item, signature=known.get(each.number, b"")), each.source)
        )
    )
