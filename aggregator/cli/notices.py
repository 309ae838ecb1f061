"""`notices`: requests to take releases down, as EU DSA Articles 16 and 17 have them recorded and answered."""

import re

from aggregator.cli.location import Location
from aggregator.cli.opening import opened
from aggregator.cli.output import REST, say_csv, say_json, table, when
from aggregator.cli.verbs import moment
from aggregator.errors import UsageError
from aggregator.model.decision import Act, Notice, Trigger
from aggregator.service import app

NOTICE = re.compile(r"(?P<name>[^<>\x00-\x1f]*[^<>\s\x00-\x1f]) *<(?P<address>[^<>\x00-\x1f]+)>")
DECIDED = {Trigger.WITHDRAW: "withdrawn", Trigger.ERASE: "erased"}
COLUMNS = (
    "received",
    "decided",
    "decision",
    "name",
    "address",
    "item",
    "source",
    "reason",
    "statement",
    "by",
)


def given(text: str, received: str, statement: str) -> Notice | None:
    """Return the notice of the options of a verb, None without one; UsageError for a text of another form."""
    if not text:
        if received:
            raise UsageError("--received is of a notice: give --notice, too")
        return None
    found = NOTICE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f'--notice {text!r} is not of the form "Jane Doe <jane@example.org>"')
    at, now = moment(received, "--received"), app.utc_now()
    if at is not None and at > now:
        raise UsageError(f"--received {received} is ahead")
    return Notice(found["name"].strip(), found["address"].strip(), at or now, statement)


def notices(where: Location, since: str, *, as_csv: bool, as_json: bool) -> None:
    """Print notices in the order of their decisions, as a table, CSV or JSON."""
    with opened(where) as storage:
        acts = [act for act in storage.admin.acts(moment(since, "--since")) if act.notice is not None]
    found = [dict(zip(COLUMNS, _values(act, act.notice), strict=True)) for act in acts if act.notice]
    if as_json:
        say_json(found)
    elif as_csv:
        say_csv(COLUMNS, [[*map(str, each.values())] for each in found])
    else:
        lines = [
            (
                when(act.notice.received),
                when(act.at),
                DECIDED[act.trigger],
                act.item,
                asked(act.notice),
                act.reason,
            )
            for act in acts
            if act.notice and act.trigger
        ]
        names = ("received", "decided", "decision", "item", "asked by", "reason")
        table(names, lines, cut={"asked by": 24, "reason": REST})


def asked(notice: Notice) -> str:
    """Return who asked, with the address."""
    return f"{notice.name} <{notice.address}>"


def _values(act: Act, notice: Notice) -> tuple[str, ...]:
    decision = "" if act.trigger is None else DECIDED[act.trigger]
    times = notice.received.isoformat(), act.at.isoformat()
    about = act.item, act.source, act.reason, notice.statement, act.actor
    return (*times, decision, notice.name, notice.address, *about)
