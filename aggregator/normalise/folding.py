"""Folding of the words of dates: spellings that differ in case, accents or width compare equal."""

import unicodedata

_LETTERS = str.maketrans({"ı": "i", "’": "'", "ʼ": "'", "−": "-", "–": "-", "‐": "-", "،": ","})
_DROPPED = {"Mn", "Cf"}  # accents and vowel marks; bidirectional and other invisible characters


def fold(text: str) -> str:
    """Return the text in lower case without accents, its white space single spaces (NFKC, Unicode 3.13)."""
    if text.isascii():
        return " ".join(text.casefold().split())
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS)).casefold().translate(_LETTERS)
    kept = "".join(each for each in decomposed if unicodedata.category(each) not in _DROPPED)
    return " ".join(unicodedata.normalize("NFC", kept).split())
