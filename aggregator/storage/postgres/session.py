"""Sessions on the event loop, for what waits for the server: the queue and notifications."""

import os

import psycopg
from psycopg.rows import TupleRow

from aggregator.storage.postgres.pool import CONNECT_SECONDS

Session = psycopg.AsyncConnection[TupleRow]


async def session(url: str, name: str) -> Session:
    """Return a new session, which is the caller's to close; `name` is what the server shows it by."""
    return await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        application_name=f"{name} of process {os.getpid()}",
        client_encoding="UTF8",
        connect_timeout=CONNECT_SECONDS,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )
