"""The contract's TaskStore: durable tasks, WebSub subscriptions and alerts."""

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime, timedelta

from aggregator.model.alert import Alert, AlertChannel, AlertKind
from aggregator.model.rights import Terms
from aggregator.model.websub import Subscription, Task, TaskKind
from aggregator.storage.sql import alerts, rows, service_alerts, site_terms, subscriptions, values
from aggregator.storage.sql.engine import Engine, as_json, read, texts
from aggregator.storage.sql.rows import ms

# By due, not by all tasks of a kind.
DUE = f"""SELECT kind, subject FROM task WHERE due <= :now AND kind || '' {texts(":kinds")}
    ORDER BY due LIMIT :limit"""


class TaskStore:
    """The durable work of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim_tasks(
        self, now: datetime, *, kinds: Sequence[TaskKind], limit: int, lease: timedelta
    ) -> tuple[Task, ...]:
        """(poller) Claim due tasks of these kinds, longest due first; after `lease` they are due again."""
        wanted = {"now": ms(now), "until": ms(now + lease), "kinds": as_json(kinds), "limit": limit}
        if not read(self._engine, f"SELECT 1 FROM ({DUE}) AS due", wanted):  # most ticks: polls need not wait
            return ()
        with self._engine.writing() as db:
            found = db.execute(
                f"""UPDATE task SET due = :until, attempts = attempts + 1 WHERE (kind, subject) IN ({DUE})
                RETURNING *""",
                wanted,
            )
            return tuple(rows.value(Task, row) for row in found)

    def finish_task(self, task: Task, again: datetime | None = None) -> None:
        """(poller) Remove a task, or schedule it again; nothing if its time was set anew meanwhile."""
        held = (task.kind.value, task.subject, ms(task.due))
        with self._engine.writing() as db:
            if again is None:
                db.execute("DELETE FROM task WHERE kind = ? AND subject = ? AND due = ?", held)
            else:
                db.execute(
                    "UPDATE task SET due = ? WHERE kind = ? AND subject = ? AND due = ?", (ms(again), *held)
                )

    def subscription(self, token: str) -> Subscription | None:
        """Return the subscription with this token in its callback."""
        found = read(self._engine, subscriptions.SELECT + "WHERE s.token = ?", (token,))
        return next(map(values.subscription, found), None)

    def update_subscription(
        self, number: int, decide: Callable[[Subscription], Subscription | None]
    ) -> Subscription | None:
        """Write the subscription that `decide` returns, in one transaction; its task follows its `due`.

        Returns None when it is over and removed, or there was none.
        """
        with self._engine.writing() as db:
            return subscriptions.change(db, number, decide)

    def announce(self, number: int, now: datetime) -> None:
        """Record an authenticated delivery of a hub: its source becomes due, at most once a minute, whatever
        its failures, but not against the origin's own wish."""
        with self._engine.writing() as db:
            subscriptions.announce(db, number, now)

    def state_terms(self, host: str, terms: Terms, now: datetime) -> bool:
        """(poller) Record the terms of a site with the sources polled there; returns whether they differ."""
        with self._engine.writing() as db:
            return site_terms.record(db, host, terms, now)

    def alerts(self) -> tuple[Alert, ...]:
        """Return open alerts, those of the service first, then of configured sources, latest first."""
        own = read(self._engine, f"{service_alerts.SELECT} WHERE cleared IS NULL ORDER BY raised DESC, kind")
        chosen = "WHERE a.cleared IS NULL AND s.configured = 1 ORDER BY a.raised DESC, a.number DESC"
        found = read(self._engine, alerts.SELECT + chosen)
        return (*map(service_alerts.alert, own), *map(alerts.alert, found))

    def judge_service(self, judged: Mapping[AlertKind, str], again: Set[AlertKind], now: datetime) -> None:
        """(poller) Raise and clear alerts of the service; of open ones those in `again` are raised anew."""
        with self._engine.writing() as db:
            service_alerts.record(db, judged, again, now)

    def tell_alerts(self, now: datetime) -> tuple[Alert, ...]:
        """(poller) Return alerts raised or cleared since the last call; the task of posting becomes due."""
        with self._engine.writing() as db:
            return alerts.tell(db, now)

    def unsent_alerts(self, limit: int, channel: AlertChannel = AlertChannel.WEBHOOK) -> tuple[Alert, ...]:
        """(poller) Return alerts that were logged and not sent by a channel yet, oldest first."""
        sent = alerts.PROGRESS[channel]
        chosen = f"WHERE a.{sent} < a.told ORDER BY a.number LIMIT ?"
        own = read(self._engine, f"{service_alerts.SELECT} WHERE {sent} < told ORDER BY kind")
        found = read(self._engine, alerts.SELECT + chosen, (limit,))
        return (*map(service_alerts.alert, own), *map(alerts.alert, found))

    def alerts_sent(self, posted: Sequence[Alert], channel: AlertChannel = AlertChannel.WEBHOOK) -> None:
        """(poller) Record that these were sent as they are by a channel."""
        sent = alerts.PROGRESS[channel]
        with self._engine.writing() as db:
            db.executemany(
                f"UPDATE alert SET {sent} = ? WHERE number = ?",
                [(_progress(alert), alert.number) for alert in posted if alert.source],
            )
            db.executemany(
                f"UPDATE service_alert SET {sent} = ? WHERE kind = ? AND raised = ?",
                [
                    (_progress(alert), alert.kind.value, ms(alert.raised))
                    for alert in posted
                    if not alert.source
                ],
            )


def _progress(alert: Alert) -> int:
    return 1 if alert.cleared is None else 2
