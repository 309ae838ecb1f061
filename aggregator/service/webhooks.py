"""Webhooks: the releases of a channel, told one by one to an operator's address.

Each webhook reads, in the order of commits, which items entered its channel and what changed publicly, and
notes what it is to be told: one message an item, with the content of then. A message that is not accepted is
tried again behind those of other items, so that no release can block a webhook. Never logs an address or a
secret.
"""

import asyncio
import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from msgspec.structs import replace

from aggregator.errors import FetchError
from aggregator.fetch.push import Pusher, Response
from aggregator.log import log
from aggregator.model.push import Hook, HookEvent, HookItem, PushKind, PushOutcome, PushResult
from aggregator.model.push_settings import ReleaseWebhook
from aggregator.model.release import Release
from aggregator.model.settings import Config
from aggregator.policy import schedule, webhook
from aggregator.publish.publisher import Publisher
from aggregator.render.webhook import Message, body
from aggregator.storage import Storage
from aggregator.tasks import Writes
from aggregator.websub.in_flight import InFlight

READ_AT_ONCE = 200  # changes, and as many new items
TOLD_AT_ONCE = 20  # messages, until what is new is read again: a withdrawal does not wait behind more
LOOK_EVERY = timedelta(seconds=1)  # for retries; a change is looked for at each step


@dataclass(slots=True)
class Webhooks:
    """Tells every configured webhook, each in a task of its own."""

    storage: Storage
    publisher: Publisher
    pusher: Callable[[], Pusher]
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    observe: Callable[[PushResult], None] = lambda result: None
    running: InFlight = field(default_factory=InFlight)
    _seen: dict[str, int] = field(default_factory=dict)  # newest change that each has read
    _looked: dict[str, datetime] = field(default_factory=dict)

    async def step(self) -> None:
        """Begin the work of webhooks for which something has changed, or a retry may be due."""
        if not (hooks := self.config().webhooks):
            return
        now, seq = self.clock(), await asyncio.to_thread(self.storage.items.seq)
        for hook in hooks:
            looked = self._looked.get(hook.url)
            is_new = self._seen.get(hook.url) != seq or looked is None or abs(now - looked) >= LOOK_EVERY
            if is_new and hook.url not in self.running:
                self._seen[hook.url], self._looked[hook.url] = seq, now
                self.running.begin({hook.url}, self._serve(hook))

    async def _serve(self, to: ReleaseWebhook) -> None:
        """Read what is new for a webhook, and tell it what it has not accepted yet."""
        hook = await self.write(lambda: self.storage.push.webhook(to.url, self.clock()))
        hook = await self._read(hook, to)
        if hook.due <= self.clock():
            waiting = await asyncio.to_thread(self.storage.push.untold, hook, self.clock(), TOLD_AT_ONCE)
            for item in waiting:
                hook = await self._tell(hook, to, item)
                if hook.due > self.clock():
                    break
            if len(waiting) == TOLD_AT_ONCE:
                self._seen.pop(to.url, None)  # there may be more
        self.running.free({to.url})

    async def _read(self, hook: Hook, to: ReleaseWebhook) -> Hook:
        """Note what the webhook is to be told; returns it as it is then."""
        while True:
            present = hook
            read, found = await asyncio.to_thread(self.storage.push.news, present, to.channel, READ_AT_ONCE)
            if read == present:
                return present
            items: dict[str, HookItem] = {}
            for news in found:  # several may be about one item
                known = items.get(news.public_id, news.known)
                if (told := webhook.told(replace(news, known=known), self.clock())) is not None:
                    items[news.public_id] = told
            await self.write(lambda: self.storage.push.write_webhook(read, tuple(items.values())))  # noqa: B023
            hook = read

    async def _tell(self, hook: Hook, to: ReleaseWebhook, item: HookItem) -> Hook:
        """Post one message, and record what came of it."""
        message = await asyncio.to_thread(self._message, to, item)
        if message is None:  # it has left the outputs: a change says so, or has said so
            after = webhook.is_void(item)
            await self._record(hook, item, after)
            return hook
        now, response, reason = self.clock(), Response(0, b"", ""), ""
        try:
            response = await self._post(to, message)
            reason = f"answered {response.status}"
        except FetchError as error:
            reason = str(error)
        wish = schedule.retry_after(response.retry_after, now)
        if response.is_success:
            told = message.release.public_id if message.release else item.told
            after, changed = webhook.accepted(replace(item, told=told)), webhook.hook_accepted(hook, now)
        else:
            after, changed = webhook.refused(item, now, wish=wish), webhook.hook_failed(hook, now, wish=wish)
            log.warning(
                "webhook: message not accepted",
                host=urlsplit(to.url).hostname,
                item=item.id,
                reason=reason,
                failures=changed.failures,
            )
        outcome = PushOutcome.DELIVERED if response.is_success else PushOutcome.FAILED
        self.observe(PushResult(PushKind.WEBHOOK, outcome, (self.clock() - message.at).total_seconds()))
        await self._record(changed, item, after)
        return changed

    async def _record(self, hook: Hook, item: HookItem, after: HookItem | None) -> None:
        kept, forgotten = ((after,), ()) if after is not None else ((), (item.public_id,))
        await self.write(lambda: self.storage.push.write_webhook(hook, kept, forgotten))

    def _message(self, to: ReleaseWebhook, item: HookItem) -> Message | None:
        """Return the message about an item as it is now; None if it is in no output and its withdrawal is yet
        to be read."""
        publication = self.config().publication
        page = f"{publication.url}items/{item.id}"
        assert item.event is not None, "it waits to be told"
        assert item.at is not None, "it waits to be told"
        found = None if item.event is HookEvent.WITHDRAWN else self.publisher.release(item.id)
        release = found if isinstance(found, Release) else None
        if release is None and item.event is not HookEvent.WITHDRAWN:
            return None
        return Message(
            id=f"{item.id}-{item.event.value}-{item.ref}",
            event=item.event,
            at=item.at,
            publication=publication.name,
            channel=publication.url + to.channel,
            item=item.id,
            page=page,
            told=item.told or page,
            release=release,
        )

    async def _post(self, to: ReleaseWebhook, message: Message) -> Response:
        content = body(message, to.format)
        fields = [("Content-Type", "application/json"), ("Webhook-Id", message.id)]
        if to.secret:
            timestamp = str(round(self.clock().timestamp()))
            signed = signature(to.secret, message.id, timestamp, content)
            fields += [("Webhook-Timestamp", timestamp), ("Webhook-Signature", f"v1,{signed}")]
        return await self.pusher().post(to.url, content, fields, networks=to.allow_networks)


def signature(secret: str, identifier: str, timestamp: str, content: bytes) -> str:
    """Return the HMAC-SHA256 over id, timestamp in seconds and body, joined by dots, in base64 (the scheme of
    the Standard Webhooks specification)."""
    signed = f"{identifier}.{timestamp}.".encode() + content
    return b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
