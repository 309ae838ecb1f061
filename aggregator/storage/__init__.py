"""Where data lives at run time: the contract every store keeps, and the door to open one.

Stages hand values in and get values out; no SQL and no library of a back end shows here. Any method may
raise StorageError. Methods marked (poller) are called by the one process that holds `poller()`; the rest
may be called from any process and thread at any time and each is one short transaction.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from aggregator.model import (
    Alert,
    AuditLine,
    Changes,
    Claim,
    FeedInfo,
    Health,
    ItemQuery,
    Outcome,
    Poll,
    Reading,
    Revision,
    State,
    Stored,
    Subscription,
    Task,
    Totals,
    Transition,
)
from aggregator.model.settings import Config, Retention


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `moved` are ids of items that the journal has withdrawn or reinstated again,
    `unknown` withdrawn ones that the backup does not hold: should they arrive, they will be withdrawn.
    `unreadable` are lines of it that say nothing."""

    items: int
    aside: Path | None  # where the database of before is
    moved: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unreadable: tuple[int, ...] = ()


class Storage(Protocol):
    """What a store does. The contract suite in tests/storage holds every back end to it."""

    # whole
    def poller(self) -> AbstractContextManager[None]:
        """Be this store's one poller; StoreBusy names who already is. Clears all leases."""
        ...

    def sync(self, config: Config, now: datetime) -> tuple[str, ...]:
        """Bring stored sources in line with the configuration; returns what was done, in words.

        New feed = new source; known feed under a new id = rename; known id with a new feed = move (its
        validators go, its keys stay); no longer listed = no longer polled, its items stay.
        """
        ...

    def maintain(self, retention: Retention, now: datetime) -> None:
        """(poller) Free content past its time, keep keys; bring the search index up to date."""
        ...

    def backup(self, to: Path) -> int:
        """Write a whole, checked copy of this moment to a file, beside whoever writes; returns its items."""
        ...

    def forget(self, source: str, now: datetime) -> int:
        """Remove all of a source that is no longer configured; returns how many items went.

        UsageError while it is configured. Withdrawals stay in the journal. Several short transactions: one
        that was cut off can be called again.
        """
        ...

    def totals(self, now: datetime) -> Totals:
        """How many items and sources there are in each state. Cheap enough to be asked every few seconds."""
        ...

    def check(self) -> tuple[str, ...]:
        """What is wrong with the store, in words; empty when it is sound."""
        ...

    def authority(self) -> str:
        """The tag: authority ("example.org,2026-11-24") under which ids are minted, fixed at first `sync`."""
        ...

    def close(self) -> None: ...

    # schedule
    def claim(
        self,
        now: datetime,
        *,
        limit: int,
        lease: timedelta,
        ids: Sequence[str] | None = None,
        admit: Callable[[str], bool] | None = None,
    ) -> tuple[Claim, ...]:
        """(poller) Take up to `limit` due sources, longest due first; with `ids`, those, due or not.

        `admit(host)` is asked of each in turn whether it is taken, the host being "" of a file.
        """
        ...

    def rate_limited(self, now: datetime) -> tuple[str, ...]:
        """Sources whose origins have asked not to be polled yet, or no more."""
        ...

    def let_go(self, claims: Sequence[Claim]) -> None:
        """(poller) End the leases of claims that nobody works on: their sources are due as before."""
        ...

    def next_due(self) -> datetime | None:
        """When the next unclaimed source is due."""
        ...

    def record(self, poll: Poll, decide: Callable[[Reading], Changes] | None = None) -> Outcome:
        """(poller) Commit one poll, all or nothing, and return its outcome with counts.

        `decide` is called inside the transaction with what storage remembers, so that no operator's verb
        slips between knowing and writing. LeaseLost when the claim's token is no longer current or
        the source is no longer configured with that feed.
        """
        ...

    def poll_soon(self, ids: Sequence[str], now: datetime) -> None:
        """Make sources due now; a poller beside us picks them up. UsageError for an unknown id."""
        ...

    def unmove(self, source: str, now: datetime) -> str:
        """Have a source polled at its configured address again, now and for good; returns the one it had
        moved to, which is never again adopted by itself. UsageError when it has not moved, or is unknown."""
        ...

    def set_back(self, by: timedelta) -> None:
        """(poller) The clock was ahead by this much and is no longer: plan everything so much earlier."""
        ...

    # hubs and other durable work
    def subscription(self, token: str) -> Subscription | None:
        """The subscription with this token in its callback."""
        ...

    def update_subscription(
        self, number: int, decide: Callable[[Subscription], Subscription | None]
    ) -> Subscription | None:
        """Bring a subscription to what `decide` makes of it, in one transaction; its task follows its `due`.

        None: it is over and removed, or there was none. `record` adds, drops and doubts them by itself.
        """
        ...

    def announce(self, number: int, now: datetime) -> None:
        """A hub's delivery was believed: its source becomes due, at most once a minute, whatever its
        failures, but not against the origin's own wish."""
        ...

    def claim_tasks(
        self, now: datetime, *, kinds: Sequence[str], limit: int, lease: timedelta
    ) -> tuple[Task, ...]:
        """(poller) Take due tasks of these kinds, longest due first; after `lease` they are due again."""
        ...

    def finish_task(self, task: Task, again: datetime | None = None) -> None:
        """(poller) It is done, or to be done again; nothing if its time was set anew meanwhile."""
        ...

    # alerts
    def alerts(self) -> tuple[Alert, ...]:
        """Those of configured sources that are not over, latest first. `record` raises and clears them."""
        ...

    def tell_alerts(self, now: datetime) -> tuple[Alert, ...]:
        """(poller) What was raised or cleared since the last call; the task of posting it becomes due."""
        ...

    def unsent_alerts(self, limit: int) -> tuple[Alert, ...]:
        """(poller) What was told and not posted yet, oldest first."""
        ...

    def alerts_sent(self, posted: Sequence[Alert]) -> None:
        """(poller) These were posted as they are."""
        ...

    # life
    def release_due(self, now: datetime) -> tuple[Stored, ...]:
        """Held items whose time has come, earliest first."""
        ...

    def apply_transitions(self, transitions: Sequence[Transition]) -> None:
        """Carry out steps of life with their audit lines; all or, if a `before` is stale, StorageError."""
        ...

    def story(self, number: int) -> tuple[Stored, ...]:
        """All members of the story of an item (itself alone when it has none)."""
        ...

    # select
    def channels(self) -> tuple[str, ...]:
        """Names of all channels that ever held an item, and of those the configuration implies."""
        ...

    def channel_seq(self, name: str) -> tuple[int, datetime] | None:
        """The newest change to what a channel shows, and when; None for an unknown channel. Cheap."""
        ...

    def select(
        self, name: str, *, newest: int = 60, within: timedelta = timedelta(hours=48)
    ) -> tuple[Stored, ...]:
        """What a channel shows: its `newest` live items and all that joined or were corrected `within`
        before its newest change; highest position first."""
        ...

    def earlier(self, limit: int) -> tuple[Stored, ...]:
        """Live items that were older than the service when it first saw them and so never entered the merged
        channel; one a story, none of a story that did; newest shown date first. Cheap."""
        ...

    def find(self, reference: str) -> Stored | None:
        """The item with this id, public id or address."""
        ...

    def at(self, address: str) -> tuple[Stored, ...]:
        """All items with this address, of whatever source and state."""
        ...

    def items(self, wanted: ItemQuery) -> tuple[Stored, ...]:
        """Items in any state, newest first."""
        ...

    def revisions(self, number: int) -> tuple[Revision, ...]:
        """Earlier public states of an item, newest first."""
        ...

    def audit(self, number: int) -> tuple[AuditLine, ...]:
        """The steps of an item's life, oldest first."""
        ...

    def feed(self, source: str) -> FeedInfo | None: ...

    def feeds(self) -> tuple[FeedInfo, ...]:
        """Every source ever stored, configured or not, by id."""
        ...

    def health(self) -> tuple[Health, ...]:
        """How each configured source fares, by id."""
        ...


def open_storage(url: str | Path) -> Storage:
    """The store at a directory (SQLite inside it)."""
    from aggregator.storage.sqlite import SqliteStorage  # only the back end in use is loaded

    return SqliteStorage(Path(url))


def restore(url: str | Path, backup: Path, now: datetime) -> Restored:
    """Put a backup in the place of the store's database, which is kept aside.

    The backup is checked first; what was withdrawn or reinstated after it, is so again. Needs no sound
    database. StoreBusy while a poller runs.
    """
    from aggregator.storage.sqlite.restore import restore as restore_sqlite

    return restore_sqlite(Path(url), backup, now)


__all__ = ["Reading", "Restored", "State", "Storage", "open_storage", "restore"]
