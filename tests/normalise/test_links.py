"""Links of an item, and those that lead away from home."""

import pytest
from msgspec.structs import replace

from aggregator.model.entry import Markup
from aggregator.model.item import Enclosure, Item, is_quarantined
from aggregator.model.settings import Quarantine
from aggregator.normalise import links
from tests.given import entry, item, source

IN_QUARANTINE = source("ministry", quarantine=Quarantine.FOREIGN_LINKS, links_to=("video.example",))


def body(markup: str) -> Item:
    return item(entry("Bridge", "g1", "https://ministry.example/bridge", body=markup), source("ministry"))


def test_links_are_those_of_the_item_its_files_and_its_text() -> None:
    found = Item(
        keys=(),
        title="Bridge",
        url="https://ministry.example/bridge",
        raw_url="https://ministry.example/bridge?utm_source=feed",
        content='<p><a title="a" href="https://one.example/?a=1&amp;b=2" rel="noopener">one</a></p>',
        summary='<a href="mailto:desk@ministry.example">desk</a> <a href="https://two.example/">two</a>',
        enclosures=(Enclosure("https://files.example/a.pdf"),),
    )
    assert links.of_item(found) == (
        "https://ministry.example/bridge",
        "https://files.example/a.pdf",
        "https://one.example/?a=1&b=2",
        "https://two.example/",
    )


@pytest.mark.parametrize(
    "markup",
    [
        "<a href='https://evil.example/'>read on</a>",
        '<a title="x > y" href="https://evil.example/">read on</a>',
        '<A HREF=https://evil.example/ title="&quot; href=&quot;https://ministry.example/">read on</A>',
        '<p><a href="//evil.example/">read on</a></p>',
        '<a href="https://ministry.example@evil.example/">read on</a>',
        '<iframe src="https://evil.example/embed/1" title="Film"></iframe>',
    ],
)
def test_a_foreign_link_is_found_however_it_is_written(markup: str) -> None:
    (found,) = links.foreign(links.of_item(body(markup)), ("ministry.example",))
    assert "evil.example" in found


def test_a_title_that_looks_like_a_link_is_none() -> None:
    found = body('<a title=" href=&quot;https://evil.example/&quot;" href="https://ministry.example/x">x</a>')
    assert links.foreign(links.of_item(found), ("ministry.example",)) == ()


@pytest.mark.parametrize(
    ("link", "is_held"),
    [
        ("https://ministry.example/more", False),
        ("https://press.ministry.example/more", False),
        ("https://video.example/film", False),
        ("https://ministry.example.evil.example/", True),
        ("https://notministry.example/", True),
    ],
)
def test_an_item_is_in_quarantine_for_links_to_other_hosts_alone(link: str, is_held: bool) -> None:
    said = entry("Bridge", "g1", "https://ministry.example/bridge", body=f'<a href="{link}">more</a>')
    assert is_quarantined(item(said, IN_QUARANTINE)) is is_held
    assert not is_quarantined(item(said, source("ministry")))


def test_a_link_in_the_title_of_an_entry_is_no_link() -> None:
    said = entry("Bridge", "g1", "https://ministry.example/bridge")
    titled = Markup('<a href="https://evil.example/">Bridge</a>', is_html=True)
    assert not is_quarantined(item(replace(said, title=titled), IN_QUARANTINE))


def test_links_of_a_body_are_web_addresses_once_each() -> None:
    html = (
        '<a href="https://one.example/?a=1&amp;b=2">one</a> <a href="https://one.example/?a=1&amp;b=2">1</a>'
    )
    assert links.of_body(html + '<a href="mailto:a@b.example">a</a>') == ("https://one.example/?a=1&b=2",)
