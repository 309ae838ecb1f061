"""Edits of known items by one document, with what of them waits for approval. Pure."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.dedupe import stories, within
from aggregator.dedupe.decided import Decided, releases
from aggregator.model import Candidate, Edit, Item, Knowledge, Known, Mode, Placement, State
from aggregator.model.domains import host_of, is_within
from aggregator.model.settings import Source

EDITS_MAX = 24  # revisions of an item within EDITS_WITHIN; beyond, all but moves of its link are damped
EDITS_WITHIN = timedelta(days=7)
LINK_MOVED = "link-moved"  # flag: the item's own link leads to another host than before

Place = Callable[[Item], Placement]


def decide(
    found: within.Resolved,
    known: Knowledge,
    source: Source,
    *,
    decisions: Decided,
    comparer: stories.Comparer,
    now: datetime,
    place: Place,
) -> tuple[Edit, ...]:
    """Return what one document does to the items that are known."""
    members: dict[int | None, list[Candidate]] = defaultdict(list)
    for each in known.members:
        members[each.story].append(each)
    edits = (
        (old, _edit(item, old, decisions, found.mode, now=now, place=place, review=source.review))
        for item, old in found.known
    )
    return tuple(
        _in_story(
            edit,
            source,
            old,
            story=None if old.story in known.unread_stories else members[old.story],
            comparer=comparer,
        )
        for old, edit in edits
        if edit is not None
    )


def _edit(
    item: Item, old: Known, decisions: Decided, mode: Mode, *, now: datetime, place: Place, review: bool
) -> Edit | None:
    """Return what to do to a known item, None for nothing.

    A withdrawn item stays as it was withdrawn but gets its new keys: else it would be new and live under
    them.
    """
    is_withdrawn, is_public = old.state is State.WITHDRAWN, old.state is State.LIVE
    moves = item.url != old.url and not is_withdrawn
    is_elsewhere = moves and host_of(item.url) not in ("", host_of(old.url))
    substantive = (item.fingerprint != old.fingerprint and not is_withdrawn) or is_elsewhere
    own = decisions.about(item, mode, old.id)
    returns = old.state is State.HELD and old.reinstated
    placement = _placed_anew(item, old, now=now, place=place)
    withdrawal = decisions.copied_by(item, old, own) if substantive or moves or returns else None
    if substantive and old.state is State.HELD and releases(own, item):
        # The text that the operator released: the store, restored, had one of before.
        placement = Placement(State.HELD, now, place(item).shown)
    if not substantive and item.keys == old.current and placement is None:
        return None
    is_damped = old.edits >= EDITS_MAX and not is_elsewhere
    added = {*(["damped"] if is_damped else []), *([LINK_MOVED] if is_elsewhere else [])}
    added |= {*placement.flags} if placement else set()
    edit = Edit(
        number=old.number,
        item=item,
        substantive=substantive,
        updated=updated(item, after=old.updated, now=now) or now,
        moves=moves,
        revises=substantive and is_public and not is_damped,
        is_public=is_public and (substantive or moves),
        placement=None if withdrawal else placement,
        returns=returns,
        flags=tuple(sorted({*old.flags, *added})) if added else None,
        id=old.id,
        copy_of=withdrawal.item if withdrawal else "",
        version=old.versions + 1 if substantive or moves else 0,
    )
    if not is_public:
        return edit
    # Also a text that the operator approved: the store, restored, had one of before.
    is_approved = item.fingerprint != old.approved and not moves and releases(own, item)
    return _approved(edit, old, review=review and not is_approved)


def _approved(edit: Edit, old: Known, *, review: bool) -> Edit:
    """Return an edit of what the public sees, with whether it waits for approval.

    An origin that takes its change back says what is shown already: nothing waits then.
    """
    if old.pending is not None and (edit.item.fingerprint, edit.item.url) == (old.approved, old.approved_url):
        edit = replace(edit, substantive=False, moves=False, version=0)
    elif not review:
        return replace(edit, drops=old.pending is not None)
    is_new = edit.version > 0
    return replace(edit, revises=False, is_public=False, waits=is_new, drops=not is_new, copy_of="")


def _placed_anew(item: Item, old: Known, *, now: datetime, place: Place) -> Placement | None:
    """Return the new placement of an item that its date holds, or that was reinstated; None when it stays.

    An item that goes live is held until now: the next tick publishes it.
    """
    if old.state is not State.HELD or not (old.dated or old.reinstated):
        return None
    placement = place(item)
    if placement.state is State.LIVE:
        placement = replace(placement, state=State.HELD, release=now, dated=True)
    elif not placement.dated:
        return None
    return placement if (placement.release, placement.dated) != (old.release, old.dated) else None


def _in_story(
    edit: Edit,
    source: Source,
    old: Known,
    *,
    story: Sequence[Candidate] | None,
    comparer: stories.Comparer,
) -> Edit:
    """Return the edit with whether the item leaves its story, and its source's domains; `story` are the other
    members, None when they are more than were read."""
    if not edit.substantive and not edit.moves:
        return edit
    url, was_home = edit.item.url, not old.url or is_within(old.url, source.domains)
    left = bool(url) and was_home and not is_within(url, source.domains)
    parts = story is None or (bool(story) and stories.parts(edit.item, source.domains, story, comparer))
    return replace(edit, parts=parts, leaves_home=left)


def updated(item: Item, *, after: datetime, now: datetime) -> datetime | None:
    """Return the origin's own date of the change if it can be one, else None."""
    return item.updated if item.updated is not None and after < item.updated <= now else None
