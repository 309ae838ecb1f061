"""What a machine refuses is one line on stderr that names the place and the cure, seen of real processes."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from aggregator.cli import network
from aggregator.errors import Cause, refusal
from tests.cli.conftest import Command
from tests.engines import open_storage
from tests.given import NOON
from tests.running import Site

NO_NETWORK = "no host was reached: see that this machine has a network and a name server, or set `proxy`"
NOBODY = "https://desk.invalid/feed.xml"  # RFC 6761 section 6.4: such names are never found


def complaint(here: Site, *arguments: str, code: int = 1) -> str:
    """Return what a process wrote to stderr, one line, at its end with that code."""
    said = here.run(*arguments)
    lines = [line for line in said.stderr.splitlines() if " level=info " not in line]
    assert (said.returncode, len(lines)) == (code, 1), said
    return lines[0].removeprefix("publicwire: ")


def replace(here: Site, old: str, new: str) -> None:
    text = here.config.read_text()
    assert old in text
    here.config.write_text(text.replace(old, new))


@contextmanager
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.mark.one_engine("no store decides")
def test_no_network(here: Site, command: Command) -> None:
    here.sources({"desk": NOBODY, "harbour": "file:press.xml"})
    assert complaint(here, "poll") == f"warning: {NO_NETWORK}"
    assert command("check", "--live").complaints[-1] == f"publicwire: warning: {NO_NETWORK}"
    said = complaint(here, "add", NOBODY, "--yes")
    assert said.startswith(f"{NOBODY} failed: desk.invalid has no address: ")
    assert said.endswith(
        "; see that the address is right, and that this machine has a network and a name server"
    )


def test_no_network_is_only_said_where_no_host_was_reached() -> None:
    away, file = (NOBODY, Cause.NETWORK), ("file:///press.xml", Cause.NETWORK)
    assert network.advice([away, file]) == NO_NETWORK
    for polls in ([], [file], [away, ("https://a.example/", Cause.NONE)], [away, (NOBODY, Cause.HTTP)]):
        assert network.advice(polls) == ""


@pytest.mark.one_engine("no store decides")
@pytest.mark.parametrize("side", ["public", "admin"])
def test_a_port_in_use(here: Site, side: str) -> None:
    with listening() as port:
        replace(here, f":{getattr(here, side)}\n", f":{port}\n")
        if side == "public":
            replace(here, f":{here.public}/", f":{port}/")
        assert complaint(here) == (
            f"cannot listen on 127.0.0.1:{port}: Address already in use; stop the program that uses it "
            "(another Publicwire?) or change `listen` or `admin`"
        )


@pytest.mark.one_engine("names the directory of a SQLite store")
@pytest.mark.parametrize(
    ("store", "cure"),
    [
        ("/sys/store", "Operation not permitted; see that it belongs to the user of this process"),
        ("/dev/null/store", "Not a directory; a file is in the way of a directory: choose another path"),
        ("/dev/null", "File exists; it is in the way: choose another path"),
    ],
)
def test_a_store_that_cannot_be_made(here: Site, store: str, cure: str) -> None:
    if store == "/sys/store" and os.getuid() != 0:
        cure = cure.replace("Operation not permitted", "Permission denied")
    here.config.write_text(f"store: {store}\n{here.config.read_text()}")
    assert complaint(here, "items") == f"cannot make the store's directory {store}: {cure}"


def test_a_store_that_another_process_polls(here: Site, polled: Command) -> None:
    with closing(open_storage(here.store)) as storage, storage.admin.poller(NOON):
        said = complaint(here, "serve")
    assert " is already polling the " in said
    assert said.endswith("stop it first, or give this service a `store` of its own")


@pytest.mark.one_engine("locks the SQLite file")
def test_a_store_that_another_program_keeps_locked(here: Site, polled: Command) -> None:
    path = here.store / "publicwire.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = complaint(here, "unmove", "harbour")
    assert said == f"the store {path} is locked: another process keeps writing it; end that one, or try again"


@pytest.mark.one_engine("no store decides")
def test_a_bad_address(here: Site) -> None:
    for address, cure in (
        ("ftp://desk.example/", "`add` takes http:// and https:// URLs; write file: sources by hand"),
        ("https://desk.example/a b", "the URL contains a space or a control character; write a space as %20"),
    ):
        assert complaint(here, "add", address, "--yes", code=2) == cure


@pytest.mark.one_engine("no store is opened")
def test_a_configuration_that_is_a_directory(here: Site) -> None:
    said = complaint(here, "--config", "..", "check", code=2)
    assert said == "..:1:1: is a directory; name a file with --config, such as press/sources.yaml"


@pytest.mark.one_engine("no store decides")
def test_files_that_cannot_be_read_or_written(here: Site, polled: Command) -> None:
    assert complaint(here, "import-opml", "none.opml") == (
        "none.opml: No such file or directory; see that the path is right"
    )
    assert complaint(here, "import-opml", ".") == ".: Is a directory; it is a directory: name a file in it"
    assert complaint(here, "init", "sources.yaml/press") == (
        "sources.yaml/press: Not a directory; a file is in the way of a directory: choose another path"
    )


def test_an_error_without_a_number_or_a_path_is_said_as_it_is() -> None:
    assert refusal(OSError("the terminal is gone")) == "the terminal is gone"
    assert refusal(OSError(5, "Input/output error", 3)) == "Input/output error"
