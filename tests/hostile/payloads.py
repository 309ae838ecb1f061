"""Attack payloads: the lists of the corpus, and own ones for what these leave out."""

import json
from pathlib import Path

from tests.corpus import HOSTILE
from tests.dictionaries import dictionary

# Every script of payloads.dict sets this variable, which the browser tests read.
RUN = "window.__ran=1"

OURS = (*dictionary(Path(__file__).parent / "payloads.dict"), "9" * 400, "x" * 20_000)


def lists() -> tuple[str, ...]:
    """Return the distinct payloads of the corpus: one per line of a list, one per other file."""
    cases = json.loads((HOSTILE / "dompurify/expect.json").read_text(encoding="utf-8"))
    found = [case["payload"] for case in cases]
    for path in sorted(HOSTILE.glob("payloads/**/*")):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += text.splitlines() if path.suffix in (".txt", ".fuzz") else [text]
    return tuple(dict.fromkeys(payload for payload in found if payload.strip()))


def every() -> tuple[str, ...]:
    """Return the own payloads, and those of the corpus if it is present."""
    return (*OURS, *(lists() if HOSTILE.exists() else ()))
