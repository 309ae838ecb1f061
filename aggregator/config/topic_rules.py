"""Rules that add topics to items: in `topics` of a source, beside topics, and in `topic_rules` for all."""

from msgspec.structs import replace

from aggregator.config import values
from aggregator.config.read import Sequence
from aggregator.model.house_style import RULES_VERSION, HouseStyle, TopicRule

FIELDS = (*values.RULE_FIELDS, "organisation")
FORM = 'must be such as {when: {title: "(?i)cholera"}, add: health}'


def topic(value: object) -> str | TopicRule:
    """Return a topic, or a rule that adds some; ValueError with the cure."""
    return rule(value) if isinstance(value, dict) else values.slug(values.text(value))


def rule(value: object) -> TopicRule:
    """Return a rule from a mapping of `when`, fields with a pattern each, and `add`, a topic or several."""
    if not isinstance(value, dict) or set(value) != {"when", "add"}:
        raise ValueError(FORM)
    when, add = value["when"], value["add"]
    if not isinstance(when, dict) or not when:
        raise ValueError(f"`when` {FORM}")
    found = (values.rule({name: pattern}, FIELDS) for name, pattern in when.items())
    topics = add if isinstance(add, Sequence) else [add]
    added = tuple(values.slug(values.text(each)) for each in topics)
    if not added:
        raise ValueError(f"`add` {FORM}")
    return TopicRule(tuple((each.field, each.pattern) for each in found), added)


def with_rules(style: HouseStyle, rules: tuple[TopicRule, ...]) -> HouseStyle:
    """Return the rules for what is shown of a source's items with those for their topics, beside the ones
    that hold for all sources."""
    topics = (*rules, *style.topics)
    return replace(style, topics=topics, version=RULES_VERSION) if topics else style
