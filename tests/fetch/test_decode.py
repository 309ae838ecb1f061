import gzip
import zlib
from collections.abc import Iterator

import brotli  # type: ignore[import-untyped]  # it ships none
import pytest
import zstandard

from aggregator.fetch.decode import Decoding, step
from aggregator.fetch.errors import Rejected

TEXT = b"".join(b"Release %d of the ministry. " % number for number in range(5_000))


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def decoded(encoding: str, data: bytes, step: int = 1_000) -> bytes:
    decoding = Decoding(encoding, max_bytes=1_000_000)
    parts = [data[start : start + step] for start in range(0, len(data), step)]
    pieces = [piece for part in parts for piece in decoding.feed(part)]
    decoding.finish()
    return b"".join(pieces)


ENCODED = [
    ("", TEXT),
    ("identity", TEXT),
    ("gzip", gzip.compress(TEXT)),
    ("X-GZIP", gzip.compress(TEXT)),
    ("gzip", gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:])),
    ("gzip", gzip.compress(TEXT) + b"\0\0\0"),
    ("deflate", zlib.compress(TEXT)),
    ("deflate", raw_deflate(TEXT)),
    ("deflate", zlib.compress(TEXT) + b"more"),
    ("br", brotli.compress(TEXT)),
    ("zstd", zstandard.compress(TEXT)),
    ("zstd", zstandard.compress(TEXT[:9]) + zstandard.compress(TEXT[9:])),
    ("gzip, br", brotli.compress(gzip.compress(TEXT))),
    ("identity, zstd , deflate", zlib.compress(zstandard.compress(TEXT))),
]
FEED = b"<rss version='2.0'>" + TEXT
CONTRADICTED = [
    ("", gzip.compress(FEED)),
    ("identity", gzip.compress(FEED)),
    ("none", gzip.compress(FEED)),
    ("deflate", gzip.compress(FEED)),
    ("zstd", gzip.compress(FEED)),
    ("gzip", FEED),
    ("x-gzip", b"\xef\xbb\xbf" + FEED),
    ("zstd", b"\n" + FEED),
    ("utf-8", FEED),
    ("UTF-8, none", FEED),
    ("text/xml", FEED),
    ("binary, 8bit", FEED),
    ("utf-8, gzip", gzip.compress(FEED)),
    ("gzip, utf-8", gzip.compress(FEED)),
]


@pytest.mark.parametrize("step", [1, 2, 1_000_000])
@pytest.mark.parametrize(("encoding", "data"), CONTRADICTED)
def test_the_bytes_of_a_body_say_more_than_its_content_encoding(
    encoding: str, data: bytes, step: int
) -> None:
    assert decoded(encoding, data, step).lstrip(b"\n\xef\xbb\xbf") == FEED


@pytest.mark.parametrize("step", [1, 1_000, 1_000_000])
@pytest.mark.parametrize(("encoding", "data"), ENCODED)
def test_every_encoding_is_undone_however_it_arrives(encoding: str, data: bytes, step: int) -> None:
    assert decoded(encoding, data, step) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br"])
def test_an_empty_body_needs_no_encoding(encoding: str) -> None:
    assert decoded(encoding, b"") == b""


@pytest.mark.parametrize(("encoding", "data"), ENCODED[2:5:2] + ENCODED[6:8] + ENCODED[9:11] + ENCODED[12:])
def test_a_body_that_ends_before_its_encoding_is_an_error(encoding: str, data: bytes) -> None:
    with pytest.raises(Rejected, match="ended early"):
        decoded(encoding, data[:100])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_contradicts_its_content_encoding_is_an_error(encoding: str) -> None:
    with pytest.raises(Rejected, match=f"its {encoding} encoding is broken"):
        decoded(encoding, b"\x1f<rss version='2.0'> is no compressed stream, whichever way it is read")


@pytest.mark.parametrize(
    ("encoding", "cause"), [("compress", "http"), ("gzip, dcb", "http"), ("gzip,gzip,gzip", "limit")]
)
def test_content_encodings_that_were_not_accepted_are_an_error(encoding: str, cause: str) -> None:
    with pytest.raises(Rejected) as caught:
        Decoding(encoding, max_bytes=1_000_000)
    assert caught.value.cause == cause


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzip.compress(b"") * 1_001),
        ("zstd", zstandard.compress(b"") * 1_001),
        ("zstd, br", brotli.compress(zstandard.compress(b"") * 1_000_000, quality=9)),
        ("gzip, zstd", zstandard.compress(gzip.compress(b"") * 400_000)),
        ("gzip, br", brotli.compress(gzip.compress(b"") * 400_000, quality=9)),
        ("zstd, gzip", b"".join([gzip.compress(zstandard.compress(b""))] * 600)),
        ("zstd", ((0x184D2A50).to_bytes(4, "little") + bytes(4)) * 1_001),
    ],
    ids=["gzip", "zstd", "zstd in br", "gzip in zstd", "gzip in br", "zstd in gzip", "skippable"],
)
def test_a_body_of_countless_members_is_refused_after_a_few_thousand_pieces(
    encoding: str, data: bytes
) -> None:
    pieces = 0
    with pytest.raises(Rejected, match="more than 1000 compressed members") as caught:
        for _ in Decoding(encoding, max_bytes=20_000_000).feed(data):
            pieces += 1
    assert (caught.value.cause, pieces < 5_000) == ("limit", True)


def test_streams_after_the_end_of_a_deflate_stream_are_ignored_and_cost_nothing() -> None:
    one = zlib.compress(TEXT)
    first, more = (list(Decoding("deflate", max_bytes=1_000_000).feed(data)) for data in (one, one * 1_000))
    assert first == more


def test_bytes_after_the_end_of_a_brotli_stream_are_an_error() -> None:
    with pytest.raises(Rejected, match="its br encoding is broken"):
        decoded("br", brotli.compress(TEXT) * 2, step=1_000_000)


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("deflate, gzip", gzip.compress(zlib.compress(b"")[:2] + b"\0\0\0\xff\xff" * 300_000)),
        ("deflate, br", brotli.compress(zlib.compress(b"")[:2] + b"\0\0\0\xff\xff" * 300_000, quality=5)),
    ],
)
def test_data_between_two_encodings_is_bounded_although_the_output_is_empty(
    encoding: str, data: bytes
) -> None:
    with pytest.raises(Rejected, match="larger than 1000000 bytes between its encodings") as caught:
        decoded(encoding, data)
    assert caught.value.cause == "limit"


@pytest.mark.parametrize(
    ("encoding", "bomb", "largest"),
    [
        ("gzip", gzip.compress(bytes(50_000_000)), 65_536),
        ("deflate", zlib.compress(bytes(50_000_000)), 65_536),
        ("br", brotli.compress(bytes(50_000_000), quality=5), 131_072),
        ("zstd", zstandard.compress(bytes(50_000_000)), 2_100_000),
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(50_000_000))), 65_536),
    ],
)
def test_a_bomb_goes_off_in_small_pieces(encoding: str, bomb: bytes, largest: int) -> None:
    sizes = [len(piece) for piece in Decoding(encoding, max_bytes=1_000_000).feed(bomb)]
    assert (sum(sizes), max(sizes) <= largest) == (50_000_000, True)


def test_a_zstd_frame_may_not_ask_for_a_huge_window() -> None:
    frame = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=27)
    ).compressobj()
    data = frame.compress(TEXT) + frame.flush()
    with pytest.raises(Rejected, match="its zstd encoding is broken"):
        decoded("zstd", data)


@pytest.mark.parametrize(("encoding", "data"), ENCODED)
def test_steps_yield_the_whole_body(encoding: str, data: bytes) -> None:
    pieces, is_more, body = Decoding(encoding, max_bytes=1_000_000).feed(data), True, b""
    while is_more:
        piece, is_more = step(pieces)
        body += piece
    assert body == TEXT


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzip.compress(bytes(9_000_000))),
        ("zstd", zstandard.compress(bytes(9_000_000))),
        ("deflate, br", brotli.compress(zlib.compress(b"")[:2] + b"\0\0\0\xff\xff" * 1_500_000, quality=5)),
    ],
)
def test_a_step_is_bounded_in_pieces_and_bytes(encoding: str, data: bytes) -> None:
    counted, sizes, is_more = 0, list[int](), True

    def pieces() -> Iterator[bytes]:
        nonlocal counted
        for piece in Decoding(encoding, max_bytes=10_000_000).feed(data):
            counted += 1
            yield piece

    feed = pieces()
    while is_more:
        before = counted
        piece, is_more = step(feed)
        assert counted - before <= 64
        sizes.append(len(piece))
    assert max(sizes) <= (1 << 20) + 2_100_000
