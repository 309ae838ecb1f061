"""Commands made of functions: parameters of their annotations, help of their docstrings.

The module of a command is imported, and its parameters are made, when it is invoked or listed.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import click
from msgspec import Struct

from aggregator.cli import examples

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


class Argument(Struct, frozen=True, kw_only=True):
    """Second part of an `Annotated` parameter: an argument of a command."""

    metavar: str
    help: str
    complete: Complete | None = None


class Option(Struct, frozen=True):
    """Second part of an `Annotated` parameter: an option of a command."""

    names: str = ""  # separated by blanks; default: that of the parameter
    help: str = ""
    metavar: str | None = None
    envvar: str | None = None
    least: int | None = None
    most: int | None = None
    callback: Callable[[click.Context, click.Parameter, Any], Any] | None = None
    complete: Complete | None = None


class Group(click.Group):
    """Group of the commands in a table: name → "module:function" in this package, or a group there."""

    def __init__(self, name: str, table: Mapping[str, str], **settings: Any) -> None:
        super().__init__(name, **settings)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return [*self.table]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names; NoSuchCommand with names that resemble it."""
        if args[0] not in self.table and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=self.table, ctx=ctx)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None if the table lacks it."""
        if cmd_name not in self.table:
            return None
        module, _, function = self.table[cmd_name].partition(":")
        found = getattr(import_module(f"{__package__}.{module}"), function)
        if isinstance(found, click.Command):
            return found
        shown = examples.of(f"{self.name} {cmd_name}".strip())
        made = parameters(found)
        return click.Command(cmd_name, callback=found, params=made, help=found.__doc__, epilog=shown)


def commands_of(group: click.Group) -> list[tuple[str, click.Command]]:
    """Return the names and commands of a group, in the order of its help."""
    context = click.Context(group)
    return [
        (name, command)
        for name in group.list_commands(context)
        if (command := group.get_command(context, name)) is not None
    ]


def parameters(function: Callable[..., object]) -> list[click.Parameter]:
    """Return the parameters of a function as those of a command."""
    return [_parameter(each) for each in signature(function).parameters.values()]


def _parameter(declared: Parameter) -> click.Parameter:
    kind, how = get_args(declared.annotation)
    is_many = get_origin(kind) is tuple
    if is_many or get_origin(kind) is UnionType:
        kind = get_args(kind)[0]
    settings: dict[str, Any] = {"help": how.help, "metavar": how.metavar, "shell_complete": how.complete}
    if (default := declared.default) is not Parameter.empty:
        settings |= {"default": default}
    settings |= {"required": default is Parameter.empty, "type": _type(kind, how)}
    if isinstance(how, Argument):
        return click.Argument([declared.name], nargs=-1 if is_many else 1, **settings)
    names = how.names.split() or [f"--{declared.name.replace('_', '-')}"]
    return click.Option(
        [declared.name, *names],
        multiple=is_many,
        is_flag=kind is bool,
        envvar=how.envvar,
        show_envvar=True,
        show_default=default not in (None, False, "", (), Parameter.empty),
        callback=how.callback,
        **settings,
    )


def _type(kind: Any, how: Argument | Option) -> click.ParamType[Any]:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    if kind is Path:
        return click.Path(path_type=Path)
    if isinstance(how, Option) and how.least is not None:
        return click.IntRange(how.least, how.most)
    named: Mapping[Any, click.ParamType[Any]] = {str: click.STRING, int: click.INT, bool: click.BOOL}
    return named[kind]
