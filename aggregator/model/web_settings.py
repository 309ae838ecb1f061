"""Settings of the public side: proxies in front of it, and sites that may embed its channels."""

from ipaddress import ip_network

from msgspec import Struct

from aggregator.model.push_settings import Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ALL_CHANNELS = "all"  # the merged channel, as addresses and sources.yaml name it


class Embedding(Struct, frozen=True):
    """Origins whose pages may frame /embed/CHANNEL: those of every channel, and those of single ones."""

    allow: tuple[str, ...] = ()
    channels: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def origins(self, channel: str) -> tuple[str, ...]:
        """Return the origins that may frame a channel ("" for the merged one)."""
        own = next((origins for name, origins in self.channels if name == channel), ())
        return tuple(dict.fromkeys((*self.allow, *own)))
