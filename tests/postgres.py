"""A PostgreSQL server of the tests' own, on a socket in a temporary directory."""

import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path())
SOCKET = ".s.PGSQL.5432"
HELD_SECONDS = 0.1  # between looks whether a connection of a proxy is held


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; its databases are reached through the socket in its directory."""

    directory: Path
    user: str | None  # initdb refuses root: another user runs it then
    is_durable: bool

    @property
    def url(self) -> str:
        return f"postgresql://publicwire@/postgres?host={self.directory}"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs on the server's data."""
        subprocess.run(
            [BINARIES / program, "-D", self.directory / "data", *arguments],
            user=self.user,
            cwd=self.directory,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = f"-k {self.directory} -c listen_addresses= -c max_connections=500"
        if not self.is_durable:
            options += " -c fsync=off -c full_page_writes=off"
            # Statistics of an emptied table that is filled again would be those of no rows, until a minute later.
            options += " -c autovacuum=off"
        self.run("pg_ctl", "start", "-w", "-l", str(self.directory / "log"), "-o", options)

    def freeze(self) -> None:
        """Stop all of its processes where they are (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its processes go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        main = int((self.directory / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for process in (main, *map(int, children)):
            with suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(process, number)

    def schema(self, name: str) -> str:
        """Make an empty schema; returns the address of the database with it."""
        with psycopg.connect(self.url, autocommit=True) as db:
            db.execute(f"CREATE SCHEMA {name}")
        return f"{self.url}&options={quote(f'-csearch_path={name}')}"

    def end(self) -> None:
        """Stop the server unless it was."""
        if (self.directory / "data" / "postmaster.pid").exists():
            self.stop("immediate")

    def promote(self) -> None:
        """Make a standby the primary."""
        self.run("pg_ctl", "promote", "-w")

    def stop(self, how: str = "fast") -> None:
        """Stop the server: "fast" ends its sessions, "immediate" is as a crash."""
        self.run("pg_ctl", "stop", "-w", "-m", how)


@dataclass
class Proxy:
    """A socket in front of a server, which counts its round trips."""

    url: str
    trips: int = 0
    holds_requests: bool = False  # as if no packet of clients arrived: a partition of one half
    holds_answers: bool = False  # the other half
    clients: list[socket.socket] = field(default_factory=list)
    servers: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """Cut the client's side of all connections; the server's sessions stay."""
        for each in self.clients:
            with suppress(OSError):  # it is closed
                each.shutdown(socket.SHUT_RDWR)
        self.clients.clear()


@contextmanager
def proxy(url: str, change: Callable[[bytes], bytes] = lambda sent: sent) -> Iterator[Proxy]:
    """Pass on the connections to a database; `change` is made of what the server sends."""
    behind = Path(str(conninfo_to_dict(url)["host"])) / SOCKET
    with tempfile.TemporaryDirectory(prefix="pg-") as name, socket.socket(socket.AF_UNIX) as listener:
        made = Proxy(url.replace(str(behind.parent), name))
        listener.bind(str(Path(name) / SOCKET))
        listener.listen()
        accepting = threading.Thread(target=_accept, args=(listener, behind, made, change))
        accepting.start()
        try:
            yield made
        finally:
            for each in (*made.servers, listener):
                with suppress(OSError):  # it is closed
                    each.shutdown(socket.SHUT_RDWR)
            accepting.join()


def _accept(listener: socket.socket, behind: Path, made: Proxy, change: Callable[[bytes], bytes]) -> None:
    passing = []
    try:
        while True:
            client, _ = listener.accept()
            made.clients.append(client)
            server = socket.socket(socket.AF_UNIX)
            made.servers.append(server)
            server.connect(str(behind))
            passing.append(threading.Thread(target=_pass_on, args=(client, server, made, change)))
            passing[-1].start()
    except OSError:  # the listener is shut
        for each in passing:
            each.join()


def _pass_on(
    client: socket.socket, server: socket.socket, made: Proxy, change: Callable[[bytes], bytes]
) -> None:
    last, ends = server, [client, server]
    with client, server:
        while server in ends:
            held = {client} if made.holds_requests else set()
            held |= {server} if made.holds_answers else set()
            for origin in select.select([each for each in ends if each not in held], [], [], HELD_SECONDS)[0]:
                try:
                    sent = origin.recv(1 << 20)
                except ConnectionError:  # reset: its process was ended
                    sent = b""
                if not sent:
                    ends.remove(origin)  # a client that is cut off: the server is not told
                    continue
                made.trips += origin is client and last is server
                last = origin
                with suppress(ConnectionError):  # the other side was cut
                    (server if origin is client else client).sendall(
                        change(sent) if origin is server else sent
                    )


@contextmanager
def server(*, is_durable: bool = False) -> Iterator[Server]:
    """Start a server with an empty database, and remove it at the end; not `is_durable`: without fsync."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        user = "postgres" if os.getuid() == 0 else None
        if user is not None:
            shutil.chown(name, user)
        running = Server(Path(name), user, is_durable)
        running.run(
            "initdb", "-U", "publicwire", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
        )
        running.start()
        try:
            yield running
        finally:
            running.end()


@contextmanager
def standby(primary: Server) -> Iterator[Server]:
    """Start a streaming standby, which each commit of the primary waits for; removed at the end."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        if primary.user is not None:
            shutil.chown(name, primary.user)
        made = Server(Path(name), primary.user, primary.is_durable)
        at = f"host={primary.directory} user=publicwire application_name=standby"
        made.run("pg_basebackup", "-d", at, "-X", "stream", "-c", "fast", "-R")
        made.start()
        try:
            with psycopg.connect(primary.url, autocommit=True) as db:
                db.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
                db.execute("SELECT pg_reload_conf()")
            yield made
        finally:
            made.end()
