"""`defaults` and `groups`: keys of sources written once. A source's own keys count before those of its group,
these before the defaults.

`rights`, `rights.ai`, `budget` and `house_style` are combined key by key; any other value replaces the whole.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType

from aggregator.config import values
from aggregator.config.section import Section
from aggregator.model.settings import Source

_OWN = "belongs to one source; write it there"
# Keys that grant something to one origin, or tell sources apart.
OF_ONE_SOURCE = MappingProxyType(
    dict.fromkeys(("feed", "id", "auth", "headers", "allow_networks", "feed_public"), _OWN)
)
# A default organisation would be named as the publisher of whatever source is added next.
_OF_GROUPS = MappingProxyType(
    {**OF_ONE_SOURCE, "organisation": "would name every source alike; write it at the sources or in a group"}
)


def layered(
    top: Section, sources: Sequence[Section], read: Callable[[Section, str], Source]
) -> tuple[Section, ...]:
    """Return the sections of sources, over those of their groups and the defaults.

    `read` reads the keys of a source, here to find the mistakes of layers, also of those that no source uses.
    """
    defaults, all_groups = top.section("defaults"), top.section("groups")
    groups = {name: all_groups.section(name) for name in all_groups.names()}
    for name in groups:
        try:
            values.slug(name)
        except ValueError as error:
            all_groups.fault(name, str(error))
    for section, refused in ((defaults, _OF_GROUPS), *((each, OF_ONE_SOURCE) for each in groups.values())):
        section.refuse(refused)
        read(section, "")
        section.close()
    found = []
    for source in sources:
        name = source.one("group", lambda value: _group(value, groups), "")
        layers = (groups[name], defaults) if name else (defaults,)
        found.append(source.over(*layers))
    return tuple(found)


def _group(value: str, groups: dict[str, Section]) -> str:
    if value in groups:
        return value
    known = values.did_you_mean(value, groups) if groups else "; write it under `groups:`"
    raise ValueError(f"`{value}` is no group{known}")
