"""A published document."""

import gzip

import brotli  # type: ignore[import-untyped]  # has no types
import pytest

from aggregator.publish.document import CODINGS, Published
from tests.web.newsroom import NOON

BODY = b"x" * 9_000


@pytest.mark.parametrize("coding", ["", *CODINGS])
def test_a_coding_of_a_document_is_made_once_and_the_same_each_time(coding: str) -> None:
    one, other = (Published(BODY, "text/plain", NOON) for _ in range(2))
    assert one.has(coding) is not bool(coding)
    assert one.coded(coding) is one.coded(coding)
    assert one.coded(coding) == other.coded(coding)
    assert one.has(coding)


def test_each_coding_gives_the_body_back() -> None:
    document = Published(BODY, "text/plain", NOON)
    assert brotli.decompress(document.coded("br")) == gzip.decompress(document.coded("gzip")) == BODY
