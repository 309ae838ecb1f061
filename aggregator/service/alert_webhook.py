"""Tells the operator of alerts: each once in the log, and by posts to one address, a list in each.

Posting is durable work that is tried again, and never holds up a poll. Decides nothing of alerts.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model import Alert, Task
from aggregator.model.settings import Config
from aggregator.storage import TaskStore
from aggregator.tasks import Writes

KIND = "alerts"
MOST = 500  # alerts in one post
PACE = timedelta(minutes=1)  # between two posts, and before the first repetition of one that failed
LONGEST_WAIT = timedelta(hours=1)
GIVEN_UP = timedelta(days=3)  # after which a post would be news to nobody


class AlertNotifier:
    """The alerts of one service."""

    def __init__(
        self,
        storage: TaskStore,
        client: Callable[[], Client],
        write: Writes,
        *,
        config: Callable[[], Config],
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._client = client
        self._write = write
        self._config = config
        self._clock = clock

    async def tell(self) -> None:
        """Log what is new; its post becomes due."""
        for alert in await self._write(lambda: self._storage.tell_alerts(self._clock())):
            say = log.info if alert.cleared else log.warning
            say(
                "alert over" if alert.cleared else "alert",
                source=alert.source,
                kind=alert.kind.value,
                message=alert.message,
            )

    async def run(self, task: Task) -> datetime | None:
        """Post what was not posted yet; returns when to look again."""
        now, address = self._clock(), self._config().alerts
        posted = await self._write(lambda: self._storage.unsent_alerts(MOST))
        if not posted:
            return None
        if address:
            try:
                await self._client().post_json(address, self._list(posted))
            except FetchError as error:  # whose words name the address, which may be a secret
                if now - max(alert.cleared or alert.raised for alert in posted) < GIVEN_UP:
                    log.warning(
                        "alerts not posted", cause=error.cause, status=error.status, alerts=len(posted)
                    )
                    return now + min(PACE * (1 << min(task.attempts, 10)) / 2, LONGEST_WAIT)
                log.error("alerts given up", cause=error.cause, status=error.status, alerts=len(posted))
        await self._write(lambda: self._storage.alerts_sent(posted))
        return now + PACE

    def _list(self, posted: Sequence[Alert]) -> object:
        return {
            "publication": self._config().publication.name,
            "alerts": [as_json(alert) for alert in posted],
        }


def as_json(alert: Alert) -> dict[str, object]:
    """One alert as it is posted. `id` is the same when it is posted again, and no other's: numbers are used
    again after `forget` and a restore."""
    return {
        "id": f"{alert.number}-{alert.raised:%Y%m%dT%H%M%S%f}-{alert.state}",
        "state": alert.state,
        "kind": alert.kind.value,
        "source": alert.source,
        "organisation": alert.organisation,
        "message": alert.message,
        "since": alert.raised.isoformat(),
        "cleared": alert.cleared.isoformat() if alert.cleared else None,
    }
