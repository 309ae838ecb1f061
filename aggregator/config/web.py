"""The keys of the public side in sources.yaml: trusted proxies, and sites that may embed channels."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from aggregator.config import addresses
from aggregator.config.push import channel, unknown_channel
from aggregator.config.read import Sequence as Listed
from aggregator.config.section import Section
from aggregator.config.values import text
from aggregator.model.push_settings import Network
from aggregator.model.settings import Source
from aggregator.model.web_settings import LOOPBACK, Embedding

ORIGINS_MAX = 100
_BEFORE_LABEL = re.compile(r"(https?://)\*\.")


def trusted_proxies(top: Section) -> tuple[Network, ...]:
    """Return the networks whose X-Forwarded-For is believed; loopback unless there is a list."""
    networks = top.many("trusted_proxies", addresses.network)
    return networks if top.has("trusted_proxies") else LOOPBACK


def embedding(top: Section, sources: Sequence[Source]) -> Embedding:
    """Return the origins that may frame channels."""
    section = top.section("embed")
    allow = section.many("allow", origin)

    def of_channel(name: str, value: object) -> tuple[str, tuple[str, ...]]:
        chosen = channel(name)
        if fault := unknown_channel(chosen, sources):
            raise ValueError(f"`{name}`: {fault}")
        if not isinstance(value, Listed):
            raise ValueError(f"`{name}` must be a list of origins; write `{name}: [https://partner.example]`")
        return chosen, tuple(origin(text(each)) for each in value)

    channels = section.entries("channels", of_channel)
    if max((len(allow), *(len(origins) for _, origins in channels))) > ORIGINS_MAX:
        section.fault("", f"has more than {ORIGINS_MAX} origins of one channel; they go out in each response")
    section.close()
    return Embedding(allow, channels)


def origin(value: str) -> str:
    """Return an origin such as https://partner.example or https://*.partner.example:8443, a host-source of
    CSP level 3 section 2.3.1."""
    wanted = "must be an origin such as https://partner.example or https://*.partner.example, without a path"
    bare = _BEFORE_LABEL.sub(r"\1", value)
    if not bare.startswith(("https://", "http://")) or set(bare) & set(";,'\"*"):
        raise ValueError(wanted)
    parts = urlsplit(addresses.public_url(bare))
    if parts.path != "/":
        raise ValueError(wanted)
    label = "*." if bare != value else ""
    return f"{parts.scheme}://{label}{parts.netloc}"
