"""Arguments and help texts of `user`: the users of the desk."""

from types import MappingProxyType
from typing import Annotated

from aggregator.cli.commands import Argument, Group, Option
from aggregator.cli.options import DEFAULT, ConfigFile

COMMANDS = MappingProxyType(
    {"add": "user_commands:add", "password": "user_commands:password", "list": "user_commands:list_"}
)
user = Group("user", COMMANDS, help="Users of the desk, in sources.yaml.")


def add(
    name: Annotated[str, Argument(metavar="NAME", help="Name to log in with, and of the audit trail.")],
    role: Annotated[str, Option(metavar="editor|admin", help="What the user may do.")] = "editor",
    config: ConfigFile = DEFAULT,
) -> None:
    """Ask for a password and write a user into sources.yaml. Without a terminal the password is one line of
    stdin."""
    from aggregator.cli import users

    users.add(config, name, role)


def password(
    name: Annotated[str, Argument(metavar="NAME", help="Name of the user.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Ask for another password of a user. Ends the sessions of that user."""
    from aggregator.cli import users

    users.change(config, name)


def list_(config: ConfigFile = DEFAULT) -> None:
    """List the users and their roles."""
    from aggregator.cli import users

    users.listed(config)
