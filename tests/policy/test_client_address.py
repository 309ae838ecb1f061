"""Clients behind proxies: only what trusted ones say is believed."""

from ipaddress import ip_network

import pytest

from aggregator.model.web_settings import LOOPBACK
from aggregator.policy.client_address import HOPS_MAX, client_of, network_of

TRUSTED = (*LOOPBACK, ip_network("10.0.0.0/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),  # not trusted
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  # 1.1.1.1 is what the client says
        ("127.0.0.1", ["1.1.1.1", "198.51.100.1,10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["198.51.100.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, unknown, 10.1.2.3"], "10.1.2.3"),
        ("::ffff:127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("::1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("::1", ["2001:db8::1%eth0"], "2001:db8::1"),
        ("unix", ["198.51.100.1"], "unix"),
        ("127.0.0.1", ["198.51.100.1" + ",10.1.2.3" * (HOPS_MAX + 1)], "10.1.2.3"),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_no_trusted_proxy(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert client_of(peer, forwarded, TRUSTED) == client


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("unix", "unix"),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_network(client: str, network: str) -> None:
    assert network_of(client) == network
