"""Feeds as a list of another program names them, and what of that list cannot be taken."""

from msgspec import Struct

from aggregator.model.settings import Rule


class Listed(Struct, frozen=True):
    """A feed in an imported list; texts as found. `line` is where it stands, counted from 1."""

    line: int
    address: str
    name: str = ""
    labels: tuple[str, ...] = ()  # folders and categories, outermost first
    language: str = ""
    only: tuple[Rule, ...] = ()
    skip: tuple[Rule, ...] = ()
    excerpt: bool = False  # the list has its entries cut


class Remark(Struct, frozen=True):
    """A part of an imported list that is not taken, or needs a decision, and why."""

    line: int
    message: str


class FeedList(Struct, frozen=True):
    """An imported list; `publication` holds pairs of a key of `publication` and the text for it."""

    feeds: tuple[Listed, ...]
    remarks: tuple[Remark, ...] = ()
    publication: tuple[tuple[str, str], ...] = ()
