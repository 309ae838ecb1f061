"""Subscription requests to hubs: subscribe, renew, unsubscribe (WebSub section 5.1). Carries out decisions
of `policy.subscription`; never logs a callback or a secret."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime

from aggregator.errors import FetchError
from aggregator.fetch.address import redacted
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model.settings import Config
from aggregator.model.websub import Subscription, SubscriptionState, Task
from aggregator.policy import schedule, subscription
from aggregator.storage.sql.task_store import TaskStore
from aggregator.tasks import Writes
from aggregator.websub.discovery import can_subscribe

PATH = "websub/"  # of callbacks, below publication.url


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Handler of "websub" tasks: takes the next step of one subscription."""

    storage: TaskStore
    client: Callable[[], Client]
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]

    async def run(self, task: Task) -> datetime | None:
        """Take one step of the subscription; return the time of the next, None when it has ended."""
        now, config, number = self.clock(), self.config(), int(task.subject)

        def step(stored: Subscription) -> Subscription | None:
            return subscription.next_step(stored, now, wanted=can_subscribe(config, stored.hub))

        new = await self.write(lambda: self.storage.update_subscription(number, step))
        if new is not None and new.asked == now:
            await self._request(new)
        elif new is not None and new.state is SubscriptionState.BROKEN:
            log.warning("subscription broken", source=new.source, hub=redacted(new.hub), reason=new.reason)
        return None if new is None else new.due

    async def _request(self, current: Subscription) -> None:
        mode = "unsubscribe" if current.state is SubscriptionState.LEAVING else "subscribe"
        try:
            await self._post(current, mode)
        except FetchError as error:
            now, reason = self.clock(), str(error)
            wish = schedule.retry_after(error.retry_after, now)
            await self.write(
                lambda: self.storage.update_subscription(
                    current.number, lambda stored: subscription.failed(stored, reason, now, wish=wish)
                )
            )
            log.warning("subscription request failed", source=current.source, mode=mode, reason=reason)
        else:
            log.info("subscription requested", source=current.source, mode=mode, hub=redacted(current.hub))

    async def _post(self, current: Subscription, mode: str) -> None:
        """Send a request over https if the hub offers it, even for an http address (section 8.2)."""
        form = [
            ("hub.mode", mode),
            ("hub.topic", current.topic),
            ("hub.callback", f"{self.config().publication.url}{PATH}{current.token}"),
        ]
        if mode == "subscribe":
            # Over http the secret can be eavesdropped. A forged delivery then causes a poll, as any could
            # without a secret.
            form += [
                ("hub.lease_seconds", str(round(subscription.LEASE_REQUESTED.total_seconds()))),
                ("hub.secret", current.secret),
            ]
        secure, networks = over_https(current.hub), self.config().hub_networks
        if secure != current.hub:
            try:
                await self.client().post(secure, form, networks)
                return
            except FetchError as error:
                if error.cause != "network":
                    raise
        await self.client().post(current.hub, form, networks)


def over_https(hub: str) -> str:
    """Return the hub's https address; unchanged with an explicit port, which serves one scheme only."""
    host = hub.removeprefix("http://").partition("/")[0]
    return hub.replace("http://", "https://", 1) if ":" not in host else hub
