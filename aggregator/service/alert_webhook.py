"""Alert webhook: each alert is logged once, and posted as JSON to the operator's address.

Posting is durable work with retries and never delays a poll. `policy.alerts` decides what is an alert.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta

from aggregator.errors import Cause, FetchError
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model.alert import Alert
from aggregator.model.settings import Config
from aggregator.model.websub import Task
from aggregator.storage import TaskStore
from aggregator.tasks import Writes

ALERTS_PER_POST_MAX = 500
POST_EVERY = timedelta(minutes=1)  # between two posts, and before the first retry
RETRY_EVERY_MAX = timedelta(hours=1)
DROPPED_AFTER = timedelta(days=3)  # the operator has seen the log by then

ALLOW = "of a host in a private network write `alerts: {url: …, allow_networks: […]}`"


@dataclass(frozen=True, slots=True)
class AlertNotifier:
    """Logs and posts the alerts of one service."""

    storage: TaskStore
    client: Callable[[], Client]
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]

    async def log_new(self) -> None:
        """Log new and ended alerts; their post becomes due."""
        for alert in await self.write(lambda: self.storage.tell_alerts(self.clock())):
            say = log.info if alert.cleared else log.warning
            say(
                "alert over" if alert.cleared else "alert",
                source=alert.source,
                kind=alert.kind.value,
                message=alert.message,
            )

    async def run(self, task: Task) -> datetime | None:
        """Post what was not posted yet; returns when the task is due again, None when nothing is left."""
        now, config = self.clock(), self.config()
        posted = await self.write(lambda: self.storage.unsent_alerts(ALERTS_PER_POST_MAX))
        if not posted:
            return None
        if (webhook := config.alerts) is not None:
            body = {
                "text": "\n".join(map(text, posted)),
                "publication": config.publication.name,
                "alerts": [as_json(alert) for alert in posted],
            }
            try:
                await self.client().post_json(webhook.url, body, webhook.allow_networks)
            except FetchError as error:  # its message names the address, which may be a secret
                cure = ALLOW if error.cause is Cause.REFUSED else ""
                if now - max(alert.cleared or alert.raised for alert in posted) < DROPPED_AFTER:
                    log.warning(
                        "alerts not posted",
                        cause=error.cause,
                        status=error.status,
                        alerts=len(posted),
                        cure=cure,
                    )
                    return now + min(POST_EVERY * (1 << min(task.attempts, 10)) / 2, RETRY_EVERY_MAX)
                log.error(
                    "alerts dropped", cause=error.cause, status=error.status, alerts=len(posted), cure=cure
                )
        await self.write(lambda: self.storage.alerts_sent(posted))
        return now + POST_EVERY


def text(alert: Alert) -> str:
    """Return an alert in one sentence, for chats that show a field `text`."""
    over = " is over" if alert.cleared else ""
    of = f"{alert.organisation} ({alert.source})" if alert.source else alert.organisation
    return f"{of}, alert {alert.kind.value}{over}: {alert.message}"


def as_json(alert: Alert) -> dict[str, object]:
    """Return one alert as it is posted. `id` is unique and the same when it is posted again: numbers alone
    are reused after `forget` and a restore."""
    return {
        "id": f"{alert.number or alert.kind.value}-{alert.raised:%Y%m%dT%H%M%S%f}-{alert.state}",
        "text": text(alert),
        "state": alert.state,
        "kind": alert.kind.value,
        "source": alert.source,
        "organisation": alert.organisation,
        "message": alert.message,
        "since": alert.raised.isoformat(),
        "cleared": alert.cleared.isoformat() if alert.cleared else None,
    }
