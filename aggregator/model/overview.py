"""Figures of the admin side: counts by hour, delays, hosts, subscribers, a page of sources."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from aggregator.model.poll import OutcomeKind, SourceState


class TallyKind(StrEnum):
    """Kinds of hourly counts. The values are stored: never rename one."""

    POLLS = "polls"  # by OutcomeKind
    ITEMS = "items"  # new ones
    REQUESTS = "requests"  # to the public side, by the class of the status: "2xx"


class Tally(Struct, frozen=True):
    """A count of one hour (UTC)."""

    kind: TallyKind
    hour: datetime
    key: str
    count: int


class Subscribers(Struct, frozen=True):
    """Subscribers of a channel, or of one of its documents, as the hub or a User-Agent counts them."""

    channel: str
    of: str
    count: int


class HostTime(Struct, frozen=True):
    """Mean duration of the polls of a host, in seconds."""

    host: str
    seconds: float
    polls: int


class SourceQuery(Struct, frozen=True):
    """A page of configured sources in the order of their ids, after the id `after`; `words` is a part of id
    or organisation, `state` None: any."""

    after: str = ""
    words: str = ""
    state: SourceState | None = None
    limit: int = 100


class PastPoll(Struct, frozen=True):
    """One poll of a source, as its page shows it."""

    started: datetime
    kind: OutcomeKind
    message: str
    seconds: float
    new: int
    edited: int
    status: int | None = None


class SeenItem(Struct, frozen=True):
    """An item of a source by which its feed is judged."""

    title: str
    first_seen: datetime
    claimed: datetime | None
    flags: tuple[str, ...]
    backlog: bool = False
    published: datetime | None = None  # first, None while it is held

    @property
    def delay(self) -> timedelta | None:
        """Return the time from the date claimed to publication, None without either or of a first import."""
        if self.claimed is None or self.published is None or self.backlog or self.claimed > self.published:
            return None
        return self.published - self.claimed
