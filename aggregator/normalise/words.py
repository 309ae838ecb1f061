"""Text and queries as the words of a full-text index: folded, CJK as bigrams, the same on every engine.

A script without blanks between words has none to split at: each two neighbouring characters are a word
(bigram), and so is the last one of a run: a query of one character is a prefix of the words it begins.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

WORDS_MAX = 16_000  # of one item; PostgreSQL numbers 16,383 positions
WORD_LENGTH_MAX = 64
OCCURRENCES_MAX = 255  # of one word in an item; PostgreSQL keeps no more positions of it
INDEXED_TEXT_MAX = 200_000  # characters of an item
INDEXED_BYTES_MAX = 500_000  # of its words, which folding may make longer; a tsvector holds 1 MB
TERMS_MAX = 32  # of one query

# Thai, Lao, Myanmar, Khmer, Hiragana, Katakana and Han are written without blanks between words.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
RUN = rf"([{UNSPACED}]+)|([^\W_{UNSPACED}]+)"  # 2 ms to compile, at the first text that is not ASCII
ASCII_RUN = re.compile(r"[a-z0-9]+")
QUOTED = re.compile(r'"([^"]*)"?|([^\s"]+)')
# Accents, and the vowel points of Hebrew and Arabic; marks that are vowels of other scripts stay.
ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]+"
)
# Letters that Unicode does not decompose.
UNDECOMPOSED = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th"}
)


class Term(Struct, frozen=True):
    """Words of a query that follow one another; `is_prefix`: the last one may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in its order, as many as the limits above let in."""
    kept: list[str] = []
    occurrences: Counter[str] = Counter()
    size = 0
    for word in islice(_words(text[:INDEXED_TEXT_MAX]), WORDS_MAX):
        occurrences[word] += 1
        if occurrences[word] <= OCCURRENCES_MAX:
            size += len(word.encode())
            if size > INDEXED_BYTES_MAX:
                break
            kept.append(word)
    return tuple(kept)


def query(text: str) -> tuple[Term, ...]:
    """Return the terms of a query, which must all occur: words, "phrases", and prefixes with a last `*`."""
    terms = (_term(found[1] or found[2] or "") for found in QUOTED.finditer(text))
    return tuple(islice((term for term in terms if term.words), TERMS_MAX))


def _term(written: str) -> Term:
    found = tuple(_words(written))
    if found and re.match(f"[{UNSPACED}]", found[-1]):
        is_run = len(found) > 1 and len(found[-2]) == 2 and found[-2][1] == found[-1]
        return Term(found[:-1]) if is_run else Term(found, is_prefix=True)
    return Term(found, is_prefix=written.endswith("*"))


def _words(text: str) -> Iterator[str]:
    if text.isascii():
        yield from (word[:WORD_LENGTH_MAX] for word in ASCII_RUN.findall(text.lower()))
        return
    for run in re.finditer(RUN, _folded(text)):
        if run[1]:
            yield from (run[1][start : start + 2] for start in range(len(run[1]) - 1))
            yield run[1][-1]
        else:
            yield run[2][:WORD_LENGTH_MAX]


def _folded(text: str) -> str:
    """Return text without case, accents and compatibility forms (Unicode NFKD, marks removed, NFC)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", ACCENT.sub("", decomposed).translate(UNDECOMPOSED))
