"""Reports on the admin side: /reports lists them, /reports/N shows one and takes the decision (EU DSA,
Article 17)."""

import re
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.errors import Outdated, UsageError
from aggregator.log import log
from aggregator.model.decision import Notice, Trigger
from aggregator.model.report import Answer, Report
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import permits, step
from aggregator.storage import Storage
from aggregator.web.access import Visitor
from aggregator.web.forms import Fields, Refused, lines, read_form, see_other
from aggregator.web.frame import Frame, Room

ROWS_MAX = 50
STATEMENT_CHARS_MAX = 5_000
REASON_CHARS_MAX = 200  # in the audit, of a statement
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


class Given(Struct, frozen=True):
    """The fields of the form as they were entered, and what is wrong."""

    answer: str = ""
    statement: str = ""
    fault: str = ""


NOTHING = Given()


class ReportDesk(Struct, frozen=True):
    """Endpoints of reports, which hold personal data: once there are users, only they read them."""

    storage: Storage
    frame: Frame
    clock: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route(Room.REPORTS, self.frame.reading(self.list)),
            Route(f"{Room.REPORTS}/{{number}}", self.frame.reading(self.show)),
            Route(f"{Room.REPORTS}/{{number}}", self.frame.refusing(self.decide), methods=["POST"]),
        ]

    def list(self, request: Request) -> Response:
        """A page of reports that wait, oldest first, then one of decided ones, newest first."""
        visitor = self._reader(request)
        before, after = (_number(request.query_params.get(name, "")) for name in ("before", "after"))
        store = self.storage.reports
        waiting = store.waiting(after or 0, ROWS_MAX + 1) if before is None else ()
        decided = store.decided(before, ROWS_MAX + 1) if after is None else ()
        return self.frame.page(
            request,
            "reports.html",
            visitor,
            here=Room.REPORTS,
            waiting=waiting[:ROWS_MAX],
            newer=waiting[ROWS_MAX - 1].number if len(waiting) > ROWS_MAX else None,
            is_older=before is not None,
            decided=decided[:ROWS_MAX],
            older=decided[ROWS_MAX - 1].number if len(decided) > ROWS_MAX else None,
        )

    def show(self, request: Request) -> Response:
        """One report with its release, and the form of the decision."""
        return self._page(request, self._reader(request), self._report(request))

    async def decide(self, request: Request) -> Response:
        """Carry out a decision; 303 to the report."""
        fields = await read_form(request)
        return await run_in_threadpool(self._decide, request, fields)

    def _decide(self, request: Request, fields: Fields) -> Response:
        user = self.frame.access.checked(request, fields)
        report, answer = self._report(request), fields.one("answer")
        given = Given(answer, lines(fields.raw("statement")))
        visitor = self.frame.access.visitor(request)
        if answer not in tuple(Answer) or not 0 < len(given.statement) <= STATEMENT_CHARS_MAX:
            fault = f"Choose a decision, and give its reasons in up to {STATEMENT_CHARS_MAX} characters."
            return self._page(request, visitor, report, replace(given, fault=fault), status=400)
        if report.decided is None:
            decided = replace(report, decided=self.clock(), statement=given.statement, actor=user.name)
            try:
                self._carry_out(decided, Answer(answer))
            except (UsageError, Outdated) as error:
                return self._page(request, visitor, report, replace(given, fault=str(error)), status=409)
        return see_other(request, f"{Room.REPORTS}/{report.number}")

    def _carry_out(self, decided: Report, answer: Answer) -> None:
        """Withdraw the release of a report if that is the decision, then store the decision: one that was cut
        off between the two can be made again."""
        item = self._item(decided)
        if answer is Answer.WITHDRAWN:
            if item is None:
                raise UsageError("the report names no release of this store: choose another decision")
            if permits(item, Trigger.WITHDRAW):
                self._withdraw(item, decided)
        if self.storage.reports.decide(decided, answer):
            log.info(
                "report decided",
                reference=decided.reference,
                item=decided.item,
                answer=answer.value,
                by=decided.actor,
            )

    def _withdraw(self, item: Stored, decided: Report) -> None:
        assert decided.decided is not None
        reason = f"report {decided.reference}: {' '.join(decided.statement.split())}"[:REASON_CHARS_MAX]
        done = step(item, Trigger.WITHDRAW, reason=reason, actor=decided.actor, at=decided.decided)
        notice = Notice(decided.name, decided.address, decided.received, decided.statement)
        self.storage.acts.apply_transitions([replace(done, notice=notice)])

    def _reader(self, request: Request) -> Visitor:
        visitor = self.frame.reader(request)
        if visitor.has_users and visitor.user is None:
            raise Refused(403, "Reports hold personal data: only users of sources.yaml read them.")
        return visitor

    def _report(self, request: Request) -> Report:
        text = request.path_params["number"]
        number = _number(text)
        found = None if number is None else self.storage.reports.find(number)
        if found is None:
            raise Refused(404, "There is no such report.")
        return found

    def _item(self, report: Report) -> Stored | None:
        return self.storage.items.find(report.item) if report.item else None

    def _page(
        self, request: Request, visitor: Visitor, report: Report, given: Given = NOTHING, *, status: int = 200
    ) -> Response:
        return self.frame.page(
            request,
            "one_report.html",
            visitor,
            here=Room.REPORTS,
            status=status,
            report=report,
            item=self._item(report),
            answers=tuple(Answer),
            answered=Answer(report.answer) if report.answer else None,
            given=given,
            is_mailed=self.frame.access.config().mail is not None,
            longest=STATEMENT_CHARS_MAX,
        )


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None
