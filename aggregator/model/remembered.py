"""What storage remembers and keeps: states, claims, known and stored items, polls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from aggregator.model.believed import Item, Key, Mode
from aggregator.model.said import Hints, Validators


class State(StrEnum):
    """Where an item stands in its life; only `lifecycle` changes it."""

    HELD = "held"
    LIVE = "live"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Known:
    """What storage remembers of an item that a poll may be about.

    `keys` are those of all its keys, old and new, that were asked for; `current` the ones it was last seen
    under. `listed` says that its raw item, unchanged, stands in the document at hand. `edits` counts its
    revisions of the last 7 days.
    """

    number: int
    state: State
    title: str
    fingerprint: bytes
    keys: tuple[Key, ...]
    current: tuple[Key, ...]
    updated: datetime
    language: str = ""
    listed: bool = False
    edits: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item of another source that may be the same release (same canonical URL)."""

    number: int
    story: int | None
    link: bytes
    language: str
    shown: datetime
    title: str
    text: str


class Reading(Protocol):
    """What may be asked while a poll is being decided."""

    def known(self, items: Sequence[Item], listed: Sequence[bytes]) -> tuple[Known, ...]:
        """Items of the source that share a key with any of `items`, or whose raw item is listed."""
        ...

    def candidates(self, links: Sequence[bytes]) -> tuple[Candidate, ...]:
        """Items of other sources with one of these LINK keys, not withdrawn."""
        ...


@dataclass(frozen=True, slots=True)
class Move:
    """Where a source's feed has moved to; only `aggregator.moves` changes it.

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
    recipe: bytes = b""  # digest of all that shapes items besides the document
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
    move: Move = Move()
    host: str = ""  # where it is polled; "" of a file


@dataclass(frozen=True, slots=True)
class Also:
    """Another organisation that released the same story."""

    organisation: str
    url: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An item as storage keeps it: what we believe, and where it stands.

    `seq` grows with every change to what the public sees of it; `source_*` are as last known,
    so that items of a removed source can still be shown with attribution.
    """

    number: int
    id: str
    public_id: str
    source: str
    state: State
    item: Item
    shown: datetime
    updated: datetime
    first_seen: datetime
    seq: int
    position: int | None = None
    story: int | None = None
    release: datetime | None = None
    reason: str = ""
    corrected: bool = False
    flags: tuple[str, ...] = ()
    also: tuple[Also, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What we publish of a source's own feed; `seq` grows when any of it changes."""

    id: str
    feed: str  # "" for file: sources: no such address is ever published
    organisation: str
    title: str = ""
    link: str = ""
    rights: str = ""
    language: str = ""
    republish: str = "full"
    licence: str = ""
    topics: tuple[str, ...] = ()
    configured: bool = True


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


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier state of an item, replaced at `at`."""

    at: datetime
    title: str
    content: str
    url: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One step of an item's life: who did what to it, when and why."""

    at: datetime
    item: str
    before: State
    after: State
    trigger: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items to list, newest first; "" means any. `states` empty means all."""

    search: str = ""
    source: str = ""
    topic: str = ""
    language: str = ""
    states: tuple[State, ...] = ()
    limit: int = 50
    before: int | None = None  # only items with a smaller number
