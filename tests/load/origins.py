"""The origins of very many sources, in a process of its own, whose CPU does not count.

Run as `python -m tests.load.origins`; prints its port once it listens on all loopback addresses. The path
names the source. Of 40 polls 2 find one new item, 19 the same bytes, 19 get 304. `GET /asked` tells when each
source was first polled.
"""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path

ITEMS = 5
HOSTS_SHARE = 10  # sources of each host
AGE = timedelta(days=10)  # of the newest item of a warm start: in the source's own channel alone
ROOT = Path(__file__).parents[2]
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer(StrEnum):
    """What one poll finds."""

    NEW = "new"
    SAME = "same"
    NOT_MODIFIED = "not-modified"


def url(source: int, sources: int, port: int) -> str:
    """Return the URL of a feed: each host is a loopback address, and has ten sources."""
    host = source % max(sources // HOSTS_SHARE, 1)
    return f"http://127.{1 + host // 10_000}.{host // 100 % 100}.{1 + host % 100}:{port}/{source}"


def kind(source: int, polls: int) -> Answer:
    """Return the answer to a poll after so many."""
    place = (source + polls) % 40
    if place < 2:
        return Answer.NEW
    return Answer.SAME if place % 2 else Answer.NOT_MODIFIED


def etag(source: int, version: int) -> str:
    return f'"{source}-{version}"'


def document(source: int, version: int, first: datetime) -> bytes:
    """Return the feed after so many new items; `first` is the date of the newest one of version 0."""
    items = "".join(_item(source, number, first) for number in range(version + ITEMS, version, -1))
    head = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Office {source}</title>'
    return f"{head}<link>https://office{source}.example/</link>{items}</channel></rss>".encode()


def _item(source: int, number: int, first: datetime) -> str:
    date = first - timedelta(hours=ITEMS - number) if number <= ITEMS else first + AGE
    link = f"https://office{source}.example/{number}"
    said = f"Office {source} gives notice of matter {number}, which was heard in the usual manner. " * 10
    return (
        f"<item><title>Office {source} on matter {number}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{format_datetime(date)}</pubDate><description>{said}</description></item>"
    )


@dataclass
class Polls:
    """Polls by answer, and the time of the first one of each source, in seconds since the epoch."""

    answers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Answer, 0))
    first: dict[str, float] = field(default_factory=dict)


class Origins(asyncio.Protocol):
    """One connection; all share what is counted."""

    def __init__(self, counted: Polls, polled: dict[int, tuple[int, int]], first: datetime) -> None:
        self._counted, self._polled, self._first = counted, polled, first
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, self._received = self._received.split(b"\r\n\r\n", 1)
            path = head.split(b" ", 2)[1].lstrip(b"/").decode()
            self._transport.write(self._answer(int(path), head) if path.isdigit() else self._asked())
            if b"connection: close" in head.lower():
                self._transport.close()

    def _asked(self) -> bytes:
        return _response("application/json", "", json.dumps(asdict(self._counted)).encode())

    def _answer(self, source: int, head: bytes) -> bytes:
        polls, version = self._polled.get(source, (0, 0))
        found, told = kind(source, polls), f"ETag: {etag(source, version)}\r\n"
        version += found is Answer.NEW
        if found is Answer.NOT_MODIFIED and etag(source, version).encode() not in head:
            found = Answer.SAME
        self._polled[source] = polls + 1, version
        self._counted.answers[found] += 1
        self._counted.first.setdefault(str(source), time.time())
        if found is Answer.NOT_MODIFIED:
            return f"HTTP/1.1 304 Not Modified\r\n{told}\r\n".encode()
        body = document(source, version, self._first)
        return _response("application/rss+xml", f"ETag: {etag(source, version)}\r\n", body)


def _response(kind: str, fields: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
    return head.encode() + body


def polls(port: int) -> Polls:
    """Return the polls so far."""
    with _direct.open(f"http://127.0.0.1:{port}/asked", timeout=60) as response:
        return Polls(**json.loads(response.read()))


@contextmanager
def running_origins(first: datetime) -> Iterator[int]:
    """Run all origins and yield their port."""
    command = [sys.executable, "-m", "tests.load.origins", first.isoformat()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def serve(first: datetime) -> None:
    counted, polled = Polls(), dict[int, tuple[int, int]]()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Origins(counted, polled, first), "0.0.0.0", 0, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(datetime.fromisoformat(sys.argv[1]).astimezone(UTC)))
