"""The contract's PageStore: pages that wait for their fetch, and what it brings; `policy.full_text` decides.

Of all commands only the service loads it, and `show` for a version that waits.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from aggregator.dedupe import similar
from aggregator.model.domains import host_of
from aggregator.model.house_style import UNSTYLED
from aggregator.model.page import PageState, PageText
from aggregator.model.page_fetch import PageFetch, WantedPage
from aggregator.model.websub import TaskKind
from aggregator.policy import full_text
from aggregator.storage.sql import channels, decisions, rows, styles, values
from aggregator.storage.sql.engine import Connection, Engine, one, read
from aggregator.storage.sql.pages import FORMER
from aggregator.storage.sql.rows import ms

OF_VERSION = """SELECT state AS page_state, content AS page_content, text AS page_text,
        styled AS page_styled FROM page
    WHERE item = ? AND fingerprint = ?"""

# What an operator has read has another number than what the text of its page makes of it.
RENUMBER = """UPDATE item SET versions = versions + 1,
    version = CASE WHEN pending IS NULL THEN versions + 1 ELSE version END,
    pending = CASE WHEN pending IS NULL THEN NULL ELSE versions + 1 END WHERE number = ?"""

WAITING = """SELECT i.*, s.id AS source_id, p.url AS page_url, p.fingerprint AS said_fingerprint, p.started,
        p.failures, (SELECT count(*) FROM page o WHERE o.host = p.host AND o.asked > :since) AS host_asked
    FROM page p JOIN item i ON i.number = p.item JOIN source s ON s.number = i.source
    WHERE i.id = :item AND p.state = 'waits' AND i.freed = 0
    ORDER BY p.started DESC LIMIT 1"""


class PageStore:
    """The pages of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waiting(self, item: str, now: datetime) -> PageFetch | None:
        """Return the fetch of a page that waits, by the id of its item."""
        with self._engine.reading() as db:
            return _waiting(db, item, now)

    def of(self, number: int, fingerprint: bytes) -> PageText | None:
        """Return the page of a version of an item, None if none was wanted."""
        found = read(self._engine, OF_VERSION, (number, fingerprint))
        return next(map(values.page, found), None)

    def record(
        self, fetch: PageFetch, page: PageText, *, asked: datetime | None, failures: int, now: datetime
    ) -> bool:
        """(poller) Write what a fetch has brought; returns whether it counts: not if its item is withdrawn or
        erased, or says something else since. A text in the documents changes them, and is no correction."""
        with self._engine.writing() as db:
            return _record(db, fetch, page, asked=asked, failures=failures, now=now)


def _waiting(db: Connection, item: str, now: datetime) -> PageFetch | None:
    row = db.execute(WAITING, {"item": item, "since": ms(now - full_text.BUDGET_WITHIN)}).fetchone()
    if row is None:
        return None
    waits = db.execute(
        """SELECT w.*, i.keys FROM pending w JOIN item i ON i.number = w.item
        WHERE w.item = ? AND w.fingerprint = ?""",
        (row["number"], row["said_fingerprint"]),
    ).fetchone()
    if waits is None and row["fingerprint"] != row["said_fingerprint"]:
        return None
    return rows.value(
        PageFetch,
        row,
        source=row["source_id"],
        url=row["page_url"],
        fingerprint=row["said_fingerprint"],
        said=values.item(row if waits is None else waits),
        awaits_approval=waits is not None or row["state"] == "held",
    )


def _record(
    db: Connection,
    fetch: PageFetch,
    page: PageText,
    *,
    asked: datetime | None,
    failures: int,
    now: datetime,
) -> bool:
    if page.state is PageState.TAKEN and _is_copy(db, fetch, page):
        page = PageText(PageState.COPY)
    shows = page.state is PageState.TAKEN
    at = channels.stamp(db, now) if shows else None
    written = db.execute(
        f"""UPDATE page SET state = :state, content = :content, text = :text, styled = :styled,
            failures = :failures, asked = coalesce(:asked, asked)
        WHERE item = :item AND fingerprint = :fingerprint AND state = 'waits' AND NOT ({FORMER})
        AND EXISTS (SELECT 1 FROM item i WHERE i.number = page.item AND i.state <> 'withdrawn'
            AND (i.state = :before OR :shows = 0))
        RETURNING item""",
        {
            "item": fetch.number,
            "fingerprint": fetch.fingerprint,
            "state": page.state.value,
            "content": page.content if shows else "",
            "text": page.text if shows else "",
            "styled": rows.column(page.styled if shows else UNSTYLED),
            "failures": failures,
            "asked": rows.column(asked),
            "before": fetch.state.value,
            "shows": int(shows),
        },
    )
    if written.fetchone() is None:
        return False
    if at is not None:
        channels.touch(db, [fetch.number], at)
        styles.catch_up(db, fetch.number, page.styled.rules)
        if fetch.awaits_approval:
            db.execute(RENUMBER, (fetch.number,))
    return True


def _is_copy(db: Connection, fetch: PageFetch, page: PageText) -> bool:
    """Return whether an item would be a copy of a withdrawn release with the text of its page."""
    row = db.execute("SELECT id FROM item WHERE number = ?", (fetch.number,)).fetchone()
    made = similar.signature(page.text)
    shown = replace(fetch.said, content=page.content, text=page.text, signature=made)
    return row is not None and decisions.is_copy(db, row["id"], fetch.source, shown)


def begin(db: Connection, source: int, wanted: Sequence[WantedPage], now: datetime) -> None:
    """Note pages that are due, one after the other, as many as the budget of their source allows."""
    noted = db.execute(
        "SELECT count(*) AS pages FROM page WHERE source = ? AND started > ?",
        (source, ms(now - full_text.BUDGET_WITHIN)),
    )
    pages = full_text.within(wanted, one(noted)["pages"])
    for place, each in enumerate(pages):
        row = db.execute("SELECT number FROM item WHERE id = ? AND freed = 0", (each.item,)).fetchone()
        if row is None:
            continue
        db.execute(f"DELETE FROM page WHERE item = ? AND {FORMER}", (row["number"],))
        db.execute(
            """INSERT INTO page (item, fingerprint, source, host, url, state, started)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item, fingerprint) DO UPDATE SET url = excluded.url,
            host = excluded.host, state = excluded.state, started = excluded.started, failures = 0,
            content = '', text = '', styled = '{}'""",
            (
                row["number"],
                each.fingerprint,
                source,
                host_of(each.url),
                each.url,
                PageState.WAITS.value,
                ms(now),
            ),
        )
        db.execute(
            """INSERT INTO task (kind, subject, due) VALUES (?, ?, ?)
            ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due, attempts = 0""",
            (TaskKind.PAGE.value, each.item, ms(now + place * full_text.SPACED)),
        )
