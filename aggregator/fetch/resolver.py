"""The system's resolver, asynchronous. Its answers are judged elsewhere (`guard`)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]

RESOLVED_HOSTS_MAX = 100_000  # names of hosts that resolved at their last lookup


class Resolver:
    """The system's resolver, in two thread pools of its own.

    Slow lookups would fill the event loop's own pool, which storage and files need. Names that did not
    resolve last time have a pool to themselves: their lookups take longest.
    """

    def __init__(self, threads: int) -> None:
        self.pools = {
            did_resolve: ThreadPoolExecutor(threads, thread_name_prefix="resolve")
            for did_resolve in (True, False)
        }
        self.resolved: dict[str, None] = {}  # at their last lookup

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of a host, best first. Raise OSError when there are none."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                self.pools[host in self.resolved],
                lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM),
            )
        except BaseException:  # a cancelled lookup too: it was too slow
            self.resolved.pop(host, None)
            raise
        self.resolved[host] = None
        if len(self.resolved) > RESOLVED_HOSTS_MAX:
            del self.resolved[next(iter(self.resolved))]
        return tuple(str(address[0]) for *_, address in found)

    def close(self) -> None:
        """Cancel the queued lookups; threads end with the lookup they are in."""
        for pool in self.pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
