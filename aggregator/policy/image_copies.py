"""Copies of images: which images are fetched, when, and again. Pure.

A source names whose images are fetched, on any public host: a limited number and volume a day.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.errors import Cause, FetchError
from aggregator.model.domains import host_of, is_within
from aggregator.model.image import ImageFetch, ImageState
from aggregator.model.push_settings import Network
from aggregator.model.settings import Source
from aggregator.model.stored import Stored
from aggregator.policy.schedule import retry_after

BUDGET_WITHIN = timedelta(days=1)
IMAGES_PER_SOURCE, IMAGES_PER_HOST = 300, 600  # within BUDGET_WITHIN
COPIES_BYTES_PER_SOURCE = 30_000_000  # likewise
IMAGE_BYTES_MAX = 10_000_000
OLD_AFTER = timedelta(days=30)  # items of a first import that are older have no images
AGAIN_AFTER = timedelta(seconds=2)  # the next image of the same item
BUSY_FOR = timedelta(seconds=5)  # while another image of the same source is fetched
POSTPONED_FOR = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)
BACK_OFF = (timedelta(minutes=10), timedelta(hours=2), timedelta(days=1))
REFUSED = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 451})  # another request is answered the same


class Verdict(Struct, frozen=True):
    """Result of a fetch without an image: the state of the copy, the time of the next one (None: it is over),
    and failures."""

    state: ImageState
    again: datetime | None = None
    failures: int = 0


def is_pictured(stored: Stored, now: datetime) -> bool:
    """Return whether copies are made of the images of an item: a first import would ask its hosts for all
    they have."""
    return not stored.backlog or stored.shown > now - OLD_AFTER


def networks(fetch: ImageFetch, source: Source) -> tuple[Network, ...]:
    """Return the private networks that an image may be fetched from: those of its source for hosts in its own
    domains. What a feed names elsewhere must be public (SSRF)."""
    return source.allow_networks if is_within(fetch.address, source.domains) else ()


def postponed(fetch: ImageFetch, now: datetime) -> datetime | None:
    """Return when to look again at an image that is not fetched yet, None if it is."""
    is_over = (
        fetch.asked >= IMAGES_PER_SOURCE
        or fetch.bytes >= COPIES_BYTES_PER_SOURCE
        or fetch.host_asked >= IMAGES_PER_HOST
    )
    return now + POSTPONED_FOR if is_over else None


def is_given_up(fetch: ImageFetch, now: datetime) -> bool:
    """Return whether an image has waited too long, or has no host to be asked."""
    return now - fetch.started > GIVEN_UP_AFTER or not host_of(fetch.address)


def unanswered(fetch: ImageFetch, error: FetchError, now: datetime) -> Verdict:
    """Return what follows of a fetch that brought no image: another one later, after len(BACK_OFF) of them
    none."""
    if error.cause is Cause.RATE_LIMITED:  # no request was sent
        return Verdict(ImageState.WAITS, now + POSTPONED_FOR, fetch.failures)
    failures = fetch.failures + 1
    wait = retry_after(error.retry_after, now) or timedelta(0)
    if error.cause in (Cause.LIMIT, Cause.REFUSED) or error.status in REFUSED or wait > GIVEN_UP_AFTER:
        return Verdict(ImageState.REFUSED, failures=failures)
    if failures > len(BACK_OFF):
        return Verdict(ImageState.FAILED, failures=failures)
    return Verdict(ImageState.WAITS, now + max(BACK_OFF[fetch.failures], wait), failures)
