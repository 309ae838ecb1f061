"""Keys of a source → fields of Source: a table, read whole for layers and by its own keys for each source.

Most of 100,000 sources are an address and little more: 30 keys that are absent took most of the time.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from aggregator.config import addresses, house_style, topic_rules, values
from aggregator.config.section import Section
from aggregator.model.house_style import HouseStyle, TopicRule
from aggregator.model.rights import USES, Terms, Use
from aggregator.model.settings import Budget, Embargo, PollSettings, Quarantine, Republish, Source

FROM_ENTRY = "from-entry"  # in place of an organisation: each entry names its own
WEB_INTERVAL = values.duration("1m", "30d")
_FILE_INTERVAL = values.duration("1s", "30d")
_DEFAULT = Source(id="", feed="")


class Around(Struct, frozen=True):
    """Settings of the file that sources are read under; `style` holds for one without rules of its own."""

    path: Path
    poll: PollSettings
    of_publication: HouseStyle
    style: HouseStyle


Fields = Mapping[str, object]
Reader = Callable[[Section, Around], Fields]
DEFAULTS: Fields = MappingProxyType({name: getattr(_DEFAULT, name) for name in Source.__struct_fields__})


def _one(key: str, check: Callable[[str], object]) -> Reader:
    return lambda section, _: {key: section.one(key, check, DEFAULTS[key])}


def _many(key: str, check: Callable[[str], object]) -> Reader:
    return lambda section, _: {key: section.many(key, check)}


def _each(key: str, check: Callable[[object], object]) -> Reader:
    return lambda section, _: {key: section.each(key, check)}


def _switch(key: str, on: str, off: str, field: str = "") -> Reader:
    check, name = values.choice(on, off), field or key
    default = on if DEFAULTS[name] else off
    return lambda section, _: {name: section.one(key, check, default) == on}


def _organisation(section: Section, _: Around) -> Fields:
    name = section.one("organisation", values.line, "")
    is_entry = name == FROM_ENTRY
    return {"organisation": "" if is_entry else name, "from_entry": is_entry}


def _topics(section: Section, around: Around) -> Fields:
    """Return the topics, and what is shown of its items: the rules that add topics are a part of it."""
    topics, style = section.each("topics", topic_rules.topic), around.style
    if section.has("house_style"):
        style = house_style.read(section.section("house_style"), around.of_publication)
    rules = tuple(each for each in topics if isinstance(each, TopicRule))
    return {
        "topics": tuple(each for each in topics if isinstance(each, str)),
        "house_style": topic_rules.with_rules(style, rules),
    }


def _rights(section: Section, _: Around) -> Fields:
    rights = section.section("rights")
    found = {
        "republish": rights.one("republish", _REPUBLISH, _DEFAULT.republish),
        "licence": rights.one("licence", values.line, _DEFAULT.licence),
        "attribution": rights.one("attribution", values.line, _DEFAULT.attribution),
        "expires": rights.one("expires", values.moment, _DEFAULT.expires),
        "ai": _ai(rights.section("ai")) if rights.has("ai") else _DEFAULT.ai,
    }
    rights.close(known=_RIGHTS)
    return found


def _ai(section: Section) -> Terms:
    use = values.choice(Use.ALLOW, Use.PROHIBIT)
    terms = Terms(**{name: section.one(name, use, Use.UNSAID) for name in USES})
    section.close()
    return terms


def _every(section: Section, around: Around) -> Fields:
    is_file = section.is_file
    return {"every": section.one("every", _FILE_INTERVAL if is_file else WEB_INTERVAL, around.poll.every)}


def _publish(section: Section, _: Around) -> Fields:
    review, veto = section.one("publish", values.publish, (_DEFAULT.review, _DEFAULT.veto))
    return {"review": review, "veto": veto}


def budget(section: Section, default: Budget) -> Budget:
    """Return the amounts a source may bring a day."""
    found = Budget(
        items=section.one("items", values.whole(1, 1_000_000), default.items),
        bytes=section.one("bytes", values.volume, default.bytes),
    )
    section.close()
    return found


def _budget(section: Section, around: Around) -> Fields:
    return {"budget": budget(section.section("budget"), around.poll.budget)}


_REPUBLISH = values.choice(*Republish)
_RIGHTS = dict.fromkeys(("republish", "licence", "attribution", "expires", "ai"))
# In the order in which an unknown key is told the known ones.
READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "organisation": _organisation,
        "description": _one("description", values.line),
        "topics": _topics,
        "rights": _rights,
        "id": _one("id", values.slug),
        "domains": _many("domains", addresses.host),
        "every": _every,
        "language": _one("language", values.language),
        "timezone": _one("timezone", values.timezone),
        "disclaimer": lambda section, _: {"disclaimer": section.raw("disclaimer", values.disclaimer, None)},
        "only": _each("only", values.rule),
        "skip": _each("skip", values.rule),
        "publish": _publish,
        "embargo": _one("embargo", values.choice(*Embargo)),
        "priority": _one("priority", values.whole(-1000, 1000)),
        "paused": _one("paused", values.pause),
        "burst": _one("burst", values.whole(1, 10_000)),
        "first_import": _one("first_import", values.duration("0s", "36500d")),
        "budget": _budget,
        "allow_networks": _many("allow_networks", addresses.network),
        "feed_public": _switch("feed_public", "true", "false"),
        "history": _switch("history", "on", "off"),
        "index": _switch("index", "yes", "no", "indexed"),
        "quarantine": _one("quarantine", values.choice(*Quarantine)),
        "links_to": _many("links_to", addresses.host),
        "full_text": _switch("full_text", "true", "false"),
        "house_style": _topics,
    }
)
KEYS = dict.fromkeys(("group", "feed", *READERS, "auth", "headers"))


def read(section: Section, around: Around, base: Fields | None = None) -> dict[str, object]:
    """Return the fields of the keys of a section over `base`, the fields that its layers give it; without
    one, the fields of all keys, of the layers too."""
    keys = READERS if base is None else [each for each in section.names() if each in READERS]
    found = dict(DEFAULTS if base is None else base)
    for reader in dict.fromkeys([READERS[each] for each in keys]):
        found.update(reader(section, around))
    return found
