"""Capitals of headlines. Title case is of English alone; sentence case takes the spelling of each word from
the text of the release, in any language: no list of names is complete."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from functools import cache

from aggregator.model.house_style import Headline

TITLE_CASE_CHARS_MAX = 300  # the package calls itself once for each "Mc" of a word
EVIDENCE_CHARS_MAX = 50_000  # of a text that is searched for spellings
ENGLISH = "en"
_WORD = re.compile(r"[^\W\d_](?:[\w’'.-]*\w)?")
_BREAK = re.compile(r"[.!?:…\n]\W*$|^\W*$|[“\"«„]$")
_BREAK_CHARS = 4  # before a word, that tell the beginning of a sentence

Spellings = Mapping[str, Counter[str]]


@cache
def load() -> Callable[..., str]:
    """Return the function that writes title case. A confined worker has it loaded before its first job."""
    from titlecase import titlecase

    return titlecase  # type: ignore[no-any-return]  # it ships no types


def is_english(language: str) -> bool:
    """Return whether a language tag is one of English."""
    return language.partition("-")[0].lower() == ENGLISH


def cased(title: str, headline: Headline, *, text: str, language: str, spelled: str = "") -> str:
    """Return a headline in the capitals of the house; one that is not English has no title case. Words with
    capitals in `spelled` keep them."""
    if headline is Headline.AS_IS:
        return title
    own = (word[0] for word in _WORD.finditer(spelled) if word[0] != word[0].lower())
    known = {**spellings(text[:EVIDENCE_CHARS_MAX]), **{word.casefold(): Counter([word]) for word in own}}
    if headline is Headline.SENTENCE_CASE:
        return _sentence_case(title, known)
    is_short = len(title) <= TITLE_CASE_CHARS_MAX
    return _title_case(title, known) if is_short and is_english(language) else title


def spellings(text: str) -> Spellings:
    """Return the spellings of words within sentences, by the word without case, with how often each stands
    there. The first word of a sentence says nothing of its capital."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for word in _WORD.finditer(text):
        if not _begins_sentence(text, word.start()):
            found[word[0].casefold()][word[0]] += 1
    return found


def _begins_sentence(text: str, start: int) -> bool:
    return _BREAK.search(text[max(0, start - _BREAK_CHARS) : start]) is not None


def _title_case(title: str, known: Spellings) -> str:
    def spelled(word: str, *, all_caps: bool = False) -> str | None:
        """Return an abbreviation as the text spells it: in a headline of capitals none can be told."""
        found = _WORD.search(word)
        if found is None or not all_caps:
            return None
        own = _only(known, found[0])
        has_capitals = own is not None and any(map(str.isupper, own[1:]))
        return word.replace(found[0], own) if own is not None and has_capitals else None

    return load()(title, callback=spelled)


def _sentence_case(title: str, known: Spellings) -> str:
    """Return a headline whose words are spelled as within the sentences of its text: a word that does not
    stand there, or in several spellings, stays as it is."""
    parts, end = list[str](), 0
    for word in _WORD.finditer(title):
        own = _only(known, word[0]) or word[0]
        if _begins_sentence(title, word.start()):
            own = own if own[0].isupper() or not word[0][0].isupper() else own[0].upper() + own[1:]
        parts += title[end : word.start()], own
        end = word.end()
    return "".join(parts) + title[end:]


def _only(known: Spellings, word: str) -> str | None:
    found = known.get(word.casefold(), ())
    return next(iter(found)) if len(found) == 1 else None
