"""How the command line speaks: plain lines, tables and JSON on stdout, complaints on stderr.

Text that came from elsewhere is made printable first: no feed moves the cursor or colours the terminal.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


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


def console() -> "Console":
    """Where tables go: wide and plain when stdout is no terminal, so that nothing is cut."""
    from rich.console import Console

    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=200)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(printable(cell)) for cell in row))
    console().print(drawn)


def when(moment: datetime | None) -> str:
    """A time for tables, in UTC to the minute; "–" when there is none."""
    return "–" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
