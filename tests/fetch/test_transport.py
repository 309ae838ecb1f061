import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.fetch.resolver import Resolve, Resolver
from aggregator.fetch.transport import Transport
from tests.fetch.given import (
    FEED,
    LOOPBACK,
    client,
    every_name_is_here,
    poll_settings,
    self_signed,
    server_tls,
)
from tests.server import HttpServer, Request, answer, http_server


def reaching(
    resolve: Resolve,
    use: Callable[[HttpServer, Client], Awaitable[str]],
    *,
    tls: ssl.SSLContext | None = None,
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
) -> str:
    """Run a client with this resolver and these trusted certificates against a server."""

    async def run() -> str:
        async with http_server({"/": answer(body=FEED)}, tls) as origin:
            transport = Transport(LOOPBACK, resolve=resolve, trust=trust)
            async with client(transport=transport) as fetcher:
                return (await use(origin, fetcher)).replace(str(origin.port), "PORT")

    return asyncio.run(run())


def outcome_of(host: str, path: str = "/") -> Callable[[HttpServer, Client], Awaitable[str]]:
    """Return a function that fetches and returns the body or the error."""

    async def use(origin: HttpServer, fetcher: Client) -> str:
        try:
            return str((await fetcher.fetch(origin.url(path, host))).body)
        except FetchError as error:
            return f"{error.cause}: {error}"

    return use


def resolving(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return addresses

    return resolve


def test_a_name_for_a_private_address_is_refused() -> None:
    assert reaching(resolving("10.0.0.1", "fd00::1"), outcome_of("feeds.test")) == (
        "refused: http://feeds.test:PORT/ is refused: its host is at 10.0.0.1 (private), fd00::1 (private); `allow_networks: [10.0.0.0/8, fc00::/7]` permits it (`add --allow-network 10.0.0.0/8 --allow-network fc00::/7`)"
    )


def test_a_name_without_address_is_refused() -> None:
    assert reaching(resolving(), outcome_of("feeds.test")) == (
        "refused: http://feeds.test:PORT/ is refused: its host is at no address"
    )


def test_of_several_addresses_only_permitted_ones_are_tried() -> None:
    assert reaching(resolving("10.0.0.1", "127.0.0.1"), outcome_of("feeds.test")) == str(FEED)


def test_an_address_that_refuses_is_followed_by_the_next() -> None:
    assert reaching(resolving("127.0.0.9", "::1", "127.0.0.1"), outcome_of("feeds.test")) == str(FEED)


def test_dns_rebinding_after_the_guard_gains_nothing() -> None:
    answers = iter([("127.0.0.1",), ("10.0.0.1",)])

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return next(answers)

    assert reaching(resolve, outcome_of("feeds.test")) == str(FEED)
    assert list(answers) == [("10.0.0.1",)]  # asked once, and connected to what was judged


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(-2, "Name or service not known"), "Name or service not known"),
        (UnicodeError("label too long"), "label too long"),
        (TimeoutError(), "it does not answer"),
    ],
)
def test_a_name_that_does_not_resolve_is_reported(error: Exception, reason: str) -> None:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        raise error

    assert reaching(resolve, outcome_of("feeds.test")) == (
        f"network: http://feeds.test:PORT/ failed: feeds.test has no address: {reason}"
    )


def test_names_are_looked_up_by_the_resolver_of_the_system() -> None:
    async def scenario() -> tuple[str, ...]:
        resolver = Resolver(1)
        try:
            return await resolver("localhost", 80)
        finally:
            resolver.close()

    assert set(asyncio.run(scenario())) <= {"127.0.0.1", "::1"}


def test_a_lookup_that_hangs_keeps_no_thread_from_names_found_last_time() -> None:
    async def scenario() -> bool:
        resolver, lookups = Resolver(1), threading.Event()
        try:
            await resolver("localhost", 80)
            loop = asyncio.get_running_loop()
            stuck = loop.run_in_executor(resolver.pools[False], lookups.wait)
            async with asyncio.timeout(5):
                await resolver("localhost", 80)
            return not stuck.done()
        finally:
            lookups.set()
            resolver.close()

    assert asyncio.run(scenario())


def test_a_name_counts_as_found_by_its_last_lookup() -> None:
    async def scenario() -> list[bool]:
        resolver = Resolver(1)
        try:
            said = []
            for name in ("localhost", "nowhere.invalid"):
                with contextlib.suppress(OSError):
                    await resolver(name, 80)
                said.append(name in resolver.resolved)
            return said
        finally:
            resolver.close()

    assert asyncio.run(scenario()) == [True, False]


def test_a_name_counts_as_found_during_its_lookup_and_not_after_a_cancelled_one() -> None:
    async def scenario() -> list[bool]:
        resolver = Resolver(1)

        async def was_found() -> bool:
            return "localhost" in resolver.resolved

        try:
            await resolver("localhost", 80)
            _, while_looked_up = await asyncio.gather(resolver("localhost", 80), was_found())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await resolver("localhost", 80)
            return [while_looked_up, await was_found()]
        finally:
            resolver.close()

    assert asyncio.run(scenario()) == [True, False]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.mark.needs("openssl")
def test_a_trusted_origin_is_read_over_tls_again_and_again_with_one_context(certificate: Path) -> None:
    made = []

    def trust() -> ssl.SSLContext:
        made.append(ssl.create_default_context(cafile=certificate))
        return made[-1]

    async def use(origin: HttpServer, fetcher: Client) -> str:
        bodies = [(await fetcher.fetch(origin.url("/", "feeds.test"))).body for _ in range(3)]
        return str(bodies == [FEED] * 3)

    assert reaching(every_name_is_here, use, tls=server_tls(certificate), trust=trust) == "True"
    assert len(made) == 1


@pytest.mark.needs("openssl")
def test_a_large_body_comes_whole_over_tls(certificate: Path) -> None:
    body = bytes(range(256)) * 8_000

    async def use(origin: HttpServer, fetcher: Client) -> str:
        origin.answers = {"/": answer(body=body)}
        got = await fetcher.fetch(origin.url("/", "feeds.test"), max_bytes=len(body))
        return str(got.body == body)

    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=certificate)

    assert reaching(every_name_is_here, use, tls=server_tls(certificate), trust=trust) == "True"


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(
    ("host", "trusted", "message"),
    [
        ("feeds.test", False, "its certificate is not trusted: self-signed certificate"),
        (
            "other.test",
            True,
            "its certificate is not trusted: Hostname mismatch, certificate is not valid for 'other.test'.",
        ),
    ],
)
def test_an_untrusted_origin_is_not_read(certificate: Path, host: str, trusted: bool, message: str) -> None:
    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=certificate if trusted else None)

    assert reaching(every_name_is_here, outcome_of(host), tls=server_tls(certificate), trust=trust) == (
        f"network: https://{host}:PORT/ failed: {message}"
    )


async def without_tls(port: int, seconds: float) -> str:
    """Return the error of a fetch over https from a server that speaks no TLS."""
    transport = Transport(LOOPBACK, resolve=every_name_is_here, trust=ssl.create_default_context)
    async with client(poll_settings(timeout=seconds), transport) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(f"https://127.0.0.1:{port}/")
    return str(caught.value)


def test_a_server_without_tls_is_not_read_over_https() -> None:
    async def scenario() -> str:
        async with http_server(greeting=answer(body=FEED)) as server:
            return await without_tls(server.port, 5)

    assert "it does not speak TLS at this port" in asyncio.run(scenario())


def test_a_server_that_never_answers_a_tls_handshake_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        message = asyncio.run(without_tls(silent.getsockname()[1], 0.2))
    assert "did not finish within 0.2 s" in message


def test_a_connection_that_breaks_is_reported() -> None:
    async def reset(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body=FEED)[:-5])
        await writer.drain()
        # Closing without lingering sends RST instead of FIN.
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        writer.transport.abort()

    async def use(origin: HttpServer, fetcher: Client) -> str:
        origin.answers = {"/": reset}
        return await outcome_of("feeds.test")(origin, fetcher)

    assert reaching(every_name_is_here, use) == (
        "network: http://feeds.test:PORT/ failed: Connection reset by peer"
    )
