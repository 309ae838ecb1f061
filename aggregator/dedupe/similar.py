"""Similarity of texts: a signature is made once an item, and compared within a budget of steps.

The seam of the matcher: what of a text is compared, how and at what cost is known here alone.
"""

from struct import pack, unpack
from typing import NamedTuple
from zlib import crc32

SHINGLE_WORDS = 4
SHINGLE_BYTES = 4
SHINGLES_MIN = 9  # of a text that proves something, 12 words; else the titles must agree
SHARED_MIN = 0.8  # share of the shorter text's shingles that the longer one must hold
CHARACTERS_COMPARED = 1_000  # of a text, for 0.07 ms an item: 4,000 took a sixth of an import
SIGNATURE_BYTES_MAX = CHARACTERS_COMPARED // 2 * SHINGLE_BYTES  # words of one character
# Of one poll. A step is a shingle looked at: 35 to 45 ns on a core of 2024, so that all take 50 ms at most.
STEPS_MAX = 1_000_000
STEPS_EACH = 60  # of a comparison besides its shingles


class Compared(NamedTuple):
    """Title and signature of an item, for comparison with another."""

    title: str
    signature: bytes


def signature(text: str) -> bytes:
    """Return the hashed shingles of a plain text, sorted: 4 bytes each, little-endian.

    CRC-32 suffices: a text forged to collide with another gains no more than a copy of it.
    """
    words = text[:CHARACTERS_COMPARED].casefold().encode(errors="replace").split()
    shingles = zip(*(words[start:] for start in range(SHINGLE_WORDS)), strict=False)
    hashed = sorted(set(map(crc32, map(b"".join, shingles))))
    return pack(f"<{len(hashed)}I", *hashed)


class Comparer:
    """Compares signatures until its steps are used up."""

    def __init__(self, steps: int = STEPS_MAX) -> None:
        self.steps = steps  # left

    def agree(self, one: Compared, other: Compared) -> bool | None:
        """Return whether one text is the other or an extract of it, None when too few steps are left."""
        steps = STEPS_EACH + (len(one.signature) + len(other.signature)) // SHINGLE_BYTES
        if steps > self.steps:
            return None
        self.steps -= steps
        if is_short(one, other):
            return one.title.casefold().split() == other.title.casefold().split()
        few, many = sorted((_shingles(one.signature), _shingles(other.signature)), key=len)
        return len(few & many) >= SHARED_MIN * len(few)


def is_short(one: Compared, other: Compared) -> bool:
    """Return whether either text is too short to prove anything."""
    return min(len(one.signature), len(other.signature)) < SHINGLES_MIN * SHINGLE_BYTES


def _shingles(signature: bytes) -> frozenset[int]:
    return frozenset(unpack(f"<{len(signature) // SHINGLE_BYTES}I", signature))
