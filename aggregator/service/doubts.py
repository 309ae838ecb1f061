"""The poll of a source that may be another one of the store: its document is compared, and not imported."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from aggregator.errors import Cause, Outdated, PollError
from aggregator.log import log
from aggregator.model.document import ReadResult
from aggregator.model.poll import Answer, Claim
from aggregator.model.settings import Config
from aggregator.policy.source_match import question
from aggregator.storage import Storage
from aggregator.tasks import Writes


async def settle(
    claim: Claim,
    answer: Answer,
    storage: Storage,
    write: Writes,
    *,
    config: Callable[[], Config],
    now: datetime,
    lease: timedelta,
) -> Claim | None:
    """Return None for a claim in no doubt, and for one whose document tells which source it is the claim of
    that source, which is to be polled; else raise PollError with the question to the operator."""
    if not claim.doubt.former:
        return None
    if (read := answer.read) is not None and not claim.doubt.is_read:
        done, told = await write(partial(_compare, claim, read, storage, config, now, lease))
        for change in done:
            log.info("configuration", change=change)
        if told is not None and not told.doubt.former:
            return told
    raise PollError(question(claim.id, claim.doubt), cause=Cause.IDENTITY)


def _compare(
    claim: Claim,
    read: ReadResult,
    storage: Storage,
    config: Callable[[], Config],
    now: datetime,
    lease: timedelta,
) -> tuple[tuple[str, ...], Claim | None]:
    """Return the change by the document as a sentence, and the claim of the source after it.

    A claim that the change makes void is made anew within the same write: the source is due at once, and
    another poll would have it first.
    """
    storage.polls.compare(claim, read)
    try:
        done = storage.admin.sync(config(), now)  # the one in force at the time of the write
    except Outdated:  # a newer configuration decides
        return (), None
    if (renewed := storage.polls.renewed(claim)) is not None:
        return done, renewed
    return done, next(iter(storage.polls.claim(now, limit=1, lease=lease, ids=[claim.id])), None)
