"""Full text: pages fetched for items whose feed carries a summary only. Durable tasks.

Through the guard and the politeness of polls, without credentials; read in a worker. `policy.full_text` and
`policy.page_doubts` decide.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime

from aggregator.errors import Cause, FetchError, PollError
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model.document import Fetched
from aggregator.model.page import PageJob, PageState, PageText
from aggregator.model.page_fetch import PageFetch
from aggregator.model.settings import Config, Source
from aggregator.model.websub import Task
from aggregator.parse.directives import is_closed
from aggregator.policy import full_text
from aggregator.policy.full_text import Verdict
from aggregator.service.robots import Robots
from aggregator.storage.sql.page_store import PageStore
from aggregator.tasks import Writes
from aggregator.workers.pool import WorkerPool

PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class FullText:
    """The pages of one service. `extractor` is a pool of its own: no document of a feed waits for a page."""

    store: PageStore
    client: Callable[[], Client]
    extractor: WorkerPool
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    robots: Robots = field(init=False)
    _fetched: set[str] = field(init=False, default_factory=set)  # sources of which a page is fetched now

    def __post_init__(self) -> None:
        object.__setattr__(self, "robots", Robots(self.client, self.extractor, clock=self.clock))

    async def run(self, task: Task) -> datetime | None:
        """Fetch the page of an item and keep its text; returns when to look again, None when it is over."""
        now = self.clock()
        page = await self.write(lambda: self.store.waiting(task.subject, now))
        source = None if page is None else self.config().source(page.source)
        if page is None or source is None or not full_text.is_wanted(page, source):
            return None
        if (later := full_text.postponed(page, source, now)) is not None:
            return later
        if source.id in self._fetched:
            return now + full_text.BUSY_FOR
        self._fetched.add(source.id)
        try:
            text, verdict = await self._read(page, source, now)
        finally:
            self._fetched.discard(source.id)
        counts = await self.write(
            lambda: self.store.record(page, text, asked=now, failures=verdict.failures, now=self.clock())
        )
        state = text.state if counts else "outdated"
        log.info("page read", source=page.source, item=task.subject, state=str(state))
        return verdict.again if counts else now + full_text.POSTPONED_FOR  # it may be wanted still

    async def _read(self, page: PageFetch, source: Source, now: datetime) -> tuple[PageText, Verdict]:
        if full_text.is_given_up(page, now):
            return _over(PageState.FAILED, page)
        try:
            if not await self.robots.allow(page.url, source):
                return _over(PageState.ROBOTS, page)
            fetched = await self._fetch(page, source)
        except FetchError as error:
            verdict = full_text.unanswered(page, error, now)
            return PageText(verdict.state), verdict
        text = await self._extracted(page, source, fetched, now)
        return text, Verdict(text.state, failures=page.failures)

    async def _fetch(self, page: PageFetch, source: Source) -> Fetched:
        return await self.client().fetch(
            page.url,
            accept=PAGE_TYPES,
            max_bytes=full_text.PAGE_BYTES_MAX,
            is_configured=False,
            networks=source.allow_networks,
        )

    async def _extracted(self, page: PageFetch, source: Source, fetched: Fetched, now: datetime) -> PageText:
        """Return the text of a fetched page; its redirects may have left the source, or meet other rules."""
        if not full_text.is_fetched(source, fetched.url):
            return PageText(PageState.ELSEWHERE)
        if any(is_closed(*header) for header in fetched.headers):
            return PageText(PageState.RESERVED)
        if fetched.url != page.url and not await self.robots.allow(fetched.url, source):
            return PageText(PageState.ROBOTS)
        job = PageJob(fetched.body or b"", fetched.content_type, fetched.url, source, page.said, now)
        try:
            return await self.extractor.extract(job)
        except PollError as error:
            log.warning("page left out", source=source.id, url=page.url, error=str(error))
            return PageText(PageState.LARGE if error.cause is Cause.LIMIT else PageState.FAILED)


def _over(state: PageState, page: PageFetch) -> tuple[PageText, Verdict]:
    return PageText(state), Verdict(state, failures=page.failures)
