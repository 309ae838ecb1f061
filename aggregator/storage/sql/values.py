"""Values of the model from rows, and the columns they fill: items, feeds, outcomes, subscriptions."""

import json

from aggregator.errors import Cause
from aggregator.model import (
    Enclosure,
    FeedInfo,
    Item,
    KeyKind,
    Origin,
    Outcome,
    OutcomeKind,
    State,
    Stored,
    Subscription,
    SubscriptionState,
)
from aggregator.model.settings import Republish
from aggregator.storage.sql.engine import Row
from aggregator.storage.sql.rows import (
    moment,
    moment_or_none,
    ms_or_none,
    pack_keys,
    unpack_keys,
    unpack_relocation,
)


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
        "title": item.title,
        "url": item.url,
        "content": item.content,
        "text": item.text,
        "language": item.language,
        "details": json.dumps({k: v for k, v in details.items() if v}, ensure_ascii=False),
        "keys": pack_keys(item.keys),
        "link": item.key(KeyKind.LINK),
        "fingerprint": item.fingerprint,
        "claimed": ms_or_none(item.claimed),
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
    return Stored(
        number=row["number"],
        id=row["id"],
        public_id=row["public_id"],
        source=row["source_id"],
        state=State(row["state"]),
        item=item(row),
        shown=moment(row["shown"]),
        updated=moment(row["updated"]),
        first_seen=moment(row["first_seen"]),
        seq=row["seq"],
        position=row["position"],
        story=row["story"],
        release=moment_or_none(row["release"]),
        reason=row["reason"],
        corrected=row["corrected"] is not None,
        flags=tuple(json.loads(row["flags"])),
    )


def organisation(row: Row, source: str) -> str:
    """Return the name of a source's organisation: as configured, else its feed's title, else its id."""
    return str(row["organisation"] or row["title"] or source)


def feed_info(row: Row) -> FeedInfo:
    """Return the FeedInfo of a row of the `source` table."""
    return FeedInfo(
        id=row["id"],
        feed=""
        if row["feed"].startswith("file:")
        else unpack_relocation(row["relocation"]).at or row["feed"],
        organisation=organisation(row, row["id"]),
        title=row["title"],
        link=row["link"],
        rights=row["rights"],
        language=row["language"],
        republish=Republish(row["republish"]),
        licence=row["licence"],
        topics=tuple(json.loads(row["topics"])),
        configured=bool(row["configured"]),
    )


def outcome(row: Row, source: str) -> Outcome:
    """Return the Outcome of a row of the `poll` table; without `due`, which is the source's."""
    return Outcome(
        source=source,
        kind=OutcomeKind(row["kind"]),
        started=moment(row["started"]),
        seconds=row["seconds"],
        cause=Cause(row["cause"]),
        message=row["message"],
        status=row["status"],
        received=row["received"],
        new=row["new"],
        edited=row["edited"],
    )


def subscription(row: Row) -> Subscription:
    """Return the Subscription of a row joined with its source (`source_id`, `configured`) and its task's
    `due`."""
    return Subscription(
        number=row["number"],
        source=row["source_id"],
        hub=row["hub"],
        topic=row["topic"],
        token=row["token"],
        secret=row["secret"],
        state=SubscriptionState(row["state"]),
        since=moment(row["since"]),
        due=moment(row["due"]),
        configured=bool(row["configured"]),
        asked=moment_or_none(row["asked"]),
        confirmed=moment_or_none(row["confirmed"]),
        lease_until=moment_or_none(row["lease_until"]),
        announced=moment_or_none(row["announced"]),
        missed=moment_or_none(row["missed"]),
        asks=row["asks"],
        breaks=row["breaks"],
        reason=row["reason"],
    )
