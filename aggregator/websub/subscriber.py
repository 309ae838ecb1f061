"""Asks hubs to tell us of news, to go on, or to stop (WebSub section 5.1). Decides nothing, and never
logs a callback or a secret."""

from collections.abc import Callable
from datetime import datetime

from aggregator.errors import FetchError
from aggregator.fetch.address import public_url
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model import Subscription, SubscriptionState, Task
from aggregator.model.settings import Config
from aggregator.policy import schedule, subscription
from aggregator.storage import TaskStore
from aggregator.tasks import Writes
from aggregator.websub.discovery import is_reachable

KIND = "websub"
PATH = "websub/"  # of callbacks, under publication.url


class Subscriber:
    """Takes the next step with one subscription whenever its task is due."""

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

    async def run(self, task: Task) -> datetime | None:
        """One step; returns when the next one is due."""
        now, number = self._clock(), int(task.subject)
        made = await self._write(
            lambda: self._storage.update_subscription(
                number, lambda found: subscription.looked_at(found, now, wanted=self._wants(found))
            )
        )
        if made is not None and made.asked == now:
            await self._ask(made)
        elif made is not None and made.state is SubscriptionState.BROKEN:
            log.warning("hub broken", source=made.source, hub=public_url(made.hub), reason=made.reason)
        return None if made is None else made.due

    def _wants(self, found: Subscription) -> bool:
        config = self._config()
        allowed = config.poll.allow_networks
        return config.poll.websub and is_reachable(config.publication.url, found.hub, allowed)

    async def _ask(self, made: Subscription) -> None:
        mode = "unsubscribe" if made.state is SubscriptionState.LEAVING else "subscribe"
        try:
            await self._post(made, mode)
        except FetchError as error:
            now, reason = self._clock(), str(error)
            wish = schedule.retry_after(error.retry_after, now)
            await self._write(
                lambda: self._storage.update_subscription(
                    made.number, lambda found: subscription.failed(found, reason, now, wish=wish)
                )
            )
            log.warning("hub failed", source=made.source, mode=mode, reason=reason)
        else:
            log.info("hub asked", source=made.source, mode=mode, hub=public_url(made.hub))

    async def _post(self, made: Subscription, mode: str) -> None:
        """Section 8.2: over https where that can be had, even if the feed names http."""
        form = [
            ("hub.mode", mode),
            ("hub.topic", made.topic),
            ("hub.callback", f"{self._config().publication.url}{PATH}{made.token}"),
        ]
        if mode == "subscribe":
            # Over http the secret can be overheard. That lets others make us poll, which is all a
            # delivery does; without a secret everybody could.
            form += [
                ("hub.lease_seconds", str(round(subscription.LEASE_REQUESTED.total_seconds()))),
                ("hub.secret", made.secret),
            ]
        secure = over_https(made.hub)
        if secure != made.hub:
            try:
                await self._client().post(secure, form)
                return
            except FetchError as error:
                if error.cause != "network":
                    raise
        await self._client().post(made.hub, form)


def over_https(hub: str) -> str:
    """The same hub over https; itself where a port is named, which speaks one of the two."""
    host = hub.removeprefix("http://").partition("/")[0]
    return hub.replace("http://", "https://", 1) if ":" not in host else hub
