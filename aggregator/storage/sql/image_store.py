"""The contract's ImageStore: images of live items, those that wait for their fetch, and our copies.

`policy.image_copies` decides. Of all commands only the service loads it, and `export` for a publication with
copies.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from aggregator.model.domains import host_of
from aggregator.model.image import Copies, Drawn, ImageCopy, ImageFetch, ImageState, Pictured
from aggregator.model.stored import Stored
from aggregator.model.websub import TaskKind
from aggregator.policy import image_copies
from aggregator.storage.sql import channels, images, rows
from aggregator.storage.sql.engine import Connection, Engine, Row, one, read
from aggregator.storage.sql.queries import ItemStore
from aggregator.storage.sql.rows import ms

DIGEST_BYTES = 16
Cursor = tuple[int, int]  # seq and number of an item

SERVED = """SELECT m.body FROM image m WHERE m.digest = ? AND EXISTS (
    SELECT 1 FROM image_use u JOIN item i ON i.number = u.item JOIN source s ON s.number = u.source
    WHERE u.digest = m.digest AND i.state = 'live' AND i.freed = 0 AND s.republish = 'full')"""

WAITING = """SELECT u.*, i.id AS item_id, s.id AS source_id,
        (SELECT count(*) FROM image_use o WHERE o.source = u.source AND o.asked > :since) AS source_asked,
        (SELECT coalesce(sum(o.size), 0) FROM image_use o WHERE o.source = u.source AND o.asked > :since)
            AS bytes,
        (SELECT count(*) FROM image_use o WHERE o.host = u.host AND o.asked > :since) AS host_asked
    FROM image_use u JOIN item i ON i.number = u.item JOIN source s ON s.number = u.source
    WHERE i.id = :item AND u.state = 'waits' AND i.state = 'live'
    ORDER BY u.due, u.address LIMIT 1"""


class ImageStore:
    """The copies of images of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def body(self, digest: str) -> bytes | None:
        """Return a copy; None unless a live item shows it, whose rights permit it."""
        found = read(self._engine, SERVED, (digest,))
        return bytes(found[0]["body"]) if found else None

    def copies(self, number: int) -> Copies:
        """Return the copies of an item, by its number."""
        found = read(
            self._engine,
            """SELECT u.address, m.digest, m.width, m.height, m.size
            FROM image_use u JOIN image m ON m.digest = u.digest WHERE u.item = ?""",
            (number,),
        )
        return {row["address"]: rows.value(ImageCopy, row) for row in found}

    def unseen(self, limit: int) -> tuple[Cursor, tuple[Stored, ...]]:
        """Return live items that have changed since their images were noted, the longest changed first, and
        the cursor behind them."""
        with self._engine.reading() as db:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (images.CURSOR,)).fetchone()
            seq, _, number = row["value"].partition(" ") if row else ("0", " ", "0")
            found = db.execute(
                """SELECT seq, number FROM item WHERE state = 'live' AND freed = 0
                AND (seq, number) > (?, ?) ORDER BY seq, number LIMIT ?""",
                (int(seq), int(number), limit),
            ).fetchall()
        last = (found[-1]["seq"], found[-1]["number"]) if found else (int(seq), int(number))
        return last, ItemStore(self._engine).numbered(row["number"] for row in found)

    def note(self, pictured: Sequence[Pictured], cursor: Cursor, now: datetime) -> None:
        """(poller) Note the images that items show: new ones wait for their fetch, others are forgotten."""
        with self._engine.writing() as db:
            for each in pictured:
                _note(db, each, now)
            db.execute(
                """INSERT INTO meta (key, value) VALUES (?, ?)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value""",
                (images.CURSOR, f"{cursor[0]} {cursor[1]}"),
            )

    def waiting(self, item: str, now: datetime) -> ImageFetch | None:
        """Return the fetch of an image of a live item that waits, by the id of the item."""
        since = ms(now - image_copies.BUDGET_WITHIN)
        found = read(self._engine, WAITING, {"item": item, "since": since})
        return next((_fetch(row) for row in found), None)

    def record(
        self,
        fetch: ImageFetch,
        drawn: Drawn,
        *,
        failures: int = 0,
        again: datetime | None = None,
        now: datetime,
    ) -> bool:
        """(poller) Write what a fetch at `now` has brought, and when it is made again; returns whether it
        counts: not if its item is no longer live, or shows another image. The documents change once no image
        of the item waits that may come at once."""
        with self._engine.writing() as db:
            return _record(db, fetch, drawn, failures=failures, again=again, now=now)

    def clear(self) -> bool:
        """(poller) Delete a part of all copies; returns whether some are left."""
        with self._engine.writing() as db:
            return images.clear(db)


def _fetch(row: Row) -> ImageFetch:
    return rows.value(
        ImageFetch,
        row,
        number=row["item"],
        item=row["item_id"],
        source=row["source_id"],
        asked=row["source_asked"],
    )


def _note(db: Connection, pictured: Pictured, now: datetime) -> None:
    row = db.execute(
        "SELECT id, source FROM item WHERE number = ? AND state = 'live' AND freed = 0", (pictured.number,)
    ).fetchone()
    if row is None:
        return
    found = db.execute("SELECT address, digest FROM image_use WHERE item = ?", (pictured.number,)).fetchall()
    known = {each["address"]: each["digest"] for each in found}
    former = known.keys() - {*pictured.addresses}
    db.executemany(
        "DELETE FROM image_use WHERE item = ? AND address = ?", [(pictured.number, each) for each in former]
    )
    images.forget(db, {known[each] for each in former})
    fresh = [each for each in pictured.addresses if each not in known]
    db.executemany(
        """INSERT INTO image_use (item, address, source, host, state, started, due)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
        [
            (pictured.number, each, row["source"], host_of(each), ImageState.WAITS.value, ms(now), ms(now))
            for each in fresh
        ],
    )
    if fresh:
        db.execute(
            """INSERT INTO task (kind, subject, due) VALUES (?, ?, ?)
            ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due, attempts = 0""",
            (TaskKind.IMAGE.value, row["id"], ms(now)),
        )


def _record(
    db: Connection,
    fetch: ImageFetch,
    drawn: Drawn,
    *,
    failures: int,
    again: datetime | None,
    now: datetime,
) -> bool:
    digest = hashlib.blake2b(drawn.body, digest_size=DIGEST_BYTES).hexdigest() if drawn.body else None
    waits = """SELECT u.item FROM image_use u JOIN item i ON i.number = u.item
        WHERE u.item = ? AND u.address = ? AND u.state = 'waits' AND i.state = 'live'"""
    if db.execute(waits, (fetch.number, fetch.address)).fetchone() is None:
        return False
    if digest is not None:
        db.execute(
            """INSERT INTO image (digest, width, height, size, body) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (digest) DO NOTHING""",
            (digest, drawn.width, drawn.height, len(drawn.body), drawn.body),
        )
    db.execute(
        """UPDATE image_use SET state = ?, digest = ?, failures = ?, size = ?, asked = ?, due = ?
        WHERE item = ? AND address = ?""",
        (
            drawn.state.value,
            digest,
            failures,
            len(drawn.body),
            ms(now),
            ms(again or now),
            fetch.number,
            fetch.address,
        ),
    )
    left = one(
        db.execute(
            """SELECT coalesce(sum(CASE WHEN state = 'waits' AND failures = 0 THEN 1 ELSE 0 END), 0) AS fresh,
            count(digest) AS copies FROM image_use WHERE item = ?""",
            (fetch.number,),
        )
    )
    if left["copies"] and not left["fresh"]:
        channels.touch(db, [fetch.number], channels.stamp(db, now))
    return True
