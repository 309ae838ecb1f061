"""One poll from claim to commit; relocation, health and alerts of its source."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from aggregator.errors import Cause
from aggregator.model.alert import AlertKind
from aggregator.model.changes import Changes
from aggregator.model.document import Fetched, Hints, ReadResult, Validators
from aggregator.model.house_style import HouseStyle
from aggregator.model.item import Mode
from aggregator.model.rights import UNSAID, Terms
from aggregator.model.schedule import Due, HostLimit, HostState
from aggregator.model.settings import Budget
from aggregator.model.stored import FeedInfo
from aggregator.model.websub import Advert, Subscription


class Relocation(Struct, frozen=True):
    """Relocation of a source's feed, as permanent redirects report it; only `policy.relocation` changes it.

    `at` is the address that is polled instead of the configured one, `seen` the target of the present
    permanent redirects; `failures` counts failed polls in a row since `at` was adopted. `refused` holds
    addresses that the operator has taken back.
    """

    at: str = ""
    since: datetime | None = None
    seen: str = ""
    seen_since: datetime | None = None
    failures: int = 0
    refused: tuple[str, ...] = ()

    @property
    def target(self) -> tuple[str, datetime | None]:
        """Return the address it is polled at or redirected to for good, and since when; "" for none."""
        return (self.at, self.since) if self.at else (self.seen, self.seen_since)


class Doubt(Struct, frozen=True):
    """The question whether a configured source is one that the store has; `former` is its number, 0 for none.

    `name` is the id of that source and `feed` its address; `asked` is the one configured now. `same` is
    the source whose items the document lists (0: none, known once `is_read`), or the operator's answer (0: a
    new source) once `is_answered`.
    """

    former: int = 0
    name: str = ""
    feed: str = ""
    asked: str = ""
    same: int = 0
    is_read: bool = False
    is_answered: bool = False


class Spent(Struct, frozen=True):
    """Items and bytes that a source has added to the store on one day (UTC), numbered from year 1."""

    day: int = 0
    items: int = 0
    bytes: int = 0


class Ahead(Struct, frozen=True):
    """New items of a source that were held for a date ahead: by up to a zone's hours, and by days.

    `early` counts those that an operator released before their dates, which were no embargoes.
    """

    hours: int = 0
    days: int = 0
    early: int = 0


class OverBudget(Struct, frozen=True):
    """New items of one document that were held, and items that were not stored, beyond a source's budget.

    `times` is 1, or the multiple of the budget that the first import may take.
    """

    budget: Budget
    times: int
    held: int
    dropped: int


class Claim(Struct, frozen=True):
    """One source leased for one poll, with its stored state. Void once `token` is not current.

    `version` grows with every change of the state by anything but a poll. `seen` maps the raw digest of each
    entry of the last document to its item number. `due` is the due time that was stored when it was claimed.
    """

    number: int
    id: str
    feed: str
    token: int
    due: Due
    version: int = 0
    validators: Validators = Validators()
    body_digest: bytes = b""
    pipeline_version: bytes = b""  # digest of everything besides the document that shapes items
    mode: Mode = Mode.NORMAL
    seen: tuple[tuple[bytes, int], ...] = ()
    first_import: bool = True
    failures: int = 0
    failing_since: datetime | None = None  # start of the first failure in a row
    findings: int = 0  # polls that found something new
    last_success: datetime | None = None
    last_body: datetime | None = None  # last response with a body: 304s have lasted since
    has_new_validators: bool = False  # another validator once came with a body of the same URL
    last_limited: datetime | None = None  # its last 429
    usual_gap: timedelta | None = None  # between polls that found something new
    last_new: datetime | None = None  # the last of them
    hints: Hints = Hints()  # of the last document that was read
    title: str = ""
    link: str = ""
    rights: str = ""
    terms: Terms = UNSAID
    language: str = ""
    month_first: bool | None = None  # the order of day and month that its dates have shown
    relocation: Relocation = Relocation()
    spent: Spent = Spent()
    ahead: Ahead = Ahead()
    doubt: Doubt = Doubt()
    volatile: tuple[str, ...] = ()  # query parameters whose values vary from poll to poll and mean nothing
    house_style: HouseStyle = HouseStyle()  # as configured when it was claimed
    host: str = ""  # host it is polled at; "" of a file
    subscription: Subscription | None = None
    open_alerts: Mapping[AlertKind, datetime] = field(default_factory=dict)  # with when they were raised
    lost: int = 0  # nodes of the cluster that died in a row while they polled it

    @property
    def is_empty(self) -> bool:
        """Return whether the store has had no items of the source: a first import that was cut off leaves
        some."""
        return self.first_import and not self.findings


class OutcomeKind(StrEnum):
    """Kinds of outcome of a poll. The values are stored: never rename one."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"  # the same bytes, or the same items
    NOT_MODIFIED = "not-modified"  # 304
    FAILED = "failed"


class Batch(Struct, frozen=True):
    """Sources that are claimed together at one host, with the politeness states of their hosts; more may
    wait there."""

    claims: tuple[Claim, ...]
    hosts: tuple[HostState, ...]
    has_more: bool


class Outcome(Struct, frozen=True):
    """Outcome of one poll; `received` counts bytes on the wire, `due` is the next due time of the source."""

    source: str
    kind: OutcomeKind
    started: datetime
    seconds: float = 0.0
    cause: Cause = Cause.NONE
    message: str = ""
    status: int | None = None
    received: int = 0
    new: int = 0
    edited: int = 0
    due: Due | None = None


class Answer(Struct, frozen=True):
    """The origin's answer to one poll, and what was read of it.

    `digest` is that of the body (None: 304). `read` is None when the document did not have to be read;
    `advert` names its hubs (None: unknown).
    """

    fetched: Fetched
    digest: bytes | None = None
    read: ReadResult | None = None
    advert: Advert | None = None


class PollResult(Struct, frozen=True):
    """Everything one poll writes, committed whole or not at all. Made by `policy.poll_result.decide`.

    `after` is the claim with the source's state after the poll: storage writes the fields that differ, and
    refuses when `claim.version`, or what `basis` was read from, has changed. `due` is kept as it is when
    the operator or a hub asked for the next poll meanwhile. `raised` and `cleared` are alerts;
    `advert` names a hub to subscribe to; `over` is what was beyond the source's budget.
    """

    claim: Claim
    after: Claim
    outcome: Outcome
    due: Due
    changes: Changes | None = None
    is_feed_changed: bool = False  # what every channel shows of the source's feed
    hosts: tuple[HostState, ...] = ()
    host_limit: HostLimit | None = None
    raised: tuple[tuple[AlertKind, str], ...] = ()
    cleared: tuple[AlertKind, ...] = ()
    advert: Advert | None = None
    over: OverBudget | None = None
    feed_title: str | None = None  # as the document says; None when none was read

    @property
    def is_quiet(self) -> bool:
        """Return whether it changes the state of its source alone, and nothing that is published."""
        is_alone = self.changes is None and not self.is_feed_changed and self.host_limit is None
        return is_alone and self.outcome.cause is not Cause.POISON


class SourceState(StrEnum):
    """The states of a configured source by its polls; `policy.health` says which."""

    WORKING = "working"
    FAILING = "failing"
    WAITING = "waiting"  # never polled


class Health(Struct, frozen=True):
    """Health of a source, for /status and the command line; `newest` is the latest date shown of its live
    items."""

    feed: FeedInfo
    due: Due
    mode: Mode
    failures: int
    live: int
    held: int
    waiting: int = 0  # live items that wait for the merged channel
    last: Outcome | None = None
    last_success: datetime | None = None
    newest: datetime | None = None
    relocation: Relocation = Relocation()
    doubt: Doubt = Doubt()


class Totals(Struct, frozen=True):
    """Counts of items by State, of configured sources by SourceState, and of sources and tasks that are due
    and not claimed."""

    held: int = 0
    live: int = 0
    withdrawn: int = 0
    working: int = 0
    failing: int = 0
    waiting: int = 0
    due: int = 0
    tasks: int = 0
