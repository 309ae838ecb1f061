"""A published document."""

from aggregator.publish.document import Published
from tests.web.newsroom import NOON


def test_the_gzip_of_a_document_is_the_same_each_time() -> None:
    one, other = (Published(b"x" * 9_000, "text/plain", NOON) for _ in range(2))
    assert one.gzip() is one.gzip()
    assert one.gzip() == other.gzip()
