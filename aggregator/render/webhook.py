"""Messages of webhooks: JSON for programs, Slack and Microsoft Teams for people. Deterministic.

Hostile titles and texts reach chats as text: Slack's control characters are escaped, and Teams gets text
runs, which it does not read as Markdown. A withdrawal holds nothing of the release but its ids.
"""

import json
from datetime import datetime

from msgspec import Struct

from aggregator.model.push import HookEvent
from aggregator.model.push_settings import WebhookFormat
from aggregator.model.release import Release
from aggregator.render import jsonfeed

TEXT_CHARS_MAX = 2_500  # of an excerpt with the disclaimer, in a chat; Slack cuts messages at 4,000
HEADS = {HookEvent.CREATED: "", HookEvent.CORRECTED: "Corrected: ", HookEvent.WITHDRAWN: "Withdrawn: "}


class Message(Struct, frozen=True):
    """Message to a webhook. `release` is None for a withdrawal; `page` is our own page without the slug,
    which follows the title; `told` is the id that the webhook was told of the item."""

    id: str
    event: HookEvent
    at: datetime
    publication: str
    channel: str  # address of its page
    item: str  # our own id
    page: str
    told: str
    release: Release | None = None


def body(message: Message, kind: WebhookFormat) -> bytes:
    """Return the JSON document that is posted, UTF-8."""
    write = {WebhookFormat.JSON: _json, WebhookFormat.SLACK: _slack, WebhookFormat.TEAMS: _teams}
    return json.dumps(write[kind](message), ensure_ascii=False, separators=(",", ":")).encode()


def _json(message: Message) -> dict[str, object]:
    if message.release is None:
        gone = {"when": message.at.isoformat()}
        item: object = {"id": message.told, "url": message.page, "_withdrawn": gone}
    else:
        item = json.loads(jsonfeed.entry(message.release))
    return {
        "id": message.id,
        "event": message.event.value,
        "at": message.at.isoformat(),
        "publication": message.publication,
        "channel": message.channel,
        "item_id": message.item,
        "item": item,
    }


def _slack(message: Message) -> dict[str, object]:
    head = HEADS[message.event]
    release = message.release
    if release is None:
        return {"text": f"{head}<{message.page}>"}
    title = f"<{release.page}|{_escaped(release.title).replace('|', '¦')}>"
    lines = [f"{head}{_escaped(release.organisation)}: {title}", _escaped(_text(release))]
    if release.url:
        lines.append(f"<{_escaped(release.url).replace('|', '%7C')}>")
    return {"text": "\n".join(lines)}


def _escaped(text: str) -> str:
    """Return a text without Slack's control characters: mentions and links begin with <."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(message: Message) -> dict[str, object]:
    """Return an Adaptive Card, as a workflow that posts to a channel takes it."""
    head, release = HEADS[message.event], message.release
    if release is None:
        texts = [f"{head}{message.page}"]
        links = [("Notice", message.page)]
    else:
        texts = [f"{head}{release.organisation}: {release.title}", _text(release)]  # its disclaimer at least
        links = [("Release", release.page), *([("Original", release.url)] if release.url else [])]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text}]} for text in texts],
        "actions": [{"type": "Action.OpenUrl", "title": title, "url": url} for title, url in links],
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _text(release: Release) -> str:
    """Return the excerpt and the disclaimer; of too long ones the disclaimer, which is the last paragraph."""
    text = release.excerpt_text
    return text if len(text) <= TEXT_CHARS_MAX else text.rpartition("\n\n")[2][:TEXT_CHARS_MAX]
