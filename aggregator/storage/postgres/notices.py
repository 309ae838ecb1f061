"""Notifications of commits (LISTEN): the newest `seq`, and that a configuration was put into force.

A trigger notifies in the transaction that advances the counter, so that none is lost while a session listens.
Once a second, and after each pause, the values are read: a session that got nothing, behind a pooler or cut
off, is at most so late.
"""

import asyncio
import time
from collections.abc import Callable

import psycopg
from psycopg import sql

from aggregator.storage.postgres.session import Session, session

CHANNEL = "publicwire"
LOOK_EVERY = 1.0  # seconds
CURRENT_FOR = 1.5  # seconds that a value read holds; later ones are asked of the store
AGAIN_AFTER = 0.5  # seconds after a session that ended
VALUES = """SELECT (SELECT value FROM counter WHERE name = 'seq'), (SELECT coalesce(max(number), 0)
    FROM config_version), current_schema()"""


class Notices:
    """Newest `seq` and version of the configuration of all commits, followed on the event loop."""

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url, self._monotonic = url, monotonic
        self._seq, self._read = 0, float("-inf")
        self._version, self._schema = -1, ""
        self.configured = asyncio.Event()  # set at each new version of the configuration

    def newest(self) -> int | None:
        """Return the newest `seq`, None when it is not known at the moment."""
        return self._seq if self._monotonic() - self._read < CURRENT_FOR else None

    async def listen(self) -> None:
        """Follow the database until cancelled; opens a new session after one that ended."""
        while True:
            try:
                async with await session(self._url, "notices") as db:
                    await db.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    while True:
                        async with asyncio.timeout(2 * LOOK_EVERY):
                            await self._look(db)
                        await self._wait(db)
            except (psycopg.Error, TimeoutError):
                await asyncio.sleep(AGAIN_AFTER)

    async def _look(self, db: Session) -> None:
        before = self._monotonic()
        found = await (await db.execute(VALUES)).fetchone()
        if found is not None:
            self._seq, version, self._schema = found
            self._read = before
            self._tell(version)

    async def _wait(self, db: Session) -> None:
        """Take in notifications for a second."""
        async for notice in db.notifies(timeout=LOOK_EVERY):
            schema, kind, value = notice.payload.rsplit(" ", 2)
            if schema != self._schema:
                continue
            if kind == "seq":
                self._seq = max(self._seq, int(value))
            else:
                self._tell(int(value))

    def _tell(self, version: int) -> None:
        if version != self._version:
            self._version = version
            self.configured.set()
