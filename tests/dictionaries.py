"""Dictionaries of tokens for fuzzing and attacks: files of one Python literal a line, # for comments."""

import ast
from pathlib import Path
from typing import Any  # text or bytes, by the file


def dictionary(path: Path) -> tuple[Any, ...]:
    """Return the literals of a file, in its order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(ast.literal_eval(line) for line in lines if line and not line.startswith("#"))
