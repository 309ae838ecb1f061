"""Fields that the desk gives an item, as typed → Amendment."""

from aggregator.config import values
from aggregator.errors import UsageError
from aggregator.model.amendment import Amendment
from aggregator.policy.languages import primary

HEADLINE_CHARS_MAX, SUMMARY_CHARS_MAX, NOTE_CHARS_MAX, TOPICS_MAX = 500, 2_000, 5_000, 20


def given(headline: str, summary: str, *, topics: str, language: str, note: str) -> Amendment:
    """Return the fields that were given, topics separated by commas; UsageError for a value that cannot be
    shown."""
    try:
        spoken = values.language(language) if language else ""
        chosen = tuple(values.slug(each.strip()) for each in topics.split(",")) if topics else ()
        headline, summary = (values.line(text) if text else "" for text in (headline, summary))
    except ValueError as error:
        raise UsageError(f"a field {error}") from error
    if spoken and not primary(spoken):
        raise UsageError(f"the language is a registered code such as en or pt-BR, not {language!r}")
    paragraphs = "\n".join(line.strip() for line in note.splitlines() if line.strip())
    if any(values.CONTROL.search(line) for line in paragraphs.split("\n")):
        raise UsageError("a note may hold no control characters but line breaks")
    made = Amendment(headline, summary, tuple(dict.fromkeys(chosen)), spoken, paragraphs)
    if any(len(text) > most for text, most in _bounded(made)) or len(made.topics) > TOPICS_MAX:
        raise UsageError(
            f"a headline has up to {HEADLINE_CHARS_MAX} characters, a summary {SUMMARY_CHARS_MAX}, a note "
            f"{NOTE_CHARS_MAX}; a release has up to {TOPICS_MAX} topics"
        )
    return made


def _bounded(made: Amendment) -> tuple[tuple[str, int], ...]:
    bounds = (HEADLINE_CHARS_MAX, SUMMARY_CHARS_MAX, NOTE_CHARS_MAX)
    return tuple(zip((made.headline, made.summary, made.note), bounds, strict=True))
