"""Removes a feed's own address from everything that is said in it: the query may hold an API key."""

import re
from functools import lru_cache
from html import escape
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from aggregator.model.entry import Origin
from aggregator.model.house_style import Styled
from aggregator.model.item import Enclosure, Item
from aggregator.normalise import urls

PATTERNS_KEPT = 1_000  # compiled, one a source with a private address


class Remover(Struct, frozen=True):
    """Removes addresses; `needles` are the forms in which they may stand in a text, without scheme."""

    needles: tuple[str, ...] = ()

    def text(self, value: str) -> str:
        """Return a text, HTML or an address without the addresses and their fragments; of HTML an attribute
        that holds nothing else goes, too."""
        if not any(needle in value for needle in self.needles):
            return value
        return _pattern(self.needles).sub("", value)

    def files(self, files: tuple[Enclosure, ...]) -> tuple[Enclosure, ...]:
        """Return the files at other addresses."""
        return tuple(file for file in files if self.text(file.url) == file.url)

    def item(self, item: Item) -> Item:
        """Return an item without the addresses. Its keys, digests of what it said, stay."""
        if not self.needles:
            return item
        return replace(
            item,
            title=self.text(item.title),
            url=self.text(item.url),
            raw_url=self.text(item.raw_url),
            guid=self.text(item.guid),
            content=self.text(item.content),
            summary=self.text(item.summary),
            text=self.text(item.text),
            organisation=self.text(item.organisation),
            rights=self.text(item.rights),
            authors=self._texts(item.authors),
            categories=self._texts(item.categories),
            enclosures=self.files(item.enclosures),
            images=self.files(item.images),
            origin=None if item.origin is None else self._origin(item.origin),
            styled=self._styled(item.styled) if item.styled.rules else item.styled,
        )

    def _styled(self, styled: Styled) -> Styled:
        return replace(
            styled,
            title=self.text(styled.title),
            content=self.text(styled.content),
            summary=self.text(styled.summary),
            text=self.text(styled.text),
        )

    def _origin(self, origin: Origin) -> Origin:
        return Origin(
            title=self.text(origin.title),
            id=self.text(origin.id),
            link=self.text(origin.link),
            self_url=self.text(origin.self_url),
            updated=origin.updated,
            rights=self.text(origin.rights),
            authors=self._texts(origin.authors),
        )

    def _texts(self, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(filter(None, map(self.text, values)))


def remover(*feeds: str, is_public: bool) -> Remover:
    """Return the remover of the addresses of a feed, as configured and as fetched: those that have a query.

    Nothing is removed when the operator says that the address is public.
    """
    private = () if is_public else tuple(dict.fromkeys(feed for feed in feeds if "?" in feed))
    return _remover(private) if private else Remover()


@lru_cache(PATTERNS_KEPT)
def _remover(feeds: tuple[str, ...]) -> Remover:
    written = (form for feed in feeds for form in (feed, urls.absolute(feed), urls.untracked(feed)))
    bare = {form.partition("#")[0].partition("://")[2].removeprefix("www.") for form in written}
    private = {form for form in bare if form.partition("?")[2]}
    forms = {form for each in private for form in (each, escape(each), quote(each, safe=""))}
    return Remover(tuple(sorted(forms, key=lambda form: (-len(form), form))))


@lru_cache(PATTERNS_KEPT)
def _pattern(needles: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of the whole address: `?id=1` is not in `?id=12`, nor in `?id=1&page=2`."""
    address = (
        rf"(?:https?(?:://|%3A%2F%2F))?(?:www\.)?(?:{'|'.join(map(re.escape, needles))})"
        r"(?![\w=+/~-]|%(?!23)|&(?!(?:[gl]t|quot|nbsp);))"
        r"""(?:(?:\#|%23)[^\s"'<>&]*)?"""
    )
    return re.compile(rf' [a-z]+="{address}"|{address}')
