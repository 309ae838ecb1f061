"""Channels that navigation and exports list: those that show something to a reader."""

from collections.abc import Sequence

from aggregator.policy import languages
from aggregator.policy.languages import primary
from aggregator.storage.sql.backlog import AT, SELECTIONS
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.places import JOINED, MEMBERS, visible

LANGUAGES, TOPICS = "languages/", "topics/"  # what the names of their channels begin with
# Subtag; of the index item_backlog_language.
PRIMARY = "rtrim(substr(lower(coalesce(i.own_language, i.language)), 1, 3), '-')"
ENTERED = """SELECT 1 FROM membership WHERE channel = :channel
    UNION ALL SELECT 1 FROM departed WHERE channel = :channel LIMIT 1"""
BACKLOG = f"""SELECT 1 FROM item i JOIN source s ON s.number = i.source
    WHERE {AT} >= 0 AND i.backlog = 1 AND {visible()}
    AND {SELECTIONS["topics"].format(item="i", source="s")} LIMIT 1"""


def names(db: Connection) -> tuple[str, ...]:
    """Return the names of channels to be listed: all, one of each source, topics that list an item or
    held one that was withdrawn, and languages as `policy.languages` lists them."""
    found = db.execute("SELECT name, number FROM channel ORDER BY number").fetchall()
    others = [row["name"] for row in found if _is_listed(db, row["name"], row["number"])]
    sources = (
        (row["name"], _sources_of(db, row["name"], row["number"]))
        for row in found
        if primary(row["name"].partition(LANGUAGES)[2])
    )
    return tuple(sorted((*others, *languages.listed(sources))))


def is_shown(db: Connection, name: str, channel: int) -> bool:
    """Return whether a channel has pages and documents: one of a registered language that has an item or had
    one, of whose withdrawal its subscribers learn there; any other."""
    if not name.startswith(LANGUAGES):
        return True
    language = primary(name.removeprefix(LANGUAGES))
    if not language:
        return False
    has_entered = db.execute(ENTERED, {"channel": channel}).fetchone() is not None
    return has_entered or bool(_of_backlog(db, language, 1))


def _is_listed(db: Connection, name: str, channel: int) -> bool:
    """Return whether a channel other than one of a language is listed."""
    if name.startswith(LANGUAGES):
        return False
    if not name.startswith(TOPICS):
        return True
    held = db.execute("SELECT 1 FROM membership WHERE channel = ? LIMIT 1", (channel,)).fetchone()
    return (
        held is not None or db.execute(BACKLOG, {"value": name.removeprefix(TOPICS)}).fetchone() is not None
    )


def _sources_of(db: Connection, name: str, channel: int) -> Sequence[int]:
    """Return the sources of the items that decide whether a language is listed."""
    language, most = name.removeprefix(LANGUAGES), languages.LISTED_ITEMS
    members, backlog = _of_members(db, channel, most), _of_backlog(db, language, most)
    oldest = _of_members(db, channel, 1, order="ASC") if len(members) == most else ()
    last = _of_backlog(db, language, 1, order="DESC") if len(backlog) == most else ()
    return (*members, *oldest, *backlog, *last)


def _of_members(db: Connection, channel: int, limit: int, order: str = "DESC") -> Sequence[int]:
    """Return the sources of the newest items that a channel shows, of the oldest with `order` ASC."""
    found = db.execute(
        f"""SELECT i.source FROM {MEMBERS} WHERE {JOINED} AND m.channel = ? AND {visible()}
        ORDER BY m.position {order} LIMIT ?""",
        (channel, limit),
    )
    return [row["source"] for row in found]


def _of_backlog(db: Connection, language: str, limit: int, order: str = "ASC") -> Sequence[int]:
    """Return the sources of old items in a language that only pages list, the first stored source first."""
    found = db.execute(
        f"""SELECT i.source FROM item i JOIN source s ON s.number = i.source
        WHERE {PRIMARY} = ? AND i.backlog = 1 AND {visible()} ORDER BY i.source {order} LIMIT ?""",
        (language, limit),
    )
    return [row["source"] for row in found]
