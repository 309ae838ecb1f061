"""What the operator does to items, beside a running service or without one: one short transaction each."""

import getpass
from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.output import say
from aggregator.cli.show import found
from aggregator.editorial.safe import feed_address
from aggregator.policy.lifecycle import TABLE, Trigger, step
from aggregator.service import app


def apply(path: Path, trigger: Trigger, reference: str, reason: str, *, story: bool) -> None:
    """Move one item, or all members of its story that can be moved so."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        item = found(storage, reference, story=story)
        members = storage.story(item.number) if story else (item,)
        movable = [member for member in members if (member.state, trigger) in TABLE] or [item]
        now = app.utc_now()
        steps = [step(each, trigger, reason=reason, actor=_who(), at=now) for each in movable]
        storage.apply_transitions(steps)
    for member, done in zip(movable, steps, strict=True):
        say(f"{member.id} is now {done.after}: {member.item.title}")


def unmove(path: Path, source: str) -> None:
    """Have a source polled at its configured address again."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        left = storage.unmove(source, app.utc_now())
    say(f"{source} is polled at its configured address again; {feed_address(left)} is not taken up by itself")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "operator"


def export(path: Path, directory: Path) -> None:
    """Every channel and page as static files."""
    from aggregator.cli.logging import set_up
    from aggregator.publish.publisher import Publisher
    from aggregator.web.export import export as write

    config = configuration.load(path)
    set_up()  # items that cannot be rendered are left out, and logged
    with app.opened(config) as storage:
        done = write(directory, Publisher(storage, lambda: config), storage)
    say(f"{done.files} files in {directory}, {done.removed} removed")
