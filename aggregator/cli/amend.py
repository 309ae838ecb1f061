"""`amend`: the desk's own headline, summary, topics, language and note of an item."""

from collections.abc import Sequence, Set

from aggregator.cli.items import find_item
from aggregator.cli.location import Location
from aggregator.cli.opening import opened
from aggregator.cli.output import say
from aggregator.cli.verbs import operator
from aggregator.errors import UsageError
from aggregator.model.amendment import AmendedField, Amendment
from aggregator.policy import amendments
from aggregator.policy.lifecycle import amend as step
from aggregator.service import app

ALL = "all"


def cleared(names: Sequence[str]) -> Set[AmendedField]:
    """Return the fields named by --clear; UsageError for any other name."""
    if ALL in names:
        return frozenset(AmendedField)
    try:
        return frozenset(map(AmendedField, names))
    except ValueError:
        raise UsageError(f"--clear names one of: {', '.join(AmendedField)}, {ALL}") from None


def amend(where: Location, reference: str, given: Amendment, cleared: Set[AmendedField], reason: str) -> None:
    """Amend one item in one short transaction, with or without a running service."""
    if not given and not cleared:
        raise UsageError("name what to amend: --headline, --summary, --topics, --language, --note or --clear")
    with opened(where) as storage:
        item = find_item(storage, reference)
        made = amendments.amended(item, given, cleared)
        done = step(item, made, reason=reason, actor=operator(), at=app.utc_now())
        storage.acts.apply_transitions([done])
    fields = ", ".join(field for field in AmendedField if getattr(made, field))
    say(f"{item.id} is amended ({fields or 'nothing of yours is left'}): {made.headline or item.item.title}")
