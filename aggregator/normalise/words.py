"""Text and queries as the words of a full-text index: folded, CJK as bigrams, the same on every engine.

A script without blanks between words has none to split at: each two neighbouring characters are a word
(bigram), and so is the last one of a run: a query of one character is a prefix of the words it begins.
"""

import re
import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate, islice

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
RUN = rf"([{UNSPACED}]+)|([^\W_{UNSPACED}]+)"  # 2 ms to compile, at the first text that has them
WORD = r"[^\W_]+"  # of a text without unspaced scripts
ASCII_WORDS = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)) + bytes(128)
SEPARATOR = rf"[^\w{UNSPACED}]+"
NON_ASCII = re.compile(r"[^\x00-\x7f]+")
CACHED_RUNS, CACHED_CHARS_MAX = 4096, 16  # punctuation, letters with accents, words: about 1 MB
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
    found = _words(text[:INDEXED_TEXT_MAX])[:WORDS_MAX]
    if len(found) - len(set(found)) >= OCCURRENCES_MAX:
        found = _without_repetition(found)
    if len("".join(found).encode()) > INDEXED_BYTES_MAX:
        sizes = accumulate(len(word.encode()) for word in found)
        found = found[: bisect(list(sizes), INDEXED_BYTES_MAX)]
    return tuple(found)


def _without_repetition(found: Iterable[str]) -> list[str]:
    occurrences: Counter[str] = Counter()
    kept = []
    for word in found:
        occurrences[word] += 1
        if occurrences[word] <= OCCURRENCES_MAX:
            kept.append(word)
    return kept


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


def _words(text: str) -> list[str]:
    folded = _folded(text)
    if folded.isascii():  # four times as fast as the regular expression
        found = folded.encode("ascii").translate(ASCII_WORDS).decode("ascii").split()
    elif re.search(f"[{UNSPACED}]", folded):
        found = [word for run in re.finditer(RUN, folded) for word in _of_run(run)]
    else:
        found = re.findall(WORD, folded)
    return [word[:WORD_LENGTH_MAX] for word in found]


def _of_run(run: re.Match[str]) -> Iterable[str]:
    spaced, unspaced = run[2], run[1]
    return (spaced,) if spaced else (unspaced[place : place + 2] for place in range(len(unspaced)))


def _folded(text: str) -> str:
    """Return text without case, accents and compatibility forms (Unicode NFKD, marks removed, NFC), and with
    blanks for what separates words.

    Each run beyond ASCII is normalised by itself: no canonical composition joins ASCII to anything but
    accents, which are removed.
    """
    folded = text.casefold()
    return folded if folded.isascii() else NON_ASCII.sub(_normalised_run, folded)


def _normalised_run(run: re.Match[str]) -> str:
    text = run[0]
    return _cached(text) if len(text) <= CACHED_CHARS_MAX else _normalised(text)


def _normalised(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    composed = unicodedata.normalize("NFC", ACCENT.sub("", decomposed).translate(UNDECOMPOSED))
    return re.sub(SEPARATOR, " ", composed)


_cached = lru_cache(CACHED_RUNS)(_normalised)
