"""Veto links: GET shows a release in its veto window and changes nothing (scanners of mail open links), POST
holds it, once."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.errors import Outdated, UsageError
from aggregator.log import log
from aggregator.model.decision import Trigger
from aggregator.model.settings import Config
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import step
from aggregator.policy.sessions import digest
from aggregator.storage import Storage
from aggregator.web.desk_forms import REASON_CHARS_MAX
from aggregator.web.desk_pages import left, previews
from aggregator.web.desk_words import LIST, VETO
from aggregator.web.forms import Fields, Refused, read_form
from aggregator.web.frame import GUEST, Frame
from aggregator.websub.rate_limit import Rate, RateLimit

ACTOR = "veto link"
PER_CLIENT = Rate(burst=30, every=timedelta(seconds=10))


@dataclass(frozen=True, slots=True)
class Veto:
    """Endpoints of /veto/TOKEN. The token alone gives access, to this one decision."""

    storage: Storage
    frame: Frame
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    _opened: RateLimit = field(default_factory=lambda: RateLimit(PER_CLIENT))

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/veto/{token}", self.frame.reading(self.page)),
            Route("/veto/{token}", self.frame.refusing(self.hold), methods=["POST"]),
        ]

    def page(self, request: Request) -> Response:
        """The release and the form; 404 for a link that is over."""
        item = self._linked(request)
        return self.frame.page(
            request,
            "desk_veto.html",
            GUEST,
            words={**LIST, **VETO},
            previews=previews(self.storage, self.config(), (item,)),
            item=item,
            now=self.clock(),
            left=left,
        )

    async def hold(self, request: Request) -> Response:
        """Hold the release: it goes live when an editor releases it."""
        self.frame.access.check_origin(request)
        fields = await read_form(request)
        return await run_in_threadpool(self._hold, request, fields)

    def _hold(self, request: Request, fields: Fields) -> Response:
        item = self._linked(request)
        reason = fields.line("reason")[:REASON_CHARS_MAX] or VETO["default"]
        try:
            held = step(item, Trigger.HOLD, reason=reason, actor=ACTOR, at=self.clock())
            self.storage.acts.apply_transitions([held])
        except (Outdated, UsageError) as error:
            raise Refused(409, VETO["gone"]) from error
        self.storage.desk.drop_links(item.id)
        log.info("release vetoed", item=item.id)
        return self.frame.page(request, "desk_notice.html", GUEST, words={"title": VETO["done"]})

    def _linked(self, request: Request) -> Stored:
        """Return the item of a link. Requests of one client are limited, so that none tries tokens or has
        previews made without end."""
        if wait := self._opened.take(self.frame.access.client(request), self.clock()):
            raise Refused(429, "There were too many requests from your network. Please wait.", wait)
        item = self.storage.desk.linked(digest(request.path_params["token"]), self.clock())
        if item is None:
            raise Refused(404, VETO["gone"])
        return item
