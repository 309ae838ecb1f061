"""Reports on the admin side: /reports lists them, /reports/N shows one and takes the decision (EU DSA,
Article 17)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
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
from aggregator.web.acting import Actor, Guard
from aggregator.web.forms import Refused, lines, posted
from aggregator.web.pages import page
from aggregator.web.replies import NO_STORE, plain, reply, seen_other

ROWS_MAX = 50
STATEMENT_CHARS_MAX = 5_000
REASON_CHARS_MAX = 200  # in the audit, of a statement
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class ReportDesk:
    """Endpoints of reports. `guard` returns the actor of a request, or the response that refuses it."""

    storage: Storage
    guard: Guard
    clock: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/reports", self.list),
            Route("/reports/{number}", self.show),
            Route("/reports/{number}", self.decide, methods=["POST"]),
        ]

    def list(self, request: Request) -> Response:
        """Reports that wait, oldest first, then a page of decided ones."""
        text = request.query_params.get("before", "")
        before = int(text) if _NUMBER.fullmatch(text) else None
        store = self.storage.reports
        waiting = store.waiting(ROWS_MAX) if before is None else ()
        decided = store.decided(before, ROWS_MAX + 1)
        made = page(
            "reports.html",
            here="/reports",
            waiting=waiting,
            is_cut=len(waiting) == ROWS_MAX,
            decided=decided[:ROWS_MAX],
            older=decided[ROWS_MAX - 1].number if len(decided) > ROWS_MAX else None,
        )
        return reply(request, made, cache=NO_STORE)

    def show(self, request: Request) -> Response:
        """One report with its release, and the form of the decision."""
        return self._page(request, self._report(request))

    async def decide(self, request: Request) -> Response:
        """Carry out a decision; 303 to the report."""
        actor = await run_in_threadpool(self.guard, request)
        if not isinstance(actor, Actor):
            return actor
        try:
            given = await posted(request)
        except Refused as error:
            return reply(request, plain(str(error)), status=error.status, cache=NO_STORE)
        return await run_in_threadpool(self._decide, request, actor, given)

    def _decide(self, request: Request, actor: Actor, given: Mapping[str, str]) -> Response:
        report, statement = self._report(request), lines(given.get("statement", ""))
        answer = given.get("answer", "")
        if answer not in tuple(Answer) or not statement or len(statement) > STATEMENT_CHARS_MAX:
            fault = f"Choose a decision, and give its reasons in up to {STATEMENT_CHARS_MAX} characters."
            return self._page(request, report, fault=fault, status=400, statement=statement, answer=answer)
        if report.decided is None:
            decided = replace(report, decided=self.clock(), statement=statement, actor=actor.name)
            try:
                self._carry_out(decided, Answer(answer))
            except (UsageError, Outdated) as error:
                return self._page(
                    request, report, fault=str(error), status=409, statement=statement, answer=answer
                )
        return seen_other(f"/reports/{report.number}")

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
        self.storage.items.apply_transitions([replace(done, notice=notice)])

    def _report(self, request: Request) -> Report:
        text = request.path_params["number"]
        found = self.storage.reports.find(int(text)) if _NUMBER.fullmatch(text) else None
        if found is None:
            raise HTTPException(404)
        return found

    def _item(self, report: Report) -> Stored | None:
        return self.storage.items.find(report.item) if report.item else None

    def _page(
        self,
        request: Request,
        report: Report,
        *,
        fault: str = "",
        status: int = 200,
        statement: str = "",
        answer: str = "",
    ) -> Response:
        item = self._item(report)
        made = page(
            "one_report.html",
            here="/reports",
            report=report,
            item=item,
            answers=tuple(Answer),
            answered=Answer(report.answer) if report.answer else None,
            fault=fault,
            statement=statement,
            answer=answer,
            longest=STATEMENT_CHARS_MAX,
        )
        return reply(request, made, status=status, cache=NO_STORE)
