"""The desk: lists of what waits, and decisions about several releases of one."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.errors import Outdated, UsageError
from aggregator.log import log
from aggregator.model.desk import Waiting
from aggregator.model.settings import Config
from aggregator.model.stored import Stored
from aggregator.model.user import User
from aggregator.storage import Storage
from aggregator.web.access import Visitor
from aggregator.web.desk_faults import NOTHING, Given, faulty
from aggregator.web.desk_forms import bulk_of, order, release_all, version_of
from aggregator.web.desk_item import found, list_of
from aggregator.web.desk_pages import left, organisations, previews
from aggregator.web.desk_words import LIST, LISTS, STATES, confirmation
from aggregator.web.forms import Fields, Refused, read_form, see_other
from aggregator.web.frame import Frame, Room

PAGE_ITEMS = 20
CHOSEN_MAX = 100


class Section(Struct, frozen=True):
    """Something else that waits at the desk, on a page of its own."""

    heading: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Endpoints of the lists. `sections` are further lists, read with each page."""

    storage: Storage
    frame: Frame
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    sections: Sequence[Callable[[], Section]] = ()

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route(Room.DESK, self.frame.reading(self.list)),
            Route(f"{Room.DESK}/bulk", self.frame.refusing(self.decide_several), methods=["POST"]),
        ]

    def list(self, request: Request) -> Response:
        """A page of one list: previews, newest first."""
        asked = request.query_params
        visitor = self.frame.reader(request)
        return self._list(request, visitor, list_of(asked.get("of", "")), asked.get("before", ""))

    def _list(
        self, request: Request, visitor: Visitor, of: Waiting, before: str, given: Given | None = None
    ) -> Response:
        found = self.storage.desk.waiting(of, PAGE_ITEMS, version_of(before))
        return self.frame.page(
            request,
            "desk.html",
            visitor,
            here=Room.DESK,
            words=LIST,
            status=given.status if given else 200,
            scripted=True,
            lists=LISTS,
            counts=self.storage.desk.counts(),
            sections=[each() for each in self.sections],
            of=of,
            before=before,
            bulk=bulk_of(of, visitor.user),
            given=given or Given(),
            done="" if given else confirmation(request.query_params),
            previews=previews(self.storage, self.config(), found.items),
            near=found.near,
            organisations=organisations(self.storage, chain(*found.near.values())),
            states=STATES,
            looked=found.looked,
            older=found.older,
            now=self.clock(),
            left=left,
            sought="",
            source="",
        )

    async def decide_several(self, request: Request) -> Response:
        """Carry out one decision about the chosen items, all or none: 303 to their list."""
        fields = await read_form(request)
        return await run_in_threadpool(self._decide_several, request, fields)

    def _decide_several(self, request: Request, fields: Fields) -> Response:
        user = self.frame.access.checked(request, fields)
        of = list_of(fields.one("of"))
        try:
            return see_other(request, f"{Room.DESK}?of={of}&{self._decided(fields, user, of)}")
        except (Refused, UsageError, Outdated) as error:
            visitor = self.frame.access.visitor(request)
            return self._list(request, visitor, of, fields.one("before"), faulty(fields, error))

    def _decided(self, fields: Fields, user: User, of: Waiting) -> str:
        """Carry out the decision of a form; returns the query that confirms it."""
        zone = ZoneInfo(self.config().publication.timezone)
        asked = order(fields, user, self.clock(), zone=zone, allowed=bulk_of(of, user))
        chosen = _chosen(self.storage, fields)
        waiting = release_all(self.storage, chosen, asked)
        log.info("decision at the desk", items=len(chosen), act=asked.deed.value, user=user.name)
        return f"done={asked.deed}&count={len(chosen) - waiting}" + (f"&wait={waiting}" if waiting else "")


def _chosen(storage: Storage, fields: Fields) -> Sequence[tuple[Stored, int | None]]:
    """Return the chosen items, each with the version that was read; raises Refused."""
    chosen = dict.fromkeys(fields.many("item"))
    if not chosen:
        raise Refused(400, f"Choose at least one release. {NOTHING}", field="item")
    if len(chosen) > CHOSEN_MAX:
        raise Refused(400, f"Choose up to {CHOSEN_MAX} releases. {NOTHING}", field="item")
    pairs = [each.partition(" ") for each in chosen]
    return [(found(storage, name), version_of(read)) for name, _, read in pairs]
