"""`user`: users of the desk in sources.yaml."""

from pathlib import Path

import pytest

from aggregator.cli import users
from aggregator.config import load
from aggregator.errors import UsageError
from aggregator.model.user import Role
from aggregator.web.passwords import is_password
from tests.cli.conftest import Command
from tests.running import Site

pytestmark = pytest.mark.one_engine("no command of it opens the store")
PHRASE = "a long enough phrase"


def typed(name: str) -> str:
    return PHRASE


def test_a_user_is_written_with_the_hash_of_the_password_and_listed(command: Command, here: Site) -> None:
    before = here.config.read_text()
    users.add(here.config, "Ana", "admin", ask=typed)
    (user,) = load(here.config).users
    assert (user.name, user.role) == ("Ana", Role.ADMIN)
    assert is_password(PHRASE, user.password)
    assert not is_password(f"{PHRASE}!", user.password)
    assert not is_password("", user.password)
    assert here.config.read_text().startswith(before)
    assert PHRASE not in here.config.read_text()
    assert command("user", "list").out.split()[-3:] == ["Ana", "admin", "password"]
    assert command("user", "add", "Ana").complaints == [
        "publicwire: there is a user Ana in sources.yaml already: remove that one first"
    ]


def test_a_password_is_changed_and_all_else_stays(here: Site) -> None:
    users.add(here.config, "Ana", "admin", ask=typed)
    users.add(here.config, "Jo", "editor", ask=typed)
    before, text = load(here.config).users, here.config.read_text()
    users.change(here.config, "Ana", ask=lambda _: "another long phrase")
    ana, jo = load(here.config).users
    assert is_password("another long phrase", ana.password)
    assert (ana.role, jo) == (Role.ADMIN, before[1])
    assert here.config.read_text() == text.replace(before[0].password, ana.password)
    with pytest.raises(UsageError, match="there is no user Eve"):
        users.change(here.config, "Eve", ask=typed)


def test_a_user_without_a_password_gets_none(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("admin_proxy: {networks: [127.0.0.0/8]}\nusers:\n  - {name: Ana, role: editor}\n")
    with pytest.raises(UsageError, match="user Ana has no password hash"):
        users.change(file, "Ana", ask=typed)


@pytest.mark.parametrize(
    ("name", "role", "phrase", "message"),
    [
        ("Ana", "chief", PHRASE, "--role is editor or admin, not 'chief'"),
        (" ", "editor", PHRASE, "NAME must be a name of up to 60 characters"),
        ("Ana", "editor", "short", "a password has 10 to 256 characters"),
    ],
)
def test_a_mistake_in_the_arguments_writes_nothing(
    tmp_path: Path, name: str, role: str, phrase: str, message: str
) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("store: x\n")
    with pytest.raises(UsageError, match=message):
        users.add(file, name, role, ask=lambda _: phrase)
    assert file.read_text() == "store: x\n"
