"""`audit`: the operator's decisions on all items, as the journal has them."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.cli.location import Location
from aggregator.cli.opening import opened
from aggregator.cli.output import REST, say_csv, say_json, table, when
from aggregator.cli.verbs import moment
from aggregator.model.decision import Act
from aggregator.storage import Storage

FORGET = "forget"
COLUMNS = ("at", "decision", "item", "source", "title", "by", "reason", "version", "until")


def audit(where: Location, since: str, *, as_csv: bool, as_json: bool) -> None:
    """Print decisions, oldest first, as a table, CSV or JSON."""
    with opened(where) as storage:
        acts = storage.admin.acts(moment(since, "--since"))
        titles = titles_of(storage, acts)
    if as_json:
        say_json([_json(act, titles) for act in acts])
        return
    if as_csv:
        rows = [[_text(value) for value in _json(act, titles).values()] for act in acts]
        say_csv(COLUMNS, rows)
        return
    lines = [
        (when(act.at), verb(act), act.item or act.source, act.actor, act.reason, titles.get(act.item, ""))
        for act in acts
    ]
    names = ("at", "decision", "item", "by", "reason", "title")
    table(names, lines, cut={"by": 12, "reason": 24, "title": REST})


def verb(act: Act) -> str:
    """Return the verb of a decision."""
    decided = act.trigger or act.noted
    return FORGET if decided is None else decided.value


def titles_of(storage: Storage, acts: Sequence[Act]) -> dict[str, str]:
    """Return the headlines of the items that decisions are about, of those that the store still has."""
    found = ((name, storage.items.find(name)) for name in {act.item for act in acts if act.item})
    return {name: item.headline for name, item in found if item is not None}


def _json(act: Act, titles: dict[str, str]) -> dict[str, object]:
    values = (act.at, verb(act), act.item, act.source, titles.get(act.item, ""), act.actor, act.reason)
    return dict(zip(COLUMNS, (*values, act.version, act.release), strict=True))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)
