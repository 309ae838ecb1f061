"""The client behind trusted proxies (X-Forwarded-For), and the network that its requests count for. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aggregator.model.push_settings import Network

HOPS_MAX = 32  # of X-Forwarded-For; a longer one is not read further
CLIENT_PREFIX = 64  # bits: one client has many IPv6 addresses


def client_of(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the address of a client: that of the peer, or where the peer is trusted the rightmost address in
    the X-Forwarded-For fields that is not.

    What stands to the left of it was written by the client itself. A hop that is no address ends the reading:
    the proxy to its right is the client then.
    """
    client = peer
    hops = [hop.strip() for field in forwarded for hop in field.split(",")]
    for hop in reversed(hops[-HOPS_MAX:]):
        if not _is_trusted(client, trusted):
            break
        address = _address(hop)
        if address is None:
            break
        client = str(address)
    return client


def network_of(client: str) -> str:
    """Return an IPv4 address, or the /64 of an IPv6 address; any other name as it is."""
    address = _address(client)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, CLIENT_PREFIX), strict=False))
    return str(address) if address is not None else client


def _is_trusted(client: str, trusted: Sequence[Network]) -> bool:
    address = _address(client)
    return address is not None and any(address in network for network in trusted)


def _address(written: str) -> IPv4Address | IPv6Address | None:
    """Return an address, with or without a port and brackets; an IPv4 address mapped into IPv6 as it is."""
    name = written.strip()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
