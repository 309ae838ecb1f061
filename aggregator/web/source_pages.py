"""Sources on the admin side: /sources lists them by pages, /sources/ID shows the health of one, what its feed
does badly, and its actions; /add-source previews and adds one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.config import Addition
from aggregator.editorial.names import language, topic_name
from aggregator.errors import PublicwireError, UsageError
from aggregator.log import log
from aggregator.model.decision import Errand, Noted
from aggregator.model.finding import Finding, Observed, ObservedItem
from aggregator.model.item import Mode
from aggregator.model.overview import PastPoll, SeenItem, SourceQuery
from aggregator.model.poll import Health, OutcomeKind, SourceState
from aggregator.model.schedule import DueReason
from aggregator.model.settings import Config
from aggregator.model.user import User
from aggregator.policy.feed_findings import WORDS, findings
from aggregator.policy.relocation import advice
from aggregator.render.charts import Chart
from aggregator.storage import Storage
from aggregator.web import plots
from aggregator.web.access import check_admin
from aggregator.web.editing import Edits, Preview
from aggregator.web.forms import Fields, Refused, line, read_form, see_other
from aggregator.web.frame import Frame, Room

ROWS_MAX = 100
WORDS_CHARS_MAX, URL_CHARS_MAX = 100, 2_000
POLLS_SHOWN = 20
ADDING = "/add-source"
ADD = "add sources"
POLL = "poll"  # the act that editors may do, too


class Rhythm(Struct, frozen=True):
    """Figures of the polls of a source: how many are kept, the share without anything new, and the times of
    those that failed."""

    polls: int
    unchanged: int  # per cent
    failed: int  # per cent
    chart: Chart


@dataclass(frozen=True, slots=True)
class SourcePages:
    """Endpoints of sources. `edits` None: sources.yaml is not edited here."""

    storage: Storage
    frame: Frame
    _: KW_ONLY
    clock: Callable[[], datetime]
    edits: Edits | None = None

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        reading, refusing = self.frame.reading, self.frame.refusing
        return [
            Route(Room.SOURCES, reading(self.list)),
            Route(ADDING, reading(self.adding)),
            Route(ADDING, refusing(self.add), methods=["POST"]),
            Route(f"{Room.SOURCES}/{{id}}", reading(self.show)),
            Route(f"{Room.SOURCES}/{{id}}", refusing(self.act), methods=["POST"]),
        ]

    def list(self, request: Request) -> Response:
        """A page of sources in the order of their ids, of one state and with some words if asked for."""
        asked = request.query_params
        words, state = line(asked.get("q", ""))[:WORDS_CHARS_MAX], asked.get("state", "")
        known = SourceState(state) if state in tuple(SourceState) else None
        found = self.storage.overview.sources(
            SourceQuery(asked.get("after", "")[:WORDS_CHARS_MAX], words, known, ROWS_MAX + 1)
        )
        shown = found[:ROWS_MAX]
        return self.frame.page(
            request,
            "sources.html",
            self.frame.access.visitor(request),
            here=Room.SOURCES,
            now=self.clock(),
            sources=shown,
            sought=words,
            state=state,
            states=tuple(SourceState),
            after=quote(shown[-1].feed.id) if len(found) > ROWS_MAX else "",
            counted=self.storage.overview.states(),
        )

    def show(self, request: Request) -> Response:
        """One source."""
        return self._page(request, request.path_params["id"])

    async def act(self, request: Request) -> Response:
        """Carry out an action on a source; 303 to its page."""
        fields = await read_form(request)
        return await run_in_threadpool(self._act, request, fields)

    def adding(self, request: Request) -> Response:
        """The form that asks for an address."""
        if (user := self.frame.reader(request).user) is not None:
            check_admin(user, ADD)
        return self._adding(request)

    async def add(self, request: Request) -> Response:
        """Preview the feed of an address, or add it once the form of the preview is sent."""
        fields = await read_form(request)
        user = await run_in_threadpool(self.frame.access.checked, request, fields)
        check_admin(user, ADD)
        url = fields.one("url")[:URL_CHARS_MAX]
        if self.edits is None:
            return await run_in_threadpool(self._adding, request, url, "sources.yaml is not edited here")
        try:
            if fields.one("confirmed"):
                return await run_in_threadpool(self._add, request, user, url, fields)
            preview = await self.edits.preview(url)
        except (PublicwireError, OSError) as error:
            return await run_in_threadpool(self._adding, request, url, str(error))
        return await run_in_threadpool(self._preview, request, preview)

    def _preview(self, request: Request, preview: Preview) -> Response:
        return self.frame.page(
            request,
            "preview.html",
            self.frame.access.visitor(request),
            here=Room.SOURCES,
            now=self.clock(),
            preview=preview,
            rules=WORDS,
        )

    def _act(self, request: Request, fields: Fields) -> Response:
        user = self.frame.access.checked(request, fields)
        name, act = request.path_params["id"], fields.one("act")
        if act != POLL:
            check_admin(user, "edit sources")
        health, now = self._health(name), self.clock()
        try:
            if act == POLL:
                if health.due.reason is DueReason.PAUSED:
                    raise UsageError(f"{name} is paused: end its pause first")
                self.storage.polls.poll_soon((name,), now)
            elif act == "unmove":
                self.storage.polls.unmove(name, now)
            elif act in ("pause", "resume") and self.edits is not None:
                self.edits.pause(name, paused=act == "pause")
            else:
                raise UsageError("this action is not known here")
        except (PublicwireError, OSError) as error:
            return self._page(request, name, fault=str(error), status=409)
        self._note(Errand(act), name, user)
        return see_other(request, f"{Room.SOURCES}/{quote(name)}?done={act}")

    def _add(self, request: Request, user: User, url: str, fields: Fields) -> Response:
        assert self.edits is not None
        topics = tuple(filter(None, (each.strip() for each in fields.one("topics").split(","))))
        name, organisation = fields.one("id"), fields.line("organisation")
        added = self.edits.add(Addition(url, name, organisation, topics))
        self._note(Errand.ADD, added, user)
        return see_other(request, f"{Room.SOURCES}?added={quote(added)}")

    def _note(self, errand: Errand, source: str, user: User) -> None:
        self.storage.admin.note(Noted(errand, user.name, self.clock(), source=source))
        log.info("operator", act=errand.value, source=source, by=user.name)

    def _adding(self, request: Request, url: str = "", fault: str = "") -> Response:
        return self.frame.page(
            request,
            "adding.html",
            self.frame.access.visitor(request),
            here=Room.SOURCES,
            status=400 if fault else 200,
            url=url,
            fault=fault,
            longest=URL_CHARS_MAX,
        )

    def _page(self, request: Request, name: str, *, fault: str = "", status: int = 200) -> Response:
        health, store, now = self._health(name), self.storage.overview, self.clock()
        polls, items = store.polls(name), store.newest(name)
        return self.frame.page(
            request,
            "source.html",
            self.frame.access.visitor(request),
            here=Room.SOURCES,
            now=self.clock(),
            status=status,
            one=health,
            settings=_settings(self.frame.access.config(), name),
            polls=polls[:POLLS_SHOWN],
            rhythm=rhythm(polls, now),
            delays=plots.delays(items),
            findings=found(health, items),
            rules=WORDS,
            moved=advice(name, health.relocation),
            is_paused=health.due.reason is DueReason.PAUSED,
            can_edit=self.edits is not None,
            done=request.query_params.get("done", ""),
            fault=fault,
        )

    def _health(self, name: str) -> Health:
        health = self.storage.overview.source(name)
        if health is None:
            raise Refused(404, "There is no such source.")
        return health


def _settings(config: Config, name: str) -> Mapping[str, str]:
    """Return what sources.yaml sets for the releases of a source, by headings; none for a source that a
    reload has removed meanwhile."""
    source = config.source(name)
    if source is None:
        return {}
    rights = (f"republish: {source.republish}", source.licence, source.attribution)
    return {
        "Topics": ", ".join(topic_name(config.publication, each) for each in source.all_topics) or "none",
        "Language": language(source.language) if source.language else "as its feed or its text says",
        "Rights": ", ".join(filter(None, rights)),
        "Publish": "review" if source.review else f"after {_span(source.veto)}" if source.veto else "live",
    }


def _span(length: timedelta) -> str:
    """Return a duration as sources.yaml has it: 90m, 2h, 3d."""
    units = ((plots.DAY, "d"), (plots.HOUR, "h"), (timedelta(minutes=1), "m"))
    return next((f"{length // unit}{name}" for unit, name in units if not length % unit), f"{length}")


def rhythm(polls: Sequence[PastPoll], now: datetime) -> Rhythm:
    """Return the figures of the polls of a source."""
    last = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [last - plots.DAY * (plots.DAYS - 1 - place) for place in range(plots.DAYS)]
    counts = [(poll.started, poll.new) for poll in polls]
    idle = sum(poll.kind in (OutcomeKind.UNCHANGED, OutcomeKind.NOT_MODIFIED) for poll in polls)
    failed = sum(poll.kind is OutcomeKind.FAILED for poll in polls)
    many = max(1, len(polls))
    chart = plots.per_day("new", "New items per day, 30 d", counts, days)
    return Rhythm(len(polls), 100 * idle // many, 100 * failed // many, chart)


def found(health: Health, items: Sequence[SeenItem]) -> tuple[Finding, ...]:
    """Return what the feed of a source does badly, as its polls have found."""
    is_failing = health.last is not None and health.last.kind is OutcomeKind.FAILED
    return findings(
        Observed(
            tuple(ObservedItem(each.title, each.flags, each.claimed is not None) for each in items),
            error=health.last.message if health.last is not None and is_failing else "",
            moved_to=health.relocation.target[0],
            are_ids_shared=health.mode is Mode.GUID_LINK,
            are_links_shared=health.mode is Mode.TITLE_DAY,
        )
    )
