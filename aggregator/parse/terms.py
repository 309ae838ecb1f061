"""Machine-readable terms of a feed or an entry: rel="license" (RFC 4946), the Creative Commons module of RSS
and RSL 1.0 (rslstandard.org/rsl)."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from aggregator.model.rights import UNSAID, USES, Terms, Use

# Words of RSL 1.0 for each use; what RSL permits for AI of any kind, or for everything, covers it.
_WORDS = {
    "train": {"ai-train", "ai-all", "all"},
    "input": {"ai-input", "ai-all", "all"},
    "search": {"search", "ai-index", "ai-all", "all"},
}
_FREE = frozenset({"free", "attribution"})  # payment types that ask for no money


class Clause(Struct, frozen=True):
    """A child of an RSL license: `permits`, `prohibits` or `payment`, its type and its text, as written."""

    kind: str
    type: str
    text: str


def stated(licence: str, clauses: Sequence[Clause]) -> Terms | None:
    """Return the terms that a licence link and the clauses of RSL licences state; None for none."""
    uses = {name: _use(name, clauses) for name in USES} if clauses else {}
    terms = Terms(licence, **uses)
    return None if terms == UNSAID else terms


def _use(name: str, clauses: Iterable[Clause]) -> Use:
    """Return whether a use is permitted: a prohibition counts before a permission, and a list of permitted
    uses prohibits the others. A permission for some users, in some countries or for money is none for all."""
    clauses = tuple(clauses)
    prohibited, permitted = (_usages(kind, clauses) for kind in ("prohibits", "permits"))
    if not prohibited.isdisjoint(_WORDS[name]):
        return Use.PROHIBIT
    if not permitted:
        return Use.UNSAID
    is_open = not any(
        (each.kind == "permits" and each.type in ("user", "geo"))
        or (each.kind == "payment" and each.type not in _FREE)
        for each in clauses
    )
    return Use.ALLOW if is_open and not permitted.isdisjoint(_WORDS[name]) else Use.PROHIBIT


def _usages(kind: str, clauses: Iterable[Clause]) -> set[str]:
    found = (each.text for each in clauses if each.kind == kind and each.type == "usage")
    return {word for text in found for word in text.lower().replace(",", " ").split()}
