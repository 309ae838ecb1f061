"""Places of the terms of a query: in the words of an index, and in a text as written, by the same folding."""

import re
from collections.abc import Sequence

from msgspec import Struct

from aggregator.normalise.words import ACCENT, UNSPACED, WORD_LENGTH_MAX, Term, words


class Token(Struct, frozen=True):
    """One word of the index, and the characters of the text that it stands for."""

    word: str
    start: int
    end: int


def count(term: Term, found: Sequence[str]) -> int:
    """Return how often a term occurs in the words of a text."""
    if len(term.words) == 1:
        (word,) = term.words
        return sum(each.startswith(word) for each in found) if term.is_prefix else found.count(word)
    return sum(_is_at(term, found, place) for place in range(len(found) - len(term.words) + 1))


def spans(terms: Sequence[Term], text: str) -> tuple[tuple[int, int], ...]:
    """Return the ranges of characters of a text in which terms occur, in order, none of them overlapping."""
    tokens = tokenised(text)
    found = [token.word for token in tokens]
    ranges = sorted(
        (tokens[place].start, _end(term, tokens[place + len(term.words) - 1]))
        for term in terms
        for place in range(len(tokens) - len(term.words) + 1)
        if _is_at(term, found, place)
    )
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def tokenised(text: str) -> tuple[Token, ...]:
    """Return the words of a text with their places. A character that only its compatibility form makes a
    letter has none."""
    tokens: list[Token] = []
    for piece in re.finditer(PIECE, text):
        start, end = piece.span()
        if piece[0].isascii():  # most of most texts, as `words` would fold it
            tokens.append(Token(piece[0].lower()[:WORD_LENGTH_MAX], start, end))
            continue
        found = words(piece[0])
        if len(found) == end - start and re.match(f"[{UNSPACED}]", piece[0]):
            tokens += (
                Token(word, start + place, min(start + place + 2, end)) for place, word in enumerate(found)
            )
        else:
            tokens += (Token(word, start, end) for word in found)
    return tuple(tokens)


def _is_at(term: Term, found: Sequence[str], place: int) -> bool:
    """Return whether a term begins at a place in the words of a text, at which so many words are left."""
    *before, last = term.words
    end = place + len(before)
    word = found[end]
    if word != last and not (term.is_prefix and word.startswith(last)):
        return False
    return list(found[place:end]) == before


def _end(term: Term, token: Token) -> int:
    """Return where a match ends: in an unspaced script a prefix is one character of the last two."""
    last = term.words[-1]
    if term.is_prefix and re.match(f"[{UNSPACED}]", last) and token.end - token.start <= 2:
        return token.start + len(last)
    return token.end


_MARKS = f"{ACCENT.pattern[:-1]}*"
PIECE = rf"(?:[{UNSPACED}]{_MARKS})+|(?:[^\W_{UNSPACED}]{_MARKS})+"
