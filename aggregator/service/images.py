"""Copies of images: what live items show is noted, fetched and drawn anew. Durable tasks.

Through the guard and the politeness of polls, without credentials; drawn in a worker. `policy.image_copies`
decides.
"""

import asyncio
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from functools import partial

from aggregator.editorial import images
from aggregator.editorial.present import present
from aggregator.errors import FetchError, PollError
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model.image import Drawn, ImageFetch, ImageJob, Images, ImageState, Pictured
from aggregator.model.settings import Config, Publication, Source
from aggregator.model.stored import Stored
from aggregator.model.websub import Task
from aggregator.policy import image_copies
from aggregator.policy.image_copies import Verdict
from aggregator.storage import Storage
from aggregator.storage.sql.image_store import ImageStore
from aggregator.tasks import Writes
from aggregator.workers.pool import WorkerPool

NOTED_AT_ONCE = 50  # items of one transaction
LOOK_EVERY = timedelta(seconds=5)
IMAGE_TYPES = "image/webp, image/png, image/jpeg, image/gif;q=0.8"  # SVG never: it is a document


@dataclass(frozen=True, slots=True)
class ImageCopies:
    """The images of one service. `drawer` is a pool of its own: no document of a feed waits for an image."""

    storage: Storage
    client: Callable[[], Client]
    drawer: WorkerPool
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    _fetched: set[str] = field(init=False, default_factory=set)  # sources of which an image is fetched now

    @property
    def _store(self) -> ImageStore:
        return self.storage.images

    async def look(self, task: Task) -> datetime | None:
        """Note the images of items that have changed, or, where no copies are wanted, delete those there are;
        returns when to look again, None when it is over."""
        now, publication = self.clock(), self.config().publication
        if publication.images is not Images.PROXY:
            return now if await self.write(self._store.clear) else None
        cursor, found = await asyncio.to_thread(self._store.unseen, NOTED_AT_ONCE)
        if found:
            noted = await asyncio.to_thread(self._pictured, found, publication, now)
            await self.write(partial(self._store.note, noted, cursor, now))
        return now if len(found) == NOTED_AT_ONCE else now + LOOK_EVERY

    def _pictured(
        self, found: tuple[Stored, ...], publication: Publication, now: datetime
    ) -> tuple[Pictured, ...]:
        return tuple(Pictured(each.number, self._shown(each, publication, now)) for each in found)

    def _shown(self, stored: Stored, publication: Publication, now: datetime) -> tuple[str, ...]:
        """Return the addresses of the images that an item shows; none where its rights permit none."""
        feed = self.storage.items.feed(stored.source)
        if feed is None or not image_copies.is_pictured(stored, now):
            return ()
        try:
            return images.of(present(stored, feed=feed, publication=publication))
        except ValueError:  # it is not shown at all, which the publisher logs
            return ()

    async def run(self, task: Task) -> datetime | None:
        """Fetch an image of an item and keep its copy; returns when to look again, None when none waits."""
        now = self.clock()
        fetch = await self.write(lambda: self._store.waiting(task.subject, now))
        source = None if fetch is None else self.config().source(fetch.source)
        if fetch is None or source is None or self.config().publication.images is not Images.PROXY:
            return None
        later = fetch.due if fetch.due > now else image_copies.postponed(fetch, now)
        if later is not None:
            return later
        if source.id in self._fetched:
            return now + image_copies.BUSY_FOR
        self._fetched.add(source.id)
        try:
            drawn, verdict = await self._drawn(fetch, source, now)
        finally:
            self._fetched.discard(source.id)
        counts = await self.write(
            lambda: self._store.record(fetch, drawn, failures=verdict.failures, again=verdict.again, now=now)
        )
        state = str(drawn.state) if counts else "outdated"
        log.info("image read", source=fetch.source, item=task.subject, state=state)
        other = await self.write(lambda: self._store.waiting(task.subject, now))
        return None if other is None else max(other.due, now + image_copies.AGAIN_AFTER)

    async def _drawn(self, fetch: ImageFetch, source: Source, now: datetime) -> tuple[Drawn, Verdict]:
        if image_copies.is_given_up(fetch, now):
            return Drawn(ImageState.FAILED), Verdict(ImageState.FAILED, failures=fetch.failures)
        try:
            fetched = await self.client().fetch(
                fetch.address,
                accept=IMAGE_TYPES,
                max_bytes=image_copies.IMAGE_BYTES_MAX,
                is_configured=False,
                networks=image_copies.networks(fetch, source),
            )
        except FetchError as error:
            verdict = image_copies.unanswered(fetch, error, now)
            return Drawn(verdict.state), verdict
        try:
            drawn = await self.drawer.draw(ImageJob(fetched.body or b"", source.id))
        except PollError as error:
            log.warning("image left out", source=source.id, url=fetch.address, error=str(error))
            drawn = Drawn(ImageState.FAILED)
        return drawn, Verdict(drawn.state, failures=fetch.failures)
