"""`erase`: items removed for good, with what the files of the store hold of them."""

from collections.abc import Sequence

from msgspec.structs import replace

from aggregator.cli.items import find_item
from aggregator.cli.location import Location
from aggregator.cli.opening import opened, place_of
from aggregator.cli.output import complain, confirmed, say
from aggregator.cli.verbs import operator
from aggregator.errors import UsageError
from aggregator.model.decision import Notice, Trigger
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import step
from aggregator.service import app
from aggregator.storage import Storage, backups_holding

ANYTHING = "*"
PART_CHARS_MIN = 4  # of a pattern: shorter texts are in most items


def erase(where: Location, reference: str, reason: str, *, yes: bool, notice: Notice | None = None) -> int:
    """Erase an item, or all items that a pattern matches once the operator agrees; return 1 when they do not.

    Names what still holds their content: backups, and copies by other sources.
    """
    directory = place_of(where).directory
    with opened(where) as storage:
        items = _chosen(storage, reference)
        if ANYTHING in reference and not _agrees(items, yes=yes):
            say("nothing was erased")
            return 1
        now = app.utc_now()
        fresh = [each for each in items if not each.erased]
        steps = [step(each, Trigger.ERASE, reason=reason, actor=operator(), at=now) for each in fresh]
        steps = [replace(each, notice=notice) for each in steps]
        siblings = {each.id: each for item in fresh for each in storage.acts.siblings(item)}
        is_whole = storage.admin.erase(steps)
    for item in items:
        say(f"{item.id} is erased: {item.item.url or item.public_id}")
        siblings.pop(item.id, None)
    for each in siblings.values():
        say(f"still {each.state}, the same release: {each.id} ({each.source}): {each.item.title}")
    for file in backups_holding(directory, [item.id for item in items]):
        say(f"still in the backup {file}: remove it, or a restore of it erases the content again")
    if not is_whole:
        complain("warning: a reader keeps the former state of the store: erase the item again in a minute")
    return 0


def _chosen(storage: Storage, reference: str) -> Sequence[Stored]:
    if ANYTHING not in reference:
        return [find_item(storage, reference)]
    parts = [part for part in reference.split(ANYTHING) if part]
    if not any(len(part) >= PART_CHARS_MIN for part in parts):
        raise UsageError(
            f"{reference!r} matches too much: give at least {PART_CHARS_MIN} characters together"
        )
    if not (items := storage.admin.matching(parts)):
        raise UsageError(f"no item holds {' and '.join(map(repr, parts))}")
    return items


def _agrees(items: Sequence[Stored], *, yes: bool) -> bool:
    for item in items:
        say(f"{item.id} {item.state} {item.source}: {item.headline}")
    return yes or confirmed(f"Erase these {len(items)} items for good?", "erase them")
