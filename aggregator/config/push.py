"""The keys of push in sources.yaml: the WebSub hub that documents advertise, and webhooks."""

import re
from collections.abc import Sequence

from aggregator.config import addresses, values
from aggregator.config.credentials import Environment, secret
from aggregator.config.section import Section
from aggregator.model.push_settings import HmacMethod, Hub, ReleaseWebhook, WebhookFormat
from aggregator.model.settings import Source
from aggregator.model.web_settings import ALL_CHANNELS

OWN, OFF = "own", "off"
_CHANNEL = re.compile(r"topics/[a-z0-9-]+|sources/[a-z0-9-]+|languages/[a-z]{2,3}")


def hub(top: Section) -> Hub:
    """Return the hub: `own`, `off` or the address of another; or a mapping with these under `url`."""
    if not top.is_mapping("hub"):
        return top.one("hub", _hub, Hub())
    section = top.section("hub")
    chosen = section.one("url", _hub, Hub())
    method = section.one("signature", values.choice(*HmacMethod), HmacMethod.SHA256)
    networks = section.many("allow_networks", addresses.network)
    section.close()
    return Hub(chosen.is_own, chosen.url, networks, method)


def webhooks(
    top: Section, sources: Sequence[Source], environment: Environment | None
) -> tuple[ReleaseWebhook, ...]:
    """Return the webhooks of releases: each an address, or a mapping."""
    found: dict[str, int] = {}
    hooks = []
    for index, section in enumerate(top.sections("webhooks", "url")):
        hook = _webhook(section, environment)
        if hook.url and found.setdefault(hook.url, index) != index:
            section.fault("url", f"is the same address as that of webhooks.{found[hook.url]}; remove one")
        if (fault := unknown_channel(hook.channel, sources)) and section.has("channel"):
            section.fault("channel", fault)
        hooks.append(hook)
    return tuple(hooks)


def _webhook(section: Section, environment: Environment | None) -> ReleaseWebhook:
    form = section.one("format", values.choice(*WebhookFormat), WebhookFormat.JSON)
    hook = ReleaseWebhook(
        url=section.need("url", addresses.webhook),
        channel=section.one("channel", channel, ""),
        format=form,
        secret=section.one("secret", lambda value: secret(value, environment), ""),
        allow_networks=section.many("allow_networks", addresses.network),
    )
    if form is WebhookFormat.JSON and not section.has("secret") and section.has("url"):
        section.fault("", "`secret` is missing; add `secret: $NAME` with the name of an environment variable")
    section.close()
    return hook


def channel(value: str) -> str:
    """Return the name of a channel, "" for all."""
    if value == ALL_CHANNELS:
        return ""
    if not _CHANNEL.fullmatch(value):
        raise ValueError("must be all, topics/TOPIC, sources/ID or languages/LANGUAGE, such as languages/en")
    return value


def unknown_channel(channel: str, sources: Sequence[Source]) -> str:
    """Return the fault of a channel that no source can fill, "" for none."""
    section, _, name = channel.partition("/")
    known = {
        "topics": ("topic", {topic for source in sources for topic in source.all_topics}),
        "sources": ("id", {source.id for source in sources}),
    }
    word, names = known.get(section, ("", {name}))
    return "" if name in names else f"no source has this {word}"


def _hub(value: str) -> Hub:
    if value in (OWN, OFF):
        return Hub(is_own=value == OWN)
    try:
        return Hub(is_own=False, url=addresses.webhook(value))
    except ValueError as error:
        if "//" in value:
            raise
        raise ValueError("must be `own`, `off` or the address of another hub") from error
