"""Strip control characters and excess combining marks from text; shorten text to one line."""

import re
import unicodedata

MARKS_MAX = 8  # combining marks on a character; a stack of Tibetan letters has eight
_FILLERS = "\u115f\u1160\u3164\uffa0"  # Hangul letters that show nothing
# More characters in a row than that which are neither letters that show nor blanks nor ASCII: marks are among
# them, and what shows nothing between two marks.
_MANY_MARKS = re.compile(rf"(?:(?:[^\w\s\x00-\xac\xae-\u02ff]|[{_FILLERS}])(?:<[^<>]*+>)*){{9,}}")
_STACKED = ("Mn", "Me")
_NO_BASE = ("Cf", "Mc")  # a mark behind one is still drawn on the character before: U+200D, U+00AD, U+0903
# A ninth of that pattern's CPU time; all marks are within, Latin text with its punctuation is not. Negated:
# a set that names characters beyond U+FFFF takes 3 ms to compile, at each start of a worker's process.
_BEYOND_LATIN = re.compile("[^\x00-\u02ff\u2000-\u20cf\u2100-\u2cdf\u2e00-\u2fff]")
_TAG_OR_CHARACTER = re.compile(r"<[^<>]*+>|.", re.DOTALL)

# Characters forbidden in XML 1.0, and bidirectional controls (U+202A-202E, U+2066-2069), which reorder text
# around them: legitimate ones are lost too, but blocks are isolated anyway and `dir` survives. The separators
# U+2028 and U+2029 become line feeds, which are bounded.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_EACH_CONTROL = tuple(chr(code) for code in (*range(32), 127) if chr(code) not in "\t\n\r")
_ASCII_CONTROLS = "".join(_EACH_CONTROL).encode()
SCANNED_CHARS_MAX = 1_500  # in one pass; of a longer text each control character is looked for
# A C1 control comes from Windows-1252 text under a wrong encoding label; browsers read it so too.
_C1_AS_CP1252 = {
    character: bytes([ord(character)]).decode("cp1252", "ignore") for character in map(chr, range(0x80, 0xA0))
}


def printable(value: str) -> str:
    """Return text without control characters, lone surrogates, non-characters and bidirectional controls."""
    return value if value.isascii() and not _has_controls(value) else _CONTROL.sub(_replacement, value)


def _has_controls(value: str) -> bool:
    """Return whether ASCII has control characters, at a fifth of the CPU time of the pattern; a long text is
    searched for each of them, at a twentieth."""
    if len(value) > SCANNED_CHARS_MAX:
        return any(control in value for control in _EACH_CONTROL)
    return len(value) != len(value.encode().translate(None, _ASCII_CONTROLS))


def capped_marks(value: str) -> str:
    """Return text or sanitised HTML with at most MARKS_MAX combining marks on each character, tags apart.

    A stack of marks is drawn over the lines around it, also over those of others.
    """
    return _MANY_MARKS.sub(_without_excess_marks, value) if may_stack_marks(value) else value


def may_stack_marks(value: str) -> bool:
    """Return False for a text, or all of a text that is not ASCII, with few combining marks."""
    if len(value) <= MARKS_MAX or value.isascii():
        return False
    beyond_latin_1 = len(value) - len(value.encode("latin-1", "ignore"))
    return beyond_latin_1 > MARKS_MAX and _BEYOND_LATIN.search(value) is not None


def _without_excess_marks(match: re.Match[str]) -> str:
    kept, marks = list[str](), 0
    for part in _TAG_OR_CHARACTER.findall(match[0]):
        category = unicodedata.category(part) if len(part) == 1 else ""
        is_mark = category in _STACKED
        if is_mark:
            marks += 1
        elif category and category not in _NO_BASE and part not in _FILLERS:
            marks = 0
        if not is_mark or marks <= MARKS_MAX:
            kept.append(part)
    return "".join(kept)


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if character in "\u2028\u2029":
        return "\n"
    return _C1_AS_CP1252.get(character, "")


def line(value: str, limit: int) -> str:
    """Return one printable line of at most `limit` characters."""
    collapsed = " ".join(capped_marks(printable(value[: limit * 8])).split())
    return collapsed if len(collapsed) <= limit else shortened(collapsed, limit)


def shortened(value: str, limit: int) -> str:
    """Return the first words that fit into `limit` characters, with an ellipsis after a cut."""
    if len(value) <= limit:
        return value
    head = value[: limit - 1]
    words = head if value[limit - 1] == " " else head.rpartition(" ")[0]
    return (words if len(words) > limit // 2 else head).rstrip(" .,;:-–—") + "…"
