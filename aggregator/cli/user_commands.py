"""Arguments and help texts of `user`: the users of the desk."""

from typing import Annotated

import typer

from aggregator.cli.options import DEFAULT, ConfigFile

user = typer.Typer(help="Users of the desk, in sources.yaml.", no_args_is_help=True)


@user.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name to log in with, and of the audit trail.")],
    role: Annotated[str, typer.Option(metavar="editor|admin", help="What the user may do.")] = "editor",
    config: ConfigFile = DEFAULT,
) -> None:
    """Ask for a password and write a user into sources.yaml. Without a terminal the password is one line of
    stdin."""
    from aggregator.cli import users

    users.add(config, name, role)


@user.command()
def password(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the user.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Ask for another password of a user. Ends the sessions of that user."""
    from aggregator.cli import users

    users.change(config, name)


@user.command("list")
def list_(config: ConfigFile = DEFAULT) -> None:
    """List the users and their roles."""
    from aggregator.cli import users

    users.listed(config)
