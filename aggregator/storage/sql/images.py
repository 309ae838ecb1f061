"""Copies of images, which go with their items: once none that is shown has one, its bytes are deleted. Called
inside write transactions. `image_store` notes and reads them.
"""

from datetime import datetime

from aggregator.model.image import Images
from aggregator.model.websub import TaskKind
from aggregator.storage.sql.engine import Connection, as_json, ints, texts
from aggregator.storage.sql.rows import ms

CURSOR = "imaged"  # in the table `meta`: the last live item whose images were noted, as "seq number"
CLEARED_AT_ONCE = 100  # items whose copies are deleted in one transaction


def begin(db: Connection, images: Images, now: datetime) -> None:
    """Have the images of items noted from now on, or, where no copies are wanted any more, those that were
    made deleted."""
    has_copies = db.execute("SELECT 1 FROM image_use LIMIT 1").fetchone() is not None
    if images is Images.PROXY or has_copies:
        db.execute(
            """INSERT INTO task (kind, subject, due) VALUES (?, '', ?)
            ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due""",
            (TaskKind.IMAGES.value, ms(now)),
        )


def drop(db: Connection, numbers: str) -> None:
    """Remove the images of items (a JSON list of numbers), and their tasks."""
    db.execute(
        f"""DELETE FROM task WHERE kind = '{TaskKind.IMAGE.value}'
        AND subject IN (SELECT id FROM item WHERE number {ints()})""",
        (numbers,),
    )
    gone = db.execute(f"DELETE FROM image_use WHERE item {ints()} RETURNING digest", (numbers,)).fetchall()
    forget(db, {row["digest"] for row in gone})


def forget(db: Connection, digests: set[str | None]) -> None:
    """Delete the copies among these that no item has any more."""
    if found := digests - {None}:
        db.execute(
            f"""DELETE FROM image WHERE digest {texts()}
            AND NOT EXISTS (SELECT 1 FROM image_use u WHERE u.digest = image.digest)""",
            (as_json(found),),
        )


def clear(db: Connection) -> bool:
    """Delete copies of all items, a part of them at once; returns whether some are left."""
    found = db.execute("SELECT DISTINCT item FROM image_use ORDER BY item LIMIT ?", (CLEARED_AT_ONCE,))
    numbers = [row["item"] for row in found]
    drop(db, as_json(numbers))
    db.execute("DELETE FROM meta WHERE key = ?", (CURSOR,))
    return len(numbers) == CLEARED_AT_ONCE
