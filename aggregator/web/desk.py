"""The desk: lists of what waits, the page of an item, decisions about one or several."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from itertools import chain
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.editorial.present import page_address
from aggregator.errors import Outdated, UsageError
from aggregator.log import log
from aggregator.model.decision import State
from aggregator.model.desk import Waiting
from aggregator.model.settings import Config
from aggregator.model.stored import Stored
from aggregator.storage import Storage
from aggregator.web.access import Visitor
from aggregator.web.desk_forms import bulk_of, carry_out, order, possible, release_all, version_of
from aggregator.web.desk_pages import changed, left, organisations, previews
from aggregator.web.desk_words import FIELDS, ITEM, LIST, LISTS, STATES
from aggregator.web.forms import Fields, Refused, read_form, see_other
from aggregator.web.frame import Frame, Room

PAGE_ITEMS = 20
CHOSEN_MAX = 100
AUDIT_MAX = 50  # decisions on the page of an item, the last


@dataclass(frozen=True, slots=True)
class Section:
    """Something else that waits at the desk, on a page of its own."""

    heading: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Endpoints of the desk. `sections` are further lists, read with each page."""

    storage: Storage
    frame: Frame
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    sections: Sequence[Callable[[], Section]] = ()

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        reading, refusing = self.frame.reading, self.frame.refusing
        return [
            Route(Room.DESK, reading(self.list)),
            Route(f"{Room.DESK}/bulk", refusing(self.decide_several), methods=["POST"]),
            Route(f"{Room.DESK}/items/{{id}}", reading(self.item)),
            Route(f"{Room.DESK}/items/{{id}}", refusing(self.decide), methods=["POST"]),
        ]

    def list(self, request: Request) -> Response:
        """A page of one list: previews, newest first."""
        visitor = self.frame.reader(request)
        asked = request.query_params
        of = _list_of(asked.get("of", ""))
        found = self.storage.desk.waiting(of, PAGE_ITEMS, version_of(asked.get("before", "")))
        return self.frame.page(
            request,
            "desk.html",
            visitor,
            here=Room.DESK,
            words=LIST,
            scripted=True,
            lists=LISTS,
            counts=self.storage.desk.counts(),
            sections=[each() for each in self.sections],
            of=of,
            bulk=bulk_of(of, visitor.user),
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

    def item(self, request: Request) -> Response:
        """The page of an item: preview, possible decisions, and the audit trail."""
        visitor = self.frame.reader(request)
        return self._item(request, visitor, self._found(request.path_params["id"]))

    def _item(self, request: Request, visitor: Visitor, item: Stored) -> Response:
        storage, config = self.storage, self.config()
        shown = previews(storage, config, (item,))
        if not shown:
            raise Refused(404, "There is no such release.")
        members = [each for each in storage.items.story(item.number) if each.id != item.id]
        versions = {each.version: each.title for each in storage.items.corrections(item.number)}
        if item.pending is not None:
            versions[item.pending] = item.headline
        is_public = item.state is State.LIVE and shown[0].release is not None
        return self.frame.page(
            request,
            "desk_item.html",
            visitor,
            here=Room.DESK,
            words=ITEM,
            states=STATES,
            fields=FIELDS,
            preview=shown[0],
            changed=changed(storage, config, shown[0]),
            item=item,
            deeds=possible(item, visitor.user),
            members=members,
            near=storage.desk.near(item) if visitor.user else (),
            versions=versions,
            audit=storage.items.audit(item.number)[-AUDIT_MAX:],
            public=page_address(config.publication, item.id, item.headline) if is_public else "",
            now=self.clock(),
            left=left,
        )

    async def decide(self, request: Request) -> Response:
        """Carry out a decision about one item: 303 to its page."""
        fields = await read_form(request)
        return await run_in_threadpool(self._decide, request, fields)

    def _decide(self, request: Request, fields: Fields) -> Response:
        user = self.frame.access.checked(request, fields)
        item = self._found(request.path_params["id"])
        asked = order(fields, user, self.clock())
        with _Refusing():
            carry_out(self.storage, item, asked, fields)
        log.info("decision at the desk", item=item.id, act=asked.deed.value, user=user.name)
        if fields.one("of"):  # decided in a list
            return see_other(request, f"{Room.DESK}?of={_list_of(fields.one('of'))}")
        return see_other(request, f"{Room.DESK}/items/{quote(item.id, safe='')}")

    async def decide_several(self, request: Request) -> Response:
        """Carry out one decision about the chosen items, all or none: 303 to their list."""
        fields = await read_form(request)
        return await run_in_threadpool(self._decide_several, request, fields)

    def _decide_several(self, request: Request, fields: Fields) -> Response:
        user = self.frame.access.checked(request, fields)
        of = _list_of(fields.one("of"))
        asked = order(fields, user, self.clock(), bulk_of(of, user))
        chosen = dict.fromkeys(fields.many("item"))
        if not chosen:
            raise Refused(400, "Choose at least one release. Nothing was changed.")
        if len(chosen) > CHOSEN_MAX:
            raise Refused(400, f"Choose up to {CHOSEN_MAX} releases. Nothing was changed.")
        pairs = [each.partition(" ") for each in chosen]
        with _Refusing():
            release_all(
                self.storage, [(self._found(name), version_of(read)) for name, _, read in pairs], asked
            )
        log.info("decision at the desk", items=len(pairs), act=asked.deed.value, user=user.name)
        return see_other(request, f"{Room.DESK}?of={of}")

    def _found(self, name: str) -> Stored:
        found = self.storage.items.find(name)
        if found is None:
            raise Refused(404, "There is no such release.")
        return found


class _Refusing:
    """Turns what a decision raises on purpose into a refusal."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Outdated):
            raise Refused(409, "The release has changed meanwhile: load its page again.") from error
        if isinstance(error, UsageError):
            raise Refused(409, f"{str(error)[:1].upper()}{str(error)[1:]}. Nothing was changed.") from error


def _list_of(name: str) -> Waiting:
    return Waiting(name) if name in tuple(Waiting) else Waiting.REVIEW
