"""An encoded body is decoded by threads, in bounded steps; one that is not encoded costs no step."""

import asyncio
import gzip
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import brotli  # type: ignore[import-untyped]  # it ships none
import httpx
import pytest
import zstandard

from aggregator.fetch.body import GATHERED_BYTES, read_body
from aggregator.fetch.decode import STEP_BYTES
from aggregator.fetch.errors import Rejected
from aggregator.fetch.memory import Budget

TEXT = b"".join(b"Release %d of the ministry. " % number for number in range(100_000))


class Steps(Executor):
    """Runs each step at once and notes how many bytes it decoded to."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(result := fn(*args, **kwargs))
            self.sizes.append(len(result[0]))
        except Exception as error:
            future.set_exception(error)
        return future


async def parts_of(data: bytes, size: int) -> Any:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read(data: bytes, encoding: str, *, part: int = 1_000) -> tuple[bytes, int, list[int], int]:
    """Return the body, its size as sent, the bytes of each step, and the budget left after it."""

    async def run() -> tuple[bytes, int, list[int], int]:
        budget, steps = Budget(64_000_000), Steps()
        response = httpx.Response(200, headers={"content-encoding": encoding}, content=parts_of(data, part))
        body, received = await read_body(
            "https://one.example/", response, budget=budget, max_bytes=10_000_000, decoders=steps
        )
        return body, received, steps.sizes, budget.free

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("gzip", gzip.compress(TEXT)), ("br", brotli.compress(TEXT)), ("zstd", zstandard.compress(TEXT))],
)
def test_every_byte_of_an_encoded_body_comes_from_a_bounded_step(encoding: str, data: bytes) -> None:
    body, received, sizes, free = read(data, encoding)
    assert (body, received, sum(sizes), free) == (TEXT, len(data), len(TEXT), 64_000_000)
    assert max(sizes) <= STEP_BYTES + 2_100_000


def test_an_encoded_body_of_usual_size_is_one_step_however_it_arrives() -> None:
    data = gzip.compress(TEXT[:100_000])
    assert len(data) < GATHERED_BYTES
    assert read(data, "gzip", part=100)[2] == [100_000]


def test_a_body_that_is_not_encoded_costs_no_step() -> None:
    assert read(TEXT, "identity") == (TEXT, len(TEXT), [], 64_000_000)


def test_a_few_bytes_around_a_million_frames_are_refused_after_a_few_steps() -> None:
    data = brotli.compress(zstandard.compress(b"") * 1_000_000, quality=9)
    assert len(data) < 200
    with pytest.raises(Rejected, match="more than 1000 compressed members"):
        read(data, "zstd, br")
