"""Releases as published, and the channels they are published in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.entry import Origin
from aggregator.model.item import Enclosure
from aggregator.model.rights import UNSAID, Terms
from aggregator.model.stored import FeedInfo

DISCLAIMER_CLASS = "pw-disclaimer"  # of the HTML element, by which another Publicwire recognises it


@dataclass(frozen=True, slots=True)
class AlsoReleased:
    """Another organisation that released the same, and our own page of its release."""

    organisation: str
    page: str


@dataclass(frozen=True, slots=True)
class Release:
    """A release as published: rights applied, disclaimer rendered, HTML sanitised.

    `content` is the body without the disclaimer; `disclaimer` is one element of DISCLAIMER_CLASS; `text` is
    the body in plain text: paragraphs and disclaimer, separated by blank lines.
    `excerpt` has the first paragraph in place of the content, `excerpt_text` in place of all of them; `lead`
    is the disclaimer in one line where the content is long, else "". `published` of one that is not dated is
    when it was imported, and is not shown.
    """

    id: str
    public_id: str
    page: str  # our own page, absolute
    url: str  # the original, absolute; "" when there is none
    title: str
    organisation: str
    content: str
    summary: str  # plain text, a sentence or two
    disclaimer: str
    lead: str
    text: str
    excerpt: str
    excerpt_text: str
    published: datetime
    updated: datetime
    language: str
    source: FeedInfo
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    images: tuple[Enclosure, ...] = ()
    rights: str = ""
    terms: Terms = UNSAID
    origin: Origin | None = None
    also: tuple[AlsoReleased, ...] = ()
    corrected: bool = False
    is_dated: bool = True
    is_language_detected: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Bounds of a channel's document: its `newest` items, and all that joined `within` before its newest
    change. A correction re-enters it for `corrected_within`, because feed readers do not look back."""

    newest: int = 60
    within: timedelta = timedelta(hours=48)
    corrected_within: timedelta = timedelta(days=30)


WINDOW = Window()  # of every channel


@dataclass(frozen=True, slots=True)
class Channel:
    """One published feed. `name` is its address under publication.url: "" (all), "topics/T",
    "sources/S", "languages/L". `seq` and `changed` are of its newest change."""

    name: str
    title: str
    page: str  # absolute address of its page
    address: str  # absolute address its documents start with: address + "feed.atom"
    language: str
    seq: int = 0
    changed: datetime | None = None
    description: str = ""
    id: str = ""  # atom:id of the channel, minted once
    hub: str = ""
    rights: str = ""
