"""Discovery of the hub of a feed, and whether it could reach the callback."""

from ipaddress import ip_network

import pytest
from msgspec.structs import replace

from aggregator.model.document import Document, Fetched
from aggregator.model.settings import Config
from aggregator.model.websub import Advert
from aggregator.websub.discovery import advertised, can_subscribe, usable_advert
from tests.given import config

FEED = "https://ministry.example/news/feed.xml"
HUB = "https://hub.example/"
LOOPBACK = (ip_network("127.0.0.0/8"),)


def fetched(*links: str, url: str = FEED) -> Fetched:
    return Fetched(url, 200, b"", headers=(("etag", '"x"'), *(("link", link) for link in links)))


def document(*hubs: str, self_url: str = "", base: str = FEED, complete: bool = True) -> Document:
    return Document("atom10", hubs=hubs, self_url=self_url, base=base, complete=complete)


def set_up(url: str = "https://releases.example/", *, websub: bool = True) -> Config:
    plain = config()
    return replace(
        plain,
        publication=replace(plain.publication, url=url),
        poll=replace(plain.poll, websub=websub),
        hub_networks=LOOPBACK,
    )


@pytest.mark.parametrize(
    "links",
    [
        (f'<{HUB}>; rel="hub"', f'<{FEED}>; rel="self"'),
        (f'<{HUB}>; rel=hub, <{FEED}>; rel="self"',),
        (f"<{HUB}>;rel=hub,<feed.xml>;rel=self",),
        (f'<{HUB}>; title="a, b; c"; REL="preload Hub", </news/feed.xml#top>; rel="self"; rel="next"',),
        (f'<{HUB}>;   \t  rel  =  "hub"', f'<{FEED}>; rel="self"; x'),
    ],
)
def test_headers_name_hub_and_topic(links: tuple[str, ...]) -> None:
    assert advertised(fetched(*links), document()) == Advert(HUB, FEED)


def test_headers_go_before_the_document() -> None:
    said = document("https://other.example/", self_url="https://ministry.example/other.xml")
    links = (f'<{HUB}>; rel="hub"', f'<{FEED}>; rel="self"')
    assert advertised(fetched(*links), said) == Advert(HUB, FEED)


def test_without_a_hub_in_the_headers_the_document_counts_as_a_whole() -> None:
    said = document("/hub", self_url="other.xml")
    assert advertised(fetched(f'<{FEED}>; rel="self"', "<x>; rel=prev"), said) == Advert(
        "https://ministry.example/hub", "https://ministry.example/news/other.xml"
    )


def test_the_topic_defaults_to_the_address_of_the_document() -> None:
    assert advertised(fetched(f"<{HUB}>; rel=hub"), document(self_url="a.xml")).topic.endswith("/news/a.xml")
    assert advertised(fetched(f"<{HUB}>; rel=hub"), document()) == Advert(HUB, FEED)


def test_a_query_that_may_hold_a_key_is_not_sent_to_a_hub() -> None:
    assert advertised(fetched(f"<{HUB}>; rel=hub", url=FEED + "?key=1"), document()) == Advert()


def test_a_hub_over_https_is_preferred() -> None:
    said = document("http://a.example/", "https://b.example/", "https://c.example/")
    assert advertised(fetched(), said).hub == "https://b.example/"


@pytest.mark.parametrize(
    "hub",
    [
        "",
        "   ",
        "file:///etc/passwd",
        "ftp://hub.example/",
        "javascript:alert(1)",
        "https://user:password@hub.example/",
        "https://[broken/",
        "https://hub.example/a b",
        "https://hub.example/a\u2028b",
        "https://hub.example/" + "x" * 2_000,
    ],
)
def test_an_invalid_hub_address_is_none(hub: str) -> None:
    assert advertised(fetched(), document(hub, self_url=FEED)) == Advert()


def test_endless_links_are_read_only_so_far() -> None:
    many = ", ".join(["<x>; rel=prev"] * 50)
    assert advertised(fetched(many, f"<{HUB}>; rel=hub"), document()) == Advert()
    blanks = "<x>;a" + " " * 4_000
    assert advertised(fetched(*[blanks] * 16), document()) == Advert()


def test_a_torn_document_or_a_file_advertises_no_hub() -> None:
    assert usable_advert(set_up(), fetched(), document(complete=False)) is None
    assert usable_advert(set_up(), fetched(url="file:///feed.xml"), document(HUB)) is None


def test_a_hub_counts_only_if_wanted_and_able_to_reach_us() -> None:
    said = document(HUB, self_url=FEED)
    assert usable_advert(set_up(), fetched(), said) == Advert(HUB, FEED)
    assert usable_advert(set_up(websub=False), fetched(), said) == Advert()
    assert usable_advert(set_up("http://127.0.0.1:8000/"), fetched(), said) == Advert()


@pytest.mark.parametrize(
    ("publication", "hub", "reachable"),
    [
        ("https://releases.example/", HUB, True),
        ("http://127.0.0.1:8000/", HUB, False),
        ("http://localhost:8000/", HUB, False),
        ("http://10.1.2.3/", HUB, False),
        ("http://[::1]/", HUB, False),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:9000/hub", True),
        ("http://desk.localhost:8000/", "http://localhost/hub", True),
        ("http://127.0.0.1:8000/", "http://10.0.0.1/hub", False),
    ],
)
def test_a_hub_can_reach_public_addresses_and_those_of_its_own_network(
    publication: str, hub: str, reachable: bool
) -> None:
    assert can_subscribe(set_up(publication), hub) is reachable
