"""Only a feed's own address is removed, in each form in which it may stand in a text."""

from html import escape

import pytest

from aggregator.model.entry import Origin
from aggregator.model.house_style import Styled
from aggregator.model.item import Item
from aggregator.normalise.feed_address import remover

FEED = "https://origin.example/feed?key=marker-Zx91&lang=en"


@pytest.mark.parametrize(
    ("said", "published"),
    [
        (f'<a href="{escape(FEED)}#n">a</a>', "<a>a</a>"),
        (f'<a href="{escape(FEED)}&amp;page=2">a</a>', f'<a href="{escape(FEED)}&amp;page=2">a</a>'),
        (f"see {FEED}, and {FEED}2", f"see , and {FEED}2"),
        (f"{FEED}%2", f"{FEED}%2"),
        ("https://origin.example/feed", "https://origin.example/feed"),
        (f"http://www.{FEED.partition('://')[2]}", ""),
        (f"{FEED}&utm_source=x", f"{FEED}&utm_source=x"),
    ],
)
def test_only_the_whole_address_is_removed(said: str, published: str) -> None:
    assert remover(FEED, is_public=False).text(said) == published


@pytest.mark.parametrize("feed", ["https://origin.example/feed", "https://origin.example/feed?", "file:///a"])
def test_an_address_without_a_query_is_not_removed(feed: str) -> None:
    said = f'<a href="{feed}">a</a>'
    assert remover(feed, is_public=False).text(said) == said


def test_a_tracker_in_the_configured_address_does_not_hide_it() -> None:
    feed = remover(f"{FEED}&utm_source=x", is_public=False)
    assert feed.text(f"{FEED}#a {FEED}&utm_source=x") == " "


def test_what_an_origin_says_of_itself_does_not_name_the_feed() -> None:
    origin = Origin("Office", FEED, FEED, FEED, "", f"see {FEED}", (FEED, "Press Office"))
    item = remover(FEED, is_public=False).item(Item(keys=(), title="T", origin=origin))
    assert item.origin == Origin("Office", rights="see ", authors=("Press Office",))


def test_what_a_house_style_shows_does_not_name_the_feed() -> None:
    said = f"see {FEED}"
    styled = Styled("rules", said, is_body=True, content=f"<p>{said}</p>", summary=said, text=said)
    item = remover(FEED, is_public=False).item(Item(keys=(), title="T", styled=styled))
    assert item.styled == Styled(
        "rules", "see ", is_body=True, content="<p>see </p>", summary="see ", text="see "
    )
