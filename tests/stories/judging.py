"""The matcher's judgement of labelled pairs, as two sources' items in a store would be matched."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from msgspec.structs import replace

from aggregator.dedupe import similar
from aggregator.dedupe.comparing import Comparer
from aggregator.dedupe.stories import Match, Matcher
from aggregator.model.item import Item, KeyKind
from aggregator.model.stored import Candidate
from tests.dedupe.memory import knowledge
from tests.given import entry, item, source
from tests.stories.pairs import Pair, Told


@dataclass(frozen=True, slots=True)
class Figures:
    """Pairs by kind: how many, and how many of them were found the same."""

    pairs: Mapping[tuple[bool, str], int]
    found: Mapping[tuple[bool, str], int]

    def _found(self, same: bool) -> int:
        return sum(many for (label, _), many in self.found.items() if label is same)

    @property
    def precision(self) -> float:
        """Return the share of the pairs found the same that are."""
        return self._found(True) / (self._found(True) + self._found(False))

    @property
    def recall(self) -> float:
        """Return the share of the pairs that are the same that were found."""
        return self._found(True) / sum(many for (label, _), many in self.pairs.items() if label)

    def __str__(self) -> str:
        lines = [
            f"  {'same ' if key[0] else 'other'} {key[1]:<20} {self.found.get(key, 0)} of {many}"
            for key, many in sorted(self.pairs.items(), reverse=True)
        ]
        return "\n".join((f"precision {self.precision:.4f}, recall {self.recall:.4f}", *lines))


def figures(pairs: Iterable[Pair]) -> Figures:
    """Return how the matcher judges these pairs."""
    many, found = Counter[tuple[bool, str]](), Counter[tuple[bool, str]]()
    for pair in pairs:
        many[pair.same, pair.kind] += 1
        found[pair.same, pair.kind] += judged(pair).same is not None
    return Figures(many, +found)


def judged(pair: Pair) -> Match:
    """Return the match of the second release with the first, which the store has."""
    old, new = _item(pair.one), _item(pair.other)
    at_address = old.key(KeyKind.LINK) == new.key(KeyKind.LINK)
    bands = {*similar.bands(old.signature)} & {*similar.bands(new.signature)}
    candidates = [_candidate(old, pair.one)] if at_address or bands else []
    matcher = Matcher(knowledge(candidates=candidates), _domains(pair.other), Comparer())
    return matcher.match(new, pair.other.published)


def _item(told: Told) -> Item:
    release = entry(told.title, told.url, told.url, body=told.html, published=told.published.isoformat())
    return item(replace(release, language=told.language), source("any", domains=_domains(told)))


def _domains(told: Told) -> tuple[str, ...]:
    return (urlsplit(told.url).hostname or "",)


def _candidate(of: Item, told: Told) -> Candidate:
    return Candidate(
        number=1,
        story=None,
        link=of.key(KeyKind.LINK),
        url=of.url,
        domains=_domains(told),
        language=of.language,
        shown=told.published,
        title=of.title,
        fingerprint=of.fingerprint,
        signature=of.signature,
        text=of.text,
    )
