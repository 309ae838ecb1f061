"""Pages of items, which go with the content of their items. Called inside write transactions.

A page belongs to one version of its item, by the fingerprint of what the feed says: once that has changed it
is shown no longer. `page_store` notes and reads them.
"""

from aggregator.model.websub import TaskKind
from aggregator.storage.sql.engine import Connection, ints

# Rows of versions that are neither present nor waiting for approval.
FORMER = """fingerprint <> (SELECT i.fingerprint FROM item i WHERE i.number = page.item)
    AND NOT EXISTS (SELECT 1 FROM pending w WHERE w.item = page.item AND w.fingerprint = page.fingerprint)"""


def follow(db: Connection, number: int, fingerprint: bytes) -> None:
    """Keep the page of an item whose addresses are replaced silently, which makes it no other version."""
    db.execute(
        """UPDATE page SET fingerprint = ? WHERE item = ?
        AND fingerprint = (SELECT i.fingerprint FROM item i WHERE i.number = page.item)
        AND NOT EXISTS (SELECT 1 FROM page o WHERE o.item = page.item AND o.fingerprint = ?)""",
        (fingerprint, number, fingerprint),
    )


def drop(db: Connection, numbers: str) -> None:
    """Remove the pages of items (a JSON list of numbers), and their tasks."""
    db.execute(
        f"""DELETE FROM task WHERE kind = '{TaskKind.PAGE.value}'
        AND subject IN (SELECT id FROM item WHERE number {ints()})""",
        (numbers,),
    )
    db.execute(f"DELETE FROM page WHERE item {ints()}", (numbers,))


def strike(db: Connection, item: str, fingerprint: bytes) -> None:
    """Remove the page of a version of an item, given by its id."""
    db.execute(
        "DELETE FROM page WHERE item = (SELECT number FROM item WHERE id = ?) AND fingerprint = ?",
        (item, fingerprint),
    )


def forget(db: Connection) -> None:
    """Remove the pages of former versions."""
    db.execute(f"DELETE FROM page WHERE {FORMER}")
