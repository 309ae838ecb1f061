"""Record linkage between the configured sources and the stored ones. Pure.

The same feed is the same source, whatever its id. Else a source is recognised by its id, its organisation,
its domains and the items that its document lists. A wrong answer publishes all releases twice, undoes
withdrawals and embargoes, or names the wrong author: where it is not certain, the import is held and the
operator is asked.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from aggregator.editorial.safe import masked_feed
from aggregator.model.poll import Doubt, Relocation
from aggregator.model.schedule import Due
from aggregator.model.settings import Source
from aggregator.policy import relocation
from aggregator.policy.source_ids import site

CONTRADICTED = -1  # agreement of two sources whose organisations are named and differ


class StoredSource(Struct, frozen=True):
    """A source as the store has it; `known` holds its id, its feed and the settings that are stored, `title`
    the name that its feed gives itself."""

    number: int
    known: Source
    configured: bool
    due: Due
    failures: int
    host: str
    relocation: Relocation
    title: str = ""
    doubt: Doubt = Doubt()

    @property
    def is_provisional(self) -> bool:
        """Return whether it has no items yet because it may be another stored source."""
        return self.doubt.former not in (0, self.number)


class Match(Struct, frozen=True):
    """A configured source and the stored one that it is, None if new; with a doubt, the one that is asked
    about, or the provisional one."""

    source: Source
    present: StoredSource | None = None
    doubt: Doubt = Doubt()


def match(configured: Sequence[Source], stored: Sequence[StoredSource]) -> tuple[Match, ...]:
    """Return the match of each configured source, in their order; no stored source is matched twice."""
    left = _Left(stored)
    found: dict[int, Match] = {}
    ways: Sequence[tuple[Callable[[StoredSource], str], Callable[[str], str]]] = (
        (lambda each: each.known.feed, str),
        (lambda each: each.relocation.at, str),
        (lambda each: site(each.known.feed), site),
    )
    for address, form in ways:
        held: dict[str, list[StoredSource]] = defaultdict(list)
        for each in left.sources.values():
            held[address(each)].append(each)
        for index, source in enumerate(configured):
            same = [each for each in held[form(source.feed)] if each.number in left.sources]
            if index not in found and same:
                present = min(same, key=lambda each: (not each.configured, each.known.id != source.id))
                found[index] = Match(source, left.take(present))
    owners = {each.known.id: each for each in left.sources.values()}
    for index, source in enumerate(configured):
        owner = owners.get(source.id)
        if index not in found and owner is not None and owner.number in left.sources:
            found[index] = _of_owner(source, owner, left)
    for index, source in enumerate(configured):
        if index not in found:
            found[index] = _of_stranger(source, left)
    return tuple(found[index] for index in range(len(configured)))


def question(source: str, doubt: Doubt) -> str:
    """Return the question to the operator: the two choices and the command for each."""
    return (
        f"its import is held: it may be {doubt.name}, which was polled at {masked_feed(doubt.feed)}. "
        f"`publicwire identify {source} --same {doubt.name}` continues that one with its items, withdrawals "
        f"and embargoes; `publicwire identify {source} --new` imports another source"
    )


class _Left:
    """The stored sources that no configured one is yet, by number, and the provisional ones apart."""

    def __init__(self, stored: Sequence[StoredSource]) -> None:
        self.provisional = {(each.known.id, each.known.feed): each for each in stored if each.is_provisional}
        # A source in doubt is looked for by the feed that it had before.
        self.sources = {
            each.number: replace(each, known=replace(each.known, feed=each.doubt.feed))
            if each.doubt.former
            else each
            for each in stored
            if not each.is_provisional
        }

    def take(self, present: StoredSource) -> StoredSource:
        """Return a stored source that no other configured one may be now."""
        return self.sources.pop(present.number)

    def like(self, source: Source, asked: int) -> StoredSource | None:
        """Return the stored source that most agrees with one under a new id and feed, None for none.

        One that was dropped in this edit, or is asked about, agrees by its organisation or its domains, or as
        long as the new one does not name its organisation; any other by both.
        """
        ranked = []
        for each in self.sources.values():
            agreed, is_dropped = agreement(source, each), each.configured or each.number == asked
            if agreed == 2 or (is_dropped and (agreed == 1 or (agreed == 0 and not source.organisation))):
                ranked.append((agreed, is_dropped, -each.number))
        return self.sources[-max(ranked)[2]] if ranked else None


def agreement(source: Source, stored: StoredSource) -> int:
    """Return how many of organisation and domains agree; CONTRADICTED if their organisations differ."""
    name, own = source.organisation.casefold(), stored.known.organisation
    if name and own and name != own.casefold():
        return CONTRADICTED
    shared = any(
        mine == other or mine.endswith("." + other) or other.endswith("." + mine)
        for mine in source.domains
        for other in stored.known.domains
    )
    return bool(name and name == (own or stored.title).casefold()) + shared


def _of_owner(source: Source, owner: StoredSource, left: _Left) -> Match:
    """Return the match of a source whose id is stored with another feed: moved, or another one."""
    if relocation.is_configured(source.feed, owner.relocation) or agreement(source, owner) > 0:
        return Match(source, left.take(owner))
    before = owner.doubt if owner.doubt.asked == source.feed else Doubt()
    if (answer := _answered(source, before, left)) is not None:
        return answer
    return Match(source, left.take(owner), _asked(source, owner, before))


def _of_stranger(source: Source, left: _Left) -> Match:
    """Return the match of a source whose id and feed are not stored."""
    provisional = left.provisional.get((source.id, source.feed))
    before = provisional.doubt if provisional else Doubt()
    if (answer := _answered(source, before, left)) is not None:
        return answer if answer.present else Match(source, provisional)
    former = left.sources.get(before.same) or left.like(source, before.former)
    if former is None or (before.is_read and not before.same and agreement(source, former) == 0):
        return Match(source, provisional)
    return Match(source, provisional, _asked(source, left.take(former), before))


def _answered(source: Source, doubt: Doubt, left: _Left) -> Match | None:
    """Return the answer of the operator, or that of the document; None while there is none.

    Items alone prove nothing: any feed can list those of another.
    """
    same = left.sources.get(doubt.same)
    if doubt.is_answered and (same or not doubt.same):
        return Match(source, left.take(same) if same else None)
    if same is not None and (agreement(source, same) > 0 or same.known.id == source.id):
        return Match(source, left.take(same))
    return None


def _asked(source: Source, former: StoredSource, before: Doubt) -> Doubt:
    return replace(
        before, former=former.number, name=former.known.id, feed=former.known.feed, asked=source.feed
    )
