#!/usr/bin/env python3
"""Print `docs/publicwire.1`, the manual page: commands, options and examples as the application has them.

Run after a change of a command: `.venv/bin/python .ci/manpage.py > docs/publicwire.1`.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from click import Argument, Command, Context, Group, Option

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from aggregator import __version__
from aggregator.cli import examples
from aggregator.cli.app import app
from aggregator.cli.commands import commands_of

NAME = "publicwire"
SUMMARY = "republish the press releases of many organisations"
FILES = (
    ("sources.yaml", "The configuration, in the current directory unless \\-\\-config names another file."),
    (
        "store/",
        "Database, journal of decisions and backups, unless \\fBstore\\fR in the configuration differs.",
    ),
)
ENVIRONMENT = (
    "PUBLICWIRE_DATABASE is the URL of the store of a cluster, PUBLICWIRE_DATABASE_DIRECT that of the same "
    "database past a pooler. Passwords and keys of sources are read from the variables that sources.yaml "
    "names as $NAME."
)
EXIT_CODES = (
    ("0", "Success."),
    ("1", "A failure, reported in one line on stderr."),
    ("2", "A mistake in the arguments or in sources.yaml."),
    ("130", "Interrupted (SIGINT)."),
)


def page() -> str:
    """Return the page in the man macros of roff."""
    return "\n".join((*_head(app), *_commands(app), *_tail())) + "\n"


def _head(application: Group) -> Iterator[str]:
    yield f'.TH {NAME.upper()} 1 "" "{NAME} {__version__}" "User Commands"'
    yield from (".SH NAME", f"{NAME} \\- {SUMMARY}")
    yield from (".SH SYNOPSIS", f".B {NAME}", "[\\fIOPTIONS\\fR] [\\fICOMMAND\\fR [\\fIARGS\\fR]]")
    yield from (".SH DESCRIPTION", _prose(application.help or ""))
    yield from _options(application)
    yield from (".SH EXAMPLES", *_lines(examples.OF_ALL))
    yield from (".SH COMPLETION", *_lines(examples.COMPLETION))


def _commands(application: Group) -> Iterator[str]:
    yield ".SH COMMANDS"
    for name, command in commands_of(application):
        if isinstance(command, Group):
            for second, each in commands_of(command):
                yield from _command(f"{name} {second}", each)
        else:
            yield from _command(name, command)


def _command(name: str, command: Command) -> Iterator[str]:
    arguments = [each for each in command.params if isinstance(each, Argument)]
    written = " ".join(f"\\fI{_prose(_metavar(each))}\\fR" for each in arguments)
    yield from (f".SS {_prose(f'{NAME} {name}')} {written}".rstrip(), _prose(command.help or ""))
    for each in arguments:
        yield from (".TP", f"\\fI{_prose(_metavar(each))}\\fR", _prose(_said(each)))
    yield from _options(command)
    if shown := examples.OF_COMMANDS.get(name):
        yield from (".PP", *_lines(shown))


def _options(command: Command) -> Iterator[str]:
    for each in command.params:
        if isinstance(each, Option):
            names = ", ".join(f"\\fB{_literal(name)}\\fR" for name in each.opts)
            value = "" if each.is_flag else f" \\fI{_prose(_metavar(each))}\\fR"
            yield from (".TP", names + value, _prose(_said(each)))


def _metavar(parameter: Argument | Option) -> str:
    return parameter.make_metavar(Context(app))


def _said(parameter: Argument | Option) -> str:
    """Return the help of a parameter, and its default if that is more than absence."""
    is_said = isinstance(parameter, Option) and parameter.show_default
    return f"{parameter.help}{f' Default: {parameter.default}.' if is_said else ''}"


def _tail() -> Iterator[str]:
    yield ".SH FILES"
    for name, meaning in FILES:
        yield from (".TP", f".I {name}", meaning)
    yield from (".SH ENVIRONMENT", _prose(ENVIRONMENT), ".SH EXIT STATUS")
    for code, meaning in EXIT_CODES:
        yield from (".TP", f".B {code}", _prose(meaning))


def _lines(shown: Sequence[examples.Example]) -> Iterator[str]:
    """Return command lines as they are typed, each behind a comment for the shell that says what it does."""
    yield from (".nf", ".RS 4")
    for line, purpose in shown:
        yield _literal(f"{line}    # {purpose}" if purpose else line)
    yield from (".RE", ".fi")


def _prose(text: str) -> str:
    """Return text of the application in one line of roff; options in it keep their hyphens."""
    escaped = " ".join(text.split()).replace("\\", "\\e")
    escaped = re.sub(r"(?<![\w-])--?(?=\w)[\w-]*", lambda found: _literal(found[0]), escaped)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _literal(text: str) -> str:
    """Return text that is copied into a shell: hyphens and quotation marks in ASCII."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return escaped.replace("^", "\\(ha").replace("~", "\\(ti")


if __name__ == "__main__":
    sys.stdout.write(page())
