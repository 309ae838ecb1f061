"""The contract's PollStore: sources claimed, known, polled and recorded.

A poll is one transaction: items, keys, revisions, stories, source state and poll record, or nothing.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import datetime, timedelta

from aggregator.errors import Cause, LeaseLost, Outdated, Rejected, RejectedPoll
from aggregator.model.alert import AlertKind
from aggregator.model.document import ReadResult
from aggregator.model.poll import Claim, PollResult
from aggregator.model.schedule import FIXED, Due, HostState
from aggregator.model.stored import Knowledge
from aggregator.policy.schedule import POISON_AT
from aggregator.storage.sql import (
    alerts,
    channels,
    claims,
    doubts,
    hosts,
    knowledge,
    new_items,
    rows,
    source_state,
    sources,
    subscriptions,
)
from aggregator.storage.sql.engine import (
    LOCKED,
    Connection,
    Engine,
    as_json,
    insert,
    insert_many,
    read,
    records,
    texts,
)
from aggregator.storage.sql.rows import MILLISECOND, moment_or_none, ms

OUTCOME = ("started", "seconds", "kind", "cause", "message", "status", "received", "new", "edited")
KINDS = {"seconds": float, **dict.fromkeys(("kind", "cause", "message"), str)}  # the others: int
LOGGED = {name: KINDS.get(name, int) for name in ("source", *OUTCOME)}
LOG_ALL = f"INSERT INTO poll ({', '.join(LOGGED)}) SELECT {', '.join(LOGGED)} FROM {records(LOGGED)} AS r"


class PollStore:
    """The polls of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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
        with self._engine.writing() as db:
            return claims.claim(db, now, limit=limit, lease=lease, ids=ids, admit=admit)

    def release(self, held: Sequence[Claim], states: Sequence[HostState] = ()) -> None:
        """(poller) End the leases of claims whose polls are not recorded: their sources are due as before.

        `states` are those of the hosts that were asked nevertheless.
        """
        with self._engine.writing(shared=True) as db:
            db.executemany(
                "UPDATE source SET leased = NULL WHERE number = ? AND token = ?",
                [(claim.number, claim.token) for claim in held],
            )
            hosts.record(db, states)

    def renewed(self, held: Claim) -> Claim | None:
        """(poller) Return the claim with the source's present state; None when its poll is void."""
        with self._engine.reading() as db:
            return claims.renewed(db, held)

    def compare(self, claim: Claim, found: ReadResult) -> None:
        """(poller) Store which source has the items of the document of a claim that is in doubt; the next
        `sync` decides by it."""
        with _failing_the_poll(), self._engine.writing() as db:
            doubts.compare(db, claim, found)

    def knowledge(self, claim: Claim, found: ReadResult, now: datetime, taken: Set[str]) -> Knowledge:
        """Return the knowledge of one snapshot about a document's items; `taken` are ids that turned out
        to be in use. RejectedPoll as `record` has it."""
        with _failing_the_poll(), self._engine.reading() as db:
            return knowledge.read(db, claim, found, now, taken)

    def record(self, result: PollResult) -> None:
        """(poller) Commit one poll, all or nothing.

        LeaseLost when the claim's token is no longer current or the source is no longer configured with that
        feed; Outdated when the state it was decided from has changed; RejectedPoll when the store is sound
        and does not admit a value of this poll.
        """
        with _failing_the_poll(), self._engine.writing(shared=True) as db:
            self._record(db, result)

    def record_all(self, results: Sequence[PollResult]) -> None:
        """(poller) Commit several quiet polls in one transaction, all or none.

        Outdated when one of them no longer holds, or its source became due otherwise meanwhile: `record` of
        each tells. RejectedPoll as `record`, of any.
        """
        with _failing_the_poll(), self._engine.writing(shared=True) as db:
            source_state.write_all(db, results, is_remote=self._engine.is_remote)
            _log_all(db, results, is_remote=self._engine.is_remote)
            for result in results:
                self._write_asides(db, result)
                _settle_distant(db, result)
            _write_hosts(db, [state for result in results for state in result.hosts])

    def _record(self, db: Connection, result: PollResult) -> None:
        self._write(db, result, _held(db, result.claim))

    def _write(self, db: Connection, result: PollResult, stored: Due) -> None:
        claim = result.claim
        insert(db, "poll", _logged(result))
        self._write_asides(db, result)
        lost = POISON_AT - 1 if result.outcome.cause is Cause.POISON else 0
        source_state.write(db, result, self._publish(db, result), stored, lost=lost)
        _settle_distant(db, result)
        _write_hosts(db, result.hosts)  # last: other polls of a host need not wait until this one may publish
        if result.host_limit is not None:
            hosts.limit(db, result.host_limit, claim.number)

    def _write_asides(self, db: Connection, result: PollResult) -> None:
        """Write what a poll changes of the hub and the alerts of its source."""
        claim, now = result.claim, result.outcome.started
        if (before := claim.subscription) is not None and result.after.subscription != before:
            subscriptions.write(db, before, result.after.subscription)
        if result.advert is not None:
            subscriptions.add(db, claim.number, result.advert, now)
        alerts.record(db, claim.number, result, now)

    def _publish(self, db: Connection, result: PollResult) -> Mapping[bytes, int]:
        """Write items and channels; returns the numbers of new items by the digest of their raw item.

        Comes last: from the stamp on to the commit no other transaction publishes, so that changes become
        visible in the order of their sequence and what the decision was based on cannot change any more.
        """
        if result.changes is None and not result.is_feed_changed:
            return {}
        at = channels.stamp(db, result.outcome.started)
        if result.is_feed_changed:
            channels.touch_all(db, at)
        if (changes := result.changes) is None:
            return {}
        taken = knowledge.taken(db, changes)
        if knowledge.has_changed(db, changes, result.claim.number, at):
            raise Outdated(f"items of {result.claim.id} have changed since they were read")
        if taken is not None and (ids := frozenset(row["id"] for row in taken)):
            raise Outdated(f"ids of new items of {result.claim.id} are taken", ids)
        return new_items.carry_out(db, self._engine.index, result.claim, changes, at)

    def next_due(self) -> datetime | None:
        """Return when the next unclaimed source is due."""
        (row,) = read(
            self._engine, "SELECT min(due) AS due FROM source WHERE configured = 1 AND leased IS NULL"
        )
        return moment_or_none(row["due"])

    def rate_limited(self, now: datetime) -> tuple[str, ...]:
        """Return ids of sources under Retry-After, at a rate-limited host, gone (410), or paused."""
        found = read(
            self._engine,
            f"SELECT id FROM source WHERE configured = 1 AND due > ? AND due_reason {texts()} ORDER BY id",
            (ms(now), as_json(sorted(FIXED))),
        )
        return tuple(row["id"] for row in found)

    def hosts(self, names: Collection[str] | None = None) -> tuple[HostState, ...]:
        """Return the politeness state of hosts, or of those named, the latest first."""
        with self._engine.reading() as db:
            return hosts.states(hosts.read(db, names))

    def fetched(self, states: Sequence[HostState]) -> None:
        """Write the politeness states of hosts after a fetch that belongs to no poll."""
        with self._engine.writing() as db:
            hosts.record(db, states)

    def poll_soon(self, ids: Sequence[str], now: datetime) -> None:
        """Make sources due now; a poller beside us claims them. UsageError for an unknown id."""
        with self._engine.writing() as db:
            sources.poll_soon(db, ids, now)

    def unmove(self, source: str, now: datetime) -> str:
        """Return a source to its configured address, now and for good; returns the address it had moved to,
        which is refused from now on. UsageError when it has not moved, or is unknown."""
        with self._engine.writing() as db:
            return sources.unmove(db, source, now)

    def set_back(self, by: timedelta) -> None:
        """(poller) Make everything due so much earlier: the clock was ahead by this much and is no longer."""
        parameters = {"by": by // MILLISECOND}
        with self._engine.writing() as db:
            db.execute("UPDATE source SET due = due - :by, leased = leased - :by", parameters)
            db.execute("UPDATE task SET due = due - :by", parameters)
            db.execute("UPDATE turn SET due = due - :by", parameters)
            # The time of an expiry is the origin's own.
            db.execute("UPDATE origin_step SET due = due - :by WHERE trigger <> 'expiry'", parameters)
            db.execute("UPDATE waiting SET since = since - :by", parameters)
            db.execute(
                """UPDATE host SET next_at = next_at - :by, refused_until = refused_until - :by,
                limited_until = limited_until - :by""",
                parameters,
            )


@contextmanager
def _failing_the_poll() -> Iterator[None]:
    """Raise Rejected as an error of this poll: its values are at fault, the store is sound."""
    try:
        yield
    except Rejected as error:
        raise RejectedPoll(str(error)) from error


def _held(db: Connection, claim: Claim) -> Due:
    """Lock the source of a claim that still holds; returns the due time now stored.

    LeaseLost: another poll has the source, or it is no longer configured with this feed. Outdated: its state
    was changed by something other than a poll.
    """
    held = db.execute(
        f"""SELECT version, due, due_reason, due_figures FROM source WHERE number = ? AND token = ?
        AND leased IS NOT NULL AND configured = 1 AND feed = ? {LOCKED}""",
        (claim.number, claim.token, claim.feed),
    ).fetchone()
    if held is None:
        raise LeaseLost(f"the poll of {claim.id} came too late or its source is gone; nothing was written")
    if held["version"] != claim.version:
        raise Outdated(f"the state of {claim.id} has changed since it was claimed")
    return rows.due(held)


def _write_hosts(db: Connection, states: Sequence[HostState]) -> None:
    """Write the latest state of each host, in the order of their names, lest two commits wait for each
    other."""
    latest = {state.host: state for state in states}
    hosts.record(db, [latest[host] for host in sorted(latest)])


def _settle_distant(db: Connection, result: PollResult) -> None:
    if AlertKind.DISTANT in result.claim.open_alerts:
        alerts.settle(db, [result.claim.number], result.outcome.started)


def _log_all(db: Connection, results: Sequence[PollResult], *, is_remote: bool) -> None:
    logged = [_logged(each) for each in results]
    if is_remote:
        db.execute(LOG_ALL, (as_json(logged),))
    else:
        insert_many(db, "poll", logged)


def _logged(result: PollResult) -> Mapping[str, object]:
    """Return the row of a poll in the log of polls."""
    return {"source": result.claim.number, **rows.columns(result.outcome, *OUTCOME)}
