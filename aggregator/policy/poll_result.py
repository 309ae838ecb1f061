"""What a poll comes to: the Poll to be committed, from what the origin answered, with when to look again.

Pure: `started` and `jitter` (0 to 1) are given. Never fetches, reads a document or writes anything.
"""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator import __version__
from aggregator.errors import FetchError, PollError
from aggregator.model import (
    Advert,
    Claim,
    Document,
    Due,
    Fetched,
    Hints,
    HostLimit,
    Outcome,
    Poll,
    Validators,
)
from aggregator.model.settings import Source
from aggregator.policy import relocation, schedule, subscription

FULL_EVERY = timedelta(days=1)  # a fetch without validators: some servers say 304 for ever


def pipeline_version_of(source: Source) -> bytes:
    """Names all that shapes items besides the document; when it changes, the document is read anew."""
    shaping = (
        __version__,
        source.from_entry,
        source.organisation,
        source.language,
        source.timezone,
        source.only,
        source.skip,
        source.embargo,
    )
    return hashlib.blake2b(repr(shaping).encode(), digest_size=16).digest()


def validators(claim: Claim, source: Source, started: datetime) -> Validators:
    """What to ask the origin with; none when the document is to be had whatever it says of it."""
    again = claim.pipeline_version != pipeline_version_of(source)
    full = again or claim.last_full is None or started - claim.last_full >= FULL_EVERY
    return Validators() if full else claim.validators


def answered(
    claim: Claim, source: Source, fetched: Fetched, *, asked: Validators, started: datetime, jitter: float
) -> Poll:
    """The poll of a source whose origin answered, as it stands until its document is read."""
    digest = None if fetched.body is None else hashlib.sha256(fetched.body).digest()[:16]
    outcome = Outcome(
        source=claim.id,
        kind="not-modified" if digest is None else "unchanged",
        started=started,
        seconds=0.0,
        status=fetched.status,
        received=fetched.received,
    )
    poll = Poll(
        claim=claim,
        outcome=outcome,
        due=started,
        validators=fetched.validators,
        body_digest=digest,
        pipeline_version=pipeline_version_of(source),
        full=asked == Validators() and digest is not None,
        move=relocation.answered(claim.feed, claim.move, fetched, started),
    )
    return _planned(poll, _due(claim, source, fetched, hints=claim.hints, now=started, jitter=jitter))


def is_unread(poll: Poll) -> bool:
    """Whether its document has to be read: it is another one than the last, or is to be read otherwise."""
    digest = poll.body_digest
    return digest is not None and (
        digest != poll.claim.body_digest or poll.pipeline_version != poll.claim.pipeline_version
    )


def read(
    poll: Poll, source: Source, fetched: Fetched, *, document: Document, advert: Advert | None, jitter: float
) -> Poll:
    """The poll once its document was read: due as the feed's own hints say too."""
    claim, now, hints = poll.claim, poll.outcome.started, document.hints
    due = _due(claim, source, fetched, hints=hints, now=now, jitter=jitter)
    gap = (
        None if claim.last_new is None else schedule.usual_gap(source.every, claim.gap, now - claim.last_new)
    )
    claim = replace(claim, gap=gap, last_new=now)
    if_new = _due(claim, source, fetched, hints=hints, now=now, jitter=jitter)
    return replace(_planned(poll, due), document=document, advert=advert, if_new=if_new)


def _due(
    claim: Claim, source: Source, fetched: Fetched, *, hints: Hints, now: datetime, jitter: float
) -> Due:
    """When to look again after an answer; what the feed asks to skip comes last."""
    is_file = source.feed.startswith("file:")  # looking at it bothers nobody
    last_new = None if is_file else claim.last_new
    own = schedule.pace(source.every, claim.gap, last_new, now)
    due = schedule.after_success(own, fetched, hints, now=now, jitter=jitter)
    slow = subscription.slower(due.at, source.every, hub_until=claim.hub_until, told=claim.announced, now=now)
    if slow != due.at:
        due = Due(slow, f"its hub announces what is new (else {due.why})")
    return schedule.skipping(due, hints)


def _planned(poll: Poll, due: Due) -> Poll:
    outcome = replace(poll.outcome, due=due.at, why=due.why)
    return replace(poll, due=due.at, is_capped=due.is_capped, outcome=outcome)


def failed(claim: Claim, source: Source, error: PollError, *, started: datetime, jitter: float) -> Poll:
    """The poll of a source that could not be had or read."""
    is_gone, move = error.cause == "gone", claim.move
    if is_gone and move.at:  # of the two addresses the other one may be alive
        error = FetchError(str(error), cause="http", status=410)
    due = schedule.after_failure(source.every, error, claim.failures, now=started, jitter=jitter)
    outcome = Outcome(
        source=claim.id,
        kind="failed",
        started=started,
        seconds=0.0,
        cause=error.cause,
        message=str(error),
        status=getattr(error, "status", None),
    )
    if rest := _rest(error, due, started):
        due = replace(due, why=rest.why)
    after = move if error.cause == "rests" else relocation.failed(claim.feed, move, is_gone=is_gone)
    if relocation.address(claim.feed, after) != relocation.address(claim.feed, move):
        due = replace(due, why=f"{due.why}, at its other address")
    poll = Poll(claim=claim, outcome=outcome, due=due.at, move=after, rest=rest)
    return _planned(poll, schedule.skipping(due, claim.hints))


def _rest(error: PollError, due: Due, started: datetime) -> HostLimit | None:
    """429 with a wait is meant for all that its host serves; a 503 may be one of many sites there."""
    if not isinstance(error, FetchError) or error.status != 429:
        return None
    is_told = schedule.retry_after(error.retry_after, started) is not None
    return HostLimit(error.host, due.at, f"{due.why}, with all of {error.host}") if is_told else None


def gone(claim: Claim, started: datetime) -> Poll:
    """A claim whose source left the configuration in between: recording it will say so."""
    message = f"{claim.id} is no longer configured with this feed"
    outcome = Outcome(claim.id, "failed", started, 0.0, cause="lease", message=message)
    return Poll(claim=claim, outcome=outcome, due=started)
