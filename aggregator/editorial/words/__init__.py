"""Words of the pages for readers, by language: a text for each key, with named placeholders in braces.

A publication in another language brings a text for each key, or for some, in a file; English stands for the
others.
"""

import string
from collections.abc import Mapping

from aggregator.editorial.words import english
from aggregator.editorial.words.french import WORDS as FRENCH
from aggregator.editorial.words.german import WORDS as GERMAN
from aggregator.editorial.words.spanish import WORDS as SPANISH

ENGLISH = english.WORDS
CATALOGUES: Mapping[str, Mapping[str, str]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "es": SPANISH,
    "fr": FRENCH,
}
LISTS = {"months": 12, "weekdays": 7}  # keys of several words, parted by "|"
TEXT_CHARS_MAX = 1_000


def of(language: str, own: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """Return the language tag and the words of pages for a publication's language and its `own` words.

    A language without a catalogue, and without own words, has English pages.
    """
    primary = language.partition("-")[0].lower()
    if primary in CATALOGUES:
        return language, {**CATALOGUES[primary], **own}
    return language if own else "en", {**ENGLISH, **own}


def placeholders(text: str) -> frozenset[str]:
    """Return the names of the placeholders of a text. Raises ValueError for braces that do not match."""
    return frozenset(_field(*each) for each in string.Formatter().parse(text) if each[1] is not None)


def _field(text: str, name: str | None, form: str | None, conversion: str | None) -> str:
    """Return the name of a placeholder; with a format, or an attribute, as a name that no key has."""
    return f"{name}{'!' if conversion else ''}{':' if form else ''}"


def check(key: str, text: object) -> str:
    """Return the text for a key. Raises ValueError, with the cure, for one that pages cannot show."""
    if key not in ENGLISH:
        raise ValueError(f"`{key}` is no key of the words; remove it")
    if not isinstance(text, str) or not text.strip() or len(text) > TEXT_CHARS_MAX:
        raise ValueError(f"`{key}` must be a text of 1 to {TEXT_CHARS_MAX} characters in quotes")
    if key in LISTS:
        if text.count("|") + 1 != LISTS[key]:
            raise ValueError(f"`{key}` must be {LISTS[key]} words, parted by |")
        return text
    wanted = placeholders(ENGLISH[key])
    try:
        found = placeholders(text)
    except ValueError:
        raise ValueError(f"`{key}` has a brace without its other half; write {{{{ for one") from None
    if found != wanted:
        names = " ".join(f"{{{name}}}" for name in sorted(wanted)) or "no name in braces"
        raise ValueError(f"`{key}` must hold {names}, as the English text does: {ENGLISH[key]!r}")
    return text
