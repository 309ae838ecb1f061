"""Edits of known items by one document, with what of them waits for approval. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from aggregator.dedupe import stories, translations, within
from aggregator.dedupe.addresses import Kind, difference, reads_alike, varying
from aggregator.dedupe.comparing import Comparer
from aggregator.dedupe.damping import EDITS_MAX, MOVES_MAX, flags_of, put_off, with_link_of
from aggregator.dedupe.decided import Decided, releases
from aggregator.model.amendment import AmendedField
from aggregator.model.changes import EMBARGO, Edit, Placement
from aggregator.model.decision import Decision, State
from aggregator.model.domains import host_of, is_within
from aggregator.model.item import Item, KeyKind, Mode, is_quarantined
from aggregator.model.poll import Claim
from aggregator.model.settings import Source
from aggregator.model.stored import Candidate, Knowledge, Known


class Place(Protocol):
    """Placement of an item; `since` is when it was first seen, None for a new one."""

    def __call__(self, item: Item, since: datetime | None = None, /) -> Placement: ...


def decide(
    found: within.Resolved,
    known: Knowledge,
    claim: Claim,
    source: Source,
    *,
    decisions: Decided,
    comparer: Comparer,
    now: datetime,
    place: Place,
) -> tuple[Edit, ...]:
    """Return the edits of known items by one document."""
    members: dict[int | None, list[Candidate]] = defaultdict(list)
    for each in known.members:
        members[each.story].append(each)
    poll = _Poll(decisions, found.mode, claim.volatile, now, place, source.review)
    edits = ((old, _edit(item, old, poll)) for item, old in found.known)
    return tuple(
        _in_story(
            edit,
            source,
            old,
            story=None if old.story in known.unread_stories else members[old.story],
            comparer=comparer,
            is_merged=old.story in known.merged,
        )
        for old, edit in edits
        if edit is not None
    )


class _Poll(Struct, frozen=True):
    """Input of the decision on all edits of a poll."""

    decisions: Decided
    mode: Mode
    volatile: Sequence[str]
    now: datetime
    place: Place
    review: bool

    def reviews(self, item: Item) -> bool:
        """Return whether a new version of an item waits for approval."""
        return self.review or is_quarantined(item)


class _Change(Struct, frozen=True):
    """The change of an item's content and link. `is_unread`: substantive under review alone, since it
    changes what is published and is no correction; `unsettled`: what the next poll is to confirm; `varies`:
    its link is not taken either."""

    substantive: bool
    moves: bool
    is_elsewhere: bool  # the link leads to another host
    is_version: bool
    refreshes: bool
    is_unread: bool
    unsettled: bytes | None
    varies: bool


def _changed(item: Item, old: Known, poll: _Poll) -> _Change:
    is_withdrawn = old.state is State.WITHDRAWN
    moves = item.url != old.url and not is_withdrawn
    is_elsewhere = moves and host_of(item.url) not in ("", host_of(old.url))
    is_moved = moves and not _is_signed_anew(item, old)
    differs = difference(item, old, poll.volatile).kind
    substantive = (differs is Kind.EDITED and not is_withdrawn) or is_elsewhere
    refreshes = differs is Kind.REFRESHED and not (is_withdrawn or substantive or old.freed)
    is_unsettled = differs is Kind.UNSETTLED and not (is_withdrawn or substantive)
    unsettled, is_unread, varies = item.fingerprint if is_unsettled else None, False, None
    is_replaced = (refreshes or moves) and not (substantive or old.freed)
    if poll.reviews(item) and is_replaced and (is_moved or not reads_alike(item, old.queries)):
        if (varies := varying(item, old)) is not None:  # what was read stays
            moves = is_moved = refreshes = False
            unsettled = unsettled or varies
        else:
            is_unread = not is_moved
    return _Change(
        substantive or is_unread,
        moves,
        is_elsewhere,
        is_version=substantive or is_unread or is_moved,
        refreshes=refreshes and not is_unread,
        is_unread=is_unread,
        unsettled=unsettled,
        varies=varies is not None,
    )


def _edit(item: Item, old: Known, poll: _Poll) -> Edit | None:
    """Return the edit of a known item, None for none.

    A withdrawn item stays as it was withdrawn but gets its new keys: else it would be new and live under
    them.
    """
    change, is_public = _changed(item, old, poll), old.state is State.LIVE
    if change.is_elsewhere and is_public and old.edits >= MOVES_MAX:
        return put_off(item, old)
    if change.varies:
        item = replace(item, keys=with_link_of(old, item.keys), unmarked=old.unmarked)
    substantive, moves, refreshes = change.substantive, change.moves, change.refreshes
    own = poll.decisions.about(item, poll.mode, old.id)
    returns = old.state is State.HELD and old.reinstated
    placement = _placed_anew(item, old, now=poll.now, place=poll.place)
    is_changed = substantive or moves or refreshes or returns
    withdrawal = poll.decisions.copied_by(item, old, own) if is_changed else None
    if poll.reviews(item) and change.is_version and old.state is State.HELD and old.release is not None:
        placement = _unread(item, old.release, poll.place(item))
    if substantive and old.state is State.HELD and not change.is_unread and releases(own, item):
        # The text that the operator released: the store, restored, had one of before.
        placement = Placement(State.HELD, poll.now, poll.place(item).shown)
    redates = _redates(item, old, placement)
    is_restated = redates or translations.is_restated(item, old)
    is_kept = not (substantive or refreshes or is_restated) and change.unsettled == old.unsettled
    if is_kept and item.keys == old.current and placement is None:
        return None
    is_damped = old.edits >= EDITS_MAX and not change.is_elsewhere
    edit = Edit(
        number=old.number,
        item=item,
        substantive=substantive,
        updated=updated(item, after=old.updated, now=poll.now) or poll.now,
        moves=moves,
        revises=substantive and is_public and not is_damped,
        is_public=is_public and (substantive or moves or (refreshes and item.queries != old.queries)),
        placement=None if withdrawal else placement,
        returns=returns,
        flags=flags_of(old, placement, is_damped=is_damped, is_elsewhere=change.is_elsewhere),
        id=old.id,
        copy_of=withdrawal.item if withdrawal else "",
        version=old.versions + 1 if change.is_version else 0,
        refreshes=refreshes,
        unsettled=change.unsettled,
        redates=redates,
        conflicts=_conflicts(item, old) if substantive or refreshes else (),
    )
    return _approved(edit, old, own, poll) if edit.is_public or (is_public and refreshes) else edit


def _conflicts(item: Item, old: Known) -> tuple[AmendedField, ...]:
    """Return the fields of the desk of which the origin says something else now."""
    return old.amended.conflicts(item.title, item.summary, item.language) if old.amended else ()


def _approved(edit: Edit, old: Known, own: Decision | None, poll: _Poll) -> Edit:
    """Return an edit of what the public sees, with whether it waits for approval.

    An origin that takes its change back says what is shown already: nothing waits then. Addresses that are
    signed anew are replaced without approval, in the version that waits if one does.
    """
    unseen = replace(edit, revises=False, is_public=False, refreshes=False, copy_of="")
    is_back = (edit.item.fingerprint, edit.item.url) == (old.approved, old.approved_url)
    if is_back and poll.reviews(edit.item):
        is_back = reads_alike(edit.item, old.approved_queries)
    if old.pending is not None and is_back:
        return replace(unseen, substantive=False, moves=False, version=0, drops=True)
    if not edit.version and old.pending is not None:
        return replace(unseen, waits=True, version=old.pending)
    # The text that the operator approved: the store, restored, had one of before.
    is_approved = edit.item.fingerprint != old.approved and not edit.moves and releases(own, edit.item)
    if edit.version and poll.reviews(edit.item) and not is_approved:
        return replace(unseen, waits=True)
    return replace(edit, drops=old.pending is not None)


def _is_signed_anew(item: Item, old: Known) -> bool:
    """Return whether another link of an item is the same address with another signature."""
    link = item.key(KeyKind.LINK)
    return link is not None and any(key.kind is KeyKind.LINK and key.digest == link for key in old.current)


def _placed_anew(item: Item, old: Known, *, now: datetime, place: Place) -> Placement | None:
    """Return the new placement of an item that its date holds, or that was reinstated; None when it stays.

    An item that goes live is held until now: the next tick publishes it. An embargo does not end because
    its date becomes unreadable or missing.
    """
    if old.state is not State.HELD:
        return None
    if not (old.dated or old.reinstated):
        return _prolonged(item, old, place)
    placement = place(item, old.first_seen)
    if is_quarantined(item):
        return placement
    if item.by_update and not (old.reinstated or item.embargo or _is_later(placement, old)):
        return None
    if placement.state is State.LIVE:
        placement = replace(placement, state=State.HELD, release=now, dated=True)
    elif not placement.dated:
        return None
    return placement if (placement.release, placement.dated) != (old.release, old.dated) else None


def _redates(item: Item, old: Known, placement: Placement | None) -> bool:
    """Return whether the date that the origin states now counts when an item is released: of a held one, but
    where the operator gave the time."""
    is_awaited = old.state is State.HELD and (placement is not None or old.release is None or old.dated)
    return is_awaited and not item.by_update and item.claimed not in (None, old.claimed)


def _unread(item: Item, release: datetime, placement: Placement) -> Placement:
    """Return the placement of a version that waits for approval: the release time of the one before was given
    to what was read, but an embargo that no date of publication ends goes on."""
    if not item.by_update:
        return placement
    return replace(placement, release=max(filter(None, (release, placement.release))), dated=True)


def _prolonged(item: Item, old: Known, place: Place) -> Placement | None:
    """Return the placement of an approved item that goes live when its embargo ends, if its origin has dated
    it later since; None else. A time of the operator's own stands, and an approval needs no second one."""
    is_approved = old.release is not None and old.release == old.claimed
    if (
        not is_approved
        or item.by_update
        or item.claimed is None
        or not _is_later(placement := place(item, old.first_seen), old)
    ):
        return None
    return placement if placement.release is None else replace(placement, reason=EMBARGO, dated=False)


def _is_later(placement: Placement, old: Known) -> bool:
    """Return whether a placement holds a held item for longer: the date of an update ends no embargo, because
    that of the publication may be missing."""
    if placement.release is None:
        return placement.dated  # beyond the horizon, for the operator
    return old.release is not None and placement.release > old.release


def _in_story(
    edit: Edit,
    source: Source,
    old: Known,
    *,
    story: Sequence[Candidate] | None,
    comparer: Comparer,
    is_merged: bool,
) -> Edit:
    """Return the edit with whether the item leaves its story, and its source's domains; `story` are the other
    members, None when they are more than were read; `is_merged`: the operator has merged some of them."""
    if not (edit.substantive or edit.moves or edit.refreshes or edit.waits):
        return edit
    url, was_home = edit.item.url, not old.url or is_within(old.url, source.domains)
    left = bool(url) and was_home and not is_within(url, source.domains)
    stands = stories.Standing(parts=story is None)
    if story and is_merged:
        stands = stories.kept(old, story)
    elif story:
        stands = stories.standing(edit.item, old, source.domains, story, comparer)
    return replace(edit, parts=stands.parts, says=stands.says, stands_for=stands.stands_for, leaves_home=left)


def updated(item: Item, *, after: datetime, now: datetime) -> datetime | None:
    """Return the origin's own date of the change if it can be one, else None."""
    return item.updated if item.updated is not None and after < item.updated <= now else None
