"""Hosts that asked to be left alone, by what the rows of their sources say, and who is at them.

Called inside a write transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from sqlite_utils import Database

from aggregator.model import HostLimit, Relocation
from aggregator.policy import relocation
from aggregator.storage.sql.rows import moment, ms

ASKED = "asked for by the operator"
SAID = ", with all of "  # in the reason of whoever rests, before its host


def host_of(feed: str, move: Relocation) -> str:
    """The host a source is polled at; "" of a file."""
    return (urlsplit(relocation.address(feed, move)).hostname or "").lower()


def rest(db: Database, rest: HostLimit) -> None:
    """Put off what is polled at a host that asked to be left alone, unless the operator asked for it; polls
    under way find that their own plan no longer holds."""
    db.conn.execute(
        """UPDATE source SET due = :until, why = :why WHERE host = :host AND configured = 1
        AND due < :until AND why <> :asked""",
        {"host": rest.host, "until": ms(rest.until), "why": rest.why, "asked": ASKED},
    )


def hosts(db: Database, now: datetime) -> Mapping[str, HostLimit]:
    """The hosts that rest: what is new there, or changed, has to wait with the others."""
    rows = db.conn.execute(
        "SELECT due, why FROM source WHERE due > ? AND instr(why, ?) ORDER BY due", (ms(now), SAID)
    ).fetchall()
    said = [(row["why"].partition(SAID)[2].replace(";", ",").partition(",")[0], row) for row in rows]
    return {host: HostLimit(host, moment(row["due"]), row["why"]) for host, row in said}


def delay(columns: Mapping[str, object], rests: Mapping[str, HostLimit]) -> dict[str, object]:
    """What to say instead of a `due` that a row is about to get, where its host rests longer."""
    rest, due = rests.get(str(columns["host"])), columns.get("due")
    if rest is None or not isinstance(due, int) or due >= ms(rest.until):
        return {}
    return {"due": ms(rest.until), "why": rest.why}
