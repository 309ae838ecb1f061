"""Operator commands on items and sources: one short transaction each, with or without a running service."""

import getpass
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from aggregator.cli.items import find_item, version_of
from aggregator.cli.location import Location
from aggregator.cli.opening import in_force, loaded, opened, strictly
from aggregator.cli.output import check_terminal, confirmed, say, when
from aggregator.cli.show import summary_of
from aggregator.config.values import utc_time
from aggregator.dedupe.decided import held_reason
from aggregator.editorial.safe import masked_feed
from aggregator.errors import PublicwireError, UsageError
from aggregator.model.decision import Notice, Trigger
from aggregator.model.settings import Embargo
from aggregator.model.stored import Stored
from aggregator.policy import lifecycle
from aggregator.policy.lifecycle import permits, step
from aggregator.service import app
from aggregator.storage import Storage

BATCH = 200  # items of one transaction: polls go on between them


def apply(
    where: Location,
    trigger: Trigger,
    references: Sequence[str],
    reason: str,
    *,
    story: bool,
    until: datetime | None = None,
    notice: Notice | None = None,
) -> None:
    """Apply one transition to items, or to every member of their stories that permits it; to all or none.

    `until` is when items that are held now go live, `notice` the request that it answers. A withdrawal names
    the other items of the same release, which stay as they are.
    """
    withdraws = trigger is Trigger.WITHDRAW
    with opened(where) as storage:
        movable = _movable(storage, trigger, references, story=story)
        now = app.utc_now()
        steps = [
            step(each, trigger, reason=reason, actor=operator(), at=now, until=until) for each in movable
        ]
        storage.acts.apply_transitions([replace(each, notice=notice) for each in steps])
        siblings = [storage.acts.siblings(each) for each in movable] if withdraws else []
    for member, done in zip(movable, steps, strict=True):
        time = f" until {when(until)} UTC" if until else ""
        say(f"{member.id} is now {done.after}{time}: {member.item.title}")
        if trigger is Trigger.REINSTATE:
            say(
                "  published once its origin lists it again, as its origin has it then; "
                f"`publicwire release {member.id}` publishes it as it is"
            )
    for each in {each.id: each for found in siblings for each in found}.values():
        say(f"still {each.state}, the same release: {each.id} ({each.source}): {each.item.title}")


def moment(text: str, option: str = "--until") -> datetime | None:
    """Return the time of an option, in UTC without a zone; None for "". UsageError for any other text."""
    try:
        return utc_time(text) if text else None
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is no time such as 2027-01-31T09:00+01:00") from error


def release(
    where: Location,
    references: Sequence[str],
    reason: str,
    *,
    versions: Sequence[int],
    story: bool,
    early: bool = False,
) -> int:
    """Approve the newest versions of items, all or none: those named by `versions`, one for each item in its
    order, else those that are shown and confirmed; return 1 when the operator declines.

    Items under review, and items that an operator held, go live when their embargoes end, unless they are
    released `early`.

    Raises UsageError for a version that is not the newest, and without a terminal to ask at.
    """
    with opened(where) as storage:
        items = _movable(storage, Trigger.RELEASE, references, story=story)
        if versions and len(versions) != len(items):
            raise UsageError(f"{len(items)} items need as many --version, in their order: {_newest(items)}")
        now, approved = app.utc_now(), versions or [item.newest for item in items]
        steps = [
            lifecycle.approval(each, reason=reason, actor=operator(), at=now, version=version, early=early)
            for each, version in zip(items, approved, strict=True)
        ]
        if not versions:
            check_terminal(f"release {_newest(items)}", option="--version N, which names the version read,")
        read = [version_of(storage, item, item.newest) for item in items]
        if not versions and not all(_approves(item) for item in read):
            say("nothing was released")
            return 1
        storage.acts.apply_transitions(steps)
    for item, done in zip(read, steps, strict=True):
        if done.release is None:
            say(f"{item.id} is now live: {item.item.title}")
            continue
        say(f"{item.id} is approved and held until {when(done.release)} UTC, its embargo: {item.item.title}")
        say(f"  `publicwire release {item.id} --now` publishes it at once")
    return 0


def _approves(item: Stored) -> bool:
    """Show all that is published of a version of an item, and return whether the operator agrees on the
    terminal."""
    read = item.item
    say(f"{read.title}\n{read.url}\nupdated {when(item.updated)}")
    for name, value in (
        ("by", ", ".join(read.authors)),
        ("language", read.language),
        ("categories", ", ".join(read.categories)),
        ("rights", read.rights),
    ):
        if value:
            say(f"{name} {value}")
    for text in (summary_of(item), read.text):
        say(f"\n{text}" if text else "")
    for file in (*read.enclosures, *read.images):
        say(file.url)
    return confirmed(f"Publish version {item.version} of {item.id}?", f"release {item.id}")


def _newest(items: Sequence[Stored]) -> str:
    return ", ".join(f"version {item.newest} of {item.id}" for item in items)


def strike(where: Location, reference: str, version: int, reason: str) -> None:
    """Remove the text of a former version of an item for good, or a version that waits for approval."""
    with opened(where) as storage:
        item = find_item(storage, reference)
        struck = lifecycle.strike(item, version, reason=reason, actor=operator(), at=app.utc_now())
        title = _title_of(storage, item, version)
        storage.acts.apply_transitions([struck])
    say(f"version {version} of {item.id} is struck: {title}")


def _title_of(storage: Storage, item: Stored, version: int) -> str:
    """Return the title of a former or waiting version of an item, "" when it is no longer kept."""
    if version == item.pending:
        return version_of(storage, item, version).item.title
    former = storage.items.corrections(item.number)
    return next((each.title for each in former if each.version == version), "")


def _movable(
    storage: Storage, trigger: Trigger, references: Sequence[str], *, story: bool
) -> tuple[Stored, ...]:
    """Return the items named, or the members of their stories that permit the trigger, each once."""
    if not references:
        raise UsageError("name an item: `publicwire items --state held` lists those that are held")
    movable: dict[str, Stored] = {}
    for reference in references:
        item = find_item(storage, reference, story=story)
        members = storage.items.story(item.number) if story else (item,)
        chosen = [member for member in members if permits(member, trigger)] or [item]
        movable |= {member.id: member for member in chosen}
    return tuple(movable.values())


def release_over_budget(where: Location, source: str, reason: str) -> None:
    """Release all items that the budget of a source holds, none held by an embargo, a review or an operator.

    Items that their origin has dated ahead meanwhile go live then. Several short transactions: one that was
    cut off can be called again.
    """
    released, copied, dated = 0, 0, 0
    with opened(where) as storage:
        if storage.items.feed(source) is None:
            raise UsageError(f"there is no source called {source!r}: `publicwire sources` lists them")
        early = not _holds_dates(where, storage, source)
        while found := storage.items.over_budget(source, BATCH):
            now, copies = app.utc_now(), storage.acts.copies(found)
            steps = [
                step(each, Trigger.COPY, reason=held_reason(copies[each.number]), actor=operator(), at=now)
                if each.number in copies
                else lifecycle.approval(
                    each, reason=reason, actor=operator(), at=now, version=None, early=early
                )
                for each in found
            ]
            storage.acts.apply_transitions(steps)
            released += sum(each.trigger is Trigger.RELEASE for each in steps)
            copied, dated = copied + len(copies), dated + sum(each.release is not None for each in steps)
    say(f"{released} items of {source} released that its budget held")
    if dated:
        say(f"{dated} are dated ahead and go live then: `publicwire items --state held` lists them")
    if copied:
        say(f"{copied} stay held: they are copies of withdrawn releases, each to be released by its id")


def _holds_dates(where: Location, storage: Storage, source: str) -> bool:
    """Return whether items of a source are held until their dates; True where the configuration cannot be
    read."""
    try:
        found = strictly(where, storage).source(source)
    except PublicwireError:
        return True
    return found is None or found.embargo is Embargo.HOLD


def unmove(where: Location, source: str) -> None:
    """Poll a relocated source at its configured URL again, and never follow that relocation by itself."""
    with opened(where) as storage:
        left = storage.polls.unmove(source, app.utc_now())
    say(f"{source} is polled at its configured URL again; {masked_feed(left)} is never adopted unasked")


def clock(where: Location, act: str) -> None:
    """Confirm the time of this machine; a running service takes it within seconds."""
    if act != "confirm":
        raise UsageError(f"`publicwire clock confirm`, not {act!r}")
    now = app.utc_now()
    with opened(where) as storage:
        storage.admin.trust_clock(now, is_confirmed=True)
    say(f"the clock, {when(now)} UTC, is confirmed: held items go live by it")


def identify(path: Path, source: str, same: str | None, *, new: bool) -> None:
    """Answer which source of the store this is: `same`, or a new one."""
    if new == (same is not None):
        raise UsageError("say `--same OLD` or `--new`")
    config = loaded(path)
    with app.opened(config) as storage:
        config = in_force(storage, config)
        for done in storage.admin.identify(config, source, same, app.utc_now()):
            say(done)


def operator() -> str:
    """Return the name of the user who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # container user without a name
        return "operator"


def export(path: Path, directory: Path) -> None:
    """Apply the configuration and write every channel and page as static files."""
    from aggregator.cli.logging import set_up
    from aggregator.publish.publisher import Publisher
    from aggregator.web.export import export as write

    config = loaded(path)
    set_up()  # items that cannot be rendered are left out, and logged
    with app.opened(config) as storage:
        try:
            bound = in_force(storage, config)
            storage.admin.sync(bound, app.utc_now())  # rights and topics are read from the store
            # Files answer no subscription request: they name a hub only where another one serves them.
            shown = replace(bound, hub=replace(bound.hub, is_own=False))
            done = write(directory, Publisher(storage, lambda: shown), storage)
        except OSError as error:
            raise PublicwireError(f"cannot export to {directory}: {error.strerror}") from error
    say(f"{done.files} files in {directory}, {done.removed} removed")
