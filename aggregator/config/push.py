"""The keys of push in sources.yaml: the WebSub hub that documents advertise."""

from aggregator.config import addresses, values
from aggregator.config.section import Section
from aggregator.model.settings import HmacMethod, Hub

OWN, OFF = "own", "off"


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


def _hub(value: str) -> Hub:
    if value in (OWN, OFF):
        return Hub(is_own=value == OWN)
    try:
        return Hub(is_own=False, url=addresses.webhook(value))
    except ValueError as error:
        if "//" in value:
            raise
        raise ValueError("must be `own`, `off` or the address of another hub") from error
