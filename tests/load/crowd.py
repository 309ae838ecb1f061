"""A thousand loopback hosts, most of them dead or slow, in a process of its own.

Run as `python -m tests.load.crowd PORT`; prints "ready" once all listen. Host n is 127.0.(1 + n / 250).(1 + n % 250);
each tenth responds, of the others a third refuses connections, a third never responds, a third sends a byte a second.
Not on tests.server: thousands of silent connections must be closed as soon as the client leaves, and recording
every request of a run would measure this process.
"""

import asyncio
import sys

from tests.running import feed, item
from tests.server import answer, drip

HOSTS = 1_000
LIVE, REFUSES, MUTE, DRIPS = range(4)
FEED = answer('ETag: "1"', "Content-Type: application/rss+xml", body=feed(item("storm", "Storm warning")))
SAME = answer('ETag: "1"', status="304 Not Modified")


def host(number: int) -> str:
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


def kind(number: int) -> int:
    return LIVE if number % 10 == 0 else REFUSES + number % 3


async def live(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            writer.write(SAME if b"if-none-match" in head.lower() else FEED)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(9_999):
        pass
    writer.close()


async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    await drip(writer, b" ", 1)


async def crowd(port: int) -> None:
    for number in range(HOSTS):
        serve = {LIVE: live, MUTE: mute, DRIPS: dribble}.get(kind(number))
        if serve is not None:
            await asyncio.start_server(serve, host(number), port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(crowd(int(sys.argv[1])))
