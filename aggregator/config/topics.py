"""`topics`: names and descriptions of topics, for each language."""

from aggregator.config import values
from aggregator.config.section import Section
from aggregator.model.settings import Text, Topic

DEFAULT = "default"  # in place of a language tag: for all others


def topics_of(section: Section) -> tuple[Topic, ...]:
    """Return the topics that are named, in the order of the file."""
    found = []
    for slug in section.names():
        try:
            values.slug(slug)
        except ValueError as error:
            section.fault(slug, str(error))
        inner = section.section(slug)
        found.append(
            Topic(slug, inner.raw("name", _texts, Text(())), inner.raw("description", _texts, Text(())))
        )
        inner.close()
    return tuple(found)


def _texts(value: object) -> Text:
    """Return one line for all languages, or one for each language tag and `default`."""
    if not isinstance(value, dict):
        return Text((("", values.line(values.text(value))),))
    if not value:
        raise ValueError("is an empty mapping; give a text, or one for each language")
    return Text(tuple(_in_language(tag, text) for tag, text in value.items()))


def _in_language(tag: str, text: object) -> tuple[str, str]:
    try:
        return "" if tag == DEFAULT else values.language(tag), values.line(values.text(text))
    except ValueError as error:
        raise ValueError(f"`{tag}` {error}") from None
