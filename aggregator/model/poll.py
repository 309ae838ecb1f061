"""One poll from claim to commit; relocation, health and alerts of its source."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.changes import Changes
from aggregator.model.document import Document, Hints, Validators
from aggregator.model.item import Mode
from aggregator.model.stored import FeedInfo
from aggregator.model.websub import Advert


@dataclass(frozen=True, slots=True)
class Relocation:
    """Where a source's feed has moved to; only `aggregator.policy.relocation` changes it.

    `at` is the address it is polled at instead of the configured one, `seen` where permanent redirects lead
    at present; `failures` counts polls in a row that failed since it is polled at `at`. `refused` are
    addresses that the operator has taken back.
    """

    at: str = ""
    since: datetime | None = None
    seen: str = ""
    seen_since: datetime | None = None
    failures: int = 0
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One source taken for one poll, and what storage remembers of it. Void once `token` is not current."""

    number: int
    id: str
    feed: str
    token: int
    validators: Validators = Validators()
    body_digest: bytes = b""
    pipeline_version: bytes = b""  # digest of all that shapes items besides the document
    mode: Mode = Mode.NORMAL
    seen: tuple[tuple[bytes, int], ...] = ()  # raw digest → item number, of the last document
    first_import: bool = True
    failures: int = 0
    last_success: datetime | None = None
    last_full: datetime | None = None  # last unconditional fetch
    gap: timedelta | None = None  # usual gap between polls that found something new
    last_new: datetime | None = None  # the last of them
    hints: Hints = Hints()  # of the last document that was read
    hub_until: datetime | None = None  # a hub announces what is new until then
    announced: datetime | None = None  # and last did so
    due: datetime | None = None  # when it was to be polled; None: asked for out of turn
    move: Relocation = Relocation()
    host: str = ""  # where it is polled; "" of a file


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one poll ended: `kind` is changed, unchanged, not-modified or failed."""

    source: str
    kind: str
    started: datetime
    seconds: float
    cause: str = ""
    message: str = ""
    status: int | None = None
    received: int = 0  # bytes on the wire
    new: int = 0
    edited: int = 0
    due: datetime | None = None
    why: str = ""  # why it is due then, in words


@dataclass(frozen=True, slots=True)
class Due:
    """When to look again, and why then, in words."""

    at: datetime
    why: str
    is_capped: bool = False  # the origin asked for more than it gets


@dataclass(frozen=True, slots=True)
class HostLimit:
    """A host that has asked to be left alone by all (429), until when, and why in words."""

    host: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Poll:
    """One finished poll, to be committed whole or not at all.

    `document` is None when nothing came back that had to be read (304, same bytes, failure).
    """

    claim: Claim
    outcome: Outcome
    due: datetime
    if_new: Due | None = None  # when it is due instead, should it have found anything new
    document: Document | None = None
    changes: Changes | None = None
    validators: Validators | None = None  # None: keep what is stored
    body_digest: bytes | None = None
    pipeline_version: bytes = b""
    full: bool = False  # fetched without validators
    advert: Advert | None = None  # what a document that was read says of hubs
    move: Relocation | None = None  # None: keep what is stored
    rest: HostLimit | None = None
    is_capped: bool = False  # as that of its Due


class AlertKind(StrEnum):
    """What operators are told of a source."""

    MOVED = "moved"
    GONE = "gone"
    FAILING = "failing"
    BLOCKED = "blocked"
    WAITING = "waiting"  # its origin asked for a longer wait than is granted
    QUIET = "quiet"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something an operator is told once: when it was raised, and when it was over."""

    number: int
    source: str
    organisation: str
    kind: AlertKind
    message: str
    raised: datetime
    cleared: datetime | None = None

    @property
    def state(self) -> str:
        """How far it has got, in a word."""
        return "cleared" if self.cleared else "raised"


@dataclass(frozen=True, slots=True)
class Health:
    """How a source fares, for people: its last poll, its next, and how much it holds."""

    feed: FeedInfo
    due: datetime | None
    why: str
    every: timedelta
    mode: Mode
    failures: int
    live: int
    held: int
    last: Outcome | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None
    moved_to: str = ""  # where permanent redirects lead
    moved_since: datetime | None = None
    moved: bool = False  # whether it is polled there


@dataclass(frozen=True, slots=True)
class Totals:
    """How many items there are in each state, how many configured sources are working, failing or waiting
    for their first poll; and how many sources and tasks are due while nobody is at them."""

    held: int = 0
    live: int = 0
    withdrawn: int = 0
    working: int = 0
    failing: int = 0
    waiting: int = 0
    due: int = 0
    tasks: int = 0
