"""The desk's amendments of an item: which fields it has after a command. Pure."""

from collections.abc import Set

from msgspec.structs import replace

from aggregator.model.amendment import COMPARED, AmendedField, Amendment, said
from aggregator.model.stored import Stored


def amended(item: Stored, given: Amendment, cleared: Set[AmendedField] = frozenset()) -> Amendment:
    """Return the fields that the desk has of an item after it has `given` some and cleared others.

    A field that is given is written for what the origin says now: a conflict is settled by it.
    """
    before, nothing = item.amended, Amendment()
    values = {
        field.value: getattr(given, field) or getattr(nothing if field in cleared else before, field)
        for field in AmendedField
    }
    now = said(item.item.title, item.item.summary, item.item.language)
    then = zip(COMPARED, before.of or now, now, strict=True)
    of = tuple(after if getattr(given, field) else former for field, former, after in then)
    made = Amendment(**values)
    return replace(made, of=of) if made else made


def conflicts(item: Stored) -> tuple[AmendedField, ...]:
    """Return the amended fields of an item of which its origin says something else now."""
    return item.amended.conflicts(item.item.title, item.item.summary, item.item.language)
