"""The poll of a source that may be another one of the store: its document is compared, and not imported."""

from datetime import datetime

from aggregator.errors import Cause, PollError
from aggregator.log import log
from aggregator.model import Answer, Claim
from aggregator.model.settings import Config
from aggregator.policy.source_match import question
from aggregator.storage import Storage
from aggregator.tasks import Writes


async def settle(
    claim: Claim, answer: Answer, storage: Storage, write: Writes, *, config: Config, now: datetime
) -> None:
    """Raise PollError, with the question to the operator, for a claim in doubt.

    Its first document may tell which source it is: then it is due again at once.
    """
    if not claim.doubt.former:
        return
    if (read := answer.read) is not None and not claim.doubt.is_read:
        await write(lambda: storage.polls.compare(claim, read))
        for done in await write(lambda: storage.admin.sync(config, now)):
            log.info("configuration", change=done)
    raise PollError(question(claim.id, claim.doubt), cause=Cause.IDENTITY)
