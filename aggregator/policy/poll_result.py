"""The one decision about a finished poll: everything that is to be written. Pure: `now` and `jitter` are
given.

Never fetches, reads a document or writes anything.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from msgspec.structs import replace

from aggregator import __version__
from aggregator.errors import Cause, FetchError, PollError
from aggregator.model.changes import VARYING, Changes, NewItem
from aggregator.model.document import Document, Fetched, Validators
from aggregator.model.poll import Answer, Claim, Outcome, OutcomeKind, PollResult
from aggregator.model.schedule import Due, DueReason, HostLimit
from aggregator.model.settings import Source
from aggregator.model.stored import Knowledge
from aggregator.model.websub import Subscription
from aggregator.policy import (
    alerts,
    document_changes,
    embargo,
    partial_poll,
    provenance,
    relocation,
    schedule,
    subscription,
)
from aggregator.policy.reservation import with_reservation

# 304s that last longer are not believed: some servers answer so for ever.
NOT_MODIFIED_MAX, NOT_MODIFIED_GAPS_MAX = timedelta(days=30), 5  # the longer of both
LIMITS_HOST_EVERY = timedelta(days=1)  # without a 429 of its own, then another one limits its host

SHOWN = attrgetter("title", "link", "rights", "terms", "language")  # of a feed, that every channel shows
# Settings of a source that shape its items.
SHAPING = (
    "from_entry",
    "organisation",
    "language",
    "timezone",
    "only",
    "skip",
    "embargo",
    "feed_public",
    "link_domains",
)


def pipeline_version_of(source: Source) -> bytes:
    """Return the digest of everything besides the document that shapes items; another one: read it anew."""
    shaping = (__version__, *(getattr(source, name) for name in SHAPING))
    if source.house_style.drop:  # alone of all rules, selectors need the HTML as its origin sent it
        shaping += (source.house_style.drop_digest,)
    return hashlib.blake2b(repr(shaping).encode(), digest_size=16).digest()


def validators(claim: Claim, source: Source, now: datetime) -> Validators:
    """Return the validators of the conditional request; none when the document is wanted in any case.

    It is to be read otherwise, or 304s last longer than NOT_MODIFIED_MAX and NOT_MODIFIED_GAPS_MAX usual gaps
    where no validator was ever seen to change. Publishers count other unconditional requests as a fault.
    """
    if claim.pipeline_version != pipeline_version_of(source):
        return Validators()
    believed = max(NOT_MODIFIED_MAX, NOT_MODIFIED_GAPS_MAX * (claim.usual_gap or timedelta(0)))
    is_stale = claim.last_body is None or now - claim.last_body >= believed
    return Validators() if is_stale and not claim.has_new_validators else claim.validators


def body_digest(fetched: Fetched) -> bytes | None:
    """Return the digest that tells an unchanged body, None after a 304."""
    return None if fetched.body is None else hashlib.sha256(fetched.body).digest()[:16]


def is_unread(claim: Claim, source: Source, digest: bytes | None) -> bool:
    """Return whether a body has to be read: it differs from the last one, or is now to be read otherwise."""
    known = claim.body_digest, claim.pipeline_version
    return digest is not None and (digest, pipeline_version_of(source)) != known


def decide(
    claim: Claim,
    source: Source,
    answer: Answer | PollError,
    known: Knowledge | None,
    *,
    now: datetime,
    jitter: float,
    is_websub: bool = True,
    is_foreign: Callable[[str], bool] = lambda guid: False,
) -> PollResult:
    """Return everything a finished poll writes; `known` is what storage says of the items that were read,
    `is_foreign` whether a guid speaks for the domains of another source."""
    if isinstance(answer, PollError):
        return _failed(claim, source, answer, now=now, jitter=jitter)
    fetched, read = answer.fetched, answer.read
    changes, spent, over = None, claim.spent, None
    if read is not None and known is not None:
        changes, spent, over = document_changes.decide(
            claim, source, read, known, now=now, is_foreign=is_foreign
        )
    if changes is not None:
        changes = provenance.recorded(changes, fetched, answer.digest)
    new, edited = (len(changes.new), sum(e.substantive for e in changes.edits)) if changes else (0, 0)
    after = _came_back(claim, source, answer, now)
    if read is not None and changes is not None:
        terms = with_reservation(read.document.terms, fetched)
        after = replace(_read(after, source, read.document, changes), spent=spent, terms=terms)
    if changes is not None and new:
        after = _found_new(after, source, changes.new, now=now)
    hub = subscription.after_poll(
        claim.subscription, answer.advert, claim.last_success, now, is_new=bool(new)
    )
    after = replace(after, subscription=hub.present)
    slower = claim.subscription if is_websub else None
    due = _due(after, source, fetched, hub=hub, now=now, jitter=jitter, slowed_by=slower)
    outcome = Outcome(
        source=claim.id,
        kind=_kind(answer.digest, new or edited),
        started=now,
        status=fetched.status,
        received=fetched.received,
        new=new,
        edited=edited,
        due=due,
    )
    result = PollResult(claim, after, outcome, due, changes=changes, advert=hub.advert, over=over)
    document = None if read is None else read.document
    result = replace(result, feed_title=None if document is None else document.title)
    return _completed(partial_poll.settled(result, source, document, jitter=jitter))


def _came_back(claim: Claim, source: Source, answer: Answer, now: datetime) -> Claim:
    """Return the source's state after a successful fetch, before its document counts."""
    fetched, digest = answer.fetched, answer.digest
    return replace(
        claim,
        failures=0,
        failing_since=None,
        last_success=now,
        pipeline_version=claim.pipeline_version if digest is None else pipeline_version_of(source),
        validators=fetched.validators,
        body_digest=claim.body_digest if digest is None else digest,
        last_body=claim.last_body if digest is None else now,
        has_new_validators=_has_new_validators(claim, fetched),
        relocation=relocation.answered(claim.feed, claim.relocation, fetched, now),
    )


def _has_new_validators(claim: Claim, fetched: Fetched) -> bool:
    """Return whether a validator of this URL was seen to change with a body, now or before: its 304s are
    true."""
    before, after = claim.validators, fetched.validators
    if before.url != after.url:
        return False
    pairs = (before.etag, after.etag), (before.last_modified, after.last_modified)
    changed = any(old and new and old != new for old, new in pairs)
    return claim.has_new_validators or (changed and fetched.body is not None)


def _kind(digest: bytes | None, changed: int) -> OutcomeKind:
    if changed:
        return OutcomeKind.CHANGED
    return OutcomeKind.NOT_MODIFIED if digest is None else OutcomeKind.UNCHANGED


def _read(after: Claim, source: Source, document: Document, changes: Changes) -> Claim:
    """Return the source's state with what the document says of itself and of its entries.

    The title may name the organisation, so the first one stays until the operator writes another name.
    Entries whose dates were read in another order of day and month are read again at the next poll, and so is
    a document that may have corrected an address: it counts if it says the same again.
    """
    is_unsettled = any(edit.unsettled not in (None, VARYING) for edit in changes.edits)
    is_misread = bool(after.seen) and after.month_first != document.month_first
    return replace(
        after,
        title=after.title or document.title or source.organisation or source.id,
        link=document.link,
        rights=document.rights,
        language=document.language,
        hints=document.hints,
        month_first=document.month_first,
        pipeline_version=b"" if is_misread or is_unsettled else after.pipeline_version,
        seen=() if is_misread else changes.seen,
        mode=changes.mode,
        first_import=False,
        volatile=changes.volatile,
    )


def _found_new(after: Claim, source: Source, items: Sequence[NewItem], *, now: datetime) -> Claim:
    gap = after.usual_gap
    if after.last_new is not None:
        gap = schedule.usual_gap(source.every, gap, now - after.last_new)
    ahead = embargo.counted(after.ahead, items, now)
    return replace(after, last_new=now, usual_gap=gap, findings=after.findings + 1, ahead=ahead)


def _is_feed_changed(claim: Claim, after: Claim) -> bool:
    """Return whether something changed that every channel shows of a source: its feed's texts or address."""
    is_relocated = after.relocation.at != claim.relocation.at
    return is_relocated or (SHOWN(after) != SHOWN(claim) and not claim.is_empty)


def _due(
    after: Claim,
    source: Source,
    fetched: Fetched,
    *,
    hub: subscription.AfterPoll,
    now: datetime,
    jitter: float,
    slowed_by: Subscription | None,
) -> Due:
    """Return when the source is due after an answer; skipHours and skipDays come last."""
    is_file = source.feed.startswith("file:")  # reading it costs no origin anything
    own = schedule.pace(source.every, after.usual_gap, None if is_file else after.last_new, now)
    due = schedule.after_success(own, fetched, after.hints, now=now, jitter=jitter)
    slow = timedelta(0) if slowed_by is None else subscription.slower(slowed_by, source.every, now)
    if now + slow > due.at:
        due = Due(now + slow, DueReason.HUB, wait=slow)
        if hub.is_missed:
            due = Due(now + source.every, DueReason.HUB_SILENT, wait=source.every)
    return schedule.skipping(due, after.hints)


def _failed(claim: Claim, source: Source, error: PollError, *, now: datetime, jitter: float) -> PollResult:
    is_gone, before = error.cause is Cause.GONE, claim.relocation
    if is_gone and before.at:  # of the two addresses the other one may be alive
        error = FetchError(str(error), cause=Cause.HTTP, status=410)
    is_unasked = error.cause is Cause.RATE_LIMITED  # no request was sent: it says nothing of the source
    due = schedule.after_failure(source.every, error, claim.failures, now=now, jitter=jitter)
    if is_unasked:
        due = schedule.after_rate_limit(claim.due, Due(now + due.wait, DueReason.HOST_LIMIT, host=claim.host))
    after = replace(
        claim,
        failures=claim.failures + (not is_unasked),
        failing_since=claim.failing_since if is_unasked else claim.failing_since or now,
        relocation=before if is_unasked else relocation.failed(claim.feed, before, is_gone=is_gone),
        last_limited=now if _status(error) == 429 else claim.last_limited,
    )
    limit = _host_limit(claim, error, now)
    if limit is not None:
        due = replace(due, host=limit.host)
    if relocation.address(claim.feed, after.relocation) != relocation.address(claim.feed, before):
        due = replace(due, is_fallback=True)
    due = schedule.skipping(due, claim.hints)
    outcome = Outcome(
        source=claim.id,
        kind=OutcomeKind.FAILED,
        started=now,
        cause=error.cause,
        message=str(error),
        status=_status(error),
        due=due,
    )
    return _completed(PollResult(claim, after, outcome, due, host_limit=limit))


def _status(error: PollError) -> int | None:
    return error.status if isinstance(error, FetchError) else None


def _host_limit(claim: Claim, error: PollError, now: datetime) -> HostLimit | None:
    """Return the rate limit of a host: 429 with Retry-After, by the first response of a configured address.

    After a redirect the target's host would be limited by a source that is not there. A 503 may be that of
    one site among many. A source that answered 429 within the last day limits itself alone: it could keep the
    others waiting.
    """
    if not isinstance(error, FetchError) or error.status != 429 or not error.host:
        return None
    if claim.last_limited is not None and now - claim.last_limited < LIMITS_HOST_EVERY:
        return None
    wait = schedule.retry_after(error.retry_after, now)
    if wait is None:
        return None
    until = now + min(wait, schedule.HOST_LIMIT_MAX)
    return HostLimit(error.host, until, is_renewed=claim.due.reason is DueReason.HOST_LIMIT)


def _completed(result: PollResult) -> PollResult:
    """Return the result with what follows of the source's state: its host, its shown texts and its alerts."""
    claim, judged = result.claim, alerts.judged(result)
    host, before, after = claim.host, claim.relocation, result.after.relocation
    if not host or relocation.address(claim.feed, after) != relocation.address(claim.feed, before):
        host = relocation.host_of(claim.feed, after)
    return replace(
        result,
        after=replace(result.after, host=host),
        is_feed_changed=_is_feed_changed(claim, result.after),
        raised=alerts.raised(judged, claim.open_alerts),
        cleared=alerts.cleared(judged, claim.open_alerts),
    )
