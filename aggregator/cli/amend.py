"""`amend`: the desk's own headline, summary, topics, language and note of an item."""

from collections.abc import Sequence, Set

from aggregator.cli.items import find_item
from aggregator.cli.location import Location
from aggregator.cli.opening import opened
from aggregator.cli.output import say
from aggregator.cli.verbs import operator
from aggregator.config import values
from aggregator.errors import UsageError
from aggregator.model.amendment import AmendedField, Amendment
from aggregator.policy import amendments
from aggregator.policy.languages import primary
from aggregator.policy.lifecycle import amend as step
from aggregator.service import app

ALL = "all"


def given(headline: str, summary: str, *, topics: str, language: str, note: str) -> Amendment:
    """Return the fields given by the options of `amend`; UsageError for a value that cannot be shown."""
    try:
        spoken = values.language(language) if language else ""
        chosen = tuple(values.slug(each.strip()) for each in topics.split(",")) if topics else ()
        headline, summary = (values.line(text) if text else "" for text in (headline, summary))
    except ValueError as error:
        raise UsageError(f"a field {error}") from error
    if spoken and not primary(spoken):
        raise UsageError(f"--language is a registered code such as en or pt-BR, not {language!r}")
    paragraphs = "\n".join(line.strip() for line in note.splitlines() if line.strip())
    if any(values.CONTROL.search(line) for line in paragraphs.split("\n")):
        raise UsageError("--note may hold no control characters but line breaks")
    return Amendment(headline, summary, tuple(dict.fromkeys(chosen)), spoken, paragraphs)


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
        storage.items.apply_transitions([done])
    fields = ", ".join(field for field in AmendedField if getattr(made, field))
    say(f"{item.id} is amended ({fields or 'nothing of yours is left'}): {made.headline or item.item.title}")
