"""Output of commands: plain lines, tables and JSON on stdout, errors on stderr.

Text of feeds is escaped first (terminal injection): it cannot move the cursor, colour or retitle a terminal.
"""

import json
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from textwrap import fill

from aggregator.errors import UsageError
from aggregator.fetch.address import printable

REST = 0  # width of a column of a table: what the others leave of the line
REST_MIN = 8  # cells of that column at a narrow terminal
ID_CHARS = 30  # of the longest source id shown whole in a table of 80 columns
GAP = "  "  # between columns
# Beginning of a formula as spreadsheets read it (CSV injection): also after a semicolon, which separates
# cells where the comma is the decimal sign, and as a full-width character.
FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def complain(message: str) -> None:
    """Print one line on stderr."""
    print(f"publicwire: {printable(message)}", file=sys.stderr)


def say(text: str = "") -> None:
    """Print text on stdout, each line made printable."""
    for line in text.split("\n"):
        print(printable(line))


def confirmed(question: str, act: str) -> bool:
    """Return whether the operator agrees on the terminal; UsageError where there is none to ask at."""
    check_terminal(act)
    return _answer(f"{question} [y/N] ").lower() in ("y", "yes")


def check_terminal(act: str, *, option: str = "--yes") -> None:
    """Raise UsageError, which names the option to give instead, where there is no terminal to ask at."""
    if not sys.stdin.isatty():
        raise UsageError(f"stdin is no terminal: give {option} to {act} without confirmation")


def chosen(question: str, count: int) -> int:
    """Return the number from 1 to `count` that the operator gives on the terminal, 1 for none."""
    while True:
        answer = _answer(f"{question} [1] ") or "1"
        if answer.isdecimal() and len(answer) < 4 and 1 <= int(answer) <= count:
            return int(answer)
        say(f"give a number from 1 to {count}")


def _answer(question: str) -> str:
    """Return a line from the terminal; Ctrl-C ends the command, also within an event loop, which would only
    cancel its task."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(question).strip()
    finally:
        signal.signal(signal.SIGINT, before)


def say_json(value: object) -> None:
    """Print JSON on stdout, indented, keys in the given order, times in ISO 8601."""
    for line in json.dumps(value, default=datetime.isoformat, ensure_ascii=False, indent=2).split("\n"):
        print(line if line.isprintable() else "".join(map(_escaped, line)))


def _escaped(character: str) -> str:
    """Escape a character that a terminal may obey: json.dumps leaves C1 controls and bidi overrides."""
    return character if character.isprintable() else json.dumps(character)[1:-1]


def say_csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print CSV (RFC 4180) on stdout. What a spreadsheet would take for a formula begins
    with '."""
    import csv  # one command in a hundred

    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([FORMULA.sub(r"\1'", cell) for cell in map(printable, row)])


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, cut: Mapping[str, int] | None = None
) -> None:
    """Print aligned columns on stdout; nothing is cut unless stdout is a terminal.

    There, cells of the columns in `cut` end in "…" after so many characters, REST is what the others leave of
    the line; all other cells stay whole.
    """
    lines = [tuple(columns), *(tuple(map(printable, row)) for row in rows)]
    width_of: Callable[[str], int] = len  # without rich, which takes 0.1 s to load
    if sys.stdout.isatty():
        from rich.cells import cell_len

        width_of = cell_len
        lines = fitted(lines, cut or {}, width_of, columns=_columns())
    widths = [max(map(width_of, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = zip(line, widths, strict=True)
        print(GAP.join(cell + " " * (width - width_of(cell)) for cell, width in cells).rstrip())
    print()


def fitted(
    lines: Sequence[tuple[str, ...]], cut: Mapping[str, int], width_of: Callable[[str], int], *, columns: int
) -> list[tuple[str, ...]]:
    """Return the lines of a table, the first of which names the columns, with their cells cut."""
    widths = {name: max(map(width_of, (name, *column))) for name, *column in zip(*lines, strict=True)}
    widths |= {name: min(widths[name], most) for name, most in cut.items() if most != REST}
    for name in (name for name, most in cut.items() if most == REST):
        others = sum(width + len(GAP) for other, width in widths.items() if other != name)
        widths[name] = max(columns - others, REST_MIN)
    return [
        tuple(_cut(cell, width, width_of) for cell, width in zip(line, widths.values(), strict=True))
        for line in lines
    ]


def _columns() -> int:
    """Return the columns of the terminal."""
    from shutil import get_terminal_size  # loads the libraries of all compressions

    return get_terminal_size().columns


def _cut(cell: str, width: int, width_of: Callable[[str], int]) -> str:
    if width_of(cell) <= width:
        return cell
    while width_of(cell) >= width:  # one character may take two cells
        cell = cell[: width - 1] if len(cell) >= width else cell[:-1]
    return f"{cell.rstrip()}…"


def when(moment: datetime | None) -> str:
    """Return a time for tables, in UTC to the minute; "–" for None."""
    return "–" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def say_wrapped(text: str) -> None:
    """Print a paragraph on stdout, on a terminal broken between words, its further lines indented."""
    width = _columns() if sys.stdout.isatty() else sys.maxsize
    say(fill(text, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False))
