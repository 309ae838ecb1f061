"""`user`: users of the desk, written into sources.yaml with the hash of a password."""

import getpass
import sys
from collections.abc import Callable
from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.opening import current, needed, taking_effect
from aggregator.cli.output import REST, say, table
from aggregator.config.users import user_name
from aggregator.errors import UsageError
from aggregator.model.user import Role, User
from aggregator.service.rewriting import rewrite
from aggregator.web.passwords import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, hashed


def add(path: Path, name: str, role: str, *, ask: Callable[[str], str] | None = None) -> None:
    """Write a user with the password that `ask` returns for the name; default: the terminal, or one line of
    stdin."""
    if role not in tuple(Role):
        raise UsageError(f"--role is editor or admin, not {role!r}")
    try:
        user_name(name)
    except ValueError as error:
        raise UsageError(f"NAME {error}") from error
    configuration.add_user(_text(path), User(name, Role(role), hashed("")))  # raises before the question
    user = User(name, Role(role), hashed(_checked((ask or _asked)(name))))
    rewrite(path, configuration.add_user(_text(path), user))  # anew: it may have been edited meanwhile
    say(f"{name} is {role} in {path}; {taking_effect(path)}")


def change(path: Path, name: str, *, ask: Callable[[str], str] | None = None) -> None:
    """Write another password of a user; ends the sessions of that user."""
    configuration.set_password(_text(path), name, "")  # raises before the question
    password = hashed(_checked((ask or _asked)(name)))
    rewrite(path, configuration.set_password(_text(path), name, password))
    say(f"{name} has another password in {path}; {taking_effect(path)}, and ends the user's sessions")


def listed(path: Path) -> None:
    """Print the users of a file, in a cluster those of the version in force."""
    config = current(path)
    rows = [(user.name, str(user.role), "password" if user.password else "proxy") for user in config.users]
    table(("name", "role", "logs in by"), rows, cut={"name": REST})


def _text(path: Path) -> str:
    try:
        return needed(path).read_bytes().decode()  # with its line ends and byte order mark
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8") from error


def _asked(name: str) -> str:
    """Return a new password: asked for twice without echo, or one line of stdin."""
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {name}: ")
        if getpass.getpass("Again: ") != password:
            raise UsageError("the two passwords differ: nothing was written")
        return password
    return sys.stdin.readline().rstrip("\r\n")


def _checked(password: str) -> str:
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise UsageError(f"a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")
    return password
