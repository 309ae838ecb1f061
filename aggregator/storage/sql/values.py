"""Values of the model from rows, and the columns they fill: items, feeds, outcomes, subscriptions."""

import json

from aggregator.model import Enclosure, FeedInfo, Item, KeyKind, Origin, Outcome, Stored, Subscription
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Row
from aggregator.storage.sql.rows import moment_or_none, ms_or_none, pack_keys, unpack_keys, unpack_relocation


def item_columns(item: Item) -> dict[str, object]:
    """Return the columns of the `item` table that an Item fills."""
    details = {
        "raw_url": item.raw_url,
        "guid": item.guid,
        "summary": item.summary,
        "updated": ms_or_none(item.updated),
        "authors": item.authors,
        "organisation": item.organisation,
        "categories": item.categories,
        "enclosures": [(each.url, each.type, each.size) for each in item.enclosures],
        "images": [(each.url, each.type, each.size) for each in item.images],
        "rights": item.rights,
        "origin": item.origin and (item.origin.title, item.origin.id, item.origin.link),
    }
    return {
        **rows.columns(item, "title", "url", "content", "text", "language", "fingerprint", "claimed"),
        "details": json.dumps({k: v for k, v in details.items() if v}, ensure_ascii=False),
        "keys": pack_keys(item.keys),
        "link": item.key(KeyKind.LINK),
    }


def item(row: Row) -> Item:
    """Return the Item of a row of the `item` table."""
    details = json.loads(row["details"])
    return Item(
        keys=unpack_keys(row["keys"]),
        title=row["title"],
        url=row["url"],
        raw_url=details.get("raw_url", ""),
        guid=details.get("guid", ""),
        content=row["content"],
        summary=details.get("summary", ""),
        text=row["text"],
        language=row["language"],
        claimed=moment_or_none(row["claimed"]),
        updated=moment_or_none(details.get("updated")),
        authors=tuple(details.get("authors", ())),
        organisation=details.get("organisation", ""),
        categories=tuple(details.get("categories", ())),
        enclosures=tuple(Enclosure(*each) for each in details.get("enclosures", ())),
        images=tuple(Enclosure(*each) for each in details.get("images", ())),
        rights=details.get("rights", ""),
        origin=Origin(*details["origin"]) if details.get("origin") else None,
        fingerprint=row["fingerprint"],
    )


def stored(row: Row) -> Stored:
    """Return the Stored of a row of `item` joined with its source's id as `source_id`."""
    return rows.value(
        Stored, row, source=row["source_id"], item=item(row), corrected=row["corrected"] is not None, also=()
    )


def organisation(row: Row, source: str) -> str:
    """Return the name of a source's organisation: as configured, else its feed's title, else its id."""
    return str(row["organisation"] or row["title"] or source)


def feed_info(row: Row) -> FeedInfo:
    """Return the FeedInfo of a row of the `source` table."""
    is_file = row["feed"].startswith("file:")
    feed = "" if is_file else unpack_relocation(row["relocation"]).at or row["feed"]
    return rows.value(FeedInfo, row, feed=feed, organisation=organisation(row, row["id"]))


def outcome(row: Row, source: str) -> Outcome:
    """Return the Outcome of a row of the `poll` table; without `due`, which is the source's."""
    return rows.value(Outcome, row, source=source, due=None)


def subscription(row: Row) -> Subscription:
    """Return the Subscription of a row joined with its source (`source_id`, `configured`) and its task's
    `due`."""
    return rows.value(Subscription, row, source=row["source_id"])
