"""Forms of the same words: spelling, number words, titles, units, names of a day. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from aggregator.dedupe import days
from aggregator.dedupe.day_names import MONTHS
from aggregator.dedupe.wording import (
    ALIKE,
    FORM_PAIRS,
    FORMS,
    HAN_DIGITS,
    HAN_UNITS,
    LIGHT,
    LIGHT_CHARACTERS,
    NUMBERS,
    PHRASES,
)

STEM_MIN = 5
STEM_SHARE = 0.7
WORDS_MAX = 12  # more are no form of others
ORDER_MAX = 5  # words of one date or amount, whose order is a matter of style
_SPELLINGS = (
    ("isation", "ization"),
    ("ise", "ize"),
    ("ising", "izing"),
    ("ised", "ized"),
    ("our", "or"),
    ("ours", "ors"),
    ("tre", "ter"),
    ("ogue", "og"),
    ("mme", "m"),
    ("ence", "ense"),
    ("lled", "led"),
    ("lling", "ling"),
)
_CLOCK = re.compile(r"(?:[01]?\d|2[0-4])(?:\.[0-5]\d)?")
# Python reads no longer integer than 4,300 digits, and none of a digit such as a dingbat.
_INTEGER = re.compile(r"[0-9]{1,15}")
_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_AFTERNOON = re.compile(r"(?:午後|下午)(\d{1,2})")
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "milliarden": 10**9}
_OPPOSED = ("less", "los", "ful", "voll", "frei")  # endings that turn a word into its opposite


def are_alike(
    here: Sequence[str], there: Sequence[str], released: datetime, other_released: datetime, *, is_lower: bool
) -> bool:
    """Return whether words in place of others mean the same; `is_lower`: none of the first is a name."""
    if max(len(here), len(there)) > WORDS_MAX:
        return False
    if "".join(here) == "".join(there):
        return True
    if len(here) == len(there) and all(map(_alike, here, there)):
        return True
    if days.same(here, there, released, other_released):
        return True
    one, two = _canonical(here), _canonical(there)
    if one == two or "".join(one) == "".join(two) or _reordered(one, two) or _in_han(here, there):
        return True
    return is_lower and len(one) == len(two) and all(map(_is_form, one, two))


def _alike(one: str, other: str) -> bool:
    return one == other or ALIKE.get(one, one) == ALIKE.get(other, other)


def _reordered(one: Sequence[str], two: Sequence[str]) -> bool:
    """Return whether the words are one date or amount in another order."""
    if len(one) > ORDER_MAX or Counter(one) != Counter(two):
        return False
    return sum(word[:1].isdigit() for word in one) == 1


def _canonical(words: Sequence[str]) -> list[str]:
    """Return words as those that stand for them, light ones left out."""
    kept, n = list[str](), 0
    while n < len(words):
        length = next((size for size in (3, 2) if tuple(words[n : n + size]) in PHRASES), 1)
        if length > 1:
            kept.append(PHRASES[tuple(words[n : n + length])])
            n += length
            continue
        word = words[n].replace("ё", "е").replace("ß", "ss")
        n += 1
        if word in NUMBERS and not (word in LIGHT and len(words) > 1):
            _count(kept, NUMBERS[word])
        elif word in MONTHS:
            kept.append(f"month{MONTHS[word]}")
        elif word in ALIKE or (word not in LIGHT and word not in LIGHT_CHARACTERS):
            kept.append(_spelt(ALIKE.get(word, word)))
    return _timed(_added_up([word for word in kept if word not in LIGHT]))


def _count(kept: list[str], number: int) -> None:
    """Add a number word; "three" "hundred" are one number."""
    if number in (100, 1_000) and kept and _INTEGER.fullmatch(kept[-1]) and int(kept[-1]) < 100:
        kept[-1] = str(int(kept[-1]) * number)
    else:
        kept.append(str(number))


def _added_up(words: Sequence[str]) -> list[str]:
    """Return words with "20" "5" as "25", and with "9.4" "million" as one number."""
    kept: list[str] = []
    for word in words:
        before = kept[-1] if kept else ""
        if before in _TENS and word in _ONES:
            kept[-1] = str(int(before) + int(word))
        elif word in _SCALES and _DECIMAL.fullmatch(before):
            kept[-1] = f"{float(before) * _SCALES[word]:.0f}"
        else:
            kept.append(word)
    return kept


def _timed(words: Sequence[str]) -> list[str]:
    """Return words with "4" "pm" and "16.00" as "16"."""
    kept: list[str] = []
    for word in words:
        if word in ("am", "pm") and kept and _CLOCK.fullmatch(kept[-1]):
            hour, _, minute = kept[-1].partition(".")
            number = int(hour) % 12 + 12 * (word == "pm")
            kept[-1] = f"{number}.{minute}" if minute.strip("0") else str(number)
        else:
            kept.append(word)
    return [word.removesuffix(".00") if _CLOCK.fullmatch(word) else word for word in kept]


_TENS = frozenset(map(str, range(20, 100, 10)))
_ONES = frozenset(map(str, range(1, 10)))


def _spelt(word: str) -> str:
    if len(word) >= STEM_MIN:
        for ending, other in _SPELLINGS:
            if word.endswith(ending):
                return word.removesuffix(ending) + other
    return word


def _is_form(one: str, other: str) -> bool:
    """Return whether two words have one stem and neither of them is short."""
    if one == other:
        return True
    if min(len(one), len(other)) < STEM_MIN or not (one[0].islower() and other[0].islower()):
        return False
    same = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    endings = one[same:], other[same:]
    if any(each.startswith(_OPPOSED) for each in endings) or {each[:1] for each in endings} == {"e", "r"}:
        return False
    return same >= STEM_SHARE * max(len(one), len(other))


def _in_han(here: Sequence[str], there: Sequence[str]) -> bool:
    """Return whether runs of characters are forms of one word, or one number."""
    one, two = "".join(here), "".join(there)
    if (one, two) in FORM_PAIRS or _formed(one) == _formed(two):
        return True
    number, opposite = (NUMBERS.get(each, _value(each)) for each in (one, two))
    return number is not None and number == opposite


def _formed(text: str) -> str:
    text = _AFTERNOON.sub(lambda found: str(int(found[1]) % 12 + 12), text)
    for other, first in FORMS:
        text = text.replace(other, first)
    return "".join(each for each in text if each not in LIGHT_CHARACTERS)


def _value(text: str) -> float | None:
    """Return the number that digits or Chinese numerals stand for, None for any other text."""
    is_number = text and all(
        each in "0123456789." or each in HAN_DIGITS or each in HAN_UNITS for each in text
    )
    if not is_number or text.count(".") > 1 or text == ".":
        return None
    total, section, digits = 0.0, 0.0, ""
    for each in text:
        if each not in HAN_UNITS:
            digits += str(HAN_DIGITS.get(each, each))
            continue
        unit, number = HAN_UNITS[each], float(digits) if digits.strip(".") else 0.0
        if unit >= 10_000:
            total, section = total + (section + number or 1.0) * unit, 0.0
        else:
            section += (number or 1.0) * unit
        digits = ""
    return total + section + (float(digits) if digits.strip(".") else 0.0)
