"""The public form by which readers report a release (EU DSA, Article 16): /report and /report/ITEM."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.config import mail
from aggregator.log import log
from aggregator.model.report import Ground, Report
from aggregator.policy.token_bucket import Rate
from aggregator.publish.document import Published
from aggregator.storage.sql.reports import ReportStore
from aggregator.web.clients import ClientLimits
from aggregator.web.forms import Refused, line, lines, posted
from aggregator.web.pages import Site, notice, page
from aggregator.web.replies import NO_STORE, reply

NAME_CHARS_MAX, ADDRESS_CHARS_MAX, ABOUT_CHARS_MAX, WORDS_CHARS_MAX = 200, 254, 1_000, 5_000
PER_CLIENT = Rate(burst=5, every=timedelta(minutes=10))
_FAULTS = {  # of each field the key of its words
    "about": "report_no_about",
    "ground": "report_no_ground",
    "words": "report_no_why",
    "name": "report_no_name",
    "address": "report_no_address",
    "good_faith": "report_no_good_faith",
}
_REFUSED = {403: "form_foreign", 408: "form_unfinished", 413: "form_large"}  # by status
_ITEM = re.compile(r"(?:.*/items/)?([a-z0-9]{5,40})(?:[/?#].*)?", re.DOTALL)


def by_client(clock: Callable[[], datetime]) -> Callable[[Request], timedelta]:
    """Return the rate limit of one client: 0, or how long it must wait."""
    limits = ClientLimits(PER_CLIENT, now=clock)
    return lambda request: timedelta(seconds=limits.allowed(request) or 0)


class Entered(Struct, frozen=True):
    """The fields of the form as they were entered, and for each that has a fault the key of its words."""

    about: str = ""
    name: str = ""
    address: str = ""
    ground: str = ""
    words: str = ""
    good_faith: str = ""
    faults: Mapping[str, str] = MappingProxyType({})

    @property
    def excess(self) -> int:
        """The number of characters by which the words are too long."""
        return len(self.words) - WORDS_CHARS_MAX


@dataclass(frozen=True, slots=True)
class ReportForm:
    """Endpoints of the form. `allowed` returns 0, or how long the client of a request must wait."""

    storage: ReportStore
    site: Callable[[], Site]
    allowed: Callable[[Request], timedelta]
    _: KW_ONLY
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def routes(self) -> list[BaseRoute]:
        """Return the routes, which take precedence over those of channels."""
        return [
            Route("/report", self.show),
            Route("/report", self.receive, methods=["POST"]),
            Route("/report/{id}", self.show),
            Route("/report/{id}", self.receive, methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """The empty form, about the release that the address names."""
        item = request.path_params.get("id", "")
        return self._page(request, Entered(about=f"{self._url()}items/{item}" if item else ""))

    async def receive(self, request: Request) -> Response:
        """Store a report and acknowledge it; 400 with the form again when something is missing."""
        try:
            given = await posted(request)
        except Refused as error:
            key = _REFUSED.get(error.status, "form_unreadable")
            return await run_in_threadpool(self._refuse, request, error.status, key)
        return await run_in_threadpool(self._take, request, given)

    def _take(self, request: Request, given: Mapping[str, str]) -> Response:
        entered = checked(given)
        if entered.faults:
            return self._page(request, entered, status=400)
        if wait := self.allowed(request):
            minutes = -(-wait // timedelta(minutes=1))
            refused = self._refuse(request, 429, "report_too_many", minutes=minutes)
            refused.headers["Retry-After"] = str(minutes * 60)
            return refused
        now = self.clock()
        report = Report(
            f"{now:%Y}-{secrets.token_hex(5).upper()}",
            now,
            entered.name,
            entered.address,
            entered.about,
            item_of(entered.about, self._url()),
            Ground(entered.ground),
            entered.words,
        )
        if not self.storage.receive(report):
            log.warning("report refused: too many wait")
            return self._refuse(request, 503, "report_too_many_wait")
        log.info("report received", reference=report.reference, item=report.item, ground=report.ground.value)
        return self._send(request, page("reported.html", site=self.site(), report=report))

    def _page(self, request: Request, entered: Entered, *, status: int = 200) -> Response:
        made = page(
            "report.html",
            site=self.site(),
            entered=entered,
            grounds=tuple(Ground),
            longest={
                "about": ABOUT_CHARS_MAX,
                "name": NAME_CHARS_MAX,
                "address": ADDRESS_CHARS_MAX,
                "words": WORDS_CHARS_MAX,
            },
        )
        return self._send(request, made, status=status)

    def _refuse(self, request: Request, status: int, key: str, **values: object) -> Response:
        site = self.site()
        made = notice(site.words("report_refused"), site.words(key, **values), site)
        return self._send(request, made, status=status)

    def _send(self, request: Request, made: Published, *, status: int = 200) -> Response:
        return reply(request, made, status=status, cache=NO_STORE)

    def _url(self) -> str:
        return self.site().publication.url


def checked(given: Mapping[str, str]) -> Entered:
    """Return the fields of a form, cut to their lengths, with what is wrong."""
    entered = Entered(
        line(given.get("about", ""))[:ABOUT_CHARS_MAX],
        line(given.get("name", ""))[:NAME_CHARS_MAX],
        line(given.get("address", ""))[:ADDRESS_CHARS_MAX].lower(),  # one mailbox, however it is written
        given.get("ground", ""),
        lines(given.get("words", "")),
        given.get("good_faith", ""),
    )
    is_anonymous = entered.ground == Ground.CHILDREN and not entered.name and not entered.address
    wrong = {
        "about": not entered.about,
        "name": not entered.name and not is_anonymous,
        "address": not _is_address(entered.address) and not is_anonymous,
        "ground": entered.ground not in tuple(Ground),
        "words": not entered.words or entered.excess > 0,
        "good_faith": not entered.good_faith,
    }
    faults = {name: _FAULTS[name] for name, is_wrong in wrong.items() if is_wrong}
    if entered.excess > 0:
        faults["words"] = "report_long_why"
    return replace(entered, faults=faults)


def _is_address(text: str) -> bool:
    """Return whether a text is a mail address that the internet can reach."""
    try:
        return "." in mail.address(text).rpartition("@")[2]
    except ValueError:
        return False


def item_of(about: str, url: str) -> str:
    """Return the id of the release that an address of the publication or a bare id names, else ""."""
    is_ours = about.startswith(f"{url}items/") or "/" not in about
    found = _ITEM.fullmatch(about) if is_ours else None
    return found[1] if found else ""
