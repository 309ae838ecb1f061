"""OPML of subscriptions: folders, categories, hostile XML."""

import pytest

from aggregator.errors import ParseError
from aggregator.model.feed_list import FeedList, Listed, Remark
from aggregator.parse import opml

NESTED = b"""<?xml version="1.0"?>
<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="Public bodies"><outline title="Health">
<outline type="rss" text="WHO" title="World Health Organization" xmlUrl=" https://who.example/feed " language="en"/>
</outline><!-- between -->
<outline text="UN" xmlURL="https://un.example/feed" category="/News/World,press, Public bodies"/>
</outline>
<outline type="include" url="https://other.example/list.opml" text="Others"/>
<outline text="a note"/>
</body></opml>
"""


def test_outlines_are_feeds_in_folders() -> None:
    assert opml.read(NESTED) == FeedList(
        (
            Listed(
                4, "https://who.example/feed", "World Health Organization", ("Public bodies", "Health"), "en"
            ),
            Listed(6, "https://un.example/feed", "UN", ("Public bodies", "News", "World", "press")),
        ),
        (
            Remark(
                8,
                "https://other.example/list.opml: is a list at another address; save that as a file and import it",
            ),
        ),
    )


def test_labels_are_bounded() -> None:
    folders = "".join(f'<outline text="{"x" * 100}{n}">' for n in range(30)) + "<outline text=''>"
    feed = f'<outline xmlUrl="https://a.example/" category="{",".join(map(str, range(50)))}"/>'
    text = f"<opml><body>{folders}{feed}{'</outline>' * 31}</body></opml>"
    (found,) = opml.read(text.encode()).feeds
    assert found.labels == ("x" * 60, *map(str, range(19)))


BOMB = b'<!DOCTYPE opml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><opml><body><outline xmlUrl="&b;"/></body></opml>'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "is no OPML: "),
        (b"<opml>", "is no OPML: "),
        (b"<html/>", "is no OPML: its root is <html>"),
        (BOMB, "declares a document type"),
        (
            b'<!DOCTYPE opml SYSTEM "file:///etc/passwd"><opml><body/></opml>',
            "declares a document type",
        ),
        (b"<opml>" + b"<outline/>" * 20_001 + b"</opml>", "has more than 20,000 outlines"),
        (b"<opml>" + b"<outline>" * 100_000, "is no OPML: "),
    ],
)
def test_what_is_no_list_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        opml.read(body)


def test_a_feed_without_an_address_is_named() -> None:
    listed = opml.read(
        b'<opml version="2.0"><body><outline type="rss" text="Nowhere"/><outline text="Folder"/></body></opml>'
    )
    assert [each.message for each in listed.remarks] == ["Nowhere: has no address (xmlUrl)"]
