"""Due time of a source and its reason, as state; `policy.reasons` renders the text for people."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from aggregator.errors import Cause


class DueReason(StrEnum):
    """Reason for a due time. The values are stored: never rename one."""

    NEW = "new"  # never polled yet
    EVERY = "every"  # the configured interval
    RHYTHM = "rhythm"  # the usual gap between polls that found something new
    QUIET = "quiet"  # longer than the usual gap without anything new
    CACHE_CONTROL = "cache_control"  # max-age of the response (RFC 9111)
    EXPIRES = "expires"  # Expires of the response (RFC 9111)
    TTL = "ttl"  # <ttl> of RSS 2.0
    UPDATE_PERIOD = "update_period"  # sy:updatePeriod of RSS 1.0's syndication module
    HUB = "hub"  # a WebSub hub announces what is new: polled rarely
    HUB_DELIVERY = "hub_delivery"  # the hub has just announced something
    HUB_SILENT = "hub_silent"  # the hub announced nothing though a release appeared
    BACK_OFF = "back_off"  # exponential back-off after failures
    ORIGIN_WAIT = "origin_wait"  # Retry-After of the source's own response
    HOST_LIMIT = "host_limit"  # its host answered 429, with Retry-After or less than a minute ago
    ORIGIN_GONE = "origin_gone"  # 410
    OPERATOR = "operator"  # asked for by the operator
    MOVED = "moved"  # another address was configured
    CONFIGURED_AGAIN = "configured_again"  # back in the configuration
    UNMOVED = "unmoved"  # the operator took the relocation back
    PAUSED = "paused"  # by `paused` in sources.yaml
    CLOCK = "clock"  # the clock was wrong when it was scheduled


ORIGIN_WISHES = frozenset({DueReason.ORIGIN_WAIT, DueReason.HOST_LIMIT, DueReason.ORIGIN_GONE})
FIXED = ORIGIN_WISHES | {DueReason.PAUSED}  # no announcement or decision makes a poll earlier


class Due(Struct, frozen=True):
    """Due time of a source, with its reason and the figures behind it.

    `wait` is the interval chosen, before jitter. `basis` is what it was chosen by: the usual gap (RHYTHM),
    the silence so far (QUIET), or the wait that the origin asked for (ORIGIN_WAIT). `cause` and `failures`
    (in a row) belong to BACK_OFF. `host` names the rate-limited host of a 429. `is_fallback`: the next poll
    goes to the other address of a relocated source. `is_skipping`: moved out of skipHours or skipDays.
    """

    at: datetime
    reason: DueReason = DueReason.NEW
    wait: timedelta = timedelta(0)
    basis: timedelta | None = None
    cause: Cause = Cause.NONE
    failures: int = 0
    host: str = ""
    is_fallback: bool = False
    is_skipping: bool = False

    @property
    def is_capped(self) -> bool:
        """Return whether the origin asked for a longer wait than is granted."""
        return self.reason is DueReason.ORIGIN_WAIT and (self.basis or self.wait) > self.wait


class HostLimit(Struct, frozen=True):
    """A host that answered 429 with Retry-After: the other sources there wait until then.

    `is_renewed`: the source that got the answer had waited for them under such a limit. Any other answer
    delays no source that waits already, so that one source cannot keep the others waiting.
    """

    host: str
    until: datetime
    is_renewed: bool = False


class HostState(Struct, frozen=True):
    """Politeness towards one host, kept over restarts.

    `next_at` is when the gap allows the next fetch, `refused_until` the end of the first minute after a
    429. `prompt` is its responsiveness: whether the last fetch ended in good time (None: unknown).
    `leads_to` is the host where the last redirect ended, "" for itself.
    """

    host: str
    next_at: datetime | None = None
    refused_until: datetime | None = None
    prompt: bool | None = None
    leads_to: str = ""
