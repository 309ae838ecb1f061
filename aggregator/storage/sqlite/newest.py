"""The newest `seq` of the store, without waiting for a lock.

`PRAGMA data_version` changes with each commit of any other connection, in this process or another, and reads
shared memory alone; the counter is read again only then.
"""

import sqlite3


class NewestSeq:
    """Reads over a connection of its own, which one thread uses."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute("PRAGMA query_only = ON")
        db.execute("PRAGMA busy_timeout = 0")
        self._version, self._seq = -1, 0

    def __call__(self) -> int | None:
        """Return the newest `seq`; None where a lock is held, or the store cannot be read."""
        try:
            (version,) = self._db.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                (self._seq,) = self._db.execute("SELECT value FROM counter WHERE name = 'seq'").fetchone()
                self._version = version
        except (sqlite3.Error, TypeError):  # no row
            return None
        return self._seq
