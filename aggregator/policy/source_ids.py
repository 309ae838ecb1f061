"""Ids of the sources that have none in the file: that of their feed in the store, else one made from its
address. Pure.

An id is part of public addresses and owns the items published under it, so an id never passes from one feed
to another unless the file names it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import ConfigError, Problem
from aggregator.model.settings import Config

ADD_AN_ID = "add an `id`"


class StoredFeed(Struct, frozen=True):
    """Id and feed of a stored source; `adopted` is the address that its feed has moved to, "" for none."""

    id: str
    feed: str
    configured: bool = True
    adopted: str = ""


def bound(config: Config, stored: Sequence[StoredFeed]) -> Config:
    """Return the configuration with the ids under which the store has its feeds.

    Raises ConfigError for a source that is new to the store and whose default id is another's.
    """
    config, faults = assigned(config, stored)
    if faults:
        raise ConfigError(
            tuple(
                Problem(
                    str(config.path),
                    each.line,
                    each.column,
                    f"sources.{each.index}.feed: {faults[each.index]}: {ADD_AN_ID}",
                )
                for each in config.unnamed
                if each.index in faults
            )
        )
    return config


def assigned(config: Config, stored: Sequence[StoredFeed]) -> tuple[Config, Mapping[int, str]]:
    """Return the configuration with the ids of the store, and by index what is wrong with a default id."""
    known = _known(config, stored)
    sources = tuple(
        source if known.get(index, source.id) == source.id else replace(source, id=known[index])
        for index, source in enumerate(config.sources)
    )
    uses, owned = Counter(source.id for source in sources), {each.id for each in stored}
    faults = {}
    for index in (each.index for each in config.unnamed if each.index not in known):
        name = sources[index].id
        if name in owned:
            faults[index] = f"its default id `{name}` is that of another feed in the store"
        elif uses[name] > 1:
            faults[index] = f"its default id `{name}` is that of another source, too"
    return replace(config, sources=sources), faults


def _known(config: Config, stored: Sequence[StoredFeed]) -> Mapping[int, str]:
    """Return the ids of the unnamed sources that the store has, by index: by the feed itself, the address it
    has moved to, or the feed under another scheme or without `www.`; each id once."""
    unnamed = {each.index for each in config.unnamed}
    taken = {source.id for index, source in enumerate(config.sources) if index not in unnamed}
    present = sorted(
        stored, key=lambda each: not each.configured
    )  # of several with a feed the configured one
    ways: Sequence[tuple[Callable[[StoredFeed], str], Callable[[str], str]]] = (
        (lambda each: each.feed, str),
        (lambda each: each.adopted, str),
        (lambda each: site(each.feed), site),
    )
    found: dict[int, str] = {}
    for address, form in ways:
        ids: dict[str, str] = {}
        for each in present:
            if each.id not in taken:
                ids.setdefault(address(each), each.id)
        for index in sorted(unnamed - found.keys()):
            name = ids.pop(form(config.sources[index].feed), None)
            if name is not None:
                found[index] = name
                taken.add(name)
    return found


def site(feed: str) -> str:
    """Return the address of a feed without its scheme and `www.`, which a move to https changes."""
    scheme, _, rest = feed.partition("://")
    return feed if scheme == "file" else rest.removeprefix("www.")
