"""Items that an archived document adds to a source."""

from msgspec.structs import replace

from aggregator.model.decision import State
from aggregator.model.deleted import OriginTombstone
from aggregator.model.document import Document, ReadResult
from aggregator.model.item import Mode
from aggregator.model.poll import Claim, OutcomeKind
from aggregator.model.schedule import Due
from aggregator.model.settings import Budget
from aggregator.model.stored import Knowledge
from aggregator.normalise.identity import guid_digest
from aggregator.policy import archived
from tests.given import DAY, HOUR, NOON, entry, iso, item, source

MINISTRY = source("ministry")
CLAIM = Claim(1, "ministry", MINISTRY.feed, 1, Due(NOON + HOUR), first_import=False, seen=((b"s" * 16, 4),))
KNOWN = Knowledge(authority="releases.example,2026")


def document(*days: int) -> ReadResult:
    entries = (entry(f"Release {day}", f"g{day}", published=iso(NOON - day * DAY)) for day in days)
    return ReadResult(Document("atom10"), tuple(item(each, MINISTRY) for each in entries))


def test_old_items_are_backlog_and_recent_ones_are_not() -> None:
    result = archived.decide(CLAIM, MINISTRY, document(1, 300), KNOWN, now=NOON)
    assert result.changes is not None
    assert [(new.item.title, new.backlog) for new in result.changes.new] == [
        ("Release 300", True),
        ("Release 1", False),
    ]
    assert (result.outcome.kind, result.outcome.new) == (OutcomeKind.CHANGED, 2)


def test_schedule_validators_and_seen_entries_stay() -> None:
    result = archived.decide(CLAIM, MINISTRY, document(300), KNOWN, now=NOON)
    assert result.due == CLAIM.due
    assert replace(result.after, spent=CLAIM.spent) == CLAIM
    assert (result.raised, result.cleared, result.changes and result.changes.seen) == ((), (), CLAIM.seen)


def test_a_source_that_was_never_polled_has_items_then() -> None:
    never = replace(CLAIM, first_import=True, seen=())
    assert never.is_empty
    assert not archived.decide(never, MINISTRY, document(300), KNOWN, now=NOON).after.is_empty


def test_a_document_without_items_changes_nothing() -> None:
    result = archived.decide(CLAIM, MINISTRY, document(), KNOWN, now=NOON)
    assert result.outcome.kind is OutcomeKind.UNCHANGED
    assert result.after.mode is Mode.NORMAL


def test_the_budget_of_a_first_import_holds() -> None:
    small = replace(MINISTRY, budget=Budget(items=1))
    result = archived.decide(CLAIM, small, document(*range(100, 140)), KNOWN, now=NOON)
    assert result.over is not None
    assert (len(result.changes.new) if result.changes else 0, result.over.dropped) == (20, 20)


def test_what_is_deleted_or_has_expired_is_not_published() -> None:
    read = document(300)
    expired = entry("Expired", "e", published=iso(NOON - 300 * DAY), expires=iso(NOON - DAY))
    read = replace(
        read,
        items=(*read.items, item(expired, MINISTRY)),
        tombstones=(OriginTombstone("g300", guid_digest("g300"), NOON - DAY),),
    )
    result = archived.decide(CLAIM, MINISTRY, read, KNOWN, now=NOON)
    assert result.changes is not None
    assert [(new.item.title, new.placement.state) for new in result.changes.new] == [
        ("Expired", State.WITHDRAWN)
    ]
