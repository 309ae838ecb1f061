"""The contract's ReportStore: reports of readers and the decisions on them."""

from datetime import timedelta

from aggregator.model.decision import Errand, Noted
from aggregator.model.report import Answer, Report
from aggregator.model.websub import TaskKind
from aggregator.storage.sql import journal, rows
from aggregator.storage.sql.engine import JOURNAL, Connection, Engine, insert, one, read
from aggregator.storage.sql.rows import ms

OPEN_MAX = 2_000  # reports that wait; a flood beyond is refused
LETTERS_A_DAY = 3  # acknowledgements to one address, which anybody can write into the form
DAY = timedelta(days=1)
FIELDS = ("reference", "received", "name", "address", "about", "item", "ground", "words")


class ReportStore:
    """The reports of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def receive(self, report: Report) -> bool:
        """Store a report, and make the letter that acknowledges it due; False when too many wait."""
        with self._engine.writing() as db:
            if _open(db) >= OPEN_MAX:
                return False
            today = db.execute(
                "SELECT count(*) AS many FROM report WHERE address = ? AND received > ?",
                (report.address, ms(report.received - DAY)),
            )
            if report.address and one(today)["many"] < LETTERS_A_DAY:
                _due(db, report)
            insert(db, "report", rows.columns(report, *FIELDS))
        return True

    def decide(self, report: Report, answer: Answer) -> bool:
        """Store the decision of a report that waits, for the audit, too, and make the letter about it due;
        False when it was decided meanwhile."""
        assert report.decided is not None
        with self._engine.writing() as db:
            done = db.execute(
                """UPDATE report SET decided = ?, answer = ?, statement = ?, actor = ?
                WHERE number = ? AND decided IS NULL RETURNING number""",
                (ms(report.decided), answer.value, report.statement, report.actor, report.number),
            ).fetchone()
            if done is not None and report.address:
                _due(db, report)
            if done is not None:
                said = f"{report.reference}: {answer.words}"
                noted = Noted(Errand.REPORT, report.actor, report.decided, item=report.item, reason=said)
                journal.note(db, noted, self._engine.directory / JOURNAL)
        return done is not None

    def find(self, number: int) -> Report | None:
        """Return the report with a number."""
        found = read(self._engine, "SELECT * FROM report WHERE number = ?", (number,))
        return next((rows.value(Report, row) for row in found), None)

    def named(self, reference: str) -> Report | None:
        """Return the report with a reference."""
        found = read(self._engine, "SELECT * FROM report WHERE reference = ?", (reference,))
        return next((rows.value(Report, row) for row in found), None)

    def open(self) -> int:
        """Return how many reports wait, up to OPEN_MAX."""
        with self._engine.reading() as db:
            return _open(db)

    def waiting(self, after: int, limit: int) -> tuple[Report, ...]:
        """Return reports that wait, with larger numbers than `after`, oldest first."""
        statement = "SELECT * FROM report WHERE decided IS NULL AND number > ? ORDER BY number LIMIT ?"
        return tuple(rows.value(Report, row) for row in read(self._engine, statement, (after, limit)))

    def decided(self, before: int | None, limit: int) -> tuple[Report, ...]:
        """Return decided reports with smaller numbers than `before`, newest first."""
        found = read(
            self._engine,
            """SELECT * FROM report WHERE decided IS NOT NULL AND number < ?
            ORDER BY number DESC LIMIT ?""",
            (2**62 if before is None else before, limit),
        )
        return tuple(rows.value(Report, row) for row in found)


def _open(db: Connection) -> int:
    return int(one(db.execute("SELECT count(*) AS many FROM report WHERE decided IS NULL"))["many"])


def _due(db: Connection, report: Report) -> None:
    db.execute(
        """INSERT INTO task (kind, subject, due) VALUES (?, ?, ?)
        ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due, attempts = 0""",
        (TaskKind.LETTER.value, report.reference, ms(report.decided or report.received)),
    )
