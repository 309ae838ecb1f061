"""Sentences of alerts with the addresses and the releases in them as links."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

ADDRESS = re.compile(r"https?://[^\s,;<>\"'`]*[^\s,;<>\"'`.:!?)\]]")
ID = re.compile(r"(?<![\w/.-])[a-z0-9]{13}(?![\w/-])")
_TARGET = re.compile(f"{ADDRESS.pattern}|{ID.pattern}")


class Piece(Struct, frozen=True):
    """A piece of a sentence: `url` is the address that it is, `item` the id of a release; both "": words."""

    text: str
    url: str = ""
    item: str = ""


class Run(Struct, frozen=True):
    """Pieces that stand together, as code or not."""

    pieces: Sequence[Piece]
    is_code: bool = False


def mentioned(sentences: Iterable[str]) -> frozenset[str]:
    """Return the words of sentences that may be ids of releases."""
    return frozenset(found for each in sentences for found in ID.findall(each))


def linked(sentence: str, items: Collection[str]) -> tuple[Run, ...]:
    """Return a sentence, code in backticks, with its addresses and these ids of releases apart."""
    texts = sentence.split("`")
    runs = [Run(_pieces(text, items), is_code=place % 2 == 1) for place, text in enumerate(texts)]
    if not len(texts) % 2:  # the last backtick ends nothing
        runs[-1] = Run(_pieces(f"`{texts[-1]}", items))
    return tuple(runs)


def _pieces(text: str, items: Collection[str]) -> Sequence[Piece]:
    found = [each for each in _TARGET.finditer(text) if "://" in each[0] or each[0] in items]
    bounds = [(0, 0), *((each.start(), each.end()) for each in found), (len(text), len(text))]
    words = [Piece(text[end:start]) for (_, end), (start, _) in pairwise(bounds)]
    targets = [_target(each[0]) for each in found]
    mixed = [piece for pair in zip(words, targets, strict=False) for piece in pair]
    return [each for each in (*mixed, words[-1]) if each.text]


def _target(text: str) -> Piece:
    return Piece(text, url=text) if "://" in text else Piece(text, item=text)
