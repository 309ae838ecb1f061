"""Answers to the doubt about a source: by the items that its document lists, or by the operator."""

from collections import Counter

from msgspec.structs import replace

from aggregator.errors import UsageError
from aggregator.model.document import ReadResult
from aggregator.model.item import KeyKind
from aggregator.model.poll import Claim, Doubt
from aggregator.storage.sql import source_state
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import pack, unpack

KINDS = (KeyKind.GUID, KeyKind.LINK, KeyKind.TEXT)
KEYS_MAX = 600  # of a document that are compared, the newest


def compare(db: Connection, claim: Claim, found: ReadResult) -> None:
    """Store which source that is not polled otherwise has most items of a document, 0 for none.

    Keys of several items of the document, as the link to one page, identify none.
    """
    keys = Counter(key for item in found.items for key in item.keys if key.kind in KINDS)
    wanted = [key.digest for key, times in keys.items() if times == 1][:KEYS_MAX]
    same = 0
    if wanted:
        row = db.execute(
            f"""SELECT s.number, count(DISTINCT k.item) AS items FROM source s JOIN item_key k
            ON k.source = s.number WHERE (s.configured = 0 OR s.number = ?)
            AND k.kind IN ({", ".join("?" * len(KINDS))}) AND k.digest IN ({", ".join("?" * len(wanted))})
            GROUP BY s.number ORDER BY items DESC, s.number LIMIT 1""",
            (claim.number, *(int(kind) for kind in KINDS), *wanted),
        ).fetchone()
        same = row["number"] if row is not None else 0
    db.execute(
        "UPDATE source SET doubt = ? WHERE number = ? AND token = ? AND version = ?",
        (pack(replace(claim.doubt, same=same, is_read=True)), claim.number, claim.token, claim.version),
    )


def answer(db: Connection, source: str, same: str | None) -> None:
    """Store the operator's answer: the id of the source that it continues, or None for a new one."""
    row = db.execute("SELECT number, doubt FROM source WHERE id = ? AND configured = 1", (source,)).fetchone()
    known = Doubt() if row is None else unpack(Doubt, row["doubt"])
    if row is None or not known.former:
        raise UsageError(f"no source called {source!r} waits for an answer: `publicwire sources` lists them")
    number = 0
    if same is not None:
        found = db.execute(
            "SELECT number FROM source WHERE id = ? AND (configured = 0 OR number = ?) AND number <> ?",
            (same, known.former, row["number"] if known.former != row["number"] else 0),
        ).fetchone()
        if found is None:
            raise UsageError(f"{same!r} is no source that the store has and sources.yaml has not")
        number = found["number"]
    answered = replace(known, same=number, is_answered=True)
    source_state.change(db, row["number"], {"doubt": pack(answered)})
