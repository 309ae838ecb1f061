"""The page of a release at the desk: its preview, and decisions about it."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.editorial.names import topic_name
from aggregator.editorial.present import page_address
from aggregator.errors import Outdated, UsageError
from aggregator.log import log
from aggregator.model.decision import State
from aggregator.model.desk import Waiting
from aggregator.model.release import Release
from aggregator.model.settings import Config
from aggregator.model.stored import Stored
from aggregator.storage import Storage
from aggregator.web.access import Visitor
from aggregator.web.desk_faults import Given, faulty
from aggregator.web.desk_forms import Deed, Order, carry_out, order, possible
from aggregator.web.desk_pages import changed, left, previews
from aggregator.web.desk_words import FIELDS, ITEM, STATES, confirmation
from aggregator.web.forms import Fields, Refused, read_form, see_other
from aggregator.web.frame import Frame, Room

AUDIT_MAX = 50  # decisions on the page of an item, the last


@dataclass(frozen=True, slots=True)
class DeskItem:
    """Endpoints of the pages of items."""

    storage: Storage
    frame: Frame
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route(f"{Room.DESK}/items/{{id}}", self.frame.reading(self.item)),
            Route(f"{Room.DESK}/items/{{id}}", self.frame.refusing(self.decide), methods=["POST"]),
        ]

    def item(self, request: Request) -> Response:
        """The page of an item: preview, possible decisions, and the audit trail."""
        visitor = self.frame.reader(request)
        return self._item(request, visitor, found(self.storage, request.path_params["id"]))

    def _item(self, request: Request, visitor: Visitor, item: Stored, given: Given | None = None) -> Response:
        storage, config = self.storage, self.config()
        shown = previews(storage, config, (item,))
        if not shown:
            raise Refused(404, "There is no such release.")
        release = shown[0].release
        is_public = item.state is State.LIVE and release is not None
        return self.frame.page(
            request,
            "desk_item.html",
            visitor,
            here=Room.DESK,
            words=ITEM,
            status=given.status if given else 200,
            states=STATES,
            fields=FIELDS,
            given=given or Given(),
            done="" if given else confirmation(request.query_params),
            preview=shown[0],
            topics=[topic_name(config.publication, each) for each in release.source.topics]
            if release
            else [],
            zone=config.publication.timezone,
            changed=changed(storage, config, shown[0]),
            item=item,
            deeds=possible(item, visitor.user),
            members=[each for each in storage.items.story(item.number) if each.id != item.id],
            near=storage.desk.near(item) if visitor.user else (),
            versions=self._versions(item),
            audit=storage.items.audit(item.number)[-AUDIT_MAX:],
            public=page_address(config.publication, item.id, item.headline) if is_public else "",
            now=self.clock(),
            left=left,
        )

    def _versions(self, item: Stored) -> dict[int, str]:
        """Return the titles of the versions of an item that may be struck."""
        versions = {each.version: each.title for each in self.storage.items.corrections(item.number)}
        return versions if item.pending is None else {**versions, item.pending: item.headline}

    async def decide(self, request: Request) -> Response:
        """Carry out a decision about one item: 303 to its page, or to the list that it was decided in."""
        fields = await read_form(request)
        return await run_in_threadpool(self._decide, request, fields)

    def _decide(self, request: Request, fields: Fields) -> Response:
        user = self.frame.access.checked(request, fields)
        item = found(self.storage, request.path_params["id"])
        try:
            asked = order(fields, user, self.clock(), zone=ZoneInfo(self.config().publication.timezone))
            carry_out(self.storage, item, asked, fields)
        except (Refused, UsageError, Outdated) as error:
            now = found(self.storage, item.id)
            return self._item(request, self.frame.access.visitor(request), now, faulty(fields, error))
        log.info("decision at the desk", item=item.id, act=asked.deed.value, user=user.name)
        of = fields.one("of")
        place = f"?of={list_of(of)}&" if of else f"/items/{quote(item.id, safe='')}?"
        return see_other(request, f"{Room.DESK}{place}done={self._done(item, asked)}")

    def _done(self, item: Stored, asked: Order) -> str:
        """Return the word that confirms a decision: a release may wait for the end of an embargo."""
        now = self.storage.items.find(item.id)
        waits = asked.deed is Deed.RELEASE and now is not None and now.state is State.HELD
        return "approved" if waits else asked.deed.value


def _topics(release: Release | None, config: Config) -> tuple[str, ...]:
    """Return the names of the topics of a release."""
    slugs = release.source.topics if release is not None else ()
    return tuple(topic_name(config.publication, each) for each in slugs)


def found(storage: Storage, name: str) -> Stored:
    """Return the item of an id; raises Refused."""
    item = storage.items.find(name)
    if item is None:
        raise Refused(404, "There is no such release.")
    return item


def list_of(name: str) -> Waiting:
    """Return the list of a name, the first for an unknown one."""
    return Waiting(name) if name in tuple(Waiting) else Waiting.REVIEW
