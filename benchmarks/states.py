"""States of the origins: the five runs of the benchmark, in the order they are polled.

Shared by the origin, for its responses, and by the runs, for the names and checks of their figures.
"""

from dataclasses import dataclass

FEEDS = 500
ITEMS = 30
CHANGING_EVERY = 10  # each tenth feed gets the new items: 10 %


@dataclass(frozen=True, slots=True)
class State:
    """One state of all the origins.

    `revision` counts the new items of the changing feeds. `touched` counts how often all validators
    were renewed over the same bytes, as when software regenerates its files; a conditional request with an
    older validator of the same bytes gets 304 too, because not every client stores the new one.
    """

    number: int
    name: str
    title: str
    revision: int = 0
    touched: int = 0
    honours_validators: bool = True
    is_available: bool = True

    @property
    def is_first(self) -> bool:
        """Whether every item is new."""
        return self.name == "cold"


UNAVAILABLE = State(0, "unavailable", "every origin answers 503", is_available=False)
RUNS = (
    State(1, "cold", f"{FEEDS * ITEMS:,} new items"),
    State(2, "304", "nothing changed, every origin answers 304"),
    State(3, "same-bytes", "nothing changed, 200 with the same bytes", 0, 1, honours_validators=False),
    State(4, "ten-percent", "a new item in 10 % of the feeds, the others answer 304", 1, 1),
    State(5, "ten-percent-200", "a new item in 10 % of the feeds, 200 from all", 2, 2, False),
)
STATES = {state.number: state for state in (UNAVAILABLE, *RUNS)}


def address(feed: int) -> str:
    """Return the loopback address of a feed's origin: each feed has its own host."""
    return f"127.0.{1 + feed // 250}.{1 + feed % 250}"


def feed_url(feed: int, port: int) -> str:
    """Return the URL of a feed's document."""
    return f"http://{address(feed)}:{port}/feed.xml"


def is_changing(feed: int) -> bool:
    """Return whether a feed gets new items in the later states."""
    return feed % CHANGING_EVERY == 0


def reference(feed: int, number: int) -> str:
    """Return the unique mark in the title of one item."""
    return f"ref. {feed:03d}-{number:04d}"


def new_references(state: State) -> tuple[str, ...]:
    """Return the marks of the items that a state adds to the previous one; none for the first import."""
    if state.revision == 0:
        return ()
    newest = ITEMS - 1 + state.revision
    return tuple(reference(feed, newest) for feed in range(FEEDS) if is_changing(feed))


def items_published(state: State) -> int:
    """Return the number of distinct items that the origins have listed by the end of a run."""
    return FEEDS * ITEMS + FEEDS // CHANGING_EVERY * state.revision
