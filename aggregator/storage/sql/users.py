"""The contract's SessionStore: sessions of the desk's users, found by the digest of their token."""

from datetime import datetime

from aggregator.model.user import Session
from aggregator.policy.sessions import AGE_MAX, IDLE_MAX
from aggregator.storage.sql.engine import Engine, insert, one, read
from aggregator.storage.sql.rows import moment, ms

FORM_KEY = "forms"  # in the table `meta`: key of the CSRF tokens of users that a proxy names
KEPT = "SELECT value FROM meta WHERE key = ?"


class SessionStore:
    """The sessions of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, token: bytes, session: Session) -> None:
        """Keep a new session; those that have expired by then are dropped."""
        with self._engine.writing() as db:
            db.execute(
                "DELETE FROM session WHERE seen < ? OR made < ?",
                (ms(session.made - IDLE_MAX), ms(session.made - AGE_MAX)),
            )
            columns = {
                "token": token,
                "name": session.user,
                "credential": session.credential,
                "made": ms(session.made),
                "seen": ms(session.seen),
            }
            insert(db, "session", columns)

    def find(self, token: bytes) -> Session | None:
        """Return the session of a token, expired or not. Cheap: reads one row."""
        found = read(self._engine, "SELECT * FROM session WHERE token = ?", (token,))
        return next(
            (
                Session(
                    row["name"], bytes(row["credential"]), made=moment(row["made"]), seen=moment(row["seen"])
                )
                for row in found
            ),
            None,
        )

    def touch(self, token: bytes, now: datetime) -> None:
        """Keep the time of the last request of a session."""
        with self._engine.writing() as db:
            db.execute("UPDATE session SET seen = ? WHERE token = ?", (ms(now), token))

    def end(self, token: bytes) -> None:
        """Drop a session."""
        with self._engine.writing() as db:
            db.execute("DELETE FROM session WHERE token = ?", (token,))

    def end_all(self, user: str) -> None:
        """Drop all sessions of a user."""
        with self._engine.writing() as db:
            db.execute("DELETE FROM session WHERE name = ?", (user,))

    def form_key(self, new: bytes) -> bytes:
        """Return the key of the forms of users that a proxy names; a `new` one if the store has none."""
        found = read(self._engine, KEPT, (FORM_KEY,))
        if not found:
            with self._engine.writing() as db:
                db.execute(
                    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (FORM_KEY, new.hex()),
                )
                found = [one(db.execute(KEPT, (FORM_KEY,)))]
        return bytes.fromhex(found[0]["value"])
