"""`defaults` and `groups`: keys of sources written once. A source's own keys count before those of its group,
these before the defaults.

`rights`, `rights.ai`, `budget` and `house_style` are combined key by key; any other value replaces the whole.
"""

from collections.abc import Sequence
from types import MappingProxyType

from aggregator.config import source_keys, values
from aggregator.config.section import Section
from aggregator.config.source_keys import READERS, Around

_OWN = "belongs to one source; write it there"
# Keys that grant something to one origin, or tell sources apart.
OF_ONE_SOURCE = MappingProxyType(
    dict.fromkeys(("feed", "id", "auth", "headers", "allow_networks", "feed_public"), _OWN)
)
# A default organisation would be named as the publisher of whatever source is added next.
_OF_GROUPS = MappingProxyType(
    {
        **OF_ONE_SOURCE,
        "organisation": "would name every source alike; write it at the sources or in a group",
        "description": "would describe every source alike; write it at the sources or in a group",
    }
)


def layered(top: Section, sources: Sequence[Section], around: Around) -> Sequence[Section]:
    """Return the sections of sources, over those of their groups and the defaults.

    The layers are read here for their mistakes, also those that no source uses.
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
        source_keys.read(section, around)
        section.close(known=[each for each in READERS if each not in refused])
    lowest = defaults.silent()
    layers = {name: (each.silent(), lowest) for name, each in groups.items()}
    for source in sources:
        name = source.one("group", lambda value: _group(value, groups), "") if source.owns("group") else ""
        source.under = layers[name] if name else (lowest,)
    return sources


def _group(value: str, groups: dict[str, Section]) -> str:
    if value in groups:
        return value
    known = values.did_you_mean(value, groups) if groups else "; write it under `groups:`"
    raise ValueError(f"`{value}` is no group{known}")
