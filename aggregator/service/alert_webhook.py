"""Alerts to the operator: each is logged once, posted as JSON to a webhook, and sent by e-mail.

Sending is durable work with retries and never delays a poll. `policy.alerts` decides what is an alert.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta

from aggregator.errors import Cause, FetchError
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model.alert import Alert, AlertChannel
from aggregator.model.push_settings import Encryption
from aggregator.model.settings import Config
from aggregator.model.websub import Task
from aggregator.service import mail
from aggregator.service.veto_links import Offered, VetoLinks
from aggregator.storage.sql.task_store import TaskStore
from aggregator.tasks import Writes

ALERTS_PER_POST_MAX = 500
POST_EVERY = timedelta(minutes=1)  # between two posts, and before the first retry
RETRY_EVERY_MAX = timedelta(hours=1)
DROPPED_AFTER = timedelta(days=3)  # the operator has seen the log by then

NOT_SENT = {AlertChannel.WEBHOOK: "not posted", AlertChannel.MAIL: "not mailed"}
ALLOW = "of a host in a private network write `alerts: {url: …, allow_networks: […]}`"


@dataclass(frozen=True, slots=True)
class AlertNotifier:
    """Logs and sends the alerts of one service."""

    storage: TaskStore
    client: Callable[[], Client]
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    vetoes: VetoLinks | None = None

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
        """Send what was not sent yet by the channel of a task; returns when the task is due again, None when
        nothing is left."""
        now, channel = self.clock(), AlertChannel(task.subject)
        posted = await self.write(lambda: self.storage.unsent_alerts(ALERTS_PER_POST_MAX, channel))
        if not posted:
            return None
        try:
            await (self._mail(posted) if channel is AlertChannel.MAIL else self._post(posted))
        except FetchError as error:  # its message names the address, which may be a secret
            last = max(alert.cleared or alert.raised for alert in posted)
            is_dropped = now - last >= DROPPED_AFTER
            say = log.error if is_dropped else log.warning
            say(
                f"alerts {'dropped' if is_dropped else NOT_SENT[channel]}",
                cause=error.cause,
                status=error.status,
                alerts=len(posted),
                cure=_cure(channel, error),
            )
            if not is_dropped:
                return now + min(POST_EVERY * (1 << min(task.attempts, 10)) / 2, RETRY_EVERY_MAX)
        await self.write(lambda: self.storage.alerts_sent(posted, channel))
        return now + POST_EVERY

    async def _post(self, posted: Sequence[Alert]) -> None:
        config = self.config()
        if (webhook := config.alerts) is not None:
            links = await self._links(posted, is_private=webhook.url.startswith("https:"))
            body = {
                "text": "\n".join(text(alert, links.get(alert.number, ())) for alert in posted),
                "publication": config.publication.name,
                "alerts": [as_json(alert, links.get(alert.number, ())) for alert in posted],
            }
            await self.client().post_json(webhook.url, body, webhook.allow_networks)

    async def _mail(self, posted: Sequence[Alert]) -> None:
        config = self.config()
        if (settings := config.mail) is not None and settings.to:
            is_private = settings.smtp.encryption is not Encryption.NONE
            links = await self._links(posted, is_private=is_private)
            first, more = text(posted[0]), len(posted) - 1
            # No line of another's: a message holds words of a feed.
            told = ((mail.line(text(alert)), *_vetoes(links.get(alert.number, ()))) for alert in posted)
            letter = mail.message(
                settings,
                settings.to,
                name=config.publication.name,
                subject=f"{more + 1} alerts: {first}" if more else first,
                text="\n\n".join(map("\n".join, told)),
                now=self.clock(),
                key=" ".join(identity(alert) for alert in posted),
            )
            await asyncio.to_thread(mail.send, settings.smtp, letter)

    async def _links(self, posted: Sequence[Alert], *, is_private: bool) -> Mapping[int, Sequence[Offered]]:
        """Return the links that veto releases, by alert, for a channel that no network can read. They are in
        nothing that is logged."""
        vetoes = self.vetoes
        return await self.write(lambda: vetoes.offered(posted)) if vetoes and is_private else {}


def _cure(channel: AlertChannel, error: FetchError) -> str:
    if channel is AlertChannel.MAIL:
        return f"{error}; see `alerts: {{email: …}}` in sources.yaml"
    return ALLOW if error.cause is Cause.REFUSED else ""


def text(alert: Alert, links: Sequence[Offered] = ()) -> str:
    """Return an alert in one sentence, for chats that show a field `text`; a line for each link."""
    over = " is over" if alert.cleared else ""
    of = f"{alert.organisation} ({alert.source})" if alert.source else alert.organisation
    said = f"{of}, alert {alert.kind.value}{over}: {alert.message}"
    return "\n".join((said, *_vetoes(links)))


def _vetoes(links: Sequence[Offered]) -> tuple[str, ...]:
    return tuple(f"hold {each.item} before {each.until:%Y-%m-%d %H:%M} UTC: {each.url}" for each in links)


def identity(alert: Alert) -> str:
    """Return the id of a state of an alert, unique and the same when it is sent again: numbers alone are
    reused after `forget` and a restore."""
    return f"{alert.number or alert.kind.value}-{alert.raised:%Y%m%dT%H%M%S%f}-{alert.state}"


def as_json(alert: Alert, links: Sequence[Offered] = ()) -> dict[str, object]:
    """Return one alert as it is posted."""
    return {
        "id": identity(alert),
        "text": text(alert),
        "state": alert.state,
        "kind": alert.kind.value,
        "source": alert.source,
        "organisation": alert.organisation,
        "message": alert.message,
        "since": alert.raised.isoformat(),
        "cleared": alert.cleared.isoformat() if alert.cleared else None,
        **(
            {
                "veto": [
                    {"item": each.item, "until": each.until.isoformat(), "url": each.url} for each in links
                ]
            }
            if links
            else {}
        ),
    }
