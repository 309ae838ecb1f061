"""Letters to the senders of reports, by e-mail: that a report was received, and what was decided.

Anybody can write any address into the form: an acknowledgement repeats nothing of what the form held.
"""

import asyncio
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta

from aggregator.errors import FetchError
from aggregator.log import log
from aggregator.model.report import Answer, Report
from aggregator.model.settings import Config, Publication
from aggregator.model.websub import Task
from aggregator.service import mail
from aggregator.storage.sql.reports import ReportStore

RETRY_EVERY, RETRY_EVERY_MAX = timedelta(minutes=1), timedelta(hours=6)
DROPPED_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Letters:
    """Sends letters, if `alerts: {email: …}` names a mail server."""

    storage: ReportStore
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]

    async def run(self, task: Task) -> datetime | None:
        """Send the letter that a report asks for; returns when to try again, None when that is over."""
        report, config = self.storage.named(task.subject), self.config()
        if report is None or config.mail is None:
            return None
        text = decision(report, config.publication) if report.decided else receipt(report, config.publication)
        letter = mail.message(
            config.mail,
            (report.address,),
            name=config.publication.name,
            subject=f"{'Decision on your' if report.decided else 'Your'} report {report.reference}",
            text=text,
            now=self.clock(),
            key=f"{report.reference} {report.decided}",
        )
        try:
            await asyncio.to_thread(mail.send, config.mail.smtp, letter)
        except FetchError as error:
            now, is_refused = self.clock(), (error.status or 0) >= 500
            is_late = now - (report.decided or report.received) >= DROPPED_AFTER
            log.warning("letter not sent", reference=report.reference, status=error.status, cause=error.cause)
            if is_refused or is_late:
                return None
            return now + min(RETRY_EVERY * (1 << min(task.attempts, 10)), RETRY_EVERY_MAX)
        return None


def receipt(report: Report, publication: Publication) -> str:
    """Return the text that acknowledges a report (EU DSA, Article 16(4))."""
    return (
        f"{publication.name} has received a report from this address, "
        f"on {report.received:%Y-%m-%d %H:%M} UTC.\n"
        f"Its reference is {report.reference}. A person reads it and decides without automated means; "
        "you are told the decision and its reasons.\n\n"
        f"If you have sent no report, write to {publication.contact}."
    )


def decision(report: Report, publication: Publication) -> str:
    """Return the text that tells a decision, its reasons and the redress (EU DSA, Article 16(5) and 17)."""
    about = f"{publication.url}items/{report.item}" if report.item else "the address that you gave"
    return (
        f"{publication.name} has decided on your report {report.reference}, about {about}.\n"
        f"The release is {Answer(report.answer).words}.\n\n"
        f"Reasons:\n{report.statement}\n\n"
        "The decision was taken by a person. You can object to it by writing to "
        f"{publication.contact}, and you can turn to a dispute settlement body or a court."
    )
