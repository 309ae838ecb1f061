"""Limits of a response: decompression bombs, endless bodies and headers, deadlines."""

import asyncio
import gzip
import zlib

import brotli  # type: ignore[import-untyped]  # it ships none
import pytest
import zstandard

from tests.fetch.given import CHUNKED, FEED, failing, fetched, poll_settings
from tests.server import Answers, Request, Script, answer, for_ever, redirect, then_hang


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        ("gzip", gzip.compress(bytes(50_000_000))),
        ("deflate", zlib.compress(bytes(50_000_000))),
        ("br", brotli.compress(bytes(50_000_000), quality=5)),
        ("zstd", zstandard.compress(bytes(50_000_000))),
    ],
)
def test_a_decompression_bomb_is_refused(encoding: str, bomb: bytes) -> None:
    error = failing({"/": answer(f"Content-Encoding: {encoding}", body=bomb)})
    assert (error.cause, str(error)) == ("limit", "http://127.0.0.1:PORT/ is larger than 100000 bytes")


def test_a_decompression_bomb_between_two_encodings_is_refused() -> None:
    bomb = gzip.compress(zlib.compress(b"")[:2] + b"\0\0\0\xff\xff" * 200_000)
    error = failing({"/": answer("Content-Encoding: deflate, gzip", body=bomb)})
    assert error.cause == "limit"
    assert str(error).endswith("it is larger than 100000 bytes between its encodings")


def test_a_few_bytes_that_stand_for_a_million_frames_are_refused() -> None:
    frames = brotli.compress(zstandard.compress(b"") * 1_000_000, quality=9)
    error = failing({"/": answer("Content-Encoding: zstd, br", body=frames)})
    assert (len(frames) < 200, error.cause) == (True, "limit")
    assert str(error).endswith("it has more than 1000 compressed members")


@pytest.mark.parametrize(
    "script",
    [
        then_hang(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"),
        for_ever(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10_000),
        for_ever(CHUNKED, b"1000\r\n" + b"x" * 0x1000 + b"\r\n"),
        for_ever(CHUNKED, b"1\r\nx\r\n" * 1_000),
        for_ever(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 100),
        for_ever(b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"x" * 1_000 + b"\r\n"),
        for_ever(b"HTTP/1.1 200 OK\r\nX-Header: ", b"x" * 1_000),
        for_ever(CHUNKED + b"0\r\n", b"X-Trailer: " + b"x" * 1_000 + b"\r\n"),
        for_ever(CHUNKED, b"f" * 1_000),
        for_ever(CHUNKED, b"1;" + b"x" * 50_000 + b"\r\nx\r\n"),
    ],
    ids=[
        "length", "endless", "chunks", "tiny-chunks", "members", "headers", "header", "trailers", "chunk-size",
        "extensions",
    ],
)  # fmt: skip
def test_an_answer_without_end_is_cut_off(script: Script) -> None:
    error = failing({"/": script})
    assert error.cause in ("limit", "network")
    assert "did not finish" not in str(error)


def test_headers_without_end_are_named_as_such() -> None:
    error = failing({"/": for_ever(b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"x" * 1_000 + b"\r\n")})
    assert (error.cause, str(error)) == (
        "limit",
        "http://127.0.0.1:PORT/ is refused: its headers are larger than 65536 bytes",
    )


def test_chunk_extensions_are_limited_like_headers() -> None:
    sent = 0

    async def script(_: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(CHUNKED)
        while not writer.is_closing():
            writer.write(b"1;" + b"x" * 50_000 + b"\r\nx\r\n")
            await writer.drain()
            sent += 50_000

    error = failing({"/": script})
    assert error.cause == "limit"
    assert str(error).endswith("is refused: its chunked encoding has over 65536 bytes of framing")
    assert sent < 20_000_000  # as much as the buffers of the sockets hold


def test_interim_answers_without_end_are_headers_without_end() -> None:
    assert failing({"/": for_ever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10)}).cause == "limit"


def test_an_interim_answer_and_large_headers_are_no_harm() -> None:
    head = answer("X-Large: " + "x" * 40_000, body=FEED * 1_000)
    assert fetched({"/": b"HTTP/1.1 103 Early Hints\r\n\r\n" + head}).body == FEED * 1_000


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<"]
)
def test_an_answer_that_does_not_come_meets_the_deadline(data: bytes) -> None:
    error = failing({"/": then_hang(data)}, settings=poll_settings(timeout=0.2))
    assert (error.cause, str(error)) == ("network", "http://127.0.0.1:PORT/ did not finish within 0.2 s")


def test_the_deadline_is_for_the_whole_chain() -> None:
    answers: Answers = {"/": redirect("/b"), "/b": then_hang(b"")}
    assert "did not finish" in str(failing(answers, settings=poll_settings(timeout=0.2)))
