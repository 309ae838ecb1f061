"""The content coding that a request asks for."""

import pytest

from aggregator.publish.document import Published
from aggregator.web.answers import Answers, coding_of


@pytest.mark.parametrize(
    ("encodings", "coding"),
    [
        ("", ""),
        ("identity", ""),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br; q=0.8 , gzip; q=0.8", "br"),
        ("*", "br"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("*;q=0", ""),
        ("gzip;q=0, br;q=0.000", ""),
        ("gzip;q=2", ""),
        ("gzip;level=9", ""),
        ("deflate, zstd", ""),
    ],
)
def test_the_coding_with_the_highest_weight_is_sent(encodings: str, coding: str) -> None:
    assert coding_of(encodings) == coding


@pytest.mark.parametrize(
    ("media_type", "coding"),
    [("image/webp", ""), ("image/png", ""), ("image/svg+xml", "br"), ("text/html; charset=utf-8", "br")],
)
def test_what_is_compressed_already_is_not_compressed_again(media_type: str, coding: str) -> None:
    sent = dict(Answers(Published(bytes(1_000), media_type, None)).to("br, gzip").headers)
    assert sent.get(b"content-encoding", b"").decode() == coding
