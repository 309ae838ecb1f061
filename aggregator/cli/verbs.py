"""Operator commands on items and sources: one short transaction each, with or without a running service."""

import getpass
from collections.abc import Sequence
from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.items import find_item
from aggregator.cli.location import Location
from aggregator.cli.opening import opened
from aggregator.cli.output import say
from aggregator.editorial.safe import masked_feed
from aggregator.errors import PublicwireError, UsageError
from aggregator.model import Stored, Trigger
from aggregator.policy.lifecycle import TABLE, step
from aggregator.service import app

BATCH = 200  # items of one transaction: polls go on between them


def apply(where: Location, trigger: Trigger, references: Sequence[str], reason: str, *, story: bool) -> None:
    """Apply one transition to items, or to every member of their stories that permits it; to all or none."""
    if not references:
        raise UsageError("name an item: `publicwire items --state held` lists those that are held")
    with opened(where) as storage:
        movable: dict[str, Stored] = {}
        for reference in references:
            item = find_item(storage, reference, story=story)
            members = storage.items.story(item.number) if story else (item,)
            chosen = [member for member in members if (member.state, trigger) in TABLE] or [item]
            movable |= {member.id: member for member in chosen}
        now = app.utc_now()
        steps = [step(each, trigger, reason=reason, actor=_operator(), at=now) for each in movable.values()]
        storage.items.apply_transitions(steps)
    for member, done in zip(movable.values(), steps, strict=True):
        say(f"{member.id} is now {done.after}: {member.item.title}")
        if trigger is Trigger.REINSTATE:
            say(
                "  published once its origin lists it again, as its origin has it then; "
                f"`publicwire release {member.id}` publishes it as it is"
            )


def release_over_budget(where: Location, source: str, reason: str) -> None:
    """Release all items that the budget of a source holds, none held by an embargo, a review or an operator.

    Several short transactions: one that was cut off can be called again.
    """
    released = 0
    with opened(where) as storage:
        if storage.items.feed(source) is None:
            raise UsageError(f"there is no source called {source!r}: `publicwire sources` lists them")
        while found := storage.items.over_budget(source, BATCH):
            now = app.utc_now()
            steps = [step(each, Trigger.RELEASE, reason=reason, actor=_operator(), at=now) for each in found]
            storage.items.apply_transitions(steps)
            released += len(found)
    say(f"{released} items of {source} released that its budget held")


def unmove(where: Location, source: str) -> None:
    """Poll a relocated source at its configured URL again, and never follow that relocation by itself."""
    with opened(where) as storage:
        left = storage.polls.unmove(source, app.utc_now())
    say(f"{source} is polled at its configured URL again; {masked_feed(left)} is never adopted unasked")


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # container user without a name
        return "operator"


def export(path: Path, directory: Path) -> None:
    """Apply the configuration and write every channel and page as static files."""
    from aggregator.cli.logging import set_up
    from aggregator.publish.publisher import Publisher
    from aggregator.web.export import export as write

    config = configuration.load(path)
    set_up()  # items that cannot be rendered are left out, and logged
    with app.opened(config) as storage:
        try:
            bound = storage.admin.bound(config)
            storage.admin.sync(bound, app.utc_now())  # rights and topics are read from the store
            done = write(directory, Publisher(storage, lambda: bound), storage)
        except OSError as error:
            raise PublicwireError(f"cannot export to {directory}: {error.strerror}") from error
    say(f"{done.files} files in {directory}, {done.removed} removed")
