"""Pages of the list of a channel: their releases, and the cursor behind which the next page begins. Pure.

A list goes by shown date, newest first. The first page of a shared channel has room for all sources; what it
passes over stands on the next pages, which follow the order of the list alone.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

PAGE = 30  # releases of a page of a channel
PAGE_OF_SOURCE_MAX = 10  # on the first page of a shared channel, beside as recent ones of others
PAGE_RECENT = timedelta(hours=48)
PAGE_CANDIDATES = 1_000
_CURSOR = re.compile("(0|-?[1-9][0-9]{0,14})\\.([1-9][0-9]{0,18})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER_MAX = 2**63 - 1


class Listed(NamedTuple):
    """An item as pages list it: `at` is its shown date in milliseconds since 1970, 0 for none."""

    number: int
    source: int
    at: int


class Cursor(NamedTuple):
    """The place of an item in a list, behind which a page begins; str() writes it as addresses have it."""

    at: int
    number: int

    @property
    def shown(self) -> datetime:
        """The shown date of the item."""
        return _EPOCH + self.at * timedelta(milliseconds=1)

    def __str__(self) -> str:
        return f"{self.at}.{self.number}"


def cursor(text: str) -> Cursor | None:
    """Return the cursor in an address, None for a text that str() does not write."""
    found = _CURSOR.fullmatch(text)
    if found is None or int(found[2]) > _NUMBER_MAX:
        return None
    return Cursor(int(found[1]), int(found[2]))


def first_page(listed: Sequence[Listed], *, is_shared: bool) -> tuple[Sequence[Listed], Cursor | None]:
    """Return the releases of the first page, of a list's beginning, and the cursor of the next page.

    The first page of a shared channel has at most PAGE_OF_SOURCE_MAX of a source as long as others have as
    recent ones. The next page begins with the first release passed over, and may repeat some behind it. None
    when the first page shows all.
    """
    chosen = {each.number for each in _preferred(listed)[:PAGE]} if is_shared and listed else set[int]()
    shown = [each for each in listed if each.number in chosen] if chosen else listed[:PAGE]
    for before, each, place in zip(listed, listed[1:], shown[1:], strict=False):
        if each != place:
            return shown, at(before)
    return shown, at(shown[-1]) if len(listed) > len(shown) else None


def following(listed: Sequence[Listed]) -> tuple[Sequence[Listed], Cursor | None]:
    """Return the releases of a page, of those listed behind its cursor, and the cursor of the next page."""
    shown = listed[:PAGE]
    return shown, at(shown[-1]) if len(listed) > PAGE else None


def at(listed: Listed) -> Cursor:
    """Return the place of an item in a list."""
    return Cursor(listed.at, listed.number)


def _preferred(listed: Sequence[Listed]) -> Sequence[Listed]:
    recent = listed[0].at - PAGE_RECENT // timedelta(milliseconds=1)
    counts = Counter[int]()
    preferred, others = list[Listed](), list[Listed]()
    for each in listed[:PAGE_CANDIDATES]:
        counts[each.source] += 1
        is_preferred = each.at >= recent and counts[each.source] <= PAGE_OF_SOURCE_MAX
        (preferred if is_preferred else others).append(each)
    return [*preferred, *others]
