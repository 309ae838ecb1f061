"""Links between the documents of a channel (RFC 5005 section 4), and the channel of withdrawals."""

import json

import pytest
from lxml import etree
from msgspec.structs import replace

from aggregator import render
from aggregator.model.release import Channel
from aggregator.render import Format
from aggregator.render.channels import withdrawals
from tests.line.valid import ATOM
from tests.render.given import AUTHORITY, NOW, PUBLICATION, channel

OWN = "https://releases.example/"
FEED = replace(channel(), newest_archive=3)
WITHDRAWALS = withdrawals(PUBLICATION, NOW, AUTHORITY)


def links(of: Channel) -> dict[str, str]:
    feed = etree.fromstring(render.document(of, (), Format.ATOM))
    found = {str(each.get("rel")): str(each.get("href")) for each in feed.iterfind("a:link", ATOM)}
    return {
        relation: address.removeprefix(OWN) for relation, address in found.items() if relation != "alternate"
    }


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (channel(), {"self": "feed.atom"}),
        (FEED, {"self": "feed.atom", "prev-archive": "archive/3.atom"}),
        (
            replace(FEED, archive=3),
            {"self": "archive/3.atom", "current": "feed.atom", "prev-archive": "archive/2.atom"},
        ),
        (
            replace(FEED, archive=1),
            {"self": "archive/1.atom", "current": "feed.atom", "next-archive": "archive/2.atom"},
        ),
        (WITHDRAWALS, {"self": "withdrawals.atom"}),
        (
            replace(WITHDRAWALS, newest_archive=1),
            {"self": "withdrawals.atom", "prev-archive": "withdrawals/archive/1.atom"},
        ),
        (
            replace(WITHDRAWALS, after=7, last=9, has_more=True),
            {"self": "withdrawals.atom?after=7", "next": "withdrawals.atom?after=9"},
        ),
        (replace(WITHDRAWALS, after=7, last=9, newest_archive=1), {"self": "withdrawals.atom?after=7"}),
    ],
)
def test_documents_link_those_before_and_after(of: Channel, expected: dict[str, str]) -> None:
    assert links(of) == expected


@pytest.mark.parametrize(
    ("of", "address", "following"),
    [
        (FEED, "feed.json", "archive/3.json"),
        (replace(FEED, archive=1), "archive/1.json", None),
        (
            replace(WITHDRAWALS, after=7, last=9, has_more=True),
            "withdrawals.json?after=7",
            "withdrawals.json?after=9",
        ),
        (replace(WITHDRAWALS, after=9, last=9), "withdrawals.json?after=9", None),
    ],
)
def test_a_json_feed_links_its_next_page(of: Channel, address: str, following: str | None) -> None:
    head = json.loads(render.document(of, (), Format.JSON))
    assert head["feed_url"] == OWN + address
    assert head.get("next_url") == (following and OWN + following)
    assert head.get("_publicwire", {}).get("last") == (of.last or None)
