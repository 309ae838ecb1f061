"""Polls in the service's log."""

import logging

from aggregator.fetch.address import redacted
from aggregator.log import log
from aggregator.model.poll import Outcome, OutcomeKind, PollResult
from aggregator.policy import relocation


def relocated(result: PollResult) -> None:
    """Log a new address that a poll met, adopted or left."""
    before, after = result.claim.relocation, result.after.relocation
    if event := relocation.event(before, after):
        log.warning(
            event, source=result.claim.id, address=redacted(after.at or after.seen or result.claim.feed)
        )


def ended(outcome: Outcome) -> None:
    """Log the outcome of a poll; one that found nothing new at level debug."""
    found = logging.INFO if outcome.kind is OutcomeKind.CHANGED else logging.DEBUG
    log.log(
        logging.WARNING if outcome.kind is OutcomeKind.FAILED else found,
        "poll",
        source=outcome.source,
        outcome=outcome.kind.value,
        cause=outcome.cause.value,
        message=outcome.message,
        status=outcome.status,
        new=outcome.new,
        edited=outcome.edited,
        seconds=round(outcome.seconds, 3),
    )
