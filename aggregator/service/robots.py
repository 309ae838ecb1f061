"""robots.txt of hosts whose pages are fetched (RFC 9309): fetched like a page, kept for a day, and obeyed."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aggregator.errors import Cause, FetchError, PollError
from aggregator.fetch.client import Client
from aggregator.model.page import PageState, RobotsJob
from aggregator.model.settings import Source
from aggregator.parse.directives import AGENT
from aggregator.workers.pool import WorkerPool

KEPT_FOR = timedelta(days=1)  # RFC 9309 section 2.4
UNREACHABLE_FOR = timedelta(minutes=5)
BYTES_MAX = 512_000  # section 2.5: at least 500 KiB
ORIGINS_MAX = 200


@dataclass(slots=True)
class Robots:
    """The robots.txt of origins (scheme, host, port), the last used ones in memory."""

    client: Callable[[], Client]
    extractor: WorkerPool
    _: KW_ONLY
    clock: Callable[[], datetime]
    _kept: OrderedDict[str, tuple[bytes | FetchError, datetime]] = field(
        init=False, default_factory=OrderedDict
    )

    async def allow(self, url: str, source: Source) -> bool:
        """Return whether the fetch of a page is allowed; not by rules that are too costly to read.

        Raises the FetchError of a robots.txt that cannot be reached: it allows nothing (section 2.3.1.4).
        """
        body = await self._body(url, source)
        if not body:
            return True
        try:
            answer = await self.extractor.ask(RobotsJob(body, url, AGENT))
        except PollError:
            return False
        return answer.state is PageState.WAITS

    async def _body(self, url: str, source: Source) -> bytes:
        origin, now = _origin(url), self.clock()
        found, until = self._kept.get(origin, (b"", now))
        if until <= now:
            found = await self._fetched(origin, source)
            kept_for = UNREACHABLE_FOR if isinstance(found, FetchError) else KEPT_FOR
            self._kept[origin] = found, now + kept_for
        self._kept.move_to_end(origin)
        while len(self._kept) > ORIGINS_MAX:
            self._kept.popitem(last=False)
        if isinstance(found, FetchError):
            raise found
        return found

    async def _fetched(self, origin: str, source: Source) -> bytes | FetchError:
        """Return a robots.txt, b"" where there is none (4xx, section 2.3.1.3), or the error of its fetch."""
        try:
            fetched = await self.client().fetch(
                f"{origin}/robots.txt",
                accept="text/plain, */*;q=0.1",
                max_bytes=BYTES_MAX,
                is_configured=False,
                networks=source.allow_networks,
            )
        except FetchError as error:
            if error.cause is Cause.RATE_LIMITED:  # no request was sent
                raise
            is_absent = error.status is not None and 400 <= error.status < 500 and error.status != 429
            return b"" if is_absent else error
        return fetched.body or b""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
