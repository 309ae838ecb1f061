#!/usr/bin/env python3
"""Write aggregator/policy/iso639.py from the ISO 639 tables of pycountry, in an environment of its own:

python3 -m venv /tmp/iso639
/tmp/iso639/bin/pip install pycountry==26.2.16
/tmp/iso639/bin/python .ci/languages.py
"""

import json
import textwrap
from collections.abc import Iterable
from importlib.metadata import distribution
from itertools import groupby
from pathlib import Path

MODULE = Path(__file__).resolve().parent.parent / "aggregator/policy/iso639.py"
NO_LANGUAGE = "S"  # scope of und, mul, mis and zxx; codes for local use have no rows
LINE = 106  # characters


def main() -> None:
    package = distribution("pycountry")
    tables = {
        part: json.loads(package.locate_file(f"pycountry/databases/iso{part}.json").read_text())[part]
        for part in ("639-3", "639-5")
    }
    rows = [row for table in tables.values() for row in table if row.get("scope") != NO_LANGUAGE]
    names = ("alpha_2", "alpha_3", "bibliographic")
    codes = {row[name] for row in rows for name in names if name in row}
    MODULE.write_text(module(codes, package.version))


def module(codes: Iterable[str], edition: str) -> str:
    """Return the source of the module that holds these codes."""
    lengths = {length: sorted(code for code in codes if len(code) == length) for length in (2, 3)}
    packed = [
        f"{first}-{''.join(code[-1] for code in group)}"
        for each in lengths.values()
        for first, group in groupby(each, lambda code: code[:-1])
    ]
    lines = textwrap.indent(textwrap.fill(" ".join(packed), LINE, break_on_hyphens=False), "    ")
    return f'''"""Codes of ISO 639-1, 639-2, 639-3 and 639-5, without those for local use and for no language.

Written by .ci/languages.py, which says how: not edited by hand.
"""

EDITION = "{edition}"  # of pycountry, which has the tables of Debian's iso-codes
# Each group is the first letters of its codes, a dash, and their last ones: aa-abc is aaa, aab and aac.
PACKED = """
{lines}
"""
'''


if __name__ == "__main__":
    main()
