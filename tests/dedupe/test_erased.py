"""Keys of erased releases, and the items that they block."""

import pytest
from msgspec.structs import replace

from aggregator.dedupe.decided import feed_digest
from aggregator.dedupe.erased import Erased, key_text, marks
from aggregator.dedupe.within import primary
from aggregator.model.decision import ErasedKey
from aggregator.model.item import Item, KeyKind, Mode
from tests.given import entry, item, source

MINISTRY, MIRROR = source("ministry"), source("mirror")
LONG = "<p>The bridge stays closed until the inquiry has heard all of the witnesses.</p>"
BRIDGE = item(
    entry("Bridge", "https://ministry.example/?p=1", "https://ministry.example/bridge", body=LONG), MINISTRY
)


def erased(release: Item, *, is_home_page: bool = False) -> list[ErasedKey]:
    """The keys that are kept of a release of the ministry."""
    own = key_text(primary(release, Mode.NORMAL))
    found = marks(release, own, release.keys, MINISTRY.domains, is_home_page=is_home_page)
    return [
        ErasedKey(key, "bridge", "ministry", feed_digest(MINISTRY.feed), name == "everywhere")
        for name, keys in found.items()
        for key in keys
    ]


def blocks(keys: list[ErasedKey], listed: Item, *, by: str = "mirror") -> bool:
    feed = feed_digest(f"https://{by}.example/feed.xml")
    return Erased(keys, by, feed).blocks(listed, primary(listed, Mode.NORMAL))


def said(title: str, guid: str, link: str, body: str = "<p>Quite another account of it.</p>") -> Item:
    return item(entry(title, guid, link, body=body), MIRROR)


def test_the_same_text_address_or_guid_is_blocked_by_any_source() -> None:
    keys = erased(BRIDGE)
    assert blocks(keys, said("Bridge", "m1", "https://mirror.example/1", LONG))
    assert blocks(keys, said("Other", "m2", "https://ministry.example/bridge"))
    assert blocks(keys, said("Other", "https://ministry.example/?p=1", "https://mirror.example/2"))
    assert not blocks(keys, said("Other", "m3", "https://mirror.example/3"))


def test_a_source_cannot_have_the_address_or_guid_of_another_one_blocked() -> None:
    theirs = item(
        entry("Trap", "https://mirror.example/?p=7", "https://mirror.example/next", body=LONG), MINISTRY
    )
    keys = erased(theirs)
    genuine = said("Genuine", "https://mirror.example/?p=7", "https://mirror.example/next")
    assert not blocks(keys, genuine)
    assert blocks(keys, genuine, by="ministry")


def test_a_home_page_a_bare_guid_and_a_short_text_block_nothing_of_others() -> None:
    short = item(entry("Closed", "1", "https://ministry.example/", body="<p>Today.</p>"), MINISTRY)
    keys = erased(short, is_home_page=True)
    assert not any(each.everywhere for each in keys)
    assert not blocks(keys, said("Closed", "1", "https://ministry.example/", "<p>Today.</p>"))
    assert blocks(keys, said("Closed", "2", "", "<p>Today.</p>"), by="ministry")
    assert blocks(keys, said("Open", "1", ""), by="ministry")
    assert not blocks(keys, said("Open", "2", "https://ministry.example/"), by="ministry")


def test_an_item_is_recognised_under_another_id_of_its_source() -> None:
    keys = [replace(each, source="former") for each in erased(BRIDGE)]
    assert blocks(keys, BRIDGE, by="ministry")


@pytest.mark.parametrize("kind", [KeyKind.TITLE_DAY, KeyKind.PATH])
def test_other_kinds_of_keys_are_not_kept_of_a_release_with_a_guid(kind: KeyKind) -> None:
    key = BRIDGE.key(kind)
    assert key is None or f"{int(kind)}:{key.hex()}" not in {each.key for each in erased(BRIDGE)}
