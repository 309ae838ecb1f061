"""Feeds as a list of another program names them, and what of that list cannot be taken."""

from dataclasses import dataclass

from aggregator.model.settings import Rule


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed in an imported list; texts as found. `line` is where it stands, counted from 1."""

    line: int
    address: str
    name: str = ""
    labels: tuple[str, ...] = ()  # folders and categories, outermost first
    language: str = ""
    only: tuple[Rule, ...] = ()
    skip: tuple[Rule, ...] = ()
    excerpt: bool = False  # the list has its entries cut


@dataclass(frozen=True, slots=True)
class Remark:
    """A part of an imported list that is not taken, or needs a decision, and why."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class FeedList:
    """An imported list; `publication` holds pairs of a key of `publication` and the text for it."""

    feeds: tuple[Listed, ...]
    remarks: tuple[Remark, ...] = ()
    publication: tuple[tuple[str, str], ...] = ()
