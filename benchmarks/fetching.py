"""CPU time of one fetch (connect, request, response), beside pycurl and any other httpx transport.

`python -m benchmarks.fetching [--repeat N] [--transport MODULE:FACTORY] [--pycurl PYTHON]`. Each contestant
is a process of its own, alternated with the others, and only its user and system time counts. `client` is a
whole `Client.fetch`, `transport` an httpx request through the transport alone. pycurl, the yardstick, gets an
environment of its own in benchmarks/.cache; `--pycurl` names another interpreter that has it.
"""

import argparse
import asyncio
import importlib
import itertools
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import astuple
from datetime import timedelta
from ipaddress import ip_network
from statistics import median
from typing import Any

from benchmarks import environments
from benchmarks.fetching_origin import BODY, ETAG, ROOT, RUNS, Origin, Run, address, running_origin
from benchmarks.report import record

FETCHES, WARM_UP = 1_000, 100
PYCURL, REQUIREMENT = "pycurl", "pycurl==7.49.0"


def main() -> None:
    """Measure and print, or be one of the processes of a measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="medians of N alternated runs")
    parser.add_argument("--transport", action="append", default=[], metavar="MODULE:FACTORY")
    parser.add_argument("--pycurl", metavar="PYTHON", help="another interpreter that has pycurl")
    parser.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(measured(*arguments.measure))
        return
    contestants = {"client": sys.executable, "transport": sys.executable}
    contestants |= dict.fromkeys(arguments.transport, sys.executable)
    if yardstick := arguments.pycurl or pycurl_of_its_own():
        contestants[PYCURL] = yardstick
    else:
        print(f"fetching: {REQUIREMENT} cannot be installed, the yardstick is left out")
    compare(contestants, arguments.repeat)


def pycurl_of_its_own() -> str:
    """Return the interpreter of the environment with pycurl; "" where it cannot be built."""
    is_built = environments.built(PYCURL, REQUIREMENT)
    return str(environments.interpreter(PYCURL)) if is_built else ""


def compare(contestants: dict[str, str], repeat: int) -> None:
    """Print and record the medians of all runs for contestants, which are given with their interpreters."""
    taken: dict[tuple[str, str], list[float]] = {}
    with running_origin() as origin:
        for _ in range(repeat):
            for run, (name, python) in itertools.product(RUNS, contestants.items()):
                task = json.dumps([name, run, astuple(origin)])
                command = [python, "-m", "benchmarks.fetching", "--measure", task]
                ended = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
                taken.setdefault((run, name), []).append(float(ended.stdout))
    medians = {run: {name: median(taken[run, name]) for name in contestants} for run in RUNS}
    record("fetching", medians)
    for run in RUNS:
        yardstick = medians[run].get(PYCURL)
        for name in contestants:
            spent = medians[run][name]
            ratio = f"{spent / yardstick:6.2f} × pycurl" if yardstick else ""
            print(f"{run:<30} {name:<20} {1000 * spent:7.3f} ms CPU a fetch {ratio}")


def measured(name: str, run: str, origin: list[Any]) -> float:
    """Return the CPU seconds of one fetch of a run by a contestant."""
    if name == PYCURL:
        return of_pycurl(RUNS[run], Origin(*origin))
    import uvloop  # as the service runs

    return uvloop.run(of_client(RUNS[run], Origin(*origin), name))


async def resolve(host: str, port: int) -> tuple[str, ...]:
    """Resolve without a thread: name resolution is not measured."""
    return (address(host),)


async def of_client(run: Run, origin: Origin, name: str) -> float:
    """Return the CPU seconds of one fetch by the client, or by a transport alone, its own or another one."""
    import httpx

    from aggregator.fetch.client import Client
    from aggregator.fetch.transport import Transport
    from aggregator.model.document import Validators
    from aggregator.model.settings import PollSettings

    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=origin.certificate)

    module, _, factory = name.partition(":")
    make: Any = getattr(importlib.import_module(module), factory) if factory else Transport
    transport = make((ip_network("127.0.0.0/8"),), resolve=resolve, trust=trust)
    settings = PollSettings(host_gap=timedelta(0))
    async with aclosing(Client(settings, contact="c", publication_url="p", transport=transport)) as client:

        async def fetch(url: str) -> None:
            fetched = await client.fetch(url, validators=Validators(url, ETAG))
            assert fetched.status == 304 or fetched.body == BODY

        async def request(url: str) -> None:
            sent = httpx.Request("GET", url, headers={"If-None-Match": ETAG})
            response = await transport.handle_async_request(sent)
            async for _ in response.aiter_raw():
                pass
            if response.has_redirect_location:
                await request(str(sent.url.join(response.headers["location"])))

        return await spent(request if name == "transport" else fetch, origin.urls(run), run.at_once)


async def spent(fetch: Callable[[str], Awaitable[None]], urls: Iterator[str], at_once: int) -> float:
    """Return the CPU seconds of one of FETCHES fetches, of which `at_once` are under way."""

    async def some(count: int) -> None:
        for url in itertools.islice(urls, count):
            await fetch(url)

    async def all_of(count: int) -> None:
        await asyncio.gather(*(some(count // at_once) for _ in range(at_once)))

    await all_of(WARM_UP)
    before = time.process_time()
    await all_of(FETCHES)
    return (time.process_time() - before) / (FETCHES // at_once * at_once)


def of_pycurl(run: Run, origin: Origin) -> float:
    """Return the CPU seconds of one fetch by libcurl, which may reuse connections at one origin."""
    import pycurl  # in an environment of its own

    multi, received, urls = pycurl.CurlMulti(), list[bytes](), origin.urls(run)

    def handle() -> Any:
        curl, url = pycurl.Curl(), next(urls)
        host, _, port = url.split("/")[2].partition(":")
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.RESOLVE, [f"{host}:{port}:{address(host)}"])
        curl.setopt(pycurl.CAINFO, origin.certificate)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.HTTPHEADER, [f"If-None-Match: {ETAG}", "Accept-Encoding: gzip, deflate, br, zstd"])
        curl.setopt(pycurl.FORBID_REUSE, not run.is_one_origin)
        curl.setopt(pycurl.FOLLOWLOCATION, True)
        curl.setopt(pycurl.HEADERFUNCTION, lambda line: None)
        curl.setopt(pycurl.WRITEFUNCTION, received.append)
        return curl

    def all_of(count: int) -> None:
        begun = under_way = 0
        while begun < count or under_way:
            while begun < count and under_way < run.at_once:
                multi.add_handle(handle())
                begun, under_way = begun + 1, under_way + 1
            multi.perform()
            _, ended, failed = multi.info_read()
            assert not failed, failed
            for curl in ended:
                multi.remove_handle(curl)
                curl.close()
                under_way -= 1
            received.clear()
            if not ended:
                multi.select(1.0)

    all_of(WARM_UP)
    before = time.process_time()
    all_of(FETCHES)
    return (time.process_time() - before) / FETCHES


if __name__ == "__main__":
    main()
