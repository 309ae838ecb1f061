"""How the command line speaks: plain lines, tables and JSON on stdout, complaints on stderr.

Text that came from elsewhere is made printable first: no feed moves the cursor or colours the terminal.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

JOINERS = "\u200c\u200d"  # invisible, harmless, and part of the spelling of Persian and of emoji


def printable(text: str) -> str:
    """The text on one line, without anything that could move a cursor, colour or turn it round."""
    if text.isprintable():
        return text
    seen = (" " if character.isspace() else character for character in text)  # no-break spaces too
    return "".join(character for character in seen if character.isprintable() or character in JOINERS)


def complain(message: str) -> None:
    """One line on stderr."""
    print(f"publicwire: {printable(message)}", file=sys.stderr)


def say(text: str = "") -> None:
    """Text on stdout, line by line as it is but printable."""
    for line in text.split("\n"):
        print(printable(line))


def say_json(value: object) -> None:
    """JSON on stdout, indented, in the order given."""
    for line in json.dumps(value, ensure_ascii=False, indent=2).split("\n"):
        print(line if line.isprintable() else "".join(map(_escaped, line)))


def _escaped(character: str) -> str:
    """JSON itself escapes only the oldest of what a terminal obeys."""
    return character if character.isprintable() else json.dumps(character)[1:-1]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout; where that is no terminal, in plain columns of which nothing is cut or folded."""
    cells = [tuple(map(printable, row)) for row in rows]
    if sys.stdout.isatty():
        _drawn(columns, cells)
    else:
        _aligned([tuple(columns), *cells])


def _drawn(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in cells:
        drawn.add_row(*map(Text, row))
    Console(highlight=False).print(drawn)


def _aligned(lines: Sequence[Sequence[str]]) -> None:
    """Without rich, which takes a quarter of a second for 500 lines."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    print()


def when(moment: datetime | None) -> str:
    """A time for tables, in UTC to the minute; "–" when there is none."""
    return "–" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
