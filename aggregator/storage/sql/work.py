"""The contract's TaskStore: durable tasks, WebSub subscriptions and alerts."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from aggregator.model import Alert, Subscription, Task
from aggregator.storage.sql import alerts, subscriptions, tasks
from aggregator.storage.sql.engine import Engine


class Tasks:
    """The durable work of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim_tasks(
        self, now: datetime, *, kinds: Sequence[str], limit: int, lease: timedelta
    ) -> tuple[Task, ...]:
        with self._engine.writing() as db:
            return tasks.claim(db, now, kinds=kinds, limit=limit, lease=lease)

    def finish_task(self, task: Task, again: datetime | None = None) -> None:
        with self._engine.writing() as db:
            tasks.finish(db, task, again)

    def subscription(self, token: str) -> Subscription | None:
        with self._engine.reading() as db:
            return subscriptions.by_token(db, token)

    def update_subscription(
        self, number: int, decide: Callable[[Subscription], Subscription | None]
    ) -> Subscription | None:
        with self._engine.writing() as db:
            return subscriptions.change(db, number, decide)

    def announce(self, number: int, now: datetime) -> None:
        with self._engine.writing() as db:
            subscriptions.announce(db, number, now)

    def alerts(self) -> tuple[Alert, ...]:
        with self._engine.reading() as db:
            return alerts.present(db)

    def tell_alerts(self, now: datetime) -> tuple[Alert, ...]:
        with self._engine.writing() as db:
            return alerts.tell(db, now)

    def unsent_alerts(self, limit: int) -> tuple[Alert, ...]:
        with self._engine.reading() as db:
            return alerts.unsent(db, limit)

    def alerts_sent(self, posted: Sequence[Alert]) -> None:
        with self._engine.writing() as db:
            alerts.sent(db, posted)
