"""Removals from the outputs: by them the web knows which of its remembered responses may still be shown."""

from aggregator.storage.sql.engine import Connection, one
from aggregator.storage.sql.stamps import Stamp

KEY = "removed"  # in the table `meta`: the last change that took content of a whole source out of the outputs
NONE = (0, 0)
OF_ITEMS = (
    "SELECT coalesce(max(number), :after) AS number FROM audit WHERE number > :after AND before = 'live'"
)


def note(db: Connection, at: Stamp) -> None:
    """Note that items left the outputs, or parts of them, without a transition of each: other rights of their
    source, or its removal."""
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (KEY, str(at.seq)),
    )


def last(db: Connection, after: tuple[int, int]) -> tuple[int, int]:
    """Return the number of the last transition that took an item out of the outputs, `after[0]` when there
    was none since, and the change that `note` has noted last."""
    of_items = one(db.execute(OF_ITEMS, {"after": after[0]}))["number"]
    row = db.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    return int(of_items), 0 if row is None else int(row["value"])
