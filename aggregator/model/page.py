"""The page of an item whose feed carries a summary only: its text, and the jobs of a worker that finds it."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from aggregator.model.house_style import UNSTYLED, Styled
from aggregator.model.item import Item
from aggregator.model.settings import Source

TEXT_CHARS_MAX, CONTENT_CHARS_MAX = 200_000, 500_000  # of a text: plain, and as HTML


class PageState(StrEnum):
    """State of the page of an item; any but WAITS and TAKEN leaves the summary. The values are stored: never
    rename one."""

    WAITS = "waits"  # for its fetch
    TAKEN = "taken"  # its text is shown in place of the summary
    EMPTY = "empty"  # no text was found in it
    SHORT = "short"  # its text says hardly more than the summary
    APART = "apart"  # its text does not hold the summary
    LINKS = "links"  # its text is mostly links
    LARGE = "large"  # its text is over the limit
    ELSEWHERE = "elsewhere"  # it leads out of the domains of the source
    RESERVED = "reserved"  # it forbids to be indexed, archived or mined
    EMBARGOED = "embargoed"  # its text states an embargo that has not ended
    FOREIGN = "foreign"  # its text has links for which its source holds items
    COPY = "copy"  # its text is that of a release which the operator has withdrawn or erased
    ROBOTS = "robots"  # robots.txt of its host forbids the fetch, or cannot be read
    REFUSED = "refused"  # it is not there, or may not be read
    FAILED = "failed"  # it was not answered in time, or could not be read


class PageText(Struct, frozen=True):
    """State of an item's page; `content` is safe HTML and `text` its plain text, both "" unless TAKEN;
    `styled` is what the house style shows in their place."""

    state: PageState
    content: str = ""
    text: str = ""
    styled: Styled = UNSTYLED


class PageJob(Struct, frozen=True):
    """Input of a worker: a fetched page, and the item that it is for. `url` is its final address."""

    body: bytes
    content_type: str
    url: str
    source: Source
    said: Item
    now: datetime


class RobotsJob(Struct, frozen=True):
    """Input of a worker: a robots.txt, and the address and the product token (RFC 9309 section 2.2.1) that it
    is asked about."""

    body: bytes
    url: str
    agent: str
