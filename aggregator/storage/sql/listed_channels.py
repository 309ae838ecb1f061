"""Channels that navigation and exports list: those that show something to a reader."""

from collections.abc import Sequence

from aggregator.policy import languages
from aggregator.policy.languages import primary
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.places import visible

LANGUAGES, TOPICS = "languages/", "topics/"  # what the names of their channels begin with


def names(db: Connection) -> tuple[str, ...]:
    """Return the names of channels to be listed: all, one of each source, topics that hold an item or
    held one that was withdrawn, and languages as `policy.languages` lists them."""
    found = db.execute("SELECT name, number FROM channel ORDER BY number").fetchall()
    others = [row["name"] for row in found if _is_listed(db, row["name"], row["number"])]
    sources = (
        (row["name"], _sources_of(db, row["number"]))
        for row in found
        if primary(row["name"].partition(LANGUAGES)[2])
    )
    return tuple(sorted((*others, *languages.listed(sources))))


def is_shown(db: Connection, name: str, channel: int) -> bool:
    """Return whether a channel has pages and documents: one of a language that is registered and has a live
    item, any other."""
    if not name.startswith(LANGUAGES):
        return True
    return bool(primary(name.removeprefix(LANGUAGES)) and _sources_of_first(db, channel, 1))


def _is_listed(db: Connection, name: str, channel: int) -> bool:
    """Return whether a channel other than one of a language is listed."""
    if name.startswith(LANGUAGES):
        return False
    if not name.startswith(TOPICS):
        return True
    return db.execute("SELECT 1 FROM membership WHERE channel = ? LIMIT 1", (channel,)).fetchone() is not None


def _sources_of(db: Connection, channel: int) -> Sequence[int]:
    """Return the sources of the items that decide whether a language is listed."""
    newest = _sources_of_first(db, channel, languages.LISTED_ITEMS)
    if len(newest) < languages.LISTED_ITEMS:
        return newest
    return (*newest, *_sources_of_first(db, channel, 1, order="ASC"))


def _sources_of_first(db: Connection, channel: int, limit: int, order: str = "DESC") -> Sequence[int]:
    """Return the sources of the newest items that a channel shows, of the oldest with `order` ASC."""
    found = db.execute(
        f"""SELECT i.source FROM membership m JOIN item i ON i.number = m.item
        JOIN source s ON s.number = i.source WHERE m.channel = ? AND {visible()}
        ORDER BY m.position {order} LIMIT ?""",
        (channel, limit),
    )
    return [row["source"] for row in found]
