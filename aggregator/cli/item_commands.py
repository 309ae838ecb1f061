"""Arguments and help texts of the verbs on items."""

from typing import Annotated

from aggregator.cli.commands import Argument, Option
from aggregator.cli.location import Location
from aggregator.cli.options import (
    DEFAULT,
    AsJson,
    ConfigFile,
    ItemId,
    Notice,
    Reason,
    Received,
    Statement,
    StoreDirectory,
    Story,
    Yes,
)
from aggregator.errors import UsageError
from aggregator.model.decision import Trigger


def withdraw(
    item: ItemId,
    reason: Reason,
    notice: Notice = "",
    received: Received = "",
    statement: Statement = "",
    story: Story = False,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Withdraw an item from every feed and page."""
    from aggregator.cli import notices, verbs

    asked = notices.given(notice, received, statement or reason)
    verbs.apply(Location(config, store), Trigger.WITHDRAW, [item], reason, story=story, notice=asked)


def reinstate(
    item: ItemId,
    reason: Reason,
    story: Story = False,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Publish a withdrawn item again, once its origin lists it."""
    _verb(Location(config, store), Trigger.REINSTATE, item, reason, story=story)


def release(
    items: Annotated[
        tuple[str, ...], Argument(metavar="[ITEM]...", help="Ids, public ids or URLs of items.")
    ] = (),
    over_budget: Annotated[
        str, Option(metavar="ID", help="Publish all that the budget of this source holds.")
    ] = "",
    version: Annotated[
        tuple[int, ...],
        Option(metavar="N", help="Version that was read, one for each item; default: show and ask."),
    ] = (),
    early: Annotated[bool, Option("--now", help="Publish at once, also before an embargo ends.")] = False,
    reason: Reason = "",
    story: Story = False,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> int | None:
    """Publish held items, and versions that wait for approval. Fails when a newer one exists."""
    from aggregator.cli import verbs

    where = Location(config, store)
    if over_budget:
        verbs.release_over_budget(where, over_budget, reason)
    if items or not over_budget:
        return verbs.release(where, items, reason, versions=version, story=story, early=early)
    return None


def amend(
    item: ItemId,
    headline: Annotated[str, Option(metavar="TEXT", help="Headline in place of the origin's.")] = "",
    summary: Annotated[str, Option(metavar="TEXT", help="Summary in place of the origin's.")] = "",
    topics: Annotated[
        str, Option(metavar="A,B", help="Topics in place of the source's, separated by commas.")
    ] = "",
    language: Annotated[str, Option(metavar="TAG", help="Language in place of the origin's.")] = "",
    note: Annotated[str, Option(metavar="TEXT", help="Your note, shown apart from the release.")] = "",
    clear: Annotated[
        tuple[str, ...],
        Option(metavar="FIELD", help="headline, summary, topics, language, note or all; repeatable."),
    ] = (),
    reason: Annotated[str, Option("--reason", help="Reason, recorded in the audit trail.")] = "",
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Amend headline, summary, topics or language, or add a note. Shown as edited by you."""
    from aggregator.cli import amend as amended
    from aggregator.config import amending

    given = amending.given(headline, summary, topics=topics, language=language, note=note)
    amended.amend(Location(config, store), item, given, amended.cleared(clear), reason)


def erase(
    item: Annotated[
        str,
        Argument(metavar="ITEM|PATTERN", help="Id, public id or URL, or texts with * for anything."),
    ],
    reason: Reason,
    notice: Notice = "",
    received: Received = "",
    statement: Statement = "",
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> int:
    """Remove an item and all its versions for good. Also from the files of the store."""
    from aggregator.cli import erase as erasing
    from aggregator.cli import notices

    asked = notices.given(notice, received, statement or reason)
    return erasing.erase(Location(config, store), item, reason, yes=yes, notice=asked)


def strike(
    item: ItemId,
    version: Annotated[int, Argument(metavar="VERSION", help="Number of the version.")],
    reason: Reason,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Remove a former version's text from the history for good."""
    from aggregator.cli import verbs

    verbs.strike(Location(config, store), item, version, reason)


def hold(
    item: ItemId,
    reason: Reason,
    until: Annotated[
        str, Option(metavar="TIME", help="Publish it at this ISO 8601 time; in UTC if it has no zone.")
    ] = "",
    story: Story = False,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Take an item out of feeds and pages until it is released."""
    from aggregator.cli import verbs

    verbs.apply(Location(config, store), Trigger.HOLD, [item], reason, story=story, until=verbs.moment(until))


def withdrawals(
    source: Annotated[str, Argument(metavar="[ID]", help="Only of this source.")] = "",
    accept: Annotated[bool, Option("--accept", help="Withdraw all of this source's.")] = False,
    decline: Annotated[bool, Option("--decline", help="Keep all of this source's.")] = False,
    reason: Reason = "",
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
    as_json: AsJson = False,
) -> int | None:
    """List suspended withdrawals by origins, and decide on them."""
    from aggregator.cli import withdrawals

    where = Location(config, store)
    if accept and decline:
        raise UsageError("--accept or --decline, not both")
    if not (accept or decline):
        withdrawals.listed(where, source, as_json=as_json)
        return None
    return withdrawals.decide(where, source, reason, accepts=accept, yes=yes)


def _verb(where: Location, trigger: Trigger, item: str, reason: str, *, story: bool) -> None:
    from aggregator.cli import verbs

    verbs.apply(where, trigger, [item], reason, story=story)
