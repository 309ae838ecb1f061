"""The storage contract by role: polls, items, tasks, admin.

Stages hand values in and get values out; no SQL and no library of an engine shows here. Any method may
raise StorageError. Methods marked (poller) are called by the one process that holds `poller()`; the rest
may be called from any process and thread at any time, and each is one short transaction. The contract suite
in tests/storage holds every engine to it.
"""

from collections.abc import Callable, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from aggregator.errors import StorageError
from aggregator.model import (
    Alert,
    AuditLine,
    Claim,
    FeedInfo,
    Health,
    HostState,
    Item,
    ItemQuery,
    Knowledge,
    PollResult,
    Revision,
    Stored,
    Subscription,
    Task,
    Totals,
    Transition,
)
from aggregator.model.settings import Config, Retention


class Outdated(StorageError):
    """What a decision was based on has changed; nothing was written: read and decide again.

    `taken` are ids of its new items that other items have.
    """

    def __init__(self, message: str, taken: Set[str] = frozenset()) -> None:
        super().__init__(message)
        self.taken = taken


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `moved` are ids of items that the journal has withdrawn or reinstated again,
    `unknown` withdrawn ones that the backup does not hold: should they arrive, they will be withdrawn.
    `unreadable` are numbers of its lines that say nothing."""

    items: int
    aside: Path | None  # where the former database is
    moved: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unreadable: tuple[int, ...] = ()


class PollStore(Protocol):
    """Sources and their polls."""

    def claim(
        self,
        now: datetime,
        *,
        limit: int,
        lease: timedelta,
        ids: Sequence[str] | None = None,
        admit: Callable[[str], bool] | None = None,
    ) -> tuple[Claim, ...]:
        """(poller) Claim up to `limit` due sources, longest due first; with `ids`, those, due or not.

        `admit(host)` is called for each due source in order, with "" for a file; the source is claimed only
        if it returns True.
        """
        ...

    def release(self, held: Sequence[Claim]) -> None:
        """(poller) End the leases of claims that will not be polled: their sources are due as before."""
        ...

    def renewed(self, held: Claim) -> Claim | None:
        """(poller) Return the claim with the source's present state; None when its poll is void."""
        ...

    def knowledge(
        self,
        claim: Claim,
        items: Sequence[Item],
        listed: Sequence[bytes],
        *,
        now: datetime,
        taken: Set[str] = frozenset(),
    ) -> Knowledge:
        """Return what one snapshot says of a document's items; `listed` are digests of all its raw items."""
        ...

    def record(self, result: PollResult) -> None:
        """(poller) Commit one poll, all or nothing.

        LeaseLost when the claim's token is no longer current or the source is no longer configured with that
        feed; Outdated when the state it was decided from has changed.
        """
        ...

    def next_due(self) -> datetime | None:
        """Return when the next unclaimed source is due."""
        ...

    def rate_limited(self, now: datetime) -> tuple[str, ...]:
        """Return ids of sources under Retry-After, at a rate-limited host, or gone (410)."""
        ...

    def hosts(self) -> tuple[HostState, ...]:
        """Return the politeness state of hosts, the latest first."""
        ...

    def poll_soon(self, ids: Sequence[str], now: datetime) -> None:
        """Make sources due now; a poller beside us claims them. UsageError for an unknown id."""
        ...

    def unmove(self, source: str, now: datetime) -> str:
        """Return a source to its configured address, now and for good; returns the address it had moved to,
        which is refused from now on. UsageError when it has not moved, or is unknown."""
        ...

    def set_back(self, by: timedelta) -> None:
        """(poller) Make everything due so much earlier: the clock was ahead by this much and is no longer."""
        ...


class ItemStore(Protocol):
    """Items, channels and stories."""

    def apply_transitions(self, transitions: Sequence[Transition]) -> None:
        """Carry out transitions with their audit lines; all or, if a `before` is stale, StorageError."""
        ...

    def release_due(self, now: datetime) -> tuple[Stored, ...]:
        """Return held items whose time has come, earliest first."""
        ...

    def story(self, number: int) -> tuple[Stored, ...]:
        """Return all members of the story of an item (itself alone when it has none)."""
        ...

    def channels(self) -> tuple[str, ...]:
        """Return names of all channels that ever held an item, and of those the configuration implies."""
        ...

    def channel_seq(self, name: str) -> tuple[int, datetime] | None:
        """Return the newest change to what a channel shows, and when; None for an unknown channel. Cheap."""
        ...

    def select(
        self, name: str, *, newest: int = 60, within: timedelta = timedelta(hours=48)
    ) -> tuple[Stored, ...]:
        """Return what a channel shows: its `newest` live items and all that joined or were corrected `within`
        before its newest change; highest position first."""
        ...

    def earlier(self, limit: int) -> tuple[Stored, ...]:
        """Return live items that were older than the service when it first saw them and so never entered the
        merged channel; one a story, none of a story that did; newest shown date first. Cheap."""
        ...

    def find(self, reference: str) -> Stored | None:
        """Return the item with this id, public id or address."""
        ...

    def at(self, address: str) -> tuple[Stored, ...]:
        """Return all items with this address, of whatever source and state."""
        ...

    def items(self, wanted: ItemQuery) -> tuple[Stored, ...]:
        """Return items in any state, newest first."""
        ...

    def index(self) -> None:
        """Bring the search index up to date, in several short transactions."""
        ...

    def revisions(self, number: int) -> tuple[Revision, ...]:
        """Return earlier public states of an item, newest first."""
        ...

    def audit(self, number: int) -> tuple[AuditLine, ...]:
        """Return the transitions of an item, oldest first."""
        ...

    def feed(self, source: str) -> FeedInfo | None:
        """Return what is published of a source's feed."""
        ...

    def feeds(self) -> tuple[FeedInfo, ...]:
        """Return every source ever stored, configured or not, by id."""
        ...


class TaskStore(Protocol):
    """Durable work other than polls: tasks, WebSub subscriptions and alerts."""

    def claim_tasks(
        self, now: datetime, *, kinds: Sequence[str], limit: int, lease: timedelta
    ) -> tuple[Task, ...]:
        """(poller) Claim due tasks of these kinds, longest due first; after `lease` they are due again."""
        ...

    def finish_task(self, task: Task, again: datetime | None = None) -> None:
        """(poller) Remove a task, or schedule it again; nothing if its time was set anew meanwhile."""
        ...

    def subscription(self, token: str) -> Subscription | None:
        """Return the subscription with this token in its callback."""
        ...

    def update_subscription(
        self, number: int, decide: Callable[[Subscription], Subscription | None]
    ) -> Subscription | None:
        """Write what `decide` makes of a subscription, in one transaction; its task follows its `due`.

        Returns None when it is over and removed, or there was none.
        """
        ...

    def announce(self, number: int, now: datetime) -> None:
        """Record a hub's believed delivery: its source becomes due, at most once a minute, whatever its
        failures, but not against the origin's own wish."""
        ...

    def alerts(self) -> tuple[Alert, ...]:
        """Return open alerts of configured sources, latest first. `record` raises and clears them."""
        ...

    def tell_alerts(self, now: datetime) -> tuple[Alert, ...]:
        """(poller) Return alerts raised or cleared since the last call; the task of posting becomes due."""
        ...

    def unsent_alerts(self, limit: int) -> tuple[Alert, ...]:
        """(poller) Return alerts that were logged and not posted yet, oldest first."""
        ...

    def alerts_sent(self, posted: Sequence[Alert]) -> None:
        """(poller) Record that these were posted as they are."""
        ...


class AdminStore(Protocol):
    """The store as a whole."""

    def poller(self) -> AbstractContextManager[None]:
        """Hold the lock of this store's one poller; StoreBusy names the holder. Clears all leases."""
        ...

    def sync(self, config: Config, now: datetime) -> tuple[str, ...]:
        """Bring stored sources in line with the configuration, as `policy.sources` plans; returns the
        words."""
        ...

    def maintain(self, kept: Retention, now: datetime) -> None:
        """(poller) Drop content past its time, keep keys; bring the search index up to date."""
        ...

    def backup(self, to: Path) -> int:
        """Write a whole, checked copy of this moment to a file, beside any writer; returns its items."""
        ...

    def forget(self, source: str, now: datetime) -> int:
        """Remove all of a source that is no longer configured; returns how many items went.

        UsageError while it is configured. Withdrawals stay in the journal. Several short transactions: one
        that was cut off can be called again.
        """
        ...

    def expect_withdrawn(self, ids: Sequence[str]) -> None:
        """Have items of these ids withdrawn, should they arrive: part of a restore."""
        ...

    def totals(self, now: datetime) -> Totals:
        """Return how many items and sources there are in each state. Cheap enough for every few seconds."""
        ...

    def health(self) -> tuple[Health, ...]:
        """Return the health of each configured source, by id."""
        ...

    def check(self) -> tuple[str, ...]:
        """Return what is wrong with the store, in words; empty when it is sound."""
        ...

    def authority(self) -> str:
        """Return the tag: authority ("example.org,2026-11-24") of minted ids, fixed at the first `sync`."""
        ...

    def close(self) -> None: ...
