"""Detection of an undeclared language by CLD2, if the extra `languages` is installed: offline, deterministic.

Of 1,346 texts of real feeds with a declared language CLD2 is sure of 1,324 and agrees with 1,312, in 29 to
172 µs, with 7 MB and 6 ms to load. py3langid 0.4 is sure of 1,225 and agrees with 1,212, in 140 to 3,915 µs,
with numpy, 120 MB and 1.9 s to load.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

DETECTOR = "pycld2"
DETECTED_CHARS_MIN, DETECTED_CHARS_MAX = 20, 2_000
_FORMER = {"iw": "he", "jw": "jv"}  # codes of CLD2 that ISO 639 has withdrawn
_LENGTHS = (2, 3)  # of a code; longer ones of CLD2 are scripts (xx-Copt) or varieties


@cache
def load(name: str = DETECTOR) -> ModuleType | None:
    """Return the detector's module, None if it is not installed. A confined worker has it loaded before."""
    return import_module(name) if find_spec(name) is not None else None


def language(text: str, name: str = DETECTOR) -> str:
    """Return the code of the language of a plain text, "" if the detector is not sure of one."""
    detector, text = load(name), text[:DETECTED_CHARS_MAX]
    if detector is None or len(text) < DETECTED_CHARS_MIN:
        return ""
    try:
        is_sure, _, found = detector.detect(text, isPlainText=True)
    except detector.error:  # characters that CLD2 refuses, such as those of no plane
        return ""
    code = str(found[0][1])
    return _FORMER.get(code, code) if is_sure and len(code) in _LENGTHS and code != "un" else ""
