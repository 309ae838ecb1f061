"""Values of the model from rows, and the columns they fill: items, feeds, subscriptions."""

from aggregator.model.changes import Transition
from aggregator.model.decision import Lapse
from aggregator.model.house_style import Styled
from aggregator.model.item import FINGERPRINT_VERSION, Item, KeyKind
from aggregator.model.page import PageState, PageText
from aggregator.model.poll import Relocation
from aggregator.model.stored import FeedInfo, Stored
from aggregator.model.websub import Subscription
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Row
from aggregator.storage.sql.rows import pack_keys

# All that `stored` reads of an item `i` and its source `s`: with the page of its present version, if any.
STORED = """i.*, s.id AS source_id, p.state AS page_state, p.content AS page_content, p.text AS page_text,
    p.styled AS page_styled"""
WITH_PAGE = "LEFT JOIN page p ON p.item = i.number AND p.fingerprint = i.fingerprint"

# Fields of an item in columns of the same names, and those that are members of the column `details`.
COLUMNS = (
    *("title", "url", "content", "text", "language", "fingerprint", "claimed", "untitled", "styled"),
    *("unmarked", "alternates"),
)
LISTS = ("authors", "categories", "enclosures", "images")
DETAILS = ("raw_url", "guid", "summary", "updated", "organisation", "rights", "origin", "terms", *LISTS)


def item_columns(item: Item) -> dict[str, object]:
    """Return the columns of the `item` table that an Item fills."""
    return {
        **rows.columns(item, *COLUMNS),
        "details": rows.pack(item, *DETAILS),
        "keys": pack_keys(item.keys),
        "link": item.key(KeyKind.LINK),
        "queries": rows.column(item.queries),
        "fingerprint_version": FINGERPRINT_VERSION,
        "ruled_topics": rows.column(item.styled.topics),
    }


def item(row: Row) -> Item:
    """Return the Item of a row of the `item` table."""
    return rows.unpack(Item, row["details"], **rows.read(Item, row, ("keys", *COLUMNS)))


def stored(row: Row) -> Stored:
    """Return the Stored of a row with the columns `STORED`."""
    is_corrected = row["corrected"] is not None
    return rows.value(
        Stored,
        row,
        source=row["source_id"],
        item=item(row),
        corrected=is_corrected,
        also=(),
        page=None if row["page_state"] is None else page(row),
        translations=(),
    )


def page(row: Row) -> PageText:
    """Return the page of an item of a row with the columns `STORED`."""
    styled = rows.unpack(Styled, row["page_styled"])
    return PageText(PageState(row["page_state"]), row["page_content"], row["page_text"], styled)


def transition(row: Row, item: str = "") -> Transition:
    """Return the Transition of a row of the `audit` table, whose item has this id."""
    untold = {"release": None, "amendment": None, "notice": None, "lapse": Lapse.NONE}
    return rows.value(Transition, row, number=row["item"], id=item, **untold)


def organisation(row: Row, source: str) -> str:
    """Return the name of a source's organisation: as configured, else its feed's title, else its id."""
    return str(row["organisation"] or row["title"] or source)


def feed_info(row: Row) -> FeedInfo:
    """Return the FeedInfo of a row of the `source` table."""
    is_file = row["feed"].startswith("file:")
    feed = "" if is_file else rows.unpack(Relocation, row["relocation"]).at or row["feed"]
    return rows.value(
        FeedInfo,
        row,
        feed=feed,
        organisation=organisation(row, row["id"]),
        addresses=tuple(dict.fromkeys((row["feed"], feed))),
    )


def subscription(row: Row) -> Subscription:
    """Return the Subscription of a row joined with its source (`source_id`, `configured`) and its task's
    `due`."""
    return rows.value(Subscription, row, source=row["source_id"])
