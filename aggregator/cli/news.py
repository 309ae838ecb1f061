"""Headlines of the items that polls brought, a few of each source."""

from collections.abc import Sequence
from typing import NamedTuple

from aggregator.cli.output import ID_CHARS, REST, say, table
from aggregator.model.decision import State
from aggregator.model.poll import Outcome
from aggregator.model.stored import ItemQuery
from aggregator.storage import Storage

HEADLINES_MAX = 12


class News(NamedTuple):
    """Rows of new items, source, headline and state, and how many more there are."""

    rows: tuple[tuple[str, str, str], ...]
    more: int


NONE = News((), 0)


def news_of(storage: Storage, outcomes: Sequence[Outcome]) -> News:
    """Return the newest items that polls have stored; of many sources a few each, so that none crowds out
    another."""
    polled = sorted((each for each in outcomes if each.new), key=lambda each: each.source)
    share = max(1, HEADLINES_MAX // max(1, len(polled)))
    rows = [
        (outcome.source, item.headline or "(no title)", "" if item.state is State.LIVE else item.state.value)
        for outcome in polled[:HEADLINES_MAX]
        for item in storage.items.items(ItemQuery(source=outcome.source, limit=min(outcome.new, share)))
    ]
    return News(tuple(rows), sum(each.new for each in polled) - len(rows))


def tell(news: News) -> None:
    """Print the headlines, and where the others are."""
    if news.rows:
        table(("source", "new", ""), news.rows, cut={"source": ID_CHARS, "new": REST})
    if news.more > 0:
        say(f"and {news.more} more: `publicwire items` lists them")
