"""The origin of benchmarks.cluster: feeds of ten items that answer 304, but for a share of new items."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

ITEMS = 10
ROOT = Path(__file__).parents[1]


def document(source: str, version: int) -> bytes:
    """Return the feed of a source after so many new items."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    items = "".join(
        f"<item><title>Release {source}-{n} of the office</title>"
        f"<link>https://office{source}.example/{n}</link><guid>https://office{source}.example/{n}</guid>"
        f"<pubDate>{format_datetime(now - timedelta(hours=version + ITEMS - n))}</pubDate>"
        f"<description>Office {source} tells of its release {n}, in a few plain words.</description></item>"
        for n in range(version + ITEMS, version, -1)
    )
    head = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Office {source}</title>'
    return f"{head}<link>https://office{source}.example/</link>{items}</channel></rss>".encode()


async def serve(share: float) -> None:
    """Answer for ever."""
    versions: dict[str, int] = {}
    chance = random.Random(1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                source = head.split(" ", 2)[1].strip("/")
                version = versions.setdefault(source, 0)
                has = f'"{version}"' in head
                if has and chance.random() < share:
                    version = versions[source] = version + 1
                    has = False
                if has:
                    writer.write(f'HTTP/1.1 304 Not Modified\r\nETag: "{version}"\r\n\r\n'.encode())
                else:
                    body = document(source, version)
                    writer.write(
                        f'HTTP/1.1 200 OK\r\nETag: "{version}"\r\nContent-Type: application/rss+xml\r\n'
                        f"Content-Length: {len(body)}\r\n\r\n".encode()
                        + body
                    )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    running = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=4096)
    print(running.sockets[0].getsockname()[1], flush=True)
    await running.serve_forever()


@contextmanager
def running_origin(share: float) -> Iterator[int]:
    """Run the origin in a process of its own; yields its port."""
    command = [sys.executable, "-m", "benchmarks.cluster_origin", str(share)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
