"""The frame of the admin side: navigation, the user, refusals as pages, and the prefix of all addresses."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aggregator.web.access import Access, Visitor
from aggregator.web.answers import SCRIPTED
from aggregator.web.forms import FORM_PAGE, Refused, root_of, see_other
from aggregator.web.frame_words import COMMON, ROOMS
from aggregator.web.pages import page
from aggregator.web.prefix import above
from aggregator.web.replies import NO_STORE, reply
from aggregator.web.wording import Wording

LOGIN = "/login"
GUEST = Visitor()  # of a page that needs no log-in


class Room(StrEnum):
    """A part of the admin side: its address behind the prefix."""

    DESK = "/desk"
    REPORTS = "/reports"
    SOURCES = "/sources"
    STATUS = "/status"


class LogInFirst(Exception):
    """A page that only users may read was asked for without a session."""


class Frame(Struct, frozen=True):
    """The frame of all pages of one admin side. `waiting` and `reports` return how many releases and reports
    wait for a decision."""

    access: Access
    waiting: Callable[[], int]
    reports: Callable[[], int]

    def home(self, request: Request) -> Response:
        """Lead to the desk, without users to the status page."""
        return see_other(request, Room.DESK if self.access.config().users else Room.STATUS)

    def reader(self, request: Request) -> Visitor:
        """Return the visitor of a page that only users may read once there are any; else LogInFirst, and
        Refused for a name of the proxy that no user has."""
        visitor = self.access.visitor(request)
        if visitor.has_users and visitor.user is None:
            if visitor.named:
                raise Refused(403, f"{visitor.named} is no user of this desk.")
            raise LogInFirst
        return visitor

    def page(
        self,
        request: Request,
        template: str,
        visitor: Visitor,
        *,
        here: Room | None = None,
        words: Mapping[str, str] | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        scripted: bool = False,
        **values: object,
    ) -> Response:
        """Return a page of the admin side, which no cache stores. `here` is the part that it belongs to,
        `values` are those of its template."""
        publication = self.access.config().publication
        framed = {
            "local": Wording.english(publication.timezone),
            "root": root_of(request),
            "above": above(request),
            "visitor": visitor,
            "words": {**COMMON, **(words or {})},
            "here": here,
            "rooms": [(room, ROOMS[room.name], count) for room, count in self._counted(visitor).items()],
            "publication": publication.name,
        }
        published = page(template, has_script=scripted, **framed, **values)
        sent = {**FORM_PAGE, **(SCRIPTED if scripted else {}), **(headers or {})}
        return reply(request, published, status=status, cache=NO_STORE, headers=sent)

    def refused(self, request: Request, error: Refused) -> Response:
        """Return the page of a refusal."""
        return self.page(
            request,
            "desk_notice.html",
            self.access.visitor(request),
            words={"title": str(error)},
            status=error.status,
            headers=error.headers,
        )

    def missing(self, request: Request) -> Response:
        """Return the page for an unknown address."""
        return self.refused(request, Refused(404, COMMON["missing"]))

    def refusing(
        self, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint whose refusals are pages."""

        async def run(request: Request) -> Response:
            try:
                return await endpoint(request)
            except Refused as error:
                return await run_in_threadpool(self.refused, request, error)

        return run

    def reading(self, endpoint: Callable[[Request], Response]) -> Callable[[Request], Response]:
        """Return the same of an endpoint that Starlette runs in a thread; it may ask for a log-in."""

        def run(request: Request) -> Response:
            try:
                return endpoint(request)
            except LogInFirst:
                return see_other(request, LOGIN)
            except Refused as error:
                return self.refused(request, error)

        return run

    def _counted(self, visitor: Visitor) -> Mapping[Room, int]:
        """Return the parts with how much waits in each; 0 for a visitor that may not read them."""
        is_reader = visitor.user is not None or not visitor.has_users
        waiting, reports = (self.waiting(), self.reports()) if is_reader else (0, 0)
        return {Room.DESK: waiting, Room.REPORTS: reports, Room.SOURCES: 0, Room.STATUS: 0}
