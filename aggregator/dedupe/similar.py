"""Similarity of texts: a signature is made once an item, and compared within a budget of steps.

What of a text is compared, how and at what cost is known here alone.
"""

import re
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from struct import pack, unpack
from zlib import crc32

PIECE_BYTES = 4
PIECES_MAX = 2_000  # of a text; the last is all the rest, so that no difference is beyond what is compared
SHORT_BYTES = 64  # of a folded text; below it proves nothing
SHARED_MIN = 0.8  # share of the shorter text's pieces that the longer one must hold
SUMMARY_BYTES = 8
WORDS_MAX = 100  # different ones of a text, the first
WORD_DIGITS = 8
SKETCH_PIECES = 32  # of a text that is a tenth of another, one is among them 29 times of 30
SIGNATURE_BYTES_MAX = SUMMARY_BYTES + PIECES_MAX * PIECE_BYTES
# Of one poll. A step is a piece looked at: 90 ns at most on a core of 2024, so that all take 50 ms at most.
STEPS_MAX = 500_000
STEPS_EACH = 100  # of a comparison besides its pieces

BANDS_KEPT = 512  # texts of the polls that are decided and committed at a time; 4 MB at most
BANDS = 16  # least sentences by which a text is looked up among all; a row of the store each

# What shows nothing: soft hyphens, zero-width characters, variation selectors (C2PA writes bytes with them).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]"
)
# The beginnings of their bytes in UTF-8: looked for in those that are not ASCII, a fiftieth of the pattern's
# time.
_SIGNS = (
    *(b"\xc2\xad", b"\xcd\x8f", b"\xd8\x9c", b"\xe1\xa0", b"\xe2\x80\x8b", b"\xe2\x80\x8c", b"\xe2\x80\x8d"),
    *(b"\xe2\x80\x8e", b"\xe2\x80\x8f", b"\xe2\x81", b"\xef\xb8", b"\xef\xbb\xbf", b"\xf3\xa0"),
)
_ASCII = bytes(range(128))
_NO_SUMMARY = bytes(SUMMARY_BYTES)
# Of Chinese, Japanese, Arabic, Urdu and Hindi, each with its bytes: those of a text are looked through.
_SENTENCE_ENDS = tuple((end.encode(), end) for end in "\u3002\uff01\uff1f\u061f\u06d4\u0964")
_THAI = "\u0e32".encode()  # its most frequent letter; a blank ends a sentence or clause
_FOLDED = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ.!?", b"abcdefghijklmnopqrstuvwxyz\n\n\n")
# Blanks, quotes, commas and hyphens, as ASCII and as typography has them. Their bytes in UTF-8 are bytes of
# letters, too, of which enough is left to tell sentences apart; replacing each takes ten times as long.
_DELETED = b" \"',-" + "\u00a0\u00ab\u00bb\u2013\u2014\u2018\u2019\u201c\u201d".encode()


def visible(text: str) -> str:
    """Return a text without what shows nothing: a text signed or hyphenated anew is the same."""
    return _INVISIBLE.sub("", text) if any(map(_foreign(text).__contains__, _SIGNS)) else text


@lru_cache(maxsize=2)
def _foreign(text: str) -> bytes:
    """Return what of a text is not ASCII, in UTF-8. The last two are kept, as of `encoded`."""
    return b"" if text.isascii() else encoded(text).translate(None, _ASCII)


@lru_cache(maxsize=2)
def encoded(text: str) -> bytes:
    """Return a text in UTF-8. The last two are kept: four steps encode the text of an item, which takes 12 µs
    where it is not all Latin-1."""
    return text.encode(errors="replace")


def folded(text: str) -> bytes:
    """Return a text without what typography changes, a sentence or line on each line; only for comparison."""
    text = visible(text)
    if foreign := _foreign(text):
        if _THAI in foreign:
            text = text.replace(" ", "\n")
        for end, character in _SENTENCE_ENDS:
            if end in foreign:
                text = text.replace(character, "\n")
    return encoded(text).translate(_FOLDED, _DELETED)


def signature(text: str, summary: str = "") -> bytes:
    """Return the signature of a plain text and its plain summary: the digest of the summary, of
    SUMMARY_BYTES, and the CRC-32 of each sentence, 4 bytes each, little-endian; none of a short text.

    A summary that is the first paragraphs of the text adds nothing to it and counts as none. CRC-32 suffices:
    sentences are compared only to hide the item they are of, so that forging one gains nothing.
    """
    digest = _NO_SUMMARY
    if summary and not (text + "\n").startswith(summary + "\n"):
        digest = blake2b(summary.encode(errors="replace"), digest_size=SUMMARY_BYTES).digest()
    whole = folded(text)
    if len(whole) < SHORT_BYTES:
        return digest
    sentences = dict.fromkeys(map(crc32, whole.split(b"\n", PIECES_MAX - 1)))
    sentences.pop(0, None)  # of an empty line
    return digest + pack(f"<{len(sentences)}I", *sentences)


def joined(made: bytes, text: str) -> bytes:
    """Return a signature with the sentences of a further text, PIECES_MAX in all."""
    return (made + signature(text)[SUMMARY_BYTES:])[:SIGNATURE_BYTES_MAX]


def words(text: str) -> str:
    """Return the CRC-32 of the first WORDS_MAX different words of a plain text, WORD_DIGITS hexadecimal
    digits each."""
    found = dict.fromkeys(folded(text.replace(" ", "\n")).split())
    return "".join(f"{crc32(word):08x}" for word in islice(found, WORDS_MAX))


def near(one: str, other: str, *, is_part: bool = False) -> bool:
    """Return whether of the words of two texts all but a share are the same, or all but one; of the shorter
    one if it is a part of the other."""
    ones, others = (
        {each[n : n + WORD_DIGITS] for n in range(0, len(each), WORD_DIGITS)} for each in (one, other)
    )
    shared, many = len(ones & others), (min if is_part else max)(len(ones), len(others))
    return shared >= SHARED_MIN * many or (bool(ones and others) and shared >= many - 1)


def is_sound(signature: bytes) -> bool:
    """Return whether these bytes have the form of a signature."""
    size = len(signature) - SUMMARY_BYTES
    return not signature or (size % PIECE_BYTES == 0 and 0 <= size <= PIECES_MAX * PIECE_BYTES)


def same_summary(one: bytes, other: bytes) -> bool:
    """Return whether two signatures are of the same summary."""
    return one[:SUMMARY_BYTES] == other[:SUMMARY_BYTES]


def adds_no_summary(shown: bytes, other: bytes) -> bool:
    """Return whether a text shown in place of another has no summary that the other has not."""
    return shown[:SUMMARY_BYTES] in (b"", _NO_SUMMARY, other[:SUMMARY_BYTES])


def resembles(shown: bytes, other: bytes) -> bool:
    """Return whether a text says what the one shown in its place says, or one is an extract of the other; by
    signatures.

    A short text says nothing that is not shown; a short one is not shown in place of a long one.
    """
    one, two = pieces(shown), pieces(other)
    few, many = sorted((one, two), key=len)
    return len(few & many) >= SHARED_MIN * len(few) and (bool(one) or not two)


def shared(one: bytes, other: bytes) -> tuple[int, int]:
    """Return how many sentences two texts share, and how many the shorter one has."""
    here, there = pieces(one), pieces(other)
    return len(here & there), min(len(here), len(there))


def steps(*signatures: bytes) -> int:
    """Return the steps of comparing the sentences of texts."""
    return sum(len(each[SUMMARY_BYTES:]) for each in signatures) // PIECE_BYTES


def pieces(signature: bytes) -> frozenset[int]:
    """Return the sentences of a signature, each as its CRC-32."""
    found = signature[SUMMARY_BYTES:]
    return frozenset(unpack(f"<{len(found) // PIECE_BYTES}I", found))


def sketch(signature: bytes) -> list[int]:
    """Return the least SKETCH_PIECES of the sentences, for a look-up: of two texts that resemble each other
    at least one is shared (bottom-k sketch)."""
    return sorted(pieces(signature))[:SKETCH_PIECES]


@lru_cache(maxsize=BANDS_KEPT)
def bands(signature: bytes) -> tuple[int, ...]:
    """Return the keys under which a text is found: its BANDS least sentences (MinHash of one permutation,
    bottom-k: of two texts that share half of their sentences one is shared but for 1 in 1,000).

    Those of the last BANDS_KEPT are kept: four steps of a poll ask for them.
    """
    return tuple(sorted(pieces(signature))[:BANDS])  # a sixth of the time of `nsmallest`


def title_digest(title: str) -> str:
    """Return a digest of a title without what typography changes."""
    return blake2b(folded(title), digest_size=SUMMARY_BYTES).hexdigest()
