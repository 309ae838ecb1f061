"""`house_style` of the publication and of a source, whose keys replace the publication's one by one."""

from aggregator.config import values
from aggregator.config.read import Mapping, Sequence
from aggregator.config.section import Section
from aggregator.model.house_style import (
    DROP,
    KEEP,
    PLACE,
    RULES_VERSION,
    Headline,
    HouseStyle,
    Part,
    Replacement,
)

SELECTORS_MAX, REPLACEMENTS_MAX = 50, 100
RULE_CHARS_MAX = 200
WORDS_MIN, WORDS_MAX = 50, 100_000
ENGLISH = "en"
PAIR = 'must be two texts, such as ["per cent", "percent"], or {from: x, to: y, in: title}'


def read(section: Section, of_publication: HouseStyle) -> HouseStyle:
    """Return the rules in a section; a key that is absent has the publication's."""
    drop, replace = section.each("drop", _selector), section.each("replace", _replacement)
    for key, rules, most in (("drop", drop, SELECTORS_MAX), ("replace", replace, REPLACEMENTS_MAX)):
        if len(rules) > most and section.owns(key):
            section.fault(key, f"has {len(rules)} rules; {most} are allowed")
    style = HouseStyle(
        headline=section.one("headline", values.choice(*Headline), of_publication.headline),
        drop=drop if section.has("drop") else of_publication.drop,
        replace=replace if section.has("replace") else of_publication.replace,
        dateline=section.one("dateline", _dateline, of_publication.dateline),
        max_words=section.one("max_words", values.whole(WORDS_MIN, WORDS_MAX), of_publication.max_words),
        version=RULES_VERSION,
        topics=of_publication.topics,
    )
    section.close()
    return style if style else HouseStyle()


def check_language(section: Section, style: HouseStyle, language: str) -> None:
    """Record a fault for headlines in title case of a source in another language than English."""
    if style.headline is Headline.TITLE_CASE and language.partition("-")[0] not in ("", ENGLISH):
        cure = "write `house_style: {headline: sentence-case}` for this source"
        section.fault("language", f"`{language}` has no headlines in title-case, which is English; {cure}")


def _selector(value: object) -> str:
    from aggregator.editorial import selectors  # loads the HTML parser: only if needed

    selector = _short(values.text(value))
    try:
        selectors.check(selector)
    except ValueError as error:
        raise ValueError(f"`{selector}` {error}") from None
    return selector


def _replacement(value: object) -> Replacement:
    if isinstance(value, Sequence) and len(value) == 2:
        return _rule(value[0], value[1], Part.ALL)
    if not isinstance(value, Mapping) or "from" not in value:
        raise ValueError(PAIR)
    for key in value:
        if key not in ("from", "to", "in"):
            raise ValueError(f"`{key}` is no key here{values.did_you_mean(key, ('from', 'to', 'in'))}")
    part = values.choice(*Part)(values.text(value.get("in", Part.ALL.value)))
    return _rule(value["from"], value.get("to", ""), part)


def _rule(old: object, new: object, part: Part) -> Replacement:
    written = values.text(new)
    return Replacement(_short(values.text(old)), _short(written) if written.strip() else "", part)


def _short(value: str) -> str:
    checked = values.line(value)
    if len(checked) > RULE_CHARS_MAX:
        raise ValueError(f"must have up to {RULE_CHARS_MAX} characters")
    return checked


def _dateline(value: str) -> str:
    written = _short(value)
    if written not in (KEEP, DROP) and {*"{}"} & {*written.replace(PLACE, "")}:
        raise ValueError(f"may hold {PLACE} and no other braces, as in `{PLACE} –`")
    return written
