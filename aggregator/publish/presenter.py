"""Items as releases under the settings in force, cached in memory."""

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.editorial import images
from aggregator.editorial.names import named
from aggregator.editorial.present import present
from aggregator.log import log
from aggregator.model.image import Copies, Images
from aggregator.model.release import Release
from aggregator.model.settings import Config, Publication, Republish, Text
from aggregator.model.stored import FeedInfo, Stored
from aggregator.publish.cache import Cache
from aggregator.publish.entries import Key

RELEASES_BYTES_MAX = 16_000_000


class Settings(Struct, frozen=True):
    """The settings that shape outputs, and the time they took effect."""

    publication: Publication
    disclaimers: tuple[tuple[str, Text], ...]  # by source id
    since: datetime
    hub: str = ""


class Presenter:
    """Makes releases; `lock` is its publisher's, which guards the cache. `copies` returns our copies of the
    images of an item, by its number."""

    def __init__(
        self,
        config: Callable[[], Config],
        now: Callable[[], datetime],
        lock: AbstractContextManager[bool],
        copies: Callable[[int], Copies] = lambda number: {},
    ) -> None:
        self._config = config
        self._copies = copies
        self._now = now
        self._lock = lock
        self._releases: Cache[Key, Release | ValueError] = Cache(RELEASES_BYTES_MAX)
        self._of: weakref.ref[Config] | None = None  # that of the settings
        self._settings = self.settings()

    def settings(self) -> Settings:
        """Return the settings in force; a reload that changes none of them keeps their `since`."""
        config = self._config()
        with self._lock:
            if self._of is None or config is not self._of():
                disclaimers = tuple(
                    (source.id, source.disclaimer) for source in config.sources if source.disclaimer
                )
                fresh = Settings(config.publication, disclaimers, self._now(), config.hub_url)
                if self._of is None or self._settings != replace(fresh, since=self._settings.since):
                    self._settings = fresh
                self._of = weakref.ref(config)
            return self._settings

    def present(
        self, stored: Stored, feed: FeedInfo | None, settings: Settings
    ) -> tuple[Key, Release] | None:
        """Return an item's release with its cache key; None when its rights forbid or presenting it fails, or
        its source was removed meanwhile.

        A failure is cached too, so that it is logged once.
        """
        if feed is None or feed.republish == Republish.NO:
            return None
        text = next((text for source, text in settings.disclaimers if source == stored.source), None)
        key = Key(stored.number, stored.seq, feed, settings.publication, text, stored.translations)
        release = self._releases.get(key)
        if release is None:
            try:
                shown = present(stored, feed=feed, publication=settings.publication, text=text)
                shown = named(shown, settings.publication)
                release = self._illustrated(shown, stored.number, settings.publication)
            except ValueError as error:
                release = error
                log.warning("item left out", item=stored.id, source=stored.source, error=str(error))
            self._releases.put(key, release, size(release))
        return None if isinstance(release, ValueError) else (key, release)

    def pictured(self, html: str) -> str:
        """Return the content of an earlier version, which has no images but those of its origin."""
        publication = self.settings().publication
        return html if publication.images is Images.ORIGIN else images.rewritten(html, {}, publication.url)

    def _illustrated(self, release: Release, number: int, publication: Publication) -> Release:
        if publication.images is Images.ORIGIN:
            return release
        copies = self._copies(number) if publication.images is Images.PROXY else {}
        return images.illustrated(release, publication.images, copies, publication.url)


def size(release: Release | ValueError) -> int:
    """Estimate the bytes that a release takes in memory."""
    if isinstance(release, ValueError):
        return 100
    texts = (release.content, release.text, release.disclaimer, release.excerpt_text)
    return 500 + sum(map(len, texts))
