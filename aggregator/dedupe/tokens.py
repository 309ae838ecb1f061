"""A release's text as what is compared of it: words and numbers, without typography and boilerplate. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Set
from zlib import crc32

from msgspec import Struct

from aggregator.dedupe import similar
from aggregator.dedupe.cues import ABOUT, ABOUT_ENDS, CONTACT, MORE, READ_ON, WE, WE_UNSPACED

TOKENS_MAX = 6_000  # of a text; what is beyond is compared whole, by its digest
BLOCK_CHARS_MAX = 20_000
HEADING_CHARS_MAX = 90
CONTACT_CHARS_MAX = 220
CONTACT_LINE_MAX = 40  # with neither number nor address
MORE_CHARS_MAX = 80
DATELINE_CHARS_MAX = 80
ABOUT_AFTER = 0.3  # share of a text before its boilerplate may begin

# Written without blanks between words; a character, with the marks on it, is compared as a word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
)
_THAI_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
_ARABIC_MARKS = re.compile("[\u064b-\u065f\u0640\u0670]")
_TOKEN = re.compile(
    r"(?P<number>(?:(?<![^\s(])[-\u2212])?\d+(?:[.,:'\u2019 ]\d+)*)"
    rf"|(?P<char>[{_UNSPACED}][{_THAI_MARKS}]*)"
    rf"|(?P<word>(?:[^\W\d_{_UNSPACED}])+)"
    r"|(?P<sign>[%‰€$£¥°§฿])"
    r"|(?P<dash>(?<=\s)[-–—]{1,2}(?=\s))"
    r"|(?P<end>[.!?。！？؟।…\n])"
)
_NOT = re.compile(r"n['\u2019]t\b")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w-]")
_PHONE = re.compile(r"(?<!\d)\d{2}[\d ()/-]{4}")
_GROUPS = re.compile(r"[-+\u2212]?(?!0)\d{1,3}(?:([.,'\u2019 ])\d{3})(?:\1\d{3})*")
_DIGIT_LIMITS = re.compile(r"[ '\u2019]")


class Text(Struct, frozen=True):
    """Words of a release without its boilerplate, the places at which sentences begin among them, and the
    words of its dateline, which a dash ends."""

    words: tuple[str, ...]
    starts: frozenset[int]
    dateline: int
    capital: frozenset[int]
    unspaced: bool
    rest: bytes  # beyond TOKENS_MAX
    we: bool  # in the first person
    cut: bool  # it ends with an ellipsis, or says where to read on

    @property
    def size(self) -> int:
        """Return how many words it has; two characters without blanks count as one."""
        return len(self.words) // 2 if self.unspaced else len(self.words)


def plain(text: str) -> str:
    """Return a text in compatibility form without what shows nothing (UAX 15, UTS 51)."""
    if text.isascii():
        return text
    return _ARABIC_MARKS.sub("", unicodedata.normalize("NFKC", similar.visible(text)))


def read(text: str, title: str = "", repeated: Set[int] = frozenset()) -> Text:
    """Return what a text says. `title` is its headline, which some repeat in it, `repeated` are the hashes of
    sentences that its source has under other items, by `similar.pieces`."""
    shown = plain(text)
    words, starts, capital = list[str](), {0}, set[int]()
    core = _NOT.sub(" not", "\n".join(_core(shown, plain(title).strip().casefold(), repeated)))
    rest, unspaced, dateline = b"", 0, 0
    for kind, value, place in _tokens(core):
        if len(words) >= TOKENS_MAX:
            rest = similar.folded(core[place:])
            break
        if kind in ("end", "dash"):
            dateline = len(words) if kind == "dash" and not dateline else dateline
            starts.add(len(words))
            continue
        if kind == "word" and value[0].isupper():
            capital.add(len(words))
        unspaced += kind == "char"
        words.append(_number(value) if kind == "number" else value.casefold())
    tail = core.rstrip()[-4:].rstrip("]) ")
    cut = tail.endswith(("…", "..."))
    if cut and words and not rest:
        words.pop()  # it may be the beginning of a word
    starts.add(len(words))
    lowered = " ".join(words)
    we = any(word in WE for word in words) or any(each in core for each in WE_UNSPACED)
    return Text(
        tuple(words),
        frozenset(starts),
        dateline,
        frozenset(capital),
        unspaced * 2 > len(lowered) - lowered.count(" ") or unspaced * 2 > len(words),
        rest,
        we,
        cut or (bool(shown) and _is_more(shown.rstrip().rpartition("\n")[2].strip().casefold())),
    )


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    for found in _TOKEN.finditer(text):
        kind, value, place = str(found.lastgroup), found[0], found.start()
        if kind == "number" and " " in value and _GROUPS.fullmatch(value) is None:
            for each in value.split(" "):
                yield kind, each, place
        elif kind != "dash" or place <= DATELINE_CHARS_MAX:
            yield kind, value, place


def _number(text: str) -> str:
    """Return a number without the marks between its thousands; "." before its decimals."""
    text = "".join(
        str(unicodedata.digit(each)) if each.isdigit() and not each.isascii() else each for each in text
    )
    text = text.replace("\u2212", "-").lstrip("+")
    if _GROUPS.fullmatch(text):
        return re.sub(r"[^\d-]", "", text)
    return _DIGIT_LIMITS.sub("", text).replace(",", ".").replace(":", ".")


def _core(text: str, title: str, repeated: Set[int]) -> Iterator[str]:
    """Return the blocks of a text that are no boilerplate."""
    blocks = [block.strip() for block in text.split("\n") if block.strip()]
    total, before = max(1, len(text)), 0
    for block in blocks:
        folded = block.casefold().lstrip("-–—•*▪ ")
        if before >= ABOUT_AFTER * total and _is_about(folded):
            return
        before += len(block)
        if folded == title or (block[0] == "[" and block[-1] == "]"):  # an image by its alternative text
            continue
        if not (_is_contact(folded) or _is_more(folded) or (repeated and _is_repeated(block, repeated))):
            yield block


def _is_about(block: str) -> bool:
    """Return whether a block is the heading of boilerplate, or begins with one that a colon ends."""
    heading = re.split("[:：]", block, maxsplit=1)[0] if len(block) > HEADING_CHARS_MAX else block
    if len(heading) > HEADING_CHARS_MAX or heading.endswith((".", "。")):
        return False
    return heading.startswith(ABOUT) or heading.rstrip(":：").endswith(ABOUT_ENDS)


def _is_contact(block: str) -> bool:
    if len(block) > CONTACT_CHARS_MAX:
        return False
    if _EMAIL.search(block):
        return True
    begins = block.startswith(CONTACT) or any(
        block.find(each, 0, 30) >= 0 for each in CONTACT if len(each) > 3 and not each[0].isascii()
    )
    return begins and (_PHONE.search(block) is not None or len(block) < CONTACT_LINE_MAX or "http" in block)


def _is_more(block: str) -> bool:
    """Return whether a block says where to read on, an address behind it or not."""
    words = block.strip(" .…:>»→[]()-")
    return len(block) <= MORE_CHARS_MAX and (words in MORE or words.startswith(READ_ON))


def _is_repeated(block: str, repeated: Set[int]) -> bool:
    pieces = {crc32(each) for each in similar.folded(block).split(b"\n") if each}
    return pieces <= repeated
