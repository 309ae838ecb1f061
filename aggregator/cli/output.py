"""Output of commands: plain lines, tables and JSON on stdout, errors on stderr.

Text of feeds is escaped first (terminal injection): it cannot move the cursor, colour or retitle a terminal.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from shutil import get_terminal_size
from textwrap import fill

from aggregator.errors import UsageError
from aggregator.fetch.address import printable


def complain(message: str) -> None:
    """Print one line on stderr."""
    print(f"publicwire: {printable(message)}", file=sys.stderr)


def say(text: str = "") -> None:
    """Print text on stdout, each line made printable."""
    for line in text.split("\n"):
        print(printable(line))


def confirmed(question: str, act: str) -> bool:
    """Return whether the operator agrees on the terminal; UsageError where there is none to ask at."""
    if not sys.stdin.isatty():
        raise UsageError(f"stdin is no terminal: give --yes to {act} without confirmation")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def chosen(question: str, count: int) -> int:
    """Return the number from 1 to `count` that the operator gives on the terminal, 1 for none."""
    while True:
        answer = input(f"{question} [1] ").strip() or "1"
        if answer.isdecimal() and len(answer) < 4 and 1 <= int(answer) <= count:
            return int(answer)
        say(f"give a number from 1 to {count}")


def say_json(value: object) -> None:
    """Print JSON on stdout, indented, keys in the given order, times in ISO 8601."""
    for line in json.dumps(value, default=datetime.isoformat, ensure_ascii=False, indent=2).split("\n"):
        print(line if line.isprintable() else "".join(map(_escaped, line)))


def _escaped(character: str) -> str:
    """Escape a character that a terminal may obey: json.dumps leaves C1 controls and bidi overrides."""
    return character if character.isprintable() else json.dumps(character)[1:-1]


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, cut: Mapping[str, int] | None = None
) -> None:
    """Print a table on stdout: drawn on a terminal, else in plain columns without cuts.

    Drawn cells are folded; with `cut` none is, and those of its columns end in "…" after so many characters.
    """
    cells = [tuple(map(printable, row)) for row in rows]
    if sys.stdout.isatty():
        _drawn(columns, cells, cut)
    else:
        _aligned([tuple(columns), *cells])


def _drawn(columns: Sequence[str], cells: Sequence[Sequence[str]], cut: Mapping[str, int] | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        if cut is None:
            drawn.add_column(column, overflow="fold")
        else:
            drawn.add_column(column, overflow="ellipsis", no_wrap=True, max_width=cut.get(column))
    for row in cells:
        drawn.add_row(*map(Text, row))
    Console(highlight=False).print(drawn)


def _aligned(lines: Sequence[Sequence[str]]) -> None:
    """Print plain columns without rich, which takes 0.25 s for 500 lines."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    print()


def when(moment: datetime | None) -> str:
    """Return a time for tables, in UTC to the minute; "–" for None."""
    return "–" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def say_wrapped(text: str) -> None:
    """Print a paragraph on stdout, on a terminal broken between words, its further lines indented."""
    width = get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    say(fill(text, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False))
